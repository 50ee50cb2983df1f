"""Searching: the numbers that filters promise are the numbers of cars that come, and her place decides what is near."""

from __future__ import annotations

import re

from tests.e2e import acts
from tests.e2e.conftest import Phones, Picture
from tests.e2e.hand import Hand

LIST = "pages/vehicles/index"


def number(text: str) -> int:
    """The first number in a text, which may have commas."""
    found = re.search(r"\d[\d,]*", text)
    assert found, text
    return int(found[0].replace(",", ""))


def prices(her: Hand) -> list[int]:
    """What the cars on the screen cost, from the top; the price stands in every car's name."""
    labels = [car.get_attribute("aria-label") or "" for car in her.there(acts.CAR).all()]
    return [number(label.rsplit("¥", 1)[1]) for label in labels]


def test_a_filter_brings_as_many_cars_as_it_promised(phone: Phones, picture: Picture) -> None:
    her = phone().open()
    her.tap("选车")
    her.at(LIST)
    all_cars = number(her.see("共 … 辆").inner_text())
    her.tap("筛选")
    her.see("筛选车辆")
    picture(her, "filters")
    hybrid = her.there(re.compile(r"^(插混|增程|混动|纯电|汽油)，[\d,]+ 辆$")).first
    promised = number((hybrid.get_attribute("aria-label") or "").split("，")[1])
    hybrid.click()
    her.see(re.compile(rf"^查看 ({promised:,}|{promised}) 辆$"))
    her.tap("查看…辆")
    her.see(re.compile(rf"^共 ({promised:,}|{promised}) 辆$"))
    assert 0 < promised < all_cars

    her.tap("排序：…")
    her.tap("价格从低到高")
    her.see("排序：价格从低到高")
    acts.eventually(lambda: len(prices(her)) > 3 and prices(her) == sorted(prices(her)), "the cheapest comes first")
    her.tap("清除全部条件")
    her.see(re.compile(rf"^共 ({all_cars:,}|{all_cars}) 辆$"))


def test_a_price_that_she_types_is_a_condition_that_she_can_take_away(phone: Phones, picture: Picture) -> None:
    her = phone().open()
    her.fill("搜索车辆", "J5 30万以内")
    her.page.keyboard.press("Enter")
    her.at(LIST)
    her.see("移除：J5", "移除：30 万以内", acts.CAR)
    picture(her, "list-price-said", [(375, 812)])
    assert max(prices(her)) <= 300_000
    her.tap("移除：30 万以内")
    her.gone("移除：30 万以内")
    her.see("移除：J5", acts.CAR)


def test_a_word_that_fits_no_car_says_which_condition_to_drop(phone: Phones, picture: Picture) -> None:
    her = phone().open()
    her.fill("搜索车辆", "没有这样的车")
    her.page.keyboard.press("Enter")
    her.at(LIST)
    her.see("没有符合这些条件的车辆", "去掉一个条件试试")
    picture(her, "list-empty")
    her.tap("去掉“…")
    her.see(acts.CAR)


def test_who_refuses_her_place_chooses_a_city(phone: Phones, picture: Picture) -> None:
    her = phone().open()
    her.tap("当前地点：…")
    her.tap("使用我的位置")
    her.tap("同意并继续")
    her.tap("拒绝")
    her.see("您未允许使用位置")
    picture(her, "city-refused")
    her.tap("广州，…")
    her.at("pages/index/index")
    her.see("当前地点：广州…", "广州极曜授权门店")
    her.tap("选车")
    her.see(acts.CAR)
    assert {"广州"} == {re.search(r"广州", car.inner_text())[0] for car in her.there(acts.CAR).all()}  # type: ignore[index]


def test_who_refuses_the_privacy_terms_is_not_asked_by_wechat(phone: Phones) -> None:
    her = phone().open()
    her.tap("当前地点：…")
    her.tap("使用我的位置")
    her.tap("暂不同意")
    her.see("您未允许使用位置")
    assert not her.there("允许").count()
    assert not [entry for entry in her.log("request") if "lat=" in entry["url"]]


def test_she_may_change_her_mind_in_the_settings(phone: Phones) -> None:
    her = phone().open()
    her.tap("当前地点：…")
    her.tap("使用我的位置")
    her.tap("同意并继续")
    her.tap("拒绝")
    her.tap("前往设置")
    her.tap("位置信息")
    her.back()
    her.at("pages/index/index")
    her.see(re.compile("我的位置"))
