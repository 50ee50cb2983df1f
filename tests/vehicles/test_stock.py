"""Who keeps the stock of a dealer changes it, car by car; every move is written down, and nobody reaches another dealer's."""

from __future__ import annotations

import itertools
import uuid
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.dealers.models import Brand, Role, Store
from app.events.models import Event
from app.kit.states import Transition
from app.vehicles import service
from app.vehicles.models import PriceChange, Vehicle
from tests.factories import dealers, vehicles
from tests.vehicles.test_feed import vin

WHOLE = {
    "title": "J5 2024款 长续航版",
    "series": "极曜 J5",
    "model": "J5",
    "trim": "长续航版",
    "condition": "used",
    "model_year": 2024,
    "price_fen": 258_000_00,
    "first_registration_date": "2024-03-01",
    "odometer_km": 12_000,
    "seats": 5,
    "warranty_until": "2027-03-01",
    "options": ["tow_bar"],
}


@dataclass
class Office:
    """The desk of a dealer's manager."""

    session: Session
    store: Store
    client: Any

    def ask(self, method: str, path: str, expect: int = 200, **body: Any) -> Any:
        answer = self.client.open(f"/api/staff/stock/{path}", method=method, json=body or None)
        assert answer.status_code == expect, f"{method} {path}: {answer.status_code} {answer.text[:400]}"
        self.session.expire_all()
        return answer.json

    def new(self, **fields: Any) -> Any:
        return self.ask("POST", "vehicles/", 201, **WHOLE | {"stock_number": uuid.uuid4().hex[:8]} | fields)

    def on_sale(self, **fields: Any) -> Any:
        return self.ask("POST", f"vehicles/{self.new(**fields)['id']}/list")

    def trail(self, car: Any) -> list[tuple[str, str, str | None]]:
        moves = select(Transition).filter_by(subject_type="vehicles", subject_id=uuid.UUID(car["id"]))
        rows = self.session.execute(moves.order_by(Transition.created_at, Transition.id)).scalars()
        return [(row.before, row.after, row.reason) for row in rows]

    def facts(self, car: Any) -> list[str]:
        told = select(Event.name).filter_by(subject_type="vehicle", subject_id=car["id"])
        return list(self.session.execute(told.order_by(Event.recorded_at, Event.id)).scalars())


def office(app: Any, session: Session, store: Store, role: Role = Role.dealer_manager) -> Office:
    """The desk of somebody new at the dealer, or at headquarters."""
    at = store.dealer if role in (Role.dealer_manager, Role.adviser) else session.get_one(Brand, store.brand_id)
    person = dealers.staff(session, at, role)
    session.commit()
    client = app.test_client()
    body = {"username": person.username, "password": dealers.PASSWORD}
    assert client.post("/api/public/staff/login", json=body).status_code == 200
    return Office(session, store, client)


@pytest.fixture
def store(session: Session, brand: Brand) -> Store:
    return dealers.store(session, dealers.dealer(session, brand))


@pytest.fixture
def desk(app: Any, session: Session, store: Store) -> Office:
    return office(app, session, store)


def test_a_car_goes_from_a_draft_to_its_new_owner_and_each_step_is_written_down(desk: Office) -> None:
    car = desk.new(status="draft")
    for step, status in (("prepare", "in_preparation"), ("list", "listed"), ("sold", "sold"), ("delivered", "delivered")):
        assert desk.ask("POST", f"vehicles/{car['id']}/{step}")["status"]["key"] == status
    states = ["", "draft", "in_preparation", "listed", "sold", "delivered"]
    assert desk.trail(car) == [(before, after, None) for before, after in itertools.pairwise(states)]
    assert desk.facts(car) == ["vehicle.listed", "vehicle.sold", "vehicle.delivered"]
    shown = desk.ask("GET", f"vehicles/{car['id']}")
    assert shown["trail"][0]["actor"]["type"] == "staff"
    assert shown["trail"][0]["actor"]["name"]
    assert shown["trail"][0]["cause"] == "staff_stock.delivered"
    assert desk.ask("POST", f"vehicles/{car['id']}/sold", 409)["error"] == "vehicles.not_now"


