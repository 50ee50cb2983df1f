"""When two customers turn out to be one, she has each thing once and hears nothing twice; when one is forgotten, nothing stays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy.orm import Session

from app.identity import service as identity
from app.interests.models import Alert, Favourite, SavedSearch, SavedSearchMatch, VehicleView, ViewsCleared
from app.interests.service.people import HERS
from app.vehicles import service as vehicles
from tests.factories import orders as make
from tests.interests.watcher import Watcher

Settle = Callable[[], None]


def test_two_who_are_one_have_each_thing_once(session: Session, client: Any, market: make.Market, settle: Settle, later: Any) -> None:
    kept, merged = Watcher(session, client, market), Watcher(session, client, market)
    both, hers = kept.car(title="都喜欢", price_fen=300_000_00), kept.car(title="只有她喜欢")
    merged.likes(both)
    merged.saves(body=["suv"], frequency="weekly")
    later(seconds=1)
    vehicles.change_price(session, both.id, 310_000_00)
    kept.likes(both)
    merged.likes(hers)
    kept.saves(body=["suv"])
    merged.saves(body=["coupe"])
    for one in (kept, merged):
        one.looks_at(both)
        one.ask("DELETE", "/recently-viewed/")
        later(seconds=1)
        one.looks_at(both, hers, at="2099-01-01T00:00:00+08:00")
    later(seconds=5)
    kept.looks_at(both, at="2099-01-01T00:00:00+08:00")
    settle()
    identity.merge(session, kept.customer, merged.customer)
    settle()
    favourites = {one["vehicle"]["title"]: one["price_when_favoured_fen"] for one in kept.get("/favourites/")["items"]}
    assert favourites == {"都喜欢": 300_000_00, "只有她喜欢": 258_000_00}
    assert [one["vehicle"]["title"] for one in kept.get("/recently-viewed/")["items"]] == ["都喜欢", "只有她喜欢"]
    searches = kept.get("/saved-searches/")["items"]
    assert {(one["summary"], one["frequency"]) for one in searches} == {("SUV", "weekly"), ("轿跑", "instant")}
    for table in HERS:
        assert session.query(table).filter_by(customer_id=merged.customer.id).count() == 0


def test_what_either_was_told_is_not_told_again(session: Session, client: Any, market: make.Market, settle: Settle) -> None:
    kept, merged = Watcher(session, client, market), Watcher(session, client, market)
    car = kept.car(title="降价的", price_fen=300_000_00)
    for one in (kept, merged):
        one.likes(car)
        one.saves(body=["suv"])
    new = kept.gets(title="新来的", body="suv")
    vehicles.change_price(session, car.id, 280_000_00)
    settle()
    identity.merge(session, kept.customer, merged.customer)
    settle()
    told = [("favourite.price_dropped", "降价的"), ("saved_search.matched", "新来的")]
    assert sorted(kept.alerts()) == told
    vehicles.change_price(session, new.id, 1_000_00)
    vehicles.change_price(session, car.id, 279_900_00)
    settle()
    assert sorted(kept.alerts()) == told


def test_nothing_stays_of_who_is_forgotten_nor_of_who_was_merged_into_her(
    session: Session, client: Any, market: make.Market, settle: Settle, later: Any
) -> None:
    kept, merged = Watcher(session, client, market), Watcher(session, client, market)
    for one in (kept, merged):
        one.likes(market.vehicle)
        one.looks_at(market.vehicle)
        one.ask("DELETE", "/recently-viewed/")
        later(seconds=1)
        one.looks_at(market.vehicle, at="2099-01-01T00:00:00+08:00")
        one.saves(body=["suv"])
        one.gets(body="suv")
    settle()
    other = Watcher(session, client, market)
    other.likes(market.vehicle)
    # Nobody has heard of the merge yet.
    identity.erase(session, identity.merge(session, kept.customer, merged.customer))
    settle()
    left = {table.__name__: session.query(table).count() for table in (Alert, SavedSearch, SavedSearchMatch, VehicleView, ViewsCleared)}
    assert set(left.values()) == {0}
    assert [one.customer_id for one in session.query(Favourite)] == [other.customer.id]


def test_her_export_holds_what_she_keeps_an_eye_on(session: Session, her: Watcher, settle: Settle) -> None:
    her.likes(her.market.vehicle)
    her.looks_at(her.market.vehicle)
    her.saves(body=["suv"], place={"lat": 31.2, "lng": 121.4, "label": "家"}, radius_km=20)
    vehicles.sell(session, her.market.vehicle.id)
    settle()
    held = her.ask("POST", "/identity/export").json["more"]["interests"]
    car = str(her.market.vehicle.id)
    assert [one["vehicle_id"] for one in held["favourites"] + held["recently_viewed"] + held["alerts"]] == [car, car, car]
    assert [(one["filters"], one["place_label"]) for one in held["saved_searches"]] == [({"body": ["suv"], "radius_km": 20.0}, "家")]
