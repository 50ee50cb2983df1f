"""A saved search tells of each car that becomes its result once for ever, and it is a result exactly when the search says so."""

from __future__ import annotations

import random
import threading
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import delete, func, select, text, update
from sqlalchemy.orm import Session

from app.events.models import Event
from app.identity.models import Customer
from app.interests import jobs
from app.interests.models import Alert, ChangedVehicle, SavedSearch, SavedSearchMatch
from app.interests.service import digests, matching
from app.kit.geo import Place
from app.kit.settings import settings
from app.vehicles import service as vehicles
from app.vehicles.models import Vehicle
from dev.testing import wait_until
from tests.factories import dealers, identity
from tests.factories import interests as make
from tests.factories import orders as markets
from tests.factories import vehicles as cars
from tests.interests.watcher import Watcher

Settle = Callable[[], None]


def found(session: Session) -> set[tuple[uuid.UUID, uuid.UUID]]:
    return {(row.saved_search_id, row.vehicle_id) for row in session.execute(select(SavedSearchMatch)).scalars()}


def test_a_new_car_is_told_of_at_once_and_a_known_one_is_not(session: Session, her: Watcher, settle: Settle) -> None:
    known = her.car(title="早就有的", body="suv")
    her.saves(body=["suv"])
    her.lists(known, her.car(title="新来的", body="suv"), her.car(title="不是的", body="coupe"))
    settle()
    assert her.alerts() == [("saved_search.matched", "新来的")]
    (alert,) = her.get("/alerts/")["items"]
    assert alert["text"] == "“SUV”有新车：新来的，¥258,000"
    assert alert["target"] == {"kind": "vehicle", "id": alert["vehicle"]["id"]}


def test_a_car_is_told_of_once_for_ever(session: Session, her: Watcher, settle: Settle, deliver: Any) -> None:
    """Delivered twice, relisted, dearer and cheaper again, reserved and let go: the same car."""
    her.saves(price_max_fen=260_000_00)
    car = her.car(status="withdrawn", price_fen=258_000_00)
    her.lists(car)
    settle()
    for price in (270_000_00, 250_000_00):
        vehicles.change_price(session, car.id, price)
        settle()
    vehicles.reserve(session, car.id)
    vehicles.release(session, car.id)
    her.lists(car)
    settle()
    matching.match(session, car.brand_id, {car.id})
    matching.match(session, car.brand_id, {car.id})
    assert len(her.alerts()) == 1


def test_a_car_that_was_a_result_when_the_search_was_saved_is_no_news_whatever_it_costs(
    session: Session, her: Watcher, settle: Settle
) -> None:
    car, dear = her.car(price_fen=250_000_00), her.car(title="原来太贵", price_fen=300_000_00)
    her.saves(price_max_fen=260_000_00)
    for price in (280_000_00, 240_000_00):
        vehicles.change_price(session, car.id, price)
        settle()
    assert her.alerts() == []
    vehicles.change_price(session, dear.id, 255_000_00)
    settle()
    assert her.alerts() == [("saved_search.matched", "原来太贵")]


def test_many_cars_at_once_are_one_alert_that_leads_to_the_search(session: Session, her: Watcher, settle: Settle) -> None:
    search = her.saves(body=["suv"]).json
    her.lists(*(her.car(body="suv") for _ in range(3)))
    settle()
    (alert,) = her.get("/alerts/")["items"]
    assert (alert["count"], alert["text"]) == (3, "“SUV”有 3 辆新车")
    assert alert["target"] == {"kind": "saved_search", "id": search["id"]}
    assert len(her.get(f"/saved-searches/{search['id']}/matches")["items"]) == 3
    recorded = session.execute(select(Event).filter_by(name="saved_search.matched")).scalar_one()
    assert (recorded.customer_id, recorded.data["count"], len(recorded.data["vehicle_ids"])) == (her.customer.id, 3, 3)


