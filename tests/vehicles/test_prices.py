"""What a car cost before, and where its price lies among cars like it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.dealers.models import Brand, Store
from app.kit import clock
from app.vehicles import queries, service
from app.vehicles.models import ModelSeries, PriceChange, Vehicle
from tests.factories import dealers, vehicles

Get = Callable[..., Any]
Later = Callable[..., None]


@pytest.fixture
def store(session: Session, brand: Brand) -> Store:
    return dealers.store(session, dealers.dealer(session, brand))


@pytest.fixture
def car(session: Session, store: Store) -> Vehicle:
    return vehicles.vehicle(session, store, price_fen=300_000_00, listed_at=clock.now(session) - timedelta(days=100))


def ask(session: Session, car: Vehicle, yuan: int) -> None:
    service.change_price(session, car.id, yuan * 100)
    session.commit()


def test_a_true_reduction_is_told_with_its_day_in_china_and_by_how_much(session: Session, car: Vehicle, get: Get) -> None:
    ask(session, car, 270_000)
    # An hour before midnight in Greenwich it is the next day in China.
    moment = clock.now(session).replace(month=1, day=2, hour=23)
    session.execute(text("UPDATE price_changes SET created_at = :at"), {"at": moment})
    shown = get(f"/vehicles/{car.id}").json["price"]
    assert shown["notes"] == [{"kind": "reduced", "text": "1月3日降价 ¥30,000", "reduced_fen": 30_000_00, "on": f"{moment.year}-01-03"}]
    (item,) = get("/vehicles/").json["items"]
    assert item["reduced_fen"] == 30_000_00


def test_a_price_that_went_up_first_was_not_reduced(session: Session, car: Vehicle, get: Get, later: Later) -> None:
    ask(session, car, 330_000)
    later(days=10)
    ask(session, car, 300_000)
    shown = get(f"/vehicles/{car.id}").json["price"]
    assert (len(shown["history"]), shown["notes"]) == (2, [])
    assert get("/vehicles/").json["items"][0]["reduced_fen"] is None


def test_after_a_raise_only_what_lies_below_the_lowest_price_of_thirty_days_counts(session: Session, car: Vehicle, later: Later) -> None:
    ask(session, car, 330_000)
    later(days=29)
    ask(session, car, 290_000)
    (note,) = notes(session, car)
    assert note["text"].endswith("降价 ¥10,000")


def test_a_price_that_held_for_thirty_days_is_one_that_can_be_reduced(session: Session, car: Vehicle, later: Later) -> None:
    ask(session, car, 330_000)
    later(days=31)
    ask(session, car, 300_000)
    (note,) = notes(session, car)
    assert note["text"].endswith("降价 ¥30,000")


def test_a_reduction_is_not_told_any_more_once_the_price_is_higher_again(session: Session, car: Vehicle, get: Get, later: Later) -> None:
    ask(session, car, 270_000)
    later(days=5)
    ask(session, car, 280_000)
    assert notes(session, car) == []
    assert get("/vehicles/").json["items"][0]["reduced_fen"] is None


def test_a_dear_start_makes_no_reduction(session: Session, store: Store, later: Later) -> None:
    """Neither a price before the car was on sale nor one of its first days is one that anybody was asked for long."""
    car = vehicles.vehicle(session, store, status="in_preparation", listed_at=None, price_fen=400_000_00)
    ask(session, car, 300_000)
    car.status, car.listed_at = "listed", clock.now(session)
    session.commit()
    later(days=6)
    ask(session, car, 290_000)
    assert notes(session, car) == []
    later(days=2)
    ask(session, car, 280_000)
    (note,) = notes(session, car)
    assert note["reduced_fen"] == 10_000_00


def test_the_mark_of_a_reduction_fades_after_thirty_days_and_the_note_after_a_year(session: Session, car: Vehicle, later: Later) -> None:
    ask(session, car, 270_000)
    later(days=29)
    assert service.fade_reductions(session) == 0
    later(days=2)
    assert service.fade_reductions(session) == 1
    session.refresh(car)
    assert (car.reduced_fen, car.reduced_at) == (None, None)
    assert len(notes(session, car)) == 1
    later(days=340)
    assert notes(session, car) == []


def test_a_note_of_another_year_says_the_year(session: Session, car: Vehicle) -> None:
    ask(session, car, 270_000)
    changes = queries.price_history(session, car.id)
    now = datetime(changes[0].created_at.year + 1, 1, 3, tzinfo=UTC)
    session.execute(text("UPDATE price_changes SET created_at = :at"), {"at": now - timedelta(days=14)})
    session.expire_all()
    (note,) = queries.price_notes(queries.price_history(session, car.id), car.price_fen, now=now)
    assert note["text"] == f"{now.year - 1}年12月20日降价 ¥30,000"


def notes(session: Session, car: Vehicle) -> list[dict[str, Any]]:
    session.expire_all()
    return queries.price_notes(queries.price_history(session, car.id), car.price_fen, now=clock.now(session))


DAYS_AND_PRICES = st.lists(st.tuples(st.integers(0, 40), st.integers(1, 9)), min_size=1, max_size=8)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=DAYS_AND_PRICES)
def test_whatever_prices_follow_each_other_only_true_reductions_are_told(session: Session, store: Store, steps: Sequence[Any]) -> None:
    """Told again in Python, day by day."""
    undo = session.begin_nested()
    start = datetime(2026, 1, 1, tzinfo=UTC)
    car = vehicles.vehicle(session, store, price_fen=5_000_00, listed_at=start)
    asked, moment, expected = [(start, 5_000_00)], start, []
    for days, thousands in steps:
        moment += timedelta(days=days, seconds=1)
        old, new = asked[-1][1], thousands * 1_000_00
        if new == old:
            continue
        since = moment - timedelta(days=30)
        in_effect = [price for at, price in asked if at > since] + [price for at, price in asked if at <= since][-1:]
        lowest = min(in_effect)
        expected.append(lowest - new if new < lowest and moment - start >= timedelta(days=7) else None)
        session.add(PriceChange(vehicle_id=car.id, old_price_fen=old, new_price_fen=new, created_at=moment))
        session.flush()
        asked.append((moment, new))
    session.expire_all()
    changes = sorted(queries.price_history(session, car.id), key=lambda one: one.created_at)
    assert [one.reduced_fen for one in changes] == expected
    undo.rollback()


@pytest.fixture
def series(session: Session, brand: Brand) -> ModelSeries:
    return vehicles.series(session, brand, key="j5", name="极曜 J5")


def among(session: Session, store: Store, series: ModelSeries, *prices: int, **fields: Any) -> None:
    for yuan in prices:
        vehicles.vehicle(session, store, series, price_fen=yuan * 100, **{"model": "J5 Pro", "trim": "长续航版"} | fields)


def test_a_price_is_placed_among_the_comparable_cars_and_says_how_many(
    session: Session, brand: Brand, store: Store, series: ModelSeries, get: Get
) -> None:
    car = vehicles.vehicle(session, store, series, model="J5 Pro", price_fen=200_000_00, odometer_km=21_000)
    among(session, store, series, 150_000, 180_000, 200_000, *range(250_000, 255_000, 1000))
    among(session, store, series, 10_000, condition="new", odometer_km=None, first_registration_date=None)
    among(session, store, series, 10_000, status="sold")
    among(session, store, series, 10_000, model_year=2019)
    among(session, store, series, 10_000, odometer_km=90_000)
    among(session, dealers.store(session, dealers.dealer(session, dealers.brand(session))), vehicles.series(session, brand), 10_000)
    found = get(f"/vehicles/{car.id}").json["fairness"]
    assert (found["percentile"], found["count"], found["level"], found["label"]) == (31, 8, "fair", "价格适中")
    assert found["text"] == "与 8 辆在售同款车相比（2022–2024 款，里程 0.6–3.6 万公里）"
    assert (found["lowest_fen"], found["median_fen"], found["highest_fen"]) == (150_000_00, 250_000_00, 254_000_00)


@pytest.mark.parametrize(("yuan", "level"), [(200_000, "low"), (245_000, "fair"), (256_000, "fair"), (300_000, "high")])
def test_the_words_are_careful_where_prices_lie_close_together(
    session: Session, store: Store, series: ModelSeries, yuan: int, level: str
) -> None:
    car = vehicles.vehicle(session, store, series, model="J5 Pro", price_fen=yuan * 100)
    among(session, store, series, *range(248_000, 256_000, 1000))
    found = queries.fairness(session, car)
    assert found
    assert found["level"] == level


def test_below_eight_comparable_cars_nothing_is_said_and_the_car_itself_is_none(
    session: Session, store: Store, series: ModelSeries
) -> None:
    car = vehicles.vehicle(session, store, series, model="J5 Pro")
    among(session, store, series, *range(200_000, 207_000, 1000))
    assert queries.fairness(session, car) is None
    among(session, store, series, 300_000)
    assert queries.fairness(session, car)


@pytest.mark.parametrize(
    ("differs", "said"),
    [
        ({"trim": "标准版"}, "同车型"),
        ({"model": "J5 Max"}, "同车系"),
        ({"model_year": 2025}, "2021–2025"),
        ({"odometer_km": 50_000}, "0–5.1 万"),
    ],
)
def test_the_circle_grows_until_there_are_enough_and_says_so(
    session: Session, store: Store, series: ModelSeries, differs: dict[str, Any], said: str
) -> None:
    car = vehicles.vehicle(session, store, series, model="J5 Pro")
    among(session, store, series, *range(200_000, 207_000, 1000))
    among(session, store, series, 300_000, **differs)
    found = queries.fairness(session, car)
    assert found
    assert found["count"] == 8
    assert said in found["text"]


def test_a_new_car_has_its_guide_price_and_a_demo_car_is_compared_with_demo_cars(
    session: Session, store: Store, series: ModelSeries
) -> None:
    new = vehicles.vehicle(session, store, series, condition="new", odometer_km=None, first_registration_date=None, model="J5 Pro")
    among(session, store, series, *range(200_000, 210_000, 1000), condition="new", odometer_km=None, first_registration_date=None)
    assert queries.fairness(session, new) is None
    demo = vehicles.vehicle(session, store, series, condition="demo", odometer_km=3000, model="J5 Pro")
    among(session, store, series, *range(200_000, 210_000, 1000), condition="used", odometer_km=3000)
    assert queries.fairness(session, demo) is None


def test_a_car_listed_a_second_time_counts_once(session: Session, store: Store, series: ModelSeries) -> None:
    """A dealer cannot make his car look cheap by offering a dear one eight times."""
    vehicles.vehicle(session, store, series, vin="LSVAA4182E2123456")
    undo = session.begin_nested()
    with pytest.raises(Exception, match="ix_vehicles_one_live_vin"):
        vehicles.vehicle(session, store, series, vin="LSVAA4182E2123456")
    undo.rollback()
