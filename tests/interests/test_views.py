"""What she looked at last is remembered, each car once, and nothing of it once she has cleared it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.identity import service as identity
from app.interests import queries
from app.interests.models import VehicleView
from app.kit import clock
from app.kit.settings import settings
from app.vehicles.models import Vehicle
from tests.factories import dealers
from tests.factories import vehicles as cars
from tests.interests.watcher import Watcher

Deliver = Callable[[], int]


def titles(her: Watcher) -> list[str]:
    return [one["vehicle"]["title"] for one in her.get("/recently-viewed/", limit=100)["items"]]


def test_what_she_looked_at_is_there_once_the_last_first(her: Watcher, deliver: Deliver) -> None:
    first, second = her.car(title="先看的"), her.car(title="后看的")
    her.looks_at(first, at="2026-03-01T10:00:00+08:00")
    her.looks_at(second, at="2026-03-01T10:01:00+08:00")
    deliver()
    assert titles(her) == ["后看的", "先看的"]
    her.looks_at(first, at="2026-03-01T10:02:00+08:00")
    her.looks_at(second, at="2026-03-01T09:00:00+08:00")
    deliver()
    assert titles(her) == ["先看的", "后看的"]


def test_only_the_newest_are_kept(her: Watcher, deliver: Deliver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(settings().__dict__, "recent_views_per_customer", 3)
    for number in range(5):
        her.looks_at(her.car(title=f"车{number}"), at=f"2026-03-01T10:0{number}:00+08:00")
    deliver()
    assert titles(her) == ["车4", "车3", "车2"]


def test_pages_go_on_after_the_last_one_seen(her: Watcher, deliver: Deliver) -> None:
    for number in range(3):
        her.looks_at(her.car(title=f"车{number}"), at=f"2026-03-01T10:0{number}:00+08:00")
    deliver()
    first = her.get("/recently-viewed/", limit=2)
    rest = her.get("/recently-viewed/", limit=2, cursor=first["next_cursor"])
    assert [one["vehicle"]["title"] for one in first["items"] + rest["items"]] == ["车2", "车1", "车0"]
    assert rest["next_cursor"] is None


def test_nothing_comes_back_after_she_cleared_it(session: Session, her: Watcher, deliver: Deliver, later: Any) -> None:
    """Not what was on its way to us, and not what her phone tells afterwards of the time before; what she looks at next is there."""
    told, untold, new = her.car(title="已经知道"), her.car(title="还在路上"), her.car(title="之后看的")
    her.looks_at(told)
    deliver()
    before = clock.now(session).isoformat()
    her.looks_at(untold, at=before)
    later(seconds=1)
    assert her.ask("DELETE", "/recently-viewed/").status_code == 204
    deliver()
    her.looks_at(untold, at=before)
    brought = {"items": [{"vehicle_id": str(untold.id), "viewed_at": before}]}
    assert her.ask("POST", "/recently-viewed/", json=brought).json == {"kept": 0}
    deliver()
    assert titles(her) == []
    later(seconds=5)
    her.looks_at(new, at=clock.now(session).isoformat())
    deliver()
    assert titles(her) == ["之后看的"]


def test_a_phone_brings_what_it_remembered_and_again_changes_nothing(session: Session, her: Watcher) -> None:
    """A clock may be ahead, or was never set; what we do not sell, or another brand does, is left out."""
    car, ahead, never = her.car(title="手机里的"), her.car(title="时钟快了"), her.car(title="从未对时")
    foreign = cars.vehicle(session, dealers.store(session, dealers.dealer(session, dealers.brand(session))))
    strange: list[Vehicle | uuid.UUID] = [foreign.id, uuid.uuid4(), her.car(status="draft").id]
    items = [{"vehicle_id": str(one), "viewed_at": "2026-03-01T10:00:00+08:00"} for one in (car.id, *strange)]
    items.append({"vehicle_id": str(ahead.id), "viewed_at": "2099-01-01T00:00:00+08:00"})
    items.append({"vehicle_id": str(never.id), "viewed_at": "0001-01-01T00:00:00+14:00"})
    for _ in range(2):
        assert her.ask("POST", "/recently-viewed/", json={"items": items}).json == {"kept": 3}
    assert titles(her) == ["时钟快了", "手机里的", "从未对时"]
    newest = queries.views(session, her.customer.id, cursor=None, limit=1).rows[0][0]
    assert newest.viewed_at <= clock.now(session) + timedelta(seconds=1)
    too_many = {"items": items * 50}
    assert her.ask("POST", "/recently-viewed/", json=too_many).status_code == 422


def test_nothing_of_an_erased_customer_is_kept_though_we_hear_of_it_late(session: Session, her: Watcher, deliver: Deliver) -> None:
    her.looks_at(her.car())
    identity.erase(session, her.customer)
    deliver()
    assert session.query(VehicleView).count() == 0


def test_what_nobody_looked_at_is_nobodys(session: Session, her: Watcher, deliver: Deliver) -> None:
    her.headers = {"X-Appid": her.market.mini.appid}
    her.looks_at(her.car())
    deliver()
    assert session.query(VehicleView).count() == 0