def test_a_held_car_is_neither_sold_nor_withdrawn_at_the_desk(desk: Office) -> None:
    car = desk.on_sale()
    service.reserve(desk.session, uuid.UUID(car["id"]))
    assert desk.ask("POST", f"vehicles/{car['id']}/sold", 409)["error"] == "vehicles.held_for_somebody"
    assert desk.ask("POST", f"vehicles/{car['id']}/withdraw", 409, reason="展厅调整")["error"] == "vehicles.held_for_somebody"
    assert desk.trail(car)[-1][:2] == ("listed", "reserved")


def test_of_two_people_who_change_a_car_the_second_is_told_to_look_again(desk: Office) -> None:
    car = desk.on_sale()
    changed = desk.ask("PATCH", f"vehicles/{car['id']}", version=car["version"], odometer_km=12_500, price_fen=250_000_00)
    assert (changed["odometer_km"], changed["price_fen"]) == (12_500, 250_000_00)
    assert changed["prices"][0]["old_price_fen"] == 258_000_00
    refused = desk.ask("PATCH", f"vehicles/{car['id']}", 409, version=car["version"], odometer_km=13_000)
    assert (refused["error"], refused["details"]["version"]) == ("vehicles.changed_meanwhile", changed["version"])
    assert desk.ask("GET", f"vehicles/{car['id']}")["odometer_km"] == 12_500


def test_a_price_is_changed_once_and_its_history_kept(desk: Office) -> None:
    car = desk.on_sale()
    for _ in range(2):
        asked = desk.ask("POST", f"vehicles/{car['id']}/price", price_fen=249_000_00)
    assert [(one["old_price_fen"], one["new_price_fen"]) for one in asked["prices"]] == [(258_000_00, 249_000_00)]
    assert desk.facts(car) == ["vehicle.listed", "vehicle.price_changed"]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"vin": "LJ9TEST0000000001"}, "vin"),
        ({"seats": 0}, "seats"),
        ({"price_fen": 0}, "price_fen"),
        ({"title": ""}, "title"),
        ({"title": "a\x00b"}, "title"),
        ({"condition": "scrap"}, "condition"),
        ({"odometer_km": None}, "odometer_km"),
        ({"first_registration_date": None}, "first_registration_date"),
        ({"colour": "white"}, "colour"),
    ],
)
def test_what_does_not_hold_is_refused_by_the_name_of_its_field(desk: Office, wrong: dict[str, Any], field: str) -> None:
    refused = desk.ask("POST", "vehicles/", 422, **WHOLE | {"stock_number": "B1"} | wrong)
    assert list(refused["details"]) == [field]
    assert desk.session.execute(select(Vehicle).filter_by(stock_number="B1")).first() is None


def test_a_vin_is_live_once_and_the_other_is_named_to_its_own_dealer_only(app: Any, session: Session, brand: Brand, desk: Office) -> None:
    first = desk.on_sale(vin=vin(1))
    taken = desk.ask("POST", "vehicles/", 409, **WHOLE | {"stock_number": "B2", "vin": vin(1)})
    assert (taken["error"], taken["details"]) == ("vehicles.vin_taken", {"vehicle_id": first["id"], "stock_number": first["stock_number"]})
    stranger = office(app, session, dealers.store(session, dealers.dealer(session, brand)))
    refused = stranger.ask("POST", "vehicles/", 409, **WHOLE | {"stock_number": "B2", "vin": vin(1)})
    assert (refused["error"], refused["details"]) == ("vehicles.vin_taken", {})
    assert first["stock_number"] not in str(refused)
    desk.ask("POST", f"vehicles/{first['id']}/withdraw", reason="调往另一家店")
    stranger.new(vin=vin(1))
    assert desk.ask("POST", f"vehicles/{first['id']}/relist", 409)["details"] == {}