def test_a_paused_search_finds_and_keeps_silent_afterwards_too(session: Session, her: Watcher, settle: Settle, later: Any) -> None:
    search = her.saves(body=["suv"]).json
    her.ask("PUT", f"/saved-searches/{search['id']}", json={"paused": True})
    later(seconds=1)
    car = her.car(body="suv")
    her.lists(car)
    settle()
    (shown,) = her.get("/saved-searches/")["items"]
    assert (shown["paused"], shown["new"], her.alerts()) == (True, 1, [])
    her.ask("PUT", f"/saved-searches/{search['id']}", json={"paused": False})
    vehicles.change_price(session, car.id, 1_000_00)
    settle()
    assert her.alerts() == []


def test_what_a_search_finds_too_often_in_an_hour_is_told_together_when_that_is_over(
    session: Session, her: Watcher, settle: Settle, later: Any
) -> None:
    her.saves(body=["suv"])
    for _ in range(matching.ALERTS_AN_HOUR + 3):
        her.lists(her.car(body="suv"))
        settle()
    assert len(her.alerts()) == matching.ALERTS_AN_HOUR
    later(minutes=61)
    assert digests.tell_due(session) == 1
    assert her.get("/alerts/")["items"][0]["count"] == 3


def test_a_search_that_cannot_be_read_any_more_holds_up_no_other(session: Session, her: Watcher, settle: Settle) -> None:
    broken = her.saves(body=["suv"]).json
    session.execute(update(SavedSearch).filter_by(id=uuid.UUID(broken["id"])).values(filters={"q": "长" * 100}))
    her.saves(energy=["electric"])
    her.lists(her.car(body="suv", energy="electric"))
    settle()
    assert len(her.alerts()) == 1


CITIES = {"上海": (31.23, 121.47), "北京": (39.90, 116.40), "广州": (23.13, 113.26), "苏州": (31.30, 120.58)}


class Town:
    """A brand with cars and searches of every kind, drawn by chance."""

    def __init__(self, session: Session, chance: random.Random, market: markets.Market) -> None:
        self.session, self.chance, self.brand = session, chance, market.brand
        self.stores = [
            dealers.store(session, dealers.dealer(session, market.brand, city=city), at=at, city=city) for city, at in CITIES.items()
        ]
        self.series = [cars.series(session, market.brand) for _ in range(4)]
        self.watcher = identity.customer(session, market.brand)

    def car(self) -> Vehicle:
        pick = self.chance.choice
        return cars.vehicle(
            self.session,
            pick(self.stores),
            pick(self.series),
            title=pick(["911 Carrera", "Cayenne", "Taycan 4S"]),
            search_text=pick(["911 carrera 白色", "cayenne 黑色", "taycan 4s"]),
            model=pick(["", "911 Carrera", "Cayenne"]),
            status=pick(["listed", "listed", "reserved", "sold", "withdrawn"]),
            condition=pick(["approved", "used", "new", "demo"]),
            body=pick(["suv", "coupe", None]),
            energy=pick(["electric", "petrol", None]),
            exterior_color=pick(["white", "black", None]),
            model_year=pick([2021, 2022, 2023]),
            price_fen=pick(range(20, 60)) * 10_000_00,
            monthly_fen=pick([None, 3_000_00, 6_000_00]),
            odometer_km=pick([0, 10_000, 80_000]),
            previous_owners=pick([None, 0, 1, 3]),
            accident_free=pick([True, False, None]),
            seats=pick([None, 2, 5]),
            warranty_until=pick([None, date(2020, 1, 1), date(2099, 1, 1)]),
            first_registration_date=pick([date(2021, 5, 1), date(2023, 3, 1)]),
            options=pick([[], ["panoramic_roof"], ["panoramic_roof", "sport_exhaust"]]),
            photos=pick([[], [{"url": "/media/vehicles/suv/white/side.svg", "alt": "侧面"}]]),
            listed_at=pick([datetime(2020, 1, 1, tzinfo=UTC), datetime(2099, 1, 1, tzinfo=UTC)]),
        )

    def search(self) -> SavedSearch:
        chance, pick = self.chance, self.chance.choice
        every: dict[str, Any] = {
            "series": tuple(one.key for one in chance.sample(self.series, 2)),
            "model": ("911 Carrera",),
            "condition": tuple(chance.sample(["approved", "used", "new", "demo"], 2)),
            "body": (pick(["suv", "coupe"]),),
            "energy": ("electric",),
            "exterior_color": ("white", "black"),
            "model_year": (2022, 2023),
            "seats": (5,),
            "city": tuple(chance.sample(sorted(CITIES), 2)),
            "store_ids": (pick(self.stores).id,),
            "options": ("panoramic_roof",),
            "price_min_fen": pick([250_000_00, 400_000_00]),
            "price_max_fen": pick([300_000_00, 500_000_00]),
            "monthly_max_fen": 4_000_00,
            "model_year_min": 2022,
            "mileage_min_km": 1,
            "mileage_max_km": 20_000,
            "registered_from": date(2022, 1, 1),
            "registered_to": date(2022, 1, 1),
            "listed_within_days": 30,
            "previous_owners_max": 1,
            "accident_free": pick([True, False]),
            "in_warranty": pick([True, False]),
            "has_photos": pick([True, False]),
            "q": pick(["911", "cayenne", "白色"]),
            "radius_km": float(pick([50, 150, 1500])),
        }
        asked = {name: every[name] for name in chance.sample(sorted(every), chance.randint(0, 4))}
        place = Place(*CITIES[pick(sorted(CITIES))]) if "radius_km" in asked else None
        return make.search(self.session, self.watcher, place=place, **asked)


