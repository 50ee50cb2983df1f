"""Stock as skewed as the real one: few series have most cars, few cities most stores, and much is not known; and questions about it."""

from __future__ import annotations

import random
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from app.dealers.models import Brand, Store
from app.vehicles.models import ModelSeries, Vehicle
from app.vehicles.queries import Filters, Sort
from tests.factories import dealers, vehicles
from tests.vehicles.brute import Car, Question, Shop, Stock

CITIES = {
    "上海": (31.2304, 121.4737),
    "苏州": (31.2989, 120.5853),
    "杭州": (30.2741, 120.1551),
    "北京": (39.9042, 116.4074),
    "广州": (23.1291, 113.2644),
    "成都": (30.5728, 104.0668),
    "乌鲁木齐": (43.8256, 87.6168),
}
NEVER = datetime(2026, 6, 1, 4, 0, 0, tzinfo=UTC)
STATUSES = ("listed", "reserved", "sold", "withdrawn", "draft")
CONDITIONS = ("used", "approved", "new", "demo")
WORDS = ("卡宴", "taycan", "4s", "白", "carrera", "敞篷", "kayan", "turbo", "100%", "a_b")
MANY = {
    "body": ["suv", "sedan", "coupe", None, "convertible"],
    "energy": ["petrol", "electric", "hybrid", None],
    "drivetrain": ["awd", None, "rwd", "fwd"],
    "gearbox": ["automatic", None, "manual"],
    "exterior_color": ["white", "black", "grey", None, "blue", "red", "green"],
    "interior_color": ["black", "beige", None, "red"],
    "seats": [5, 4, None, 7, 2],
}
OPTIONS = ("panoramic_roof", "air_suspension", "premium_audio", "tow_bar", "ceramic brakes, yellow", "back\\slash")


@dataclass
class Town:
    """A brand with its stock, in the database and as plain cars."""

    brand: Brand
    stock: Stock
    places: Sequence[tuple[float, float]]


def build(session: Session, brand: Brand, *, seed: int, cars: int, shops: int = 14) -> Town:
    """Put so many cars into the database and tell them plainly. The same seed makes the same stock."""
    dice = random.Random(seed)
    stores = _stores(session, brand, dice, shops)
    plain = {store.id: Shop(store.id, store.name, store.city, (store.lat_gcj02, store.lng_gcj02)) for store in stores}
    series = [vehicles.series(session, brand, key=f"s{at}", name=f"车系{at}") for at in range(6)]
    rows = [_row(dice, _few(dice, stores), _few(dice, series)) for _ in range(cars)]
    session.execute(insert(Vehicle.__table__), rows)  # type: ignore[arg-type]  # the table itself: without the ORM, several times as fast
    numbers = dict(session.execute(select(Vehicle.stock_number, Vehicle.number).filter_by(brand_id=brand.id)).all())
    keys = {one.id: one.key for one in series}
    told = [_told(row, numbers[row["stock_number"]], plain[row["store_id"]], keys[row["series_id"]]) for row in rows]
    return Town(brand, Stock(told, list(plain.values())), [shop.at for shop in plain.values()])


def _few(dice: random.Random, values: Sequence[Any]) -> Any:
    """One of the values, the first of them far more often than the last."""
    return values[int(len(values) * dice.random() ** 2.5)]


def _stores(session: Session, brand: Brand, dice: random.Random, count: int) -> list[Store]:
    stores = []
    for number in range(count):
        city = _few(dice, list(CITIES))
        lat, lng = CITIES[city]
        # Some share a building: cars at the very same distance.
        apart = 0.0 if number % 5 == 0 else dice.uniform(-0.3, 0.3)
        stores.append(dealers.store(session, dealers.dealer(session, brand, city=city), at=(lat + apart, lng - apart)))
    return stores


