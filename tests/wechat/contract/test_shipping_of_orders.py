"""Our own order, paid and confirmed, is one that WeChat knows to be shipped, whatever happens on the way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.dealers.models import Brand, Dealer, Role
from app.kit import clock, queue
from app.orders import service as orders
from app.orders import shipping_queries
from app.orders.models import Order
from app.payments import queries as payment_queries
from app.payments import service as payments
from app.wechat.endpoints.mini_program.shipping import OrderKey, OrderState
from app.wechat.models import WechatAccount
from tests.factories import dealers, identity, vehicles
from tests.factories import orders as make
from tests.factories.payments import Works
from tests.simulator import Simulator
from tests.wechat.contract.support import Person, now
from tests.wechat.contract.test_mini_program_shipping import managed

__all__ = ["managed"]

UPLOAD = "/wxa/sec/order/upload_shipping_info"


@pytest.fixture
def order(session: Session, simulator: Simulator, accounts: dict[str, WechatAccount], managed: Person, later: Callable[..., None]) -> Order:
    """She has paid for it at WeChat; nobody has told us so far, and that WeChat manages the trade we have found out ourselves."""
    later(seconds=max(1, (now(simulator) - clock.now(session)).total_seconds()))
    queue.run("orders.learn_what_is_managed")
    session.expire_all()
    brand = session.get_one(Brand, accounts["mini_program"].brand_id)
    dealer = dealers.dealer(session, brand)
    store = dealers.store(session, dealer)
    terms = orders.install_terms(session, brand.id)
    market = make.Market(brand, dealer, store, vehicles.vehicle(session, store), accounts["mini_program"], accounts["merchant"], terms)
    buyer = identity.customer(session, brand, phone="+8613812345678")
    identity.identity(session, buyer, accounts["mini_program"], openid=managed.openid)
    reserved = make.order(session, market, buyer)
    session.commit()
    assert reserved.intent_id is not None
    sheet = payments.pay(reserved.intent_id)
    assert simulator.ask(f"users/{managed.user['id']}/pay", **sheet)["result"] == "ok"
    return reserved


def test_a_confirmed_order_is_shipped_at_wechat_though_the_answer_was_lost(
    session: Session, simulator: Simulator, managed: Person, order: Order, later: Callable[..., None], rings: Any
) -> None:
    works = Works(rings)
    assert order.intent_id is not None
    (attempt,) = payment_queries.attempts_of(session, order.intent_id)
    payments.settle(attempt.id)
    works.quietly()
    orders.confirm(session, dealers.staff(session, session.get_one(Dealer, order.dealer_id), Role.dealer_manager), order.id)
    session.commit()
    simulator.ask("faults", timeout_after_accept={"path": UPLOAD, "times": 5})
    works.quietly()
    (row,) = shipping_queries.of_order(session, order.id)
    session.refresh(row)
    assert (row.status, row.error_code) == ("due", "timeout")
    told = len(simulator.look("calls", path=UPLOAD)["calls"])
    simulator.ask("faults", clear=True)
    later(seconds=30)
    queue.run("orders.shipping_due")
    works.quietly()
    session.refresh(row)
    assert row.status == "told"
    known = managed.door.shipped_order(OrderKey(transaction_id=row.transaction_id))
    assert (known.state, known.out_trade_no) == (OrderState.shipped, attempt.out_trade_no)
    assert len(simulator.look("calls", path=UPLOAD)["calls"]) == told