def test_holding_cars_against_searches_finds_what_asking_each_search_finds(
    session: Session, market: markets.Market, her: Watcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(settings().__dict__, "saved_searches_per_customer", 1_000)
    town = Town(session, random.Random(6), market)
    known = [town.car() for _ in range(20)]
    searches = {search.id: search for search in (town.search() for _ in range(45))}
    session.commit()
    before = {search_id: results(her, search) for search_id, search in searches.items()}
    # What was there changes altogether, and other cars come.
    other = [town.car() for _ in range(40)]
    for car in known:
        car.price_fen = town.chance.randint(20, 60) * 10_000_00
        car.status = town.chance.choice(["listed", "reserved", "sold"])
        car.store_id = town.chance.choice(town.stores).id
    session.commit()
    matching.match(session, market.brand.id, {car.id for car in (*known, *other)})
    told: dict[uuid.UUID, set[uuid.UUID]] = {search_id: set() for search_id in searches}
    for search_id, vehicle_id in found(session):
        told[search_id].add(vehicle_id)
    session.commit()
    asked = {search_id: results(her, search) for search_id, search in searches.items()}
    assert told == {search_id: asked[search_id] - before[search_id] for search_id in searches}
    assert sum(map(len, told.values())) > 30
    assert any(asked[search_id] & before[search_id] for search_id in searches)


def results(her: Watcher, search: SavedSearch) -> set[uuid.UUID]:
    """What the search door shows for it."""
    place = {} if search.lat is None else {"lat": search.lat, "lng": search.lng}
    query = {**search.filters, **place, "limit": 100, "facets": "false"}
    answer = her.client.get("/api/visitor/vehicles/", query_string=query, headers=her.headers)
    assert (answer.status_code, answer.json["next_cursor"]) == (200, None)
    return {uuid.UUID(one["id"]) for one in answer.json["items"]}


def test_whatever_changes_a_car_is_noticed_and_each_change_once(committed: Any, app: Any) -> None:
    """A long transaction is neither missed, nor does it have others' changes read again; and what nobody recorded counts, too."""
    with committed() as session:
        market = markets.market(session)
        car, slow = market.vehicle, cars.vehicle(session, market.store)
    jobs.match()

    def noted() -> list[uuid.UUID]:
        with committed() as session:
            matching.follow(session)
        with committed() as session:
            return list(session.execute(delete(ChangedVehicle).returning(ChangedVehicle.vehicle_id)).scalars())

    with committed() as long:
        long.execute(update(Vehicle).filter_by(id=slow.id).values(monthly_fen=1))
        with committed() as session:
            session.execute(update(Vehicle).filter_by(id=car.id).values(monthly_fen=1))
        assert noted() == [car.id]
        assert noted() == []
    assert noted() == [slow.id]
    assert noted() == []


def test_of_two_workers_at_once_one_tells(committed: Any, app: Any) -> None:
    with committed() as session:
        market = markets.market(session)
        searches = [make.search(session, markets.buyer(session, market), body=("suv",)).id for _ in range(5)]
        new = [cars.vehicle(session, market.store, body="suv").id for _ in range(5)]
    both = threading.Barrier(2)

    def work() -> None:
        with committed() as session:
            both.wait(timeout=120)
            matching.match(session, market.brand.id, new)

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(work) for _ in range(2)]:
            done.result(timeout=120)
    with committed() as session:
        told = session.execute(select(Alert.saved_search_id, Alert.count)).all()
        assert sorted(told) == sorted((search, len(new)) for search in searches)
        assert session.execute(select(func.count()).select_from(Event).filter_by(name="saved_search.matched")).scalar_one() == 5


