"""A car whose dealer has not said for too long that it is there goes off sale once he was told, and comes back with a word."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.dealers.models import Brand, Role, Store
from app.events.models import Event
from app.kit.settings import settings
from app.kit.states import Transition
from app.vehicles.jobs.stock import stock_to_confirm
from app.vehicles.service import confirming, keeping
from tests.factories import dealers, vehicles
from tests.vehicles.test_feed import vin
from tests.vehicles.test_stock import office

DAYS = 14


@pytest.fixture
def store(session: Session, brand: Brand) -> Store:
    return dealers.store(session, dealers.dealer(session, brand))


@pytest.fixture
def sweep(session: Session) -> Callable[[], None]:
    def run() -> None:
        session.commit()
        stock_to_confirm()
        session.expire_all()

    return run


def told(session: Session) -> Counter[str]:
    return Counter(session.execute(select(Event.name)).scalars())


def test_who_says_nothing_is_told_and_then_loses_the_place(session: Session, store: Store, later: Any, sweep: Any) -> None:
    car = vehicles.vehicle(session, store)
    later(days=DAYS - 4)
    sweep()
    assert (car.status, car.warned_at, told(session)) == ("listed", None, {})
    later(days=1)
    for _ in range(2):
        sweep()
    assert (car.status, told(session)) == ("listed", {"vehicle.confirmation_due": 1})
    later(days=2)
    sweep()
    assert car.status == "listed"
    later(days=1)
    for _ in range(2):
        sweep()
    assert (car.status, car.withdrawn_for) == ("withdrawn", "unconfirmed")
    assert told(session) == {"vehicle.confirmation_due": 1, "vehicle.withdrawn": 1}
    move = session.execute(select(Transition).filter_by(subject_id=car.id)).scalar_one()
    assert (move.before, move.after, move.reason) == ("listed", "withdrawn", "unconfirmed")


def test_one_word_brings_it_back_as_old_as_it_was(session: Session, store: Store, later: Any, sweep: Any) -> None:
    car, manager = vehicles.vehicle(session, store), dealers.staff(session, store.dealer, Role.dealer_manager)
    since = car.listed_at
    later(days=DAYS - 3)
    sweep()
    later(days=3)
    sweep()
    assert car.status == "withdrawn"
    assert keeping.confirm(session, manager, [car.id]) == (1, [car.id])
    assert (car.status, car.listed_at, car.withdrawn_for, car.warned_at) == ("listed", since, None, None)
    sweep()
    assert (car.status, told(session)["vehicle.confirmation_due"]) == ("listed", 1)


def test_a_word_in_time_starts_the_days_anew(session: Session, store: Store, later: Any, sweep: Any) -> None:
    car, manager = vehicles.vehicle(session, store), dealers.staff(session, store.dealer, Role.dealer_manager)
    later(days=DAYS - 2)
    sweep()
    keeping.confirm(session, manager, [car.id])
    later(days=DAYS - 4)
    sweep()
    assert (car.status, car.warned_at) == ("listed", None)


def test_nobody_loses_a_car_of_which_he_was_not_told_three_days_before(session: Session, store: Store, later: Any, sweep: Any) -> None:
    """The sweep stood still for a month."""
    car = vehicles.vehicle(session, store)
    later(days=40)
    sweep()
    assert car.status == "listed"
    later(days=3)
    sweep()
    assert car.status == "withdrawn"


@pytest.mark.parametrize("status", ["reserved", "in_preparation", "draft", "sold"])
def test_what_is_not_on_sale_or_is_held_is_left_alone(session: Session, store: Store, later: Any, sweep: Any, status: str) -> None:
    car = vehicles.vehicle(session, store, status=status)
    for _ in range(3):
        later(days=DAYS)
        sweep()
    assert (car.status, car.warned_at) == (status, None)


def test_a_car_that_a_person_took_off_is_not_brought_back_by_confirming_the_stock(session: Session, store: Store) -> None:
    car, manager = vehicles.vehicle(session, store), dealers.staff(session, store.dealer, Role.dealer_manager)
    keeping.withdraw(session, manager, car.id, reason="事故修复")
    assert keeping.confirm(session, manager, [car.id]) == (0, [])
    assert car.status == "withdrawn"


def test_a_car_whose_vin_is_live_elsewhere_by_now_does_not_come_back_unseen(session: Session, store: Store, app: Any) -> None:
    desk = office(app, session, store)
    car = vehicles.vehicle(session, store, vin=vin(1), status="withdrawn", withdrawn_for="unconfirmed")
    other = vehicles.vehicle(session, store, vin=vin(1))
    session.commit()
    refused = desk.ask("POST", "vehicles/confirm", 409, vehicle_ids=[str(car.id)])
    assert (refused["error"], refused["details"]["stock_number"]) == ("vehicles.vin_taken", other.stock_number)
    assert desk.ask("GET", "vehicles/?unconfirmed=true")["items"][0]["withdrawn_for"]["key"] == "unconfirmed"


def test_zero_days_never_take_anything_off(session: Session, store: Store, later: Any, sweep: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(confirming, "settings", lambda: settings().model_copy(update={"stock_confirm_days": 0}))
    car = vehicles.vehicle(session, store)
    later(days=400)
    sweep()
    assert car.warned_at is None


def test_a_long_list_is_worked_off_part_by_part(session: Session, store: Store, later: Any, sweep: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(confirming, "BATCH", 2)
    series = vehicles.series(session, session.get_one(Brand, store.brand_id))
    for _ in range(5):
        vehicles.vehicle(session, store, series)
    later(days=DAYS)
    sweep()
    assert told(session) == {"vehicle.confirmation_due": 5}


_THREE_THOUSAND_MORE = """
    INSERT INTO vehicles OVERRIDING SYSTEM VALUE
    SELECT (jsonb_populate_record(v, own)).*
    FROM vehicles v, generate_series(1, 3000) AS n,
        jsonb_build_object('id', gen_random_uuid(), 'number', v.number + n, 'stock_number', 'N' || n, 'vin', NULL) AS own
"""


def test_what_is_due_is_found_by_an_index_however_large_the_stock(session: Session, store: Store) -> None:
    session.execute(text("SET LOCAL enable_seqscan = off"))
    vehicles.vehicle(session, store)
    session.flush()
    session.execute(text(_THREE_THOUSAND_MORE))
    session.execute(text("ANALYZE vehicles"))
    for due in (
        "warned_at IS NULL AND confirmed_at <= marque_now() - interval '11 days' ORDER BY confirmed_at",
        "warned_at <= marque_now() - interval '3 days' AND confirmed_at <= marque_now() - interval '14 days' ORDER BY warned_at",
    ):
        plan = session.execute(text(f"EXPLAIN SELECT id FROM vehicles WHERE status = 'listed' AND {due} LIMIT 500"))
        lines = "\n".join(plan.scalars())
        assert "ix_vehicles_to_confirm" in lines
        assert "Index Cond" in lines
