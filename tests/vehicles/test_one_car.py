"""One car in full: what its price was, whether it is fair, what an inspection found, and cars beside it."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.dealers.hours import is_open
from app.dealers.models import Brand, Store
from app.kit import clock
from app.vehicles import queries, service
from app.vehicles.models import ModelSeries, PriceChange, Vehicle
from tests.factories import dealers, pictures, vehicles

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


def test_availability_is_as_it_is_now_by_the_databases_clock(session: Session, car: Vehicle, get: Get) -> None:
    path = f"/vehicles/{car.id}/availability"
    answer = get(path).json
    assert (answer["status"]["key"], answer["reservable"]) == ("listed", True)
    assert datetime.fromisoformat(answer["as_of"]) == clock.now(session)
    assert get(f"/vehicles/{car.id}").json["availability"] == answer
    service.reserve(session, car.id)
    assert (get(path).json["status"]["key"], get(path).json["reservable"]) == ("reserved", False)
    alike = vehicles.vehicle(session, car.store)
    service.sell(session, car.id)
    gone = get(path)
    assert (gone.status_code, [one["id"] for one in gone.json["details"]["similar"]]) == (410, [str(alike.id)])
    assert get(f"/vehicles/{uuid.uuid4()}/availability").status_code == 404


def test_similar_cars_are_never_sold_reserved_of_another_brand_or_the_car_itself(session: Session, brand: Brand, store: Store) -> None:
    series = vehicles.series(session, brand)
    car = vehicles.vehicle(session, store, series)
    for status in ("reserved", "sold", "withdrawn", "in_preparation"):
        vehicles.vehicle(session, store, series, status=status)
    foreign = dealers.store(session, dealers.dealer(session, dealers.brand(session)))
    vehicles.vehicle(session, foreign)
    assert queries.similar(session, car) == []
    coupe = vehicles.vehicle(session, store, body="coupe", price_fen=9_000_000_00, energy="petrol", model_year=2001)
    assert [one.car.id for one in queries.similar(session, car)] == [coupe.id]
    assert queries.similar(session, car)[0].reasons == ("same_city",)


def test_similar_cars_come_in_one_order_however_many_are_equal(session: Session, store: Store) -> None:
    series = vehicles.series(session, session.get_one(Brand, store.brand_id))
    car = vehicles.vehicle(session, store, series)
    twins = [vehicles.vehicle(session, store, series).id for _ in range(9)]
    for _ in range(3):
        assert [one.car.id for one in queries.similar(session, car)] == twins[:6]


def test_four_cars_stand_side_by_side_and_their_rows_are_aligned(session: Session, brand: Brand, store: Store, get: Get) -> None:
    series = vehicles.series(session, brand, name="极曜 J5")
    cars = [
        vehicles.vehicle(session, store, series, specifications={"range_km": 680, "power_kw": 240}, options=["panoramic_roof"]),
        vehicles.vehicle(session, store, series, specifications={"power_kw": 300}, options=[], price_fen=200_000_00, status="sold"),
        vehicles.vehicle(
            session, store, series, condition="new", odometer_km=None, first_registration_date=None, accident_free=None, options=["内部件"]
        ),
    ]
    asked = [str(one.id) for one in cars]
    answer = get("/vehicles/compare", ids=",".join(asked))
    assert answer.status_code == 200
    assert [one["id"] for one in answer.json["vehicles"]] == asked
    assert [one["status"]["key"] for one in answer.json["vehicles"]] == ["listed", "sold", "listed"]
    rows = {(group["label"], row["label"]): row for group in answer.json["groups"] for row in group["rows"]}
    assert all(len(row["values"]) == 3 and row["differs"] == (len(set(row["values"])) > 1) for row in rows.values())
    assert rows["价格", "售价"] == {"label": "售价", "values": ["¥258,000", "¥200,000", "¥258,000"], "differs": True}
    assert rows["车况", "状态"]["values"] == ["在售", "已售", "在售"]
    assert rows["车况", "表显里程"]["values"] == ["21,000 km", "21,000 km", None]
    assert rows["车况", "无重大事故"]["values"] == ["是", "是", None]
    assert rows["参数", "CLTC 续航"]["values"] == ["680 km", None, None]
    assert rows["参数", "最大功率"]["values"] == ["240 kW", "300 kW", None]
    assert rows["选装配置", "全景天窗"]["values"] == ["有", "无", "无"]
    assert rows["选装配置", "内部件"]["values"] == ["无", "无", "有"]
    assert rows["基本信息", "车系"]["differs"] is False
    assert ("基本信息", "座位数") not in rows
    backwards = get("/vehicles/compare", ids=list(reversed(asked))).json
    assert [one["id"] for one in backwards["vehicles"]] == asked[::-1]


def test_nothing_five_cars_or_what_is_not_ours_cannot_be_compared(session: Session, store: Store, car: Vehicle, get: Get) -> None:
    for wrong in ({}, {"ids": ",".join(str(uuid.uuid4()) for _ in range(5))}, {"ids": "x"}):
        refused = get("/vehicles/compare", **wrong)
        assert (refused.status_code, list(refused.json["details"])) == (422, ["ids"])
    draft = vehicles.vehicle(session, store, status="draft", listed_at=None)
    foreign = vehicles.vehicle(session, dealers.store(session, dealers.dealer(session, dealers.brand(session))))
    for other in (draft, foreign):
        refused = get("/vehicles/compare", ids=f"{car.id},{other.id}")
        assert (refused.status_code, refused.json["details"]) == (404, {"ids": [str(other.id)]})
    assert len(get("/vehicles/compare", ids=f"{car.id},{car.id}").json["vehicles"]) == 1


REPORT = {
    "inspected_on": "2026-10-20",
    "inspector": "陈工",
    "score": 92,
    "summary": "整体车况良好",
    "groups": [
        {"name": "外观", "points": [{"name": "前保险杠", "finding": "minor", "remark": "轻微划痕"}, {"name": "车顶", "finding": "ok"}]},
        {"name": "底盘", "points": [{"name": "悬架", "finding": "major"}]},
    ],
}


@pytest.fixture
def desk(session: Session, app: Any, car: Vehicle) -> Any:
    return signed_in(app, session, dealers.staff(session, car.store.dealer))


def signed_in(app: Any, session: Session, staff: Any) -> Any:
    session.commit()
    client = app.test_client()
    assert client.post("/api/public/staff/login", json={"username": staff.username, "password": dealers.PASSWORD}).status_code == 200
    return client


def test_what_an_inspector_found_is_shown_point_by_point(session: Session, app: Any, car: Vehicle, get: Get, desk: Any) -> None:
    assert get(f"/vehicles/{car.id}").json["inspection"] is None
    path = f"/api/staff/vehicles/{car.id}/inspection"
    assert desk.get(path).status_code == 404
    assert desk.put(path, json=REPORT).status_code == 200
    shown = get(f"/vehicles/{car.id}").json["inspection"]
    assert (shown["inspected_on"], shown["inspector"], shown["score"]) == ("2026-10-20", "陈工", 92)
    assert (shown["counts"], shown["defects"]) == ({"ok": 1, "minor": 1, "major": 1}, 2)
    assert shown["groups"][0]["points"][0] == {"name": "前保险杠", "finding": {"key": "minor", "label": "轻微瑕疵"}, "remark": "轻微划痕"}
    stranger = signed_in(app, session, dealers.staff(session, dealers.dealer(session, session.get_one(Brand, car.brand_id))))
    for answer in (stranger.get(path), stranger.put(path, json=REPORT), stranger.delete(path)):
        assert answer.status_code == 404
    for _ in range(2):
        assert desk.delete(path).status_code == 204
    assert get(f"/vehicles/{car.id}").json["inspection"] is None


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"inspected_on": "yesterday"}, "inspected_on"),
        ({"score": 101}, "score"),
        ({"groups": []}, "groups"),
        ({"inspector": ""}, "inspector"),
    ],
)
def test_a_report_that_does_not_hold_names_its_field(car: Vehicle, desk: Any, wrong: dict[str, Any], field: str) -> None:
    refused = desk.put(f"/api/staff/vehicles/{car.id}/inspection", json=REPORT | wrong)
    assert (refused.status_code, list(refused.json["details"])) == (422, [field])


def test_the_report_as_a_pdf_goes_with_its_day(car: Vehicle, desk: Any, get: Get) -> None:
    path = f"/api/staff/vehicles/{car.id}/inspection"
    document = lambda content: {"document": pictures.form(content)["photo"]}  # noqa: E731
    assert desk.put(f"{path}/document", data=document(b"%PDF-1.7 report")).status_code == 404
    desk.put(path, json=REPORT)
    refused = desk.put(f"{path}/document", data=document(b"<html>"))
    assert (refused.status_code, refused.json["details"]["document"]) == (422, "not_a_pdf")
    assert desk.put(f"{path}/document", data=document(b"%PDF-1.7 report")).status_code == 200
    url = get(f"/vehicles/{car.id}").json["inspection"]["document_url"]
    loaded = desk.get(url.removeprefix("http://127.0.0.1:8000"))
    assert (loaded.status_code, loaded.content_type, loaded.data) == (200, "application/pdf", b"%PDF-1.7 report")
    assert loaded.headers["Content-Disposition"].startswith("attachment")
    assert loaded.headers["X-Content-Type-Options"] == "nosniff"
    assert desk.put(path, json=REPORT | {"score": 80}).json["document_url"]
    assert desk.put(path, json=REPORT | {"inspected_on": "2026-11-01"}).json["document_url"] is None
    assert desk.get("/media/inspections/..%2f..%2fx.pdf").status_code == 404


def test_what_a_feed_says_of_an_inspection_is_shown_when_there_is_no_report(session: Session, store: Store, get: Get) -> None:
    car = vehicles.vehicle(session, store, specifications={"inspection_defects": "3"})
    odd = vehicles.vehicle(session, store, specifications={"inspection_defects": "keine"})
    shown = get(f"/vehicles/{car.id}").json["inspection"]
    assert (shown["defects"], shown["groups"], shown["inspected_on"]) == (3, [], None)
    assert get(f"/vehicles/{odd.id}").json["inspection"] is None


def test_the_store_can_be_navigated_to_and_says_whether_it_is_open(session: Session, car: Vehicle, get: Get) -> None:
    shown = get(f"/vehicles/{car.id}").json["store"]
    at = car.store
    assert shown["navigation"] == {
        "latitude": at.lat_gcj02,
        "longitude": at.lng_gcj02,
        "name": at.name,
        "address": at.address,
        "scale": 16,
    }
    assert shown["hours"]["mon"] == ["09:00", "18:00"]
    assert shown["open_now"] == is_open(at.hours, clock.now(session))


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (datetime(2026, 11, 23, 1, 0, tzinfo=UTC), True),  # Monday 09:00 in China
        (datetime(2026, 11, 23, 0, 59, tzinfo=UTC), False),
        (datetime(2026, 11, 23, 9, 59, tzinfo=UTC), True),
        (datetime(2026, 11, 23, 10, 0, tzinfo=UTC), False),
        (datetime(2026, 11, 22, 5, 0, tzinfo=UTC), False),  # Sunday, a day off
        (datetime(2026, 11, 22, 23, 0, tzinfo=UTC), False),  # in China already Monday, 07:00
    ],
)
def test_a_store_is_open_by_chinas_clock(at: datetime, expected: bool) -> None:
    hours = {day: ["09:00", "18:00"] for day in ("mon", "tue", "wed", "thu", "fri", "sat")}
    assert is_open(hours, at) is expected
    assert is_open({}, at) is None


def test_one_page_of_a_car_tells_everything_it_promises(session: Session, store: Store, get: Get) -> None:
    car = vehicles.vehicle(session, store, seats=5, warranty_until=date(2028, 1, 31), model="J5 Pro")
    shown = get(f"/vehicles/{car.id}").json
    assert (shown["seats"], shown["warranty_until"], shown["model"]) == (5, "2028-01-31", "J5 Pro")
    assert shown["photos"][0]["sizes"] == []
