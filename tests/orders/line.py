"""A car that somebody holds, and the line of those who wait for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.events.models import Event
from app.identity.models import Customer
from app.orders.models import CloseReason, Order, ReservationStatus
from app.orders.service import steps, waiting
from app.orders.waiting_models import WaitlistEntry
from app.vehicles.models import Vehicle
from tests.factories import orders as make


def let_go(session: Session, order: Order) -> None:
    """The hold of an order ends, as when WeChat has closed its payment."""
    order, hold = steps.locked(session, order.id)
    steps.end(session, order, hold, to=ReservationStatus.failed, reason=CloseReason.payment_failed)


@dataclass
class Line:
    """A car that its holder reserved, and people who may wait for it."""

    session: Session
    market: make.Market
    held: Order

    def person(self) -> Customer:
        return make.buyer(self.session, self.market)

    def waits(self, who: Customer | None = None) -> Customer:
        who = who or self.person()
        waiting.join(self.session, who, self.market.vehicle.id)
        return who

    def let_go(self) -> None:
        let_go(self.session, self.held)

    def reserves(self, who: Customer, **fields: Any) -> Order:
        return make.order(self.session, self.market, who, **fields)

    def of(self, who: Customer) -> WaitlistEntry:
        self.session.expire_all()
        return self.session.execute(
            select(WaitlistEntry)
            .filter_by(customer_id=who.id, vehicle_id=self.market.vehicle.id)
            .order_by(WaitlistEntry.id.desc())
            .limit(1)
        ).scalar_one()

    def standing(self, *people: Customer) -> list[str]:
        return [self.of(one).status for one in people]

    @property
    def car(self) -> str:
        self.session.expire_all()
        return self.session.get_one(Vehicle, self.market.vehicle.id).status

    def events(self, *names: str) -> list[Event]:
        return list(self.session.execute(select(Event).where(Event.name.in_(names)).order_by(Event.id)).scalars())
