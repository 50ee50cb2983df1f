"""A line in which several things happen at the same moment, on a real database: one comes first, and the other finds it so."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.identity.models import Customer
from app.orders import queries
from app.orders.errors import NotOnSale
from app.orders.service import waiting
from app.orders.waiting_errors import OnSale
from app.orders.waiting_models import WaitlistEntry
from app.vehicles.models import Vehicle
from tests.factories import orders as make
from tests.orders.line import Line, let_go


class Race:
    """Two people in line for a car that is let go, in a real database; `at_once` runs verbs in transactions that start together."""

    def __init__(self, committed: Callable[[], Any]) -> None:
        self.committed = committed
        with committed() as session:
            line = Line(session, market := make.market(session), make.order(session, market, make.buyer(session, market)))
            self.market, self.held = market, line.held
            self.first, self.second = line.waits(), line.waits()

    def let_go(self, session: Session) -> None:
        let_go(session, self.held)

    def at_once(self, *verbs: Callable[[Session], Any]) -> list[type[BaseException] | None]:
        """What each of them was refused with."""
        together = threading.Barrier(len(verbs))

        def run(verb: Callable[[Session], Any]) -> type[BaseException] | None:
            together.wait(timeout=120)
            try:
                with self.committed() as session:
                    verb(session)
            except Exception as error:
                return type(error)
            return None

        with ThreadPoolExecutor(len(verbs)) as pool:
            return list(pool.map(run, verbs))

    def statuses(self) -> list[str]:
        with self.committed() as session:
            entries = session.execute(select(WaitlistEntry).order_by(WaitlistEntry.id)).scalars()
            return [entry.status for entry in entries]


@pytest.fixture
def race(committed: Callable[[], Any]) -> Race:
    return Race(committed)


def test_two_releases_at_the_same_moment_make_one_offer(race: Race) -> None:
    with race.committed() as session:
        race.let_go(session)
        # Nobody holds it and nobody was told: as after a death between two steps.
        session.execute(text("UPDATE waitlist_entries SET status = 'waiting'"))
    assert race.at_once(*[lambda session: waiting.hand_on(session, race.market.vehicle.id)] * 4) == [None] * 4
    assert race.statuses() == ["offered", "waiting"]


def test_taking_and_lapsing_at_the_same_moment_have_one_winner(race: Race) -> None:
    with race.committed() as session:
        race.let_go(session)
        session.execute(text("UPDATE waitlist_entries SET offered_until = marque_now() + interval '50 ms' WHERE status = 'offered'"))
        offer = session.execute(select(WaitlistEntry.id).filter_by(status="offered")).scalar_one()

    def take(session: Session) -> None:
        make.order(session, race.market, race.first)

    def lapse_when_up(session: Session) -> None:
        waiting.lapse(session, offer)

    outcomes = race.at_once(take, *[lapse_when_up] * 3)
    with race.committed() as session:
        holder = queries.holder_of(session, race.market.vehicle.id)
        if outcomes[0] is None:
            assert holder is not None
            assert holder.customer_id == race.first.id
            assert race.statuses() == ["taken", "waiting"]
        else:
            assert outcomes[0] is NotOnSale
            assert holder is None
            assert race.statuses() == ["lapsed", "offered"]
    assert outcomes[1:] == [None] * 3


def test_who_joins_at_the_moment_of_the_release_is_offered_the_car_or_told_that_it_is_on_sale(committed: Callable[[], Any]) -> None:
    race = Race(committed)
    with committed() as session:
        session.execute(text("DELETE FROM waitlist_entries"))

    def join(session: Session) -> None:
        waiting.join(session, session.get_one(Customer, race.first.id), race.market.vehicle.id)

    refused = race.at_once(join, race.let_go)
    with committed() as session:
        car = session.get_one(Vehicle, race.market.vehicle.id).status
    assert (refused, race.statuses(), car) in [([None, None], ["offered"], "reserved"), ([OnSale, None], [], "listed")]
