"""A team is kept by its manager and nobody else; who is locked out is out at once; a given password is good for one login."""

from __future__ import annotations

import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.dealers import service
from app.dealers.errors import TeamRefused
from app.dealers.models import Brand, Dealer, Role, Staff, StaffSession
from app.kit import clock
from app.kit.geo import Place, distance_m
from app.kit.states import Transition
from tests.factories import dealers as make

LOGIN = "/api/public/staff/login"
TEAM = "/api/staff/team/"


@dataclass
class Desk:
    """Somebody who is signed in."""

    client: Any
    staff: Staff

    def ask(self, method: str, path: str = "", expect: int = 200, **body: Any) -> Any:
        answer = self.client.open(f"{TEAM}{path}", method=method, json=body if method != "GET" else None)
        assert answer.status_code == expect, answer.text[:400]
        return answer.json


@dataclass
class House:
    session: Session
    app: Any
    brand: Brand
    dealer: Dealer
    admin: Desk
    manager: Desk
    adviser: Staff

    def login(self, username: str, password: str = make.PASSWORD) -> tuple[Any, Any]:
        client = self.app.test_client()
        return client, client.post(LOGIN, json={"username": username, "password": password})


@pytest.fixture
def brand(session: Session) -> Brand:
    return make.brand(session)


@pytest.fixture
def house(app: Any, session: Session, brand: Brand) -> House:
    dealer = make.dealer(session, brand)
    admin, manager = make.staff(session, brand, Role.admin), make.staff(session, dealer, Role.dealer_manager)
    adviser = make.staff(session, dealer)
    session.commit()

    def desk(staff: Staff) -> Desk:
        client = app.test_client()
        assert client.post(LOGIN, json={"username": staff.username, "password": make.PASSWORD}).status_code == 200
        return Desk(client, staff)

    return House(session, app, brand, dealer, desk(admin), desk(manager), adviser)


def newcomer(house: House, by: Desk, **more: Any) -> Any:
    return by.ask("POST", expect=201, **({"username": f"new{uuid.uuid4().hex[:6]}", "name": "新人", "role": "adviser"} | more))


def test_a_given_password_opens_nothing_but_the_choice_of_ones_own(house: House) -> None:
    made = newcomer(house, house.manager)
    assert made["dealer"]["id"] == str(house.dealer.id)
    client, answer = house.login(made["username"], made["password"])
    assert answer.status_code == 200
    for door in ("/api/staff/console/me", "/api/staff/customers/", "/api/staff/leads/"):
        refused = client.get(door)
        assert (refused.status_code, refused.json["error"]) == (403, "dealers.password_to_change")
    own = "a password of her own"
    assert client.put("/api/staff/session/password", json={"password": made["password"], "new": own}).status_code == 204
    assert client.get("/api/staff/console/me").status_code == 200
    assert house.login(made["username"], made["password"])[1].status_code == 401
    assert house.login(made["username"], own)[1].status_code == 200


def test_a_given_password_that_nobody_used_is_good_for_nothing_after_a_week(house: House) -> None:
    made = newcomer(house, house.admin, role="marketer")
    person = house.session.get_one(Staff, uuid.UUID(made["id"]))
    person.must_choose_by = clock.now(house.session) - timedelta(seconds=1)
    house.session.commit()
    assert house.login(made["username"], made["password"])[1].status_code == 401


