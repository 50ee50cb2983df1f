"""One car in full: whether it is there, what an inspection found, its store, and cars beside it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.dealers.hours import is_open
from app.dealers.models import Brand, Store
from app.kit import clock
from app.vehicles import queries, service
from app.vehicles.models import Vehicle
from tests.factories import dealers, pictures, vehicles

Get = Callable[..., Any]
Later = Callable[..., None]


@pytest.fixture
def store(session: Session, brand: Brand) -> Store:
    return dealers.store(session, dealers.dealer(session, brand))


@pytest.fixture
def car(session: Session, store: Store) -> Vehicle:
    return vehicles.vehicle(session, store, price_fen=300_000_00, listed_at=clock.now(session) - timedelta(days=100))


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


@pytest.mark.parametrize(("body", "reason"), [("suv", "same_body"), ("coupe", "same_brand")])
def test_a_similar_car_has_a_reason_even_where_little_is_alike(
    session: Session, brand: Brand, car: Vehicle, body: str, reason: str
) -> None:
    far = dealers.store(session, dealers.dealer(session, brand, city="成都"))
    vehicles.vehicle(session, far, body=body, price_fen=9_000_000_00)
    assert [one.reasons for one in queries.similar(session, car)] == [(reason,)]


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
    assert rows["车况", "表显里程"]["values"] == ["21,000 公里", "21,000 公里", None]
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
