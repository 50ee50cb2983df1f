"""What a consumer reads over HTTP: the list, one car whole, what it costs by the month."""

from __future__ import annotations

import struct
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.dealers.models import Brand, Store
from app.kit.settings import settings
from app.vehicles import service, studio
from app.vehicles.routes import search as routes
from app.vehicles.studio import raster
from tests.factories import dealers, vehicles

Get = Callable[..., Any]


@pytest.fixture
def store(session: Session, brand: Brand) -> Store:
    return dealers.store(session, dealers.dealer(session, brand))


def test_the_list_says_what_a_card_shows(session: Session, brand: Brand, store: Store, get: Get) -> None:
    series = vehicles.series(session, brand, key="j5", name="极曜 J5")
    car = vehicles.vehicle(session, store, series)
    answer = get("/vehicles/", lat=31.23, lng=121.47, exterior_color="white,black", options="panoramic_roof", limit=5)
    assert answer.status_code == 200
    (item,) = answer.json["items"]
    assert item["id"] == str(car.id)
    assert item["series"] == {"key": "j5", "label": "极曜 J5"}
    assert item["status"] == {"key": "listed", "label": "在售"}
    assert item["condition"]["label"] == "官方认证"
    assert item["photo"].startswith("http")
    assert item["distance_m"] < 1000
    assert answer.json["sort"] == "distance"
    assert answer.json["place"]["city"] == "上海"
    assert answer.json["facets"]["energy"] == [{"value": "electric", "label": "纯电", "count": 1}]
    assert answer.json["facets"]["options"] == [{"value": "panoramic_roof", "label": "全景天窗", "count": 1}]
    assert answer.json["ranges"]["price"] == {"min": car.price_fen, "max": car.price_fen}


def test_the_map_counts_every_car_of_the_search_at_its_store(session: Session, brand: Brand, store: Store, get: Get) -> None:
    far = dealers.store(session, dealers.dealer(session, brand, city="苏州"), at=(31.2989, 120.5853))
    dealers.store(session, dealers.dealer(session, brand, city="成都"), at=(30.5728, 104.0668))  # has no car, so it is not there
    for where, price_fen, colour in (
        (store, 30_000_00, "white"),
        (store, 20_000_00, "white"),
        (far, 40_000_00, "white"),
        (far, 9_00, "red"),
    ):
        vehicles.vehicle(session, where, price_fen=price_fen, exterior_color=colour)
    vehicles.vehicle(session, far, status="sold", exterior_color="white")
    asked = {"exterior_color": "white", "lat": 31.23, "lng": 121.47}
    near, farther = get("/vehicles/stores", **asked).json["items"]
    assert (near["id"], near["count"], near["min_price_fen"]) == (str(store.id), 2, 20_000_00)
    assert (farther["id"], farther["city"], farther["count"], farther["min_price_fen"]) == (str(far.id), "苏州", 1, 40_000_00)
    assert near["distance_m"] < farther["distance_m"]
    assert (farther["latitude"], farther["longitude"]) == (far.lat_gcj02, far.lng_gcj02)
    assert near["count"] + farther["count"] == get("/vehicles/", **asked).json["total"]
    assert [one["id"] for one in get("/vehicles/stores", radius_km=20, **asked).json["items"]] == [str(store.id)]
    assert get("/vehicles/stores", radius_km=20).status_code == 422


def test_pages_follow_each_other_over_http(session: Session, store: Store, get: Get) -> None:
    cars = {str(vehicles.vehicle(session, store).id) for _ in range(5)}
    first = get("/vehicles/", limit=3)
    second = get("/vehicles/", limit=3, cursor=first.json["next_cursor"], facets="false")
    assert {item["id"] for item in first.json["items"] + second.json["items"]} == cars
    assert second.json["next_cursor"] is None
    assert second.json["facets"] is None
    assert second.json["total"] == first.json["total"] == 5


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"lat": 31}, "lng"),
        ({"lat": 131, "lng": 121}, "lat"),
        ({"radius_km": 10}, "radius_km"),
        ({"price_max_fen": "cheap"}, "price_max_fen"),
        ({"sort": "prettiest"}, "sort"),
        ({"condition": "rusty"}, "condition"),
        ({"limit": 1000}, "limit"),
        ({"model_year": "new"}, "model_year"),
        ({"crs": "bd09", "lat": 31, "lng": 121}, "crs"),
        ({"cursor": "xx"}, "cursor"),
        ({"seris": "j5"}, "seris"),
    ],
)
def test_a_wrong_field_is_named(get: Get, query: dict[str, Any], field: str) -> None:
    answer = get("/vehicles/", **query)
    assert answer.status_code == 422
    assert field in answer.json["details"]


