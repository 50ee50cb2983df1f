"""A favourite is kept once, whatever becomes of the car, until she no longer wants it."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.events.models import Event
from app.kit.settings import settings
from app.vehicles import service as vehicles
from tests.factories import dealers
from tests.factories import orders as make
from tests.factories import vehicles as cars
from tests.interests.watcher import Watcher


def titles(answer: Any) -> list[str]:
    return [one["vehicle"]["title"] for one in answer["items"]]


def recorded(session: Session, name: str) -> int:
    return session.execute(select(func.count()).select_from(Event).filter_by(name=name)).scalar_one()


def test_choosing_a_car_twice_keeps_it_once_and_so_does_dropping_it(session: Session, her: Watcher) -> None:
    car = her.car()
    for _ in range(2):
        answer = her.likes(car)
        assert (answer.status_code, answer.json) == (200, {"vehicle_id": str(car.id), "is_favourite": True})
    assert her.get("/favourites/ids") == {"ids": [str(car.id)], "most": 500}
    for _ in range(2):
        answer = her.ask("DELETE", f"/favourites/{car.id}")
        assert (answer.status_code, answer.json["is_favourite"]) == (200, False)
    assert her.get("/favourites/")["items"] == []
    assert (recorded(session, "vehicle.favourited"), recorded(session, "vehicle.unfavourited")) == (1, 1)


def test_the_newest_comes_first_page_by_page_and_none_twice_while_she_goes_on_choosing(her: Watcher, later: Any) -> None:
    for number in range(5):
        her.likes(her.car(title=f"车{number}"))
        later(seconds=1)
    first = her.get("/favourites/", limit=2)
    assert (titles(first), first["total"]) == (["车4", "车3"], 5)
    her.likes(her.car(title="后来的"))
    second = her.get("/favourites/", limit=2, cursor=first["next_cursor"])
    third = her.get("/favourites/", limit=2, cursor=second["next_cursor"])
    assert titles(second) + titles(third) == ["车2", "车1", "车0"]
    assert third["next_cursor"] is None
    assert her.ask("GET", "/favourites/?cursor=forged").json["error"] == "request.cursor"


def test_what_becomes_of_a_favourite_is_said_and_none_is_lost(session: Session, her: Watcher) -> None:
    gone = her.car(title="卖掉的")
    for status, title in (("listed", "在售的"), ("reserved", "有人定的"), ("withdrawn", "下架的")):
        car = her.car(title=title)
        her.likes(car)
        car.status = status
    her.likes(gone)
    vehicles.sell(session, gone.id)
    found = {one["vehicle"]["title"]: one for one in her.get("/favourites/")["items"]}
    assert {title: (one["vehicle"]["status"]["key"], one["is_available"], one["hint"]) for title, one in found.items()} == {
        "在售的": ("listed", True, None),
        "有人定的": ("reserved", True, "已被预订，可加入候补"),
        "下架的": ("withdrawn", False, "已下架，看看相似车辆"),
        "卖掉的": ("sold", False, "已售出，看看相似车辆"),
    }
    similar = her.get(f"/favourites/{gone.id}/similar")["items"]
    assert "卖掉的" not in [one["title"] for one in similar]
    assert similar


def test_it_says_by_how_much_a_car_is_cheaper_than_when_she_chose_it(session: Session, her: Watcher) -> None:
    car = her.car(price_fen=300_000_00)
    her.likes(car)
    (before,) = her.get("/favourites/")["items"]
    assert (before["price_when_favoured_fen"], before["drop_fen"], before["note"]) == (300_000_00, None, None)
    vehicles.change_price(session, car.id, 270_000_00)
    (after,) = her.get("/favourites/")["items"]
    assert (after["drop_fen"], after["note"]) == (30_000_00, "比收藏时降 ¥30,000")
    vehicles.change_price(session, car.id, 310_000_00)
    (dearer,) = her.get("/favourites/")["items"]
    assert (dearer["drop_fen"], dearer["note"]) == (None, None)


def test_nobody_keeps_what_was_never_on_sale_or_is_of_another_brand(session: Session, her: Watcher) -> None:
    foreign = cars.vehicle(session, dealers.store(session, dealers.dealer(session, dealers.brand(session))))
    for car_id in (her.car(status="draft").id, foreign.id, uuid.uuid4()):
        assert her.ask("PUT", f"/favourites/{car_id}").status_code == 404
        assert her.ask("DELETE", f"/favourites/{car_id}").status_code == 200
    assert her.get("/favourites/ids")["ids"] == []


def test_nobody_keeps_more_than_one_person_may(her: Watcher, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(settings().__dict__, "favourites_per_customer", 2)
    first, second = her.car(), her.car()
    assert [her.likes(car).status_code for car in (first, second, her.car(), first)] == [200, 200, 409, 200]
    her.ask("DELETE", f"/favourites/{first.id}")
    assert her.likes(her.car()).status_code == 200


def test_one_customer_sees_nothing_of_another(session: Session, client: Any, market: make.Market, her: Watcher) -> None:
    other = Watcher(session, client, market)
    her.likes(her.car())
    assert other.get("/favourites/")["total"] == 0
    assert her.get("/interests/summary") == {
        "favourites": 1,
        "recently_viewed": 0,
        "saved_searches": 0,
        "new_matches": 0,
        "unread_alerts": 0,
    }