def test_a_stock_number_is_one_cars(desk: Office) -> None:
    desk.new(stock_number="B1")
    assert desk.ask("POST", "vehicles/", 409, **WHOLE | {"stock_number": "B1"})["error"] == "vehicles.stock_number_taken"


def test_putting_a_car_again_changes_nothing_and_what_is_not_said_stays(desk: Office) -> None:
    made = desk.ask("PUT", "vehicles/C-1", 201, **WHOLE | {"highlights": ["一手车"]})
    assert made["status"]["key"] == "listed"
    again = desk.ask("PUT", "vehicles/C-1", **WHOLE)
    assert (again["id"], again["version"], again["highlights"]) == (made["id"], made["version"], ["一手车"])
    cheaper = desk.ask("PUT", "vehicles/C-1", **WHOLE | {"price_fen": 240_000_00})
    assert cheaper["prices"][0]["new_price_fen"] == 240_000_00
    assert desk.facts(made) == ["vehicle.listed", "vehicle.price_changed"]
    desk.ask("POST", f"vehicles/{made['id']}/sold")
    assert desk.ask("PUT", "vehicles/C-1", 409, **WHOLE)["error"] == "vehicles.not_now"


def test_a_car_that_a_person_took_off_is_not_put_back_by_a_system(desk: Office) -> None:
    car = desk.ask("PUT", "vehicles/C-1", 201, **WHOLE)
    desk.ask("POST", f"vehicles/{car['id']}/withdraw", reason="事故修复")
    assert desk.trail(car)[-1] == ("listed", "withdrawn", "事故修复")
    assert desk.ask("PUT", "vehicles/C-1", **WHOLE)["status"]["key"] == "withdrawn"
    assert desk.ask("POST", f"vehicles/{car['id']}/relist")["status"]["key"] == "listed"


def test_taking_a_car_off_and_listing_it_again_does_not_make_it_new(app: Any, desk: Office, later: Any) -> None:
    car = desk.on_sale(vin=vin(3))
    since = car["listed_at"]
    later(days=20)
    desk = office(app, desk.session, desk.store)
    desk.ask("POST", f"vehicles/{car['id']}/withdraw", reason="试试看")
    assert desk.ask("POST", f"vehicles/{car['id']}/relist")["listed_at"] == since
    vehicle_id = uuid.UUID(car["id"])
    service.reserve(desk.session, vehicle_id)
    service.release(desk.session, vehicle_id)
    assert desk.ask("GET", f"vehicles/{car['id']}")["listed_at"] == since
    desk.ask("POST", f"vehicles/{car['id']}/withdraw", reason="换个库存号")
    copied = desk.on_sale(vin=vin(3), price_fen=270_000_00)
    assert (copied["stock_number"] != car["stock_number"], copied["listed_at"]) == (True, since)
    desk.ask("POST", f"vehicles/{copied['id']}/withdraw", reason="再换一个")
    assert desk.ask("PUT", "vehicles/AGAIN", 201, **WHOLE | {"vin": vin(3)})["listed_at"] == since
    raised = desk.session.execute(select(PriceChange).filter_by(vehicle_id=uuid.UUID(copied["id"]))).scalar_one()
    assert (raised.old_price_fen, raised.new_price_fen) == (258_000_00, 270_000_00)


def test_a_sold_car_that_comes_back_by_trade_in_is_a_new_listing(app: Any, desk: Office, later: Any) -> None:
    car = desk.on_sale(vin=vin(4))
    desk.ask("POST", f"vehicles/{car['id']}/sold")
    later(days=400)
    assert office(app, desk.session, desk.store).on_sale(vin=vin(4))["listed_at"] > car["listed_at"]