def test_a_search_saved_while_a_car_changes_knows_it_or_is_told(committed: Any, app: Any) -> None:
    """The car comes on sale after the search has looked, and is matched before the search is there for others to see."""
    with committed() as session:
        market = markets.market(session)
        customer = markets.buyer(session, market)
    jobs.match()
    with ThreadPoolExecutor(1) as pool:
        with committed() as saving:
            search_id = make.search(saving, saving.get_one(Customer, customer.id), body=("coupe",)).id
            with committed() as session:
                car = cars.vehicle(session, market.store, body="coupe").id
            matched = pool.submit(jobs.match)
            wait_until(lambda: waits_for_a_lock(committed))
        matched.result(timeout=120)
    with committed() as session:
        assert found(session) == {(search_id, car)}


def waits_for_a_lock(committed: Any) -> bool:
    with committed() as session:
        wanted = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        return bool(session.execute(text(wanted)).scalar_one())


def test_after_its_turn_the_matching_leaves_the_rest_to_the_next_ring(
    committed: Any, app: Any, rings: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    with committed() as session:
        market = markets.market(session)
        search_id = make.search(session, markets.buyer(session, market), body=("coupe",)).id
    jobs.match()
    monkeypatch.setattr(matching, "CARS_AT_ONCE", 1)
    monkeypatch.setattr(jobs, "TURN_SECONDS", 0.0)
    with committed() as session:
        new = {cars.vehicle(session, market.store, body="coupe").id for _ in range(2)}
    for done in (1, 2):
        rings.clear()
        jobs.match()
        assert ("interests.match", {}) in rings
        with committed() as session:
            assert len(found(session)) == done
    with committed() as session:
        assert found(session) == {(search_id, car) for car in new}


def test_what_a_process_that_died_had_taken_is_told_by_the_next(committed: Any, app: Any) -> None:
    with committed() as session:
        market = markets.market(session)
        daily = make.search(session, markets.buyer(session, market), body=("suv",), frequency="daily").id
        make.search(session, markets.buyer(session, market), body=("suv",))
    jobs.match()
    with committed() as session:
        cars.vehicle(session, market.store, body="suv")
        matching.follow(session)
    for step in (matching.match_some, digests.tell_due):
        with committed() as session:
            session.execute(update(SavedSearch).where(SavedSearch.due_at.is_not(None)).values(due_at=func.marque_now()))
            assert step(session) > 0
            session.rollback()
        jobs.match() if step is matching.match_some else jobs.tell_due()
        with committed() as session:
            session.execute(update(SavedSearch).where(SavedSearch.due_at.is_not(None)).values(due_at=func.marque_now()))
    with committed() as session:
        assert session.execute(select(func.count()).select_from(Alert)).scalar_one() == 2
        told = select(SavedSearchMatch.told_at).filter_by(saved_search_id=daily)
        assert session.execute(told).scalar_one() is not None