def test_a_misspelt_filter_is_refused_on_the_map_too(get: Get) -> None:
    refused = get("/vehicles/stores", seris="j5")
    assert (refused.status_code, list(refused.json["details"])) == (422, ["seris"])


def test_a_parameter_that_an_older_release_or_wechat_adds_spoils_no_page(session: Session, brand: Brand, store: Store, get: Get) -> None:
    car = vehicles.vehicle(session, store)
    vehicles.plan(session, brand)
    for path in (f"/vehicles/{car.id}", f"/vehicles/{car.id}/finance", "/stores/"):
        assert get(path, wxwork_userid="x", retired="1").status_code == 200


def test_a_stranger_without_a_known_mini_program_sees_nothing(session: Session, client: Any) -> None:
    assert client.get("/api/visitor/vehicles/").status_code == 401
    assert client.get("/api/visitor/vehicles/", headers={"X-Appid": "wx-of-nobody"}).status_code == 401


def test_one_car_is_shown_whole(session: Session, brand: Brand, store: Store, get: Get) -> None:
    vehicles.plan(session, brand)
    car = vehicles.vehicle(
        session, store, specifications={"power_kw": 240, "range_km": 680, "内部代号": "X"}, options=["air_suspension", "odd_thing"]
    )
    service.change_price(session, car.id, car.price_fen - 8_000_00)
    shown = get(f"/vehicles/{car.id}", lat=31.3, lng=121.5).json
    assert shown["price"]["price_fen"] == 250_000_00
    assert shown["price"]["saved_fen"] == 78_000_00
    assert shown["price"]["history"][0]["old_price_fen"] == 258_000_00
    assert shown["price"]["qualifier"]
    assert shown["options"] == [{"key": "air_suspension", "label": "自适应空气悬架"}, {"key": "odd_thing", "label": "odd_thing"}]
    assert [(row["label"], row["value"]) for row in shown["specifications"]] == [
        ("CLTC 续航", "680 km"),
        ("最大功率", "240 kW"),
        ("内部代号", "X"),
    ]
    assert shown["finance"]["down_payment_fen"] == 50_000_00
    assert shown["store"]["navigation"]["latitude"] == store.lat_gcj02
    assert shown["store"]["distance_m"] > 1000
    assert shown["history"] == {"first_registration_date": "2023-03-01", "odometer_km": 21000, "previous_owners": 1, "accident_free": True}
    assert shown["photos"][0]["url"].startswith("http")
    assert shown["reservable"] is True


def test_the_state_is_live_and_a_reserved_car_stays_visible(session: Session, store: Store, get: Get) -> None:
    car = vehicles.vehicle(session, store)
    service.reserve(session, car.id)
    shown = get(f"/vehicles/{car.id}").json
    assert (shown["status"]["key"], shown["reservable"]) == ("reserved", False)
    assert [item["status"]["label"] for item in get("/vehicles/").json["items"]] == ["已预订"]
    service.release(session, car.id)
    assert get(f"/vehicles/{car.id}").json["reservable"] is True


@pytest.mark.parametrize("status", ["sold", "delivered", "withdrawn"])
def test_a_car_that_is_gone_says_so_and_offers_similar_ones(session: Session, brand: Brand, store: Store, get: Get, status: str) -> None:
    series = vehicles.series(session, brand)
    car = vehicles.vehicle(session, store, series)
    alike = vehicles.vehicle(session, store, series, price_fen=car.price_fen + 1_000_00)
    other = vehicles.vehicle(session, store, price_fen=car.price_fen * 3, body="coupe")
    car.status = status
    answer = get(f"/vehicles/{car.id}")
    assert answer.status_code == 410
    assert answer.json["message"].startswith("这辆车已售出")
    similar = answer.json["details"]["similar"]
    assert [one["id"] for one in similar] == [str(alike.id), str(other.id)]
    assert similar[0]["reason"] == "同车系 · 价格相近 · 同城"
    assert get(f"/vehicles/{car.id}/finance").status_code == 410
    assert str(car.id) not in {item["id"] for item in get("/vehicles/").json["items"]}


def test_what_is_not_ours_or_not_ready_does_not_exist(session: Session, store: Store, get: Get) -> None:
    foreign = vehicles.vehicle(session, dealers.store(session, dealers.dealer(session, dealers.brand(session))))
    draft = vehicles.vehicle(session, store, status="draft", listed_at=None)
    for vehicle_id in (foreign.id, draft.id, uuid.uuid4()):
        assert get(f"/vehicles/{vehicle_id}").status_code == 404
        assert get(f"/vehicles/{vehicle_id}/finance").status_code == 404


