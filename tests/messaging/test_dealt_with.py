"""What the dealer makes of an order is told to its customer once, and to the adviser who looks after her."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.dealers.models import Staff
from app.identity import service as identity
from app.identity.models import Customer
from app.orders import service as orders
from app.orders.models import Order, Reservation
from app.wechat.fake import FakeGateway
from tests.factories import messaging as make


@pytest.fixture
def order(session: Session, town: make.Town, tencent: FakeGateway, deliver: Any) -> Order:
    """Hers, as if it had been paid a moment ago."""
    made = make.paid_order(session, town, make.follower(session, town))
    session.execute(select(Reservation).filter_by(order_id=made.id)).scalar_one().status = "hard_held"
    work(session, deliver)
    tencent.calls.clear()
    return made


def work(session: Session, deliver: Any) -> None:
    while deliver() + make.send_due(session):
        pass


VERBS: dict[str, Any] = {
    "confirm": lambda session, staff, order: orders.confirm(session, staff, order.id),
    "extend": lambda session, staff, order: orders.extend(session, staff, order.id),
    "decline": lambda session, staff, order: orders.decline(session, staff, order.id, reason="车辆在途中受损，暂时不能交付给您"),
    "sold_offline": lambda session, staff, order: orders.sold_offline(session, staff, order.id, reason="到店客户已购"),
}


@pytest.mark.parametrize(
    ("verb", "template", "phrase", "field", "said"),
    [
        ("confirm", "order_kept", "已确认", "time4", ":"),
        ("extend", "order_kept", "已延长保留", "time4", ":"),
        ("decline", "order_let_go", "未接受", "thing4", "车辆在途中受损，暂时不能交付给您"),
        ("sold_offline", "order_let_go", "已售出", "thing4", "到店客户已购"),
    ],
)
def test_she_reads_what_the_dealer_made_of_her_order(
    session: Session,
    town: make.Town,
    order: Order,
    tencent: FakeGateway,
    deliver: Any,
    verb: str,
    template: str,
    phrase: str,
    field: str,
    said: str,
) -> None:
    VERBS[verb](session, town.manager, order)
    work(session, deliver)
    (told,) = tencent.calls_of("send_template")
    assert told["template_id"] == make.TEMPLATES[template]
    assert (told["data"]["thing1"], told["data"]["phrase3"]) == (town.market.vehicle.title[:20], phrase)
    assert said in told["data"][field]
    assert told["page"] == f"pages/orders/detail?id={order.id}"


@pytest.mark.parametrize(
    ("verb", "title"), [("decline", "订单已婉拒，款项将原路退回"), ("sold_offline", "车辆已售出，订单结束，款项将原路退回")]
)
def test_her_adviser_hears_that_his_manager_ended_it(
    session: Session, town: make.Town, order: Order, tencent: FakeGateway, deliver: Any, verb: str, title: str
) -> None:
    VERBS[verb](session, town.manager, order)
    work(session, deliver)
    (card,) = tencent.calls_of("send_card")
    owner = session.execute(select(Staff).where(Staff.wecom_userid == card["userids"][0])).scalar_one()
    assert owner.id in (town.adviser.id, town.colleague.id)
    assert card["card"]["main_title"]["title"] == title


def test_her_adviser_does_not_read_of_a_refund_where_her_money_is_forfeited(
    session: Session, order: Order, tencent: FakeGateway, deliver: Any
) -> None:
    make.happened(session, "order.cancelled", order, was_paid=True, is_forfeited=True)
    work(session, deliver)
    (card,) = tencent.calls_of("send_card")
    assert card["card"]["main_title"]["title"] == "客户放弃购车，定金按条款不予退还"


def test_somebody_who_left_is_told_nothing(session: Session, town: make.Town, order: Order, tencent: FakeGateway, deliver: Any) -> None:
    VERBS["decline"](session, town.manager, order)
    identity.erase(session, session.get_one(Customer, order.customer_id))
    work(session, deliver)
    assert tencent.calls_of("send_template") == []