def _row(dice: random.Random, store: Store, series: ModelSeries) -> dict[str, Any]:
    condition = _few(dice, CONDITIONS)
    on_the_road = condition in ("used", "approved") or dice.random() < 0.2
    price = dice.choice((int(10 ** dice.uniform(6.6, 8.6)), 30_000_000, 50_000_000))
    return {
        "id": uuid.uuid4(),
        "brand_id": store.brand_id,
        "dealer_id": store.dealer_id,
        "store_id": store.id,
        "series_id": series.id,
        "stock_number": uuid.uuid4().hex,
        "title": "车",
        "model": _few(dice, ["", "Carrera", "Macan, long", "Taycan", "Cayenne"]),
        "trim": _few(dice, ["标准版", "", "长续航版", "Turbo S", "四驱"]),
        "condition": condition,
        "status": _few(dice, STATUSES),
        "model_year": 2026 - int(12 * dice.random() ** 2),
        "first_registration_date": date(2026, 5, 1) - timedelta(days=int(3000 * dice.random() ** 2)) if on_the_road else None,
        "odometer_km": dice.randrange(0, 120_000, 5_000) if on_the_road else None,
        "previous_owners": dice.choice([0, 1, 1, 2, 3, None]),
        "accident_free": dice.choice([True, True, None, False]),
        "price_fen": price,
        "guide_price_fen": dice.choice([None, price + 1]),
        "monthly_fen": dice.choice([None, price // 48]),
        "warranty_until": dice.choice([None, NEVER.date() + timedelta(days=dice.randint(-3, 3))]),
        "options": dice.sample(OPTIONS, int(len(OPTIONS) * dice.random() ** 2)),
        "photos": [{"url": f"/{at}.svg", "alt": "图"} for at in range(_few(dice, [3, 0, 1, 5]))],
        "listed_at": NEVER - timedelta(seconds=dice.choice([0, 0.25, 86_400, int(dice.random() * 9_000_000)])),
        "search_text": " ".join(dice.sample(WORDS, dice.randint(0, 5))),
    } | {name: _few(dice, values) for name, values in MANY.items()}


def _told(row: dict[str, Any], number: int, shop: Shop, series: str) -> Car:
    own = {field.name for field in fields(Car)} & row.keys()
    plain = {name: row[name] for name in own}
    plain |= {"photos": len(row["photos"]), "options": tuple(row["options"]), "registered": row["first_registration_date"]}
    return Car(number=number, shop=shop, series=series, words=frozenset(row["search_text"].split()), **plain)


def question(dice: random.Random, town: Town) -> Question:
    """Anything a shopper may ask: mostly of what there is, and of the very edges of it."""
    one = dice.choice(town.stock.cars)
    near = dice.choice([None, dice.choice(town.places), (dice.uniform(20, 45), dice.uniform(85, 125))])
    asked: dict[str, Any] = {}
    for name in ("series", "model", "trim", "condition", "body", "energy", "drivetrain", "gearbox", "exterior_color", "interior_color"):
        if dice.random() < 0.07:
            asked[name] = _choices(
                dice, [value for car in (one, *dice.sample(town.stock.cars, 2)) if (value := getattr(car, name))] or ["none"]
            )
    for name in ("model_year", "seats"):
        if dice.random() < 0.07:
            asked[name] = _choices(dice, [getattr(one, name) or 3, 2020, 5])
    if dice.random() < 0.07:
        asked["city"] = _choices(dice, [one.shop.city, *CITIES])
    if dice.random() < 0.07:
        asked["store_ids"] = _choices(dice, [one.shop.id, dice.choice(town.stock.shops).id, uuid.UUID(int=7)])
    if dice.random() < 0.05:
        asked["store_id"] = one.shop.id
    if dice.random() < 0.2:
        asked["options"] = tuple(dice.sample(OPTIONS, dice.randint(1, 2)))
    for low, high, value, step in (
        ("price_min_fen", "price_max_fen", one.price_fen, 20_000_000),
        ("monthly_min_fen", "monthly_max_fen", one.monthly_fen or 500_000, 400_000),
        ("mileage_min_km", "mileage_max_km", one.odometer_km or 0, 30_000),
        ("model_year_min", "model_year_max", one.model_year, 3),
    ):
        if dice.random() < 0.1:
            asked[dice.choice([low, high])] = value
        elif dice.random() < 0.08:
            asked |= {low: max(0, value - step), high: value + dice.choice([-1, 0, step])}
    if dice.random() < 0.08:
        asked[dice.choice(["registered_from", "registered_to"])] = one.registered or date(2024, 1, 1)
    if dice.random() < 0.08:
        asked["listed_within_days"] = dice.choice([1, 7, 60, 3650])
    if dice.random() < 0.08:
        asked["previous_owners_max"] = dice.randint(0, 3)
    for name in ("accident_free", "in_warranty", "has_photos"):
        if dice.random() < 0.1:
            asked[name] = dice.random() < 0.7
    if near and dice.random() < 0.4:
        asked["radius_km"] = dice.choice([0.001, 20.0, 100.0, 700.0, 3000.0])
    words = tuple(tuple(dice.sample([*WORDS, "never"], dice.randint(1, 2))) for _ in range(dice.choice([0, 0, 0, 0, 1, 2])))
    return Question(Filters(**asked), near, dice.choice([None, *Sort]), NEVER, words)


def _choices(dice: random.Random, values: list[Any]) -> tuple[Any, ...]:
    return tuple(dict.fromkeys(dice.sample(values, dice.randint(1, min(2, len(values))))))
