"""A made-up stock whose words a shopper's are tried on, and how what she means is written down."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.vehicles.labels import search_text
from app.vehicles.words import CITY, Vocabulary

COLUMNS = ["series", "model", "trim", "year", "color", "body", "energy", "drive", "city", "condition", "displacement"]
# What is not said is a used, automatic petrol car with five seats and a black interior.
STOCK = """
保时捷 911 | 911 Carrera 4S | 3.0T | 2021 | white | coupe | petrol | awd | 上海 | approved | 3.0T
保时捷 911 | 911 Carrera 4S | 3.0T | 2020 | black | coupe | petrol | awd | 北京 | used | 3.0T
保时捷 911 | 911 Carrera | 3.0T | 2019 | white | coupe | petrol | rwd | 杭州 | approved | 3.0T
保时捷 911 | 911 Carrera S Cabriolet | 3.0T | 2018 | red | convertible | petrol | rwd | 深圳 | used | 3.0T
保时捷 911 | 911 Turbo S | 3.7T | 2022 | silver | coupe | petrol | awd | 上海 | approved | 3.7T
保时捷 911 | 911 Turbo | 3.7T | 2022 | blue | coupe | petrol | awd | 广州 | approved | 3.7T
保时捷 718 | 718 Cayman | 2.0T | 2020 | red | coupe | petrol | rwd | 成都 | used | 2.0T
保时捷 718 | 718 Boxster S | 2.5T | 2021 | grey | convertible | petrol | rwd | 上海 | approved | 2.5T
Cayenne | Cayenne S | 2.9T | 2021 | white | suv | petrol | awd | 上海 | approved | 2.9T
Cayenne | Cayenne | 3.0T | 2021 | black | suv | petrol | awd | 北京 | used | 3.0T
Cayenne | Cayenne Coupé | 3.0T | 2022 | white | coupe | petrol | awd | 深圳 | new | 3.0T
Cayenne | Cayenne E-Hybrid | 3.0T | 2019 | grey | suv | plug_in_hybrid | awd | 广州 | used | 3.0T
Panamera | Panamera 4 | 2.9T 行政版 | 2022 | black | limousine | petrol | awd | 上海 | approved | 2.9T
Panamera | Panamera | 2.9T | 2019 | white | limousine | petrol | rwd | 北京 | used | 2.9T
Panamera | Panamera 4 E-Hybrid Sport Turismo | 2.9T | 2022 | blue | estate | plug_in_hybrid | awd | 杭州 | used | 2.9T
Macan | Macan S | 3.0T | 2020 | red | suv | petrol | awd | 成都 | used | 3.0T
Macan | Macan | 2.0T | 2021 | white | suv | petrol | awd | 上海 | approved | 2.0T
Taycan | Taycan Turbo S | | 2022 | white | limousine | electric | awd | 上海 | demo |
Taycan | Taycan Cross Turismo | | 2023 | green | estate | electric | awd | 北京 | new |
宝马3系 | 320Li | 时尚型 | 2019 | white | sedan | petrol | rwd | 上海 | used | 2.0T
宝马3系 | 325i | M运动套装 | 2021 | black | sedan | petrol | rwd | 北京 | used | 2.0T
宝马5系 | 525Li | 豪华套装 | 2014 | grey | sedan | petrol | rwd | 广州 | used | 2.0T
宝马X5 | xDrive35i | 豪华型 | 2016 | black | suv | petrol | awd | 深圳 | used | 3.0T
宝马X5 | xDrive45e | 尊享型 | 2020 | white | suv | plug_in_hybrid | awd | 上海 | used | 3.0T
奔驰C级 | C 200 L | 运动型 | 2018 | white | sedan | petrol | rwd | 上海 | used | 1.5T
奔驰C级 | C 260 L | 4MATIC 豪华型 | 2020 | black | sedan | petrol | awd | 杭州 | used | 1.5T
奔驰E级 | E 300 L | 时尚型 | 2021 | silver | sedan | petrol | rwd | 北京 | used | 2.0T
奔驰G级 | G 500 | 敞篷版 | 2019 | black | suv | petrol | awd | 成都 | used | 4.0T
奥迪A4L | 40 TFSI | 时尚动感型 | 2020 | white | sedan | petrol | fwd | 上海 | used | 2.0T
奥迪Q5L | 45 TFSI | quattro 尊享 | 2021 | grey | suv | petrol | awd | 深圳 | used | 2.0T
奥迪e-tron | e-tron 55 | quattro | 2022 | blue | suv | electric | awd | 上海 | used |
路虎 揽胜极光 | | 2.0T SE 智耀版 | 2016 | white | suv | petrol | awd | 广州 | used | 2.0T
路虎 发现 | | 3.0T HSE 7座 | 2018 | black | suv | diesel | awd | 北京 | used | 3.0T
雷克萨斯ES | 300h | 豪华版 | 2021 | white | sedan | hybrid | fwd | 上海 | used | 2.5L
本田CR-V | | 2.0L 两驱都市版 | 2016 | white | suv | petrol | fwd | 广州 | used | 2.0L
Jeep 大切诺基 | | 3.0TD 导航版 | 2014 | black | suv | diesel | awd | 北京 | used | 3.0T
标致408 | | 1.2T 自动豪华版 | 2015 | white | sedan | petrol | fwd | 成都 | used | 1.2T
标致2008 | | 1.6L 自动潮流版 | 2014 | red | suv | petrol | fwd | 成都 | used | 1.6L
标致307 | | 1.6L 舒适版 | 2008 | red | hatchback | petrol | fwd | 成都 | used | 1.6L
Model 3 | | 长续航版 | 2021 | white | sedan | electric | rwd | 上海 | used |
极曜 J1 | | 标准版 | 2024 | white | hatchback | electric | rwd | 上海 | new |
极曜 J3 | | 四驱长续航版 | 2024 | black | sedan | electric | awd | 北京 | new |
极曜 J3 | | 2.0T 豪华版 | 2023 | red | sedan | petrol | rwd | 成都 | approved | 2.0T
极曜 J5 | | 增程四驱版 | 2024 | white | suv | range_extender | awd | 上海 | new | 1.5T
极曜 J5 | | 长续航版 | 2023 | blue | suv | electric | rwd | 杭州 | demo |
极曜 J7 | | GT | 2025 | orange | coupe | electric | awd | 上海 | new |
极曜 J7 | | 四驱版 | 2025 | green | coupe | electric | awd | 深圳 | new |
极曜 J9 | | 插电混动行政版 | 2024 | black | limousine | plug_in_hybrid | awd | 上海 | approved | 3.0T
极曜 J9 | | 旗舰四座版 | 2025 | silver | limousine | electric | awd | 北京 | new |
"""
_PORSCHE = ("保时捷", "Cayenne", "Panamera", "Macan", "Taycan")


@dataclass(frozen=True)
class Car:
    """What is known of it, and the tokens under which it is found."""

    told: Mapping[str, str]
    tokens: frozenset[str]


def cars() -> list[Car]:
    """The whole stock."""
    return [
        _car(number, dict(zip(COLUMNS, map(str.strip, line.split("|")), strict=False)))
        for number, line in enumerate(STOCK.split("\n")[1:-1])
    ]


def _car(number: int, told: dict[str, str]) -> Car:
    told["title"] = " ".join(part for part in (told["series"], f"{told['year']}款", told["model"], told["trim"]) if part)
    told["brand"] = "porsche" if told["series"].startswith(_PORSCHE) else ""
    told["seats"] = "7" if "7座" in told["trim"] else "6" if told["series"] == "奔驰E级" else "4" if "四座" in told["trim"] else "5"
    told["gearbox"] = "manual" if told["series"] == "标致307" else "automatic"
    told["interior"] = "red" if told["color"] == "black" else "black"
    told["options"] = "panoramic_roof" if number % 3 == 0 else ""
    values: dict[str, Any] = {
        "title": told["title"],
        "model": told["model"],
        "trim": told["trim"],
        "model_year": int(told["year"]),
        "exterior_color": told["color"],
        "interior_color": told["interior"],
        "body": told["body"],
        "energy": told["energy"],
        "drivetrain": told["drive"],
        "gearbox": told["gearbox"],
        "condition": told["condition"],
        "seats": int(told["seats"]),
        "options": [told["options"]] if told["options"] else [],
        "specifications": {"displacement": told["displacement"]} if told.get("displacement") else {},
    }
    return Car(told, frozenset([*search_text(told["series"], values).split(), CITY + told["city"]]))


def vocabulary(stock: list[Car]) -> Vocabulary:
    """Its words, counted as the job counts them."""
    return Vocabulary(Counter(token for car in stock for token in car.tokens))


def agrees(tokens: frozenset[str] | set[str], groups: tuple[tuple[str, ...], ...]) -> bool:
    """As the engines have it: of each group one token."""
    return all(any(token in tokens for token in group) for group in groups)


def meant(told: Mapping[str, str], conditions: str) -> bool:
    """Whether a car is one that is meant, by the notation of `words_gold.toml`."""
    return conditions != "none" and any(all(_holds(told, one) for one in re.findall(_CONDITION, way)) for way in conditions.split("|"))


# A value goes on until the next column is named.
_CONDITION = r"!?\w+[=~].*?(?=\s+!?[a-z]+[=~]|$)"


def _holds(told: Mapping[str, str], condition: str) -> bool:
    if condition.startswith("!"):
        return not _holds(told, condition[1:])
    column, sign, value = re.match(r"(\w+)([=~])(.*)", condition).groups()  # type: ignore[union-attr]
    return told.get(column, "") == value if sign == "=" else re.search(value, told.get(column, "")) is not None