def test_the_monthly_rate_can_be_asked_for_and_adds_up(session: Session, brand: Brand, store: Store, get: Get) -> None:
    plan = vehicles.plan(session, brand, term_months=24, annual_rate_bp=399, min_down_payment_percent=30)
    vehicles.plan(session, brand, term_months=60)
    car = vehicles.vehicle(session, store, price_fen=300_000_00)
    asked = get(f"/vehicles/{car.id}/finance", plan_id=str(plan.id), down_payment_fen=100_000_00).json
    assert len(asked["schedule"]) == 24
    assert asked["principal_fen"] == 200_000_00
    assert sum(row["principal_fen"] for row in asked["schedule"]) == 200_000_00
    assert asked["total_fen"] == 100_000_00 + sum(row["payment_fen"] for row in asked["schedule"])
    assert asked["apr_percent"] == pytest.approx(3.99, abs=0.01)
    assert [one["term_months"] for one in asked["plans"]] == [60, 24]
    too_little = get(f"/vehicles/{car.id}/finance", plan_id=str(plan.id), down_payment_fen=1_00)
    assert too_little.status_code == 422
    assert "¥90,000" in too_little.json["message"]
    assert get(f"/vehicles/{car.id}/finance", plan_id=str(uuid.uuid4())).status_code == 404


def test_a_brand_without_plans_shows_its_cars_without_finance(session: Session, store: Store, get: Get) -> None:
    car = vehicles.vehicle(session, store)
    assert get(f"/vehicles/{car.id}").json["finance"] is None
    assert get(f"/vehicles/{car.id}/finance").status_code == 404


@pytest.mark.parametrize("view", ["side", "wheel", "interior"])
def test_every_picture_is_drawn_and_may_be_kept_for_a_while(client: Any, view: str) -> None:
    from xml.etree import ElementTree

    for body in studio.BODIES:
        for color in studio.COLORS:
            answer = client.get(f"/media/vehicles/{body}/{color}/{view}.svg")
            assert answer.status_code == 200
            assert ElementTree.fromstring(answer.data).tag.endswith("svg")  # noqa: S314  # our own drawing
    assert "public" in answer.headers["Cache-Control"]
    again = client.get(f"/media/vehicles/{body}/{color}/{view}.svg", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304
    assert client.get(f"/media/vehicles/tractor/white/{view}.svg").status_code == 404


@pytest.fixture
def media_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    given = settings().model_copy(update={"media_dir": str(tmp_path / "media")})
    monkeypatch.setattr(routes, "settings", lambda: given)
    return tmp_path / "media"


@pytest.mark.parametrize("view", ["side", "wheel", "interior"])
def test_a_picture_is_also_what_wechat_takes_for_cards_previews_and_canvases(client: Any, media_dir: Path, view: str) -> None:
    answer = client.get(f"/media/vehicles/suv/blue/{view}.png")
    assert (answer.status_code, answer.content_type) == (200, "image/png")
    assert answer.data[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", answer.data[16:24]) == (800, 450)
    assert "public" in answer.headers["Cache-Control"]
    again = client.get(f"/media/vehicles/suv/blue/{view}.png", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert client.get(f"/media/vehicles/suv/pink/{view}.png").status_code == 404


def test_a_picture_is_made_once_however_many_ask_at_once(app: Any, media_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    draw = raster._drawn

    def counted(drawing: str) -> bytes:
        made.append(drawing)
        return draw(drawing)

    monkeypatch.setattr(raster, "_drawn", counted)
    with ThreadPoolExecutor(4) as people:
        answers = list(people.map(lambda _: app.test_client().get("/media/vehicles/sedan/red/side.png").data, range(4)))
    assert len(made) == len(set(answers)) == 1
    assert [file.suffix for file in (media_dir / "vehicles").iterdir()] == [".png"]
    assert app.test_client().get("/media/vehicles/sedan/white/side.png").data != answers[0]


def test_a_picture_that_cannot_be_made_is_not_kept(app: Any, media_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(raster, "_DRAW", "import sys; sys.stdout.write('half'); sys.exit(1)")
    assert app.test_client().get("/media/vehicles/sedan/red/side.png").status_code == 500
    assert not any(media_dir.rglob("*"))


def test_no_drawing_needs_a_font() -> None:
    assert not any("<text" in studio.picture(body, "red", view) for body in studio.BODIES for view in studio.VIEWS)