def test_the_list_is_narrowed_and_paged_without_gaps(desk: Office) -> None:
    cars = [desk.on_sale(title=f"J5 2024款 第{n}辆") for n in range(3)]
    draft = desk.new(status="draft", vin=vin(5))
    seen, cursor = [], ""
    while True:
        page = desk.ask("GET", f"vehicles/?limit=2{cursor}")
        seen += [one["id"] for one in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert seen == [draft["id"], *(car["id"] for car in reversed(cars))]
    assert [one["id"] for one in desk.ask("GET", "vehicles/?status=draft")["items"]] == [draft["id"]]
    assert [one["id"] for one in desk.ask("GET", f"vehicles/?q={vin(5)}")["items"]] == [draft["id"]]
    assert desk.ask("GET", "vehicles/?q=第1")["total"] == 1
    assert desk.ask("GET", f"vehicles/?q={cars[0]['stock_number']}")["total"] == 1
    assert desk.ask("GET", f"vehicles/?store_id={uuid.uuid4()}")["items"] == []
    assert desk.ask("GET", "vehicles/?cursor=bm8", 422)["details"].keys() == {"cursor"}


def test_an_adviser_looks_and_does_not_touch(app: Any, session: Session, store: Store, desk: Office) -> None:
    car = desk.on_sale()
    adviser = office(app, session, store, Role.adviser)
    assert adviser.ask("GET", f"vehicles/{car['id']}")["id"] == car["id"]
    for method, path, body in (
        ("POST", f"vehicles/{car['id']}/price", {"price_fen": 1}),
        ("POST", f"vehicles/{car['id']}/sold", {}),
        ("POST", "vehicles/confirm", {"vehicle_ids": [car["id"]]}),
        ("PUT", "vehicles/X", WHOLE),
    ):
        assert adviser.ask(method, path, 403, **body)["error"] == "vehicles.managers_only"


def test_another_dealers_manager_finds_nothing_at_any_door(app: Any, session: Session, brand: Brand, desk: Office) -> None:
    car = desk.on_sale()
    stranger = office(app, session, dealers.store(session, dealers.dealer(session, brand)))
    one = f"vehicles/{car['id']}"
    tried = [("GET", one, {}), ("PATCH", one, {"version": car["version"], "seats": 4}), ("POST", f"{one}/price", {"price_fen": 1})]
    tried += [("POST", f"{one}/{step}", {}) for step in ("prepare", "list", "relist", "sold", "delivered")]
    tried += [("POST", f"{one}/withdraw", {"reason": "别人的车"}), ("POST", "vehicles/confirm", {"vehicle_ids": [car["id"]]})]
    for method, path, body in tried:
        assert stranger.ask(method, path, 404, **body)["error"] == "vehicles.unknown", path
    assert stranger.ask("GET", "vehicles/")["total"] == 0
    made = stranger.ask("PUT", f"vehicles/{car['stock_number']}", 201, **WHOLE)
    assert made["id"] != car["id"]
    assert stranger.ask("POST", "vehicles/", 404, **WHOLE | {"stock_number": "Z", "store_id": str(desk.store.id)})["error"] == (
        "dealers.store_unknown"
    )
    assert desk.ask("GET", one)["version"] == car["version"]


def test_headquarters_see_every_dealer_and_say_for_which_store_they_write(app: Any, session: Session, desk: Office) -> None:
    car = desk.on_sale()
    head = office(app, session, desk.store, Role.admin)
    assert [one["id"] for one in head.ask("GET", "vehicles/")["items"]] == [car["id"]]
    assert head.ask("POST", "vehicles/", 422, **WHOLE | {"stock_number": "H1"})["error"] == "vehicles.store_needed"
    head.ask("POST", "vehicles/", 201, **WHOLE | {"stock_number": "H1", "store_id": str(desk.store.id)})


def test_a_step_that_the_states_do_not_know_is_refused_before_anything_is_asked(session: Session, store: Store) -> None:
    from app.vehicles.models import VEHICLE

    car = vehicles.vehicle(session, store, status="sold")
    with pytest.raises(RuntimeError, match="no way from"):
        VEHICLE.move_all(session, Vehicle, "listed", Vehicle.id == car.id, since=["sold"])
