"""A refund's page shows what it is of and every step that it took, to headquarters only."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.dealers.models import Role
from app.kit import clock
from app.orders import service as orders
from app.orders.models import Order
from app.payments import queries as payments
from app.payments import service as money
from app.payments.models import PaymentIncident, Refund
from app.wechat.fake import FakeGateway
from tests.console.conftest import Desk
from tests.factories import dealers as make
from tests.factories import orders as market
from tests.factories.payments import Works, notify


@pytest.fixture
def works(rings: list[tuple[str, dict[str, str]]]) -> Works:
    return Works(rings)


@pytest.fixture
def shop(session: Session) -> market.Market:
    return market.market(session)


def _desk(app: Any, session: Session, where: Any, role: Role) -> Desk:
    person = make.staff(session, where, role)
    session.commit()
    return Desk(app, person)


def _cancelled(session: Session, shop: market.Market, *, tencent: FakeGateway, workers: Works) -> tuple[Order, Refund]:
    buyer = market.buyer(session, shop, nickname="林晓雯")
    order = market.order(session, shop, buyer)
    assert order.intent_id is not None
    (attempt,) = payments.attempts_of(session, order.intent_id)
    session.commit()
    money.prepay(attempt.id)
    notify(session, shop.merchant, tencent.pay_for(attempt.out_trade_no))
    workers.quietly()
    session.expire_all()
    orders.cancel(session, buyer, order.id)
    session.commit()
    (refund,) = payments.refunds_of(session, order.intent_id)
    return order, refund


def test_a_refund_names_its_order_its_payer_and_its_merchant(
    session: Session, app: Any, shop: market.Market, *, wechat: FakeGateway, works: Works
) -> None:
    order, refund = _cancelled(session, shop, tencent=wechat, workers=works)
    works.quietly()
    shown = _desk(app, session, shop.brand, Role.finance).get(f"refunds/{refund.id}").json
    assert shown["order"] == {"id": str(order.id), "number": order.number}
    assert (shown["customer"]["nickname"], shown["merchant"]["mchid"]) == ("林晓雯", shop.merchant.appid)
    assert (shown["amount_fen"], shown["paid_fen"]) == (order.amount_fen, order.amount_fen)
    assert [(move["before"], move["after"]) for move in shown["trail"]] == [("requested", "submitted")]


def test_money_that_had_no_order_is_shown_without_one(session: Session, app: Any, shop: market.Market) -> None:
    common = {"brand_id": shop.brand.id, "account_id": shop.merchant.id, "out_trade_no": "T1"}
    incident = PaymentIncident(kind="unknown_order", reference="T1", amount_fen=5, **common)
    session.add(incident)
    session.flush()
    refund = Refund(
        incident_id=incident.id, out_refund_no="R1", paid_fen=5, amount_fen=5, reason="无主", source="unallocated",
        due_at=clock.now(session), **common,
    )  # fmt: skip
    session.add(refund)
    shown = _desk(app, session, shop.brand, Role.marketer).get(f"refunds/{refund.id}").json
    assert shown["order"] is shown["customer"] is None
    assert shown["amount_fen"] == 5


def test_neither_a_dealers_people_nor_another_brands_see_a_refund(
    session: Session, app: Any, shop: market.Market, *, wechat: FakeGateway, works: Works
) -> None:
    _, refund = _cancelled(session, shop, tencent=wechat, workers=works)
    assert _desk(app, session, shop.dealer, Role.dealer_manager).get(f"refunds/{refund.id}").status_code == 403
    assert _desk(app, session, make.brand(session), Role.finance).get(f"refunds/{refund.id}").status_code == 404
    assert _desk(app, session, shop.brand, Role.finance).get(f"refunds/{uuid.uuid4()}").status_code == 404