def test_a_manager_reaches_nobody_of_another_dealer_or_of_headquarters_and_makes_none_of_them(house: House) -> None:
    elsewhere = make.dealer(house.session, house.brand)
    stranger = make.staff(house.session, elsewhere)
    other_store = make.store(house.session, elsewhere)
    house.session.commit()
    for person in (stranger, house.admin.staff):
        for method, act in (("GET", ""), ("PATCH", ""), ("POST", "/lock"), ("POST", "/password"), ("DELETE", "/browsers")):
            house.manager.ask(method, f"{person.id}{act}", expect=404, **({"name": "别人"} if method == "PATCH" else {}))
    listed = house.manager.ask("GET", f"?dealer_id={elsewhere.id}")
    assert (listed["items"], listed["total"]) == ([], 0)
    made = newcomer(house, house.manager, dealer_id=str(elsewhere.id))
    assert made["dealer"]["id"] == str(house.dealer.id)
    wanted = {"username": "sneaky", "name": "总部的人", "role": "admin"}
    assert house.manager.ask("POST", expect=422, **wanted)["details"]["dealer_id"] == "role"
    house.manager.ask("PATCH", str(house.adviser.id), expect=422, role="finance")
    house.manager.ask("PATCH", str(house.adviser.id), expect=404, store_id=str(other_store.id))
    assert {one["username"] for one in house.manager.ask("GET")["items"]} == {
        house.manager.staff.username,
        house.adviser.username,
        made["username"],
    }


def test_an_adviser_and_a_marketer_keep_no_team(house: House) -> None:
    for staff in (house.adviser, make.staff(house.session, house.brand, Role.marketer)):
        house.session.commit()
        client, _ = house.login(staff.username)
        assert client.get(TEAM).status_code == 403
        assert client.post(f"{TEAM}{house.manager.staff.id}/lock", json={}).status_code == 403


def test_who_is_locked_out_is_out_at_once_and_comes_back_with_what_she_had(house: House) -> None:
    client, _ = house.login(house.adviser.username)
    assert client.get("/api/staff/console/me").status_code == 200
    assert house.manager.ask("POST", f"{house.adviser.id}/lock")["active"] is False
    assert client.get("/api/staff/console/me").status_code == 401
    assert house.login(house.adviser.username)[1].status_code == 401
    house.manager.ask("POST", f"{house.adviser.id}/lock")
    page = house.manager.ask("POST", f"{house.adviser.id}/unlock")
    assert client.get("/api/staff/console/me").status_code == 401
    assert house.login(house.adviser.username)[1].status_code == 200
    moves = [(move["before"], move["after"], move["actor"]["name"]) for move in page["trail"]]
    assert moves == [("locked", "active", house.manager.staff.name), ("active", "locked", house.manager.staff.name)]


def test_another_role_or_a_lost_phone_signs_her_out_and_stands_in_her_trail(house: House) -> None:
    house.adviser.totp_secret, house.adviser.totp_confirmed_at = "JBSWY3DPEHPK3PXP", clock.now(house.session)
    house.session.add(make_session(house, house.adviser))
    house.session.commit()
    page = house.manager.ask("POST", f"{house.adviser.id}/second-factor/end")
    assert (page["has_second_factor"], page["browsers"]) == (False, 0)
    client, answer = house.login(house.adviser.username)
    assert answer.status_code == 200
    house.manager.ask("PATCH", str(house.adviser.id), role="dealer_manager")
    assert client.get("/api/staff/console/me").status_code == 401
    house.login(house.adviser.username)
    assert house.manager.ask("DELETE", f"{house.adviser.id}/browsers") == {"ended": 1}
    trail = house.manager.ask("GET", str(house.adviser.id))["trail"]
    assert [one["reason"] for one in trail] == ["signed_out", "role", "second_factor_reset"]


def make_session(house: House, staff: Staff) -> StaffSession:
    return StaffSession(token_hash=uuid.uuid4().hex, staff_id=staff.id, expires_at=clock.now(house.session) + timedelta(hours=1))


def test_nobody_locks_or_degrades_herself(house: House) -> None:
    own = str(house.admin.staff.id)
    for method, act, body in (("POST", "/lock", {}), ("PATCH", "", {"role": "marketer"}), ("POST", "/password", {})):
        assert house.admin.ask(method, f"{own}{act}", expect=409, **body)["error"] == "dealers.not_yourself"
    house.admin.ask("PATCH", own, name="还是我")


