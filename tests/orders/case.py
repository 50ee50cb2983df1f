"""An order and everything around it, as tests of its end and of those who deal with it need it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.events.models import Event
from app.identity.models import Customer
from app.orders import queries
from app.orders import service as orders
from app.orders.models import Order
from app.payments import queries as payment_queries
from app.payments import service as payments
from app.payments.models import PaymentIncident, Refund
from app.vehicles.models import Vehicle
from app.wechat.client import Trade
from app.wechat.fake import FakeGateway
from tests.factories import orders as make
from tests.factories.payments import Works, notify, notify_refund


@dataclass
class Case:
    """An order of a buyer whose pay sheet is open; `case.works` do what a deployment does by itself."""

    session: Session
    market: make.Market
    customer: Customer
    order: Order
    wechat: FakeGateway
    works: Works

    @property
    def number(self) -> str:
        assert self.order.intent_id is not None
        return payment_queries.attempts_of(self.session, self.order.intent_id)[-1].out_trade_no

    def pays(self) -> Trade:
        """WeChat has her money, and has not told us."""
        return self.wechat.pay_for(self.number)

    def pays_and_we_hear(self) -> None:
        notify(self.session, self.market.merchant, self.pays())
        self.works.quietly()

    def cancels(self) -> None:
        orders.cancel(self.session, self.customer, self.order.id, reason="改主意了")
        self.session.commit()

    def refund_arrives(self) -> None:
        (refund,) = self.session.execute(select(Refund).where(Refund.status == "submitted")).scalars()
        notify_refund(self.session, self.market.merchant, self.wechat.settle(refund.out_refund_no))
        self.works.quietly()

    @property
    def state(self) -> tuple[str, str, str, str]:
        """(order, hold, payment, vehicle)"""
        self.session.expire_all()
        view = queries.view(self.session, self.session.get_one(Order, self.order.id))
        vehicle = self.session.get_one(Vehicle, self.market.vehicle.id)
        return view.order.status, view.hold.status, view.standing.status.value, vehicle.status

    def events(self, *names: str) -> list[dict[str, Any]]:
        found = self.session.execute(select(Event).where(Event.name.in_(names)).order_by(Event.id)).scalars()
        return [event.data for event in found]

    @property
    def incidents(self) -> list[tuple[str, str | None]]:
        self.session.expire_all()
        found = self.session.execute(select(PaymentIncident).order_by(PaymentIncident.id)).scalars()
        return [(incident.kind, incident.resolution) for incident in found]


def begun(session: Session, wechat: FakeGateway, works: Works, *, market: make.Market | None = None, **fields: Any) -> Case:
    """Her pay sheet is open. `fields` go to the reservation."""
    market = market or make.market(session)
    customer = make.buyer(session, market)
    order = make.order(session, market, customer, **fields)
    session.commit()
    assert order.intent_id is not None
    payments.prepay(payment_queries.attempts_of(session, order.intent_id)[0].id)
    orders.await_payment(session, order.id)
    session.commit()
    works.quietly()
    return Case(session, market, customer, order, wechat, works)