def test_two_administrators_who_lock_each_other_out_at_once_leave_one(committed: Any) -> None:
    with committed() as session:
        brand = make.brand(session)
        ids = [make.staff(session, brand, Role.admin).id for _ in range(2)]
    start = threading.Barrier(2)

    def lock(own: uuid.UUID, other: uuid.UUID) -> bool:
        with committed() as session:
            staff = session.get_one(Staff, own)
            start.wait(10)
            try:
                service.lock(session, staff, other)
            except TeamRefused:
                return False
            return True

    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(lock, ids, ids[::-1]))
    with committed() as session:
        assert sorted(done) == [False, True]
        assert len(session.execute(select(Staff.id).filter_by(brand_id=brand.id, active=True)).all()) == 1


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        ({"username": "a b"}, "username"),
        ({"name": "  "}, "name"),
        ({"name": "\x00"}, "name"),
        ({"role": "owner"}, "role"),
        ({"wecom_userid": "张"}, "wecom_userid"),
    ],
)
def test_what_does_not_hold_is_named(house: House, wanted: dict[str, Any], field: str) -> None:
    body = {"username": "newcomer", "name": "新人", "role": "adviser"} | wanted
    assert field in str(house.manager.ask("POST", expect=422, **body)["details"])


def test_a_name_or_a_wecom_account_has_one_owner(house: House) -> None:
    body = {"name": "新人", "role": "adviser"}
    taken = house.manager.ask("POST", expect=422, username=house.admin.staff.username, **body)
    assert taken["details"] == {"username": "taken"}
    wecom = {"wecom_userid": str(house.adviser.wecom_userid).upper()}
    assert house.manager.ask("POST", expect=422, username="newcomer", **body, **wecom)["details"] == {"wecom_userid": "taken"}
    moves = select(Transition).filter_by(subject_type="staff")
    assert house.session.execute(moves).first() is None


def test_administrators_open_stores_whose_place_is_right_whichever_datum_was_given(house: House) -> None:
    client = house.admin.client
    made = client.post("/api/staff/dealers/", json={"name": "虹桥汽车", "city": "上海"}, headers={"Idempotency-Key": uuid.uuid4().hex})
    assert made.status_code == 201
    stores = f"/api/staff/dealers/{made.json['id']}/stores"
    place = {"name": "虹桥中心", "address": "申虹路1号", "lat": 31.1950, "lng": 121.3180, "datum": "wgs84"}
    page = client.post(stores, json=place, headers={"Idempotency-Key": uuid.uuid4().hex}).json
    (store,) = page["stores"]
    assert (store["datum_source"], store["city"]) == ("wgs84", "上海")
    assert 300 < distance_m(Place(store["lat"], store["lng"]), Place(place["lat"], place["lng"])) < 700
    again = client.post(stores, json=place, headers={"Idempotency-Key": uuid.uuid4().hex})
    assert (again.status_code, again.json["details"]) == (422, {"name": "taken"})
    moved = client.patch(f"/api/staff/dealers/stores/{store['id']}", json={"lat": 31.2, "lng": 121.4, "phone": "021-60000000"}).json
    assert {key: moved["stores"][0][key] for key in ("lat", "lng", "datum_source", "phone", "name")} == {
        "lat": 31.2,
        "lng": 121.4,
        "datum_source": "gcj02",
        "phone": "021-60000000",
        "name": "虹桥中心",
    }
    half = client.patch(f"/api/staff/dealers/stores/{store['id']}", json={"lat": 31.2})
    assert (half.status_code, "lng" in str(half.json["details"])) == (422, True)
    listed = house.manager.client.get("/api/staff/dealers/").json
    assert [one["id"] for one in listed["items"]] == [str(house.dealer.id)]
    assert house.manager.client.get(f"/api/staff/dealers/{made.json['id']}").status_code == 404
