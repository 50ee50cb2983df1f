"""An order's page says where it stands, what was paid, and proves it with the ledger."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.dealers.models import Role
from app.kit.texts import has
from app.orders import service as orders
from app.orders.models import Order
from app.payments import queries as payments
from app.payments import service as money
from app.payments.models import Account, IncidentKind
from app.wechat.fake import FakeGateway
from tests.console.conftest import Desk
from tests.factories import dealers as make
from tests.factories import orders as market
from tests.factories.payments import Works, notify, notify_refund


@pytest.fixture
def works(rings: list[tuple[str, dict[str, str]]]) -> Works:
    return Works(rings)


@pytest.fixture
def shop(session: Session) -> market.Market:
    return market.market(session)


@pytest.fixture
def buyer(session: Session, shop: market.Market) -> Any:
    return market.buyer(session, shop, nickname="林晓雯")


@pytest.fixture
def desk(app: Any, session: Session, shop: market.Market) -> Desk:
    adviser = make.staff(session, shop.dealer)
    session.commit()
    return Desk(app, adviser)


def _pay(session: Session, shop: market.Market, order: Order, *, tencent: FakeGateway, workers: Works) -> None:
    assert order.intent_id is not None
    (attempt,) = payments.attempts_of(session, order.intent_id)
    session.commit()
    money.prepay(attempt.id)
    notify(session, shop.merchant, tencent.pay_for(attempt.out_trade_no))
    workers.quietly()
    session.expire_all()


def test_an_unpaid_order_shows_its_hold_and_no_money(session: Session, shop: market.Market, buyer: Any, desk: Desk) -> None:
    order = market.order(session, shop, buyer)
    session.commit()
    shown = desk.get(f"orders/{order.id}").json
    assert (shown["payment_status"], shown["reservation"]["status"]) == ("none", "soft_held")
    assert shown["ledger"] == shown["refunds"] == []
    assert shown["customer"]["nickname"] == "林晓雯"
    assert shown["vehicle"]["title"] == shop.vehicle.title
    assert shown["store"]["name"] == shop.store.name


def test_a_refunded_order_shows_every_step_of_its_money_and_the_two_sides_agree(
    session: Session, shop: market.Market, buyer: Any, desk: Desk, *, wechat: FakeGateway, works: Works
) -> None:
    order = market.order(session, shop, buyer)
    _pay(session, shop, order, tencent=wechat, workers=works)
    paid = desk.get(f"orders/{order.id}").json
    assert (paid["status"], paid["payment_status"], paid["reservation"]["status"]) == ("paid", "full", "hard_held")
    assert [(line["account"], line["debit_fen"], line["credit_fen"]) for line in paid["ledger"]] == [
        ("微信支付待结算款", order.amount_fen, 0),
        ("客户订金", 0, order.amount_fen),
    ]

    orders.cancel(session, buyer, order.id, reason="暂时不考虑")
    session.commit()
    works.quietly()
    assert desk.get(f"orders/{order.id}").json["payment_status"] == "refunding"
    (refund,) = wechat.refunds
    notify_refund(session, shop.merchant, wechat.settle(refund))
    works.quietly()
    session.expire_all()

    done = desk.get(f"orders/{order.id}").json
    assert (done["status"], done["payment_status"], done["close_reason"]) == ("closed", "refunded", "cancelled_by_customer")
    assert done["cancel_reason"] == "暂时不考虑"
    assert [one["status"] for one in done["refunds"]] == ["succeeded"]
    assert [line["entry"] for line in done["ledger"]] == ["收款"] * 2 + ["申请退款"] * 2 + ["退款到账"] * 2
    debits, credits = (sum(line[side] for line in done["ledger"]) for side in ("debit_fen", "credit_fen"))
    assert debits == credits == 3 * order.amount_fen


def test_the_list_finds_orders_by_number_and_status(session: Session, shop: market.Market, buyer: Any, desk: Desk) -> None:
    order = market.order(session, shop, buyer)
    session.commit()
    for query, found in [({}, 1), ({"q": order.number[-6:]}, 1), ({"q": "%"}, 0), ({"status": order.status}, 1), ({"status": "closed"}, 0)]:
        answer = desk.get("orders/", **query)
        assert len(answer.json["items"]) == answer.json["total"] == found, query


def test_another_dealers_people_and_another_brands_see_neither_the_order_nor_its_customer(
    session: Session, app: Any, shop: market.Market, buyer: Any
) -> None:
    order = market.order(session, shop, buyer)
    strangers = [
        make.staff(session, make.dealer(session, shop.brand)),
        make.staff(session, make.dealer(session, shop.brand), Role.dealer_manager),
        make.staff(session, make.brand(session), Role.admin),
    ]
    session.commit()
    for stranger in strangers:
        desk = Desk(app, stranger)
        assert desk.get(f"orders/{order.id}").status_code == 404
        assert desk.get(f"customers/{buyer.id}").status_code == 404
        assert desk.get("orders/").json["items"] == desk.get("customers/").json["items"] == []
    headquarters = Desk(app, make.staff(session, shop.brand, Role.marketer))
    assert headquarters.get(f"orders/{order.id}").status_code == 200


def _refusals(shown: dict[str, Any]) -> dict[str, str | None]:
    return {one["action"]: one["refusal"] for one in shown["actions"]}


def test_what_can_be_done_follows_the_order_and_what_cannot_says_why(
    session: Session, shop: market.Market, buyer: Any, desk: Desk, *, wechat: FakeGateway, works: Works
) -> None:
    order = market.order(session, shop, buyer)
    session.commit()
    unpaid = _refusals(desk.get(f"orders/{order.id}").json)
    assert unpaid.keys() == {"confirm", "extend", "convert", "decline", "sold-offline"}
    assert {action for action, refusal in unpaid.items() if refusal is None} == {"decline", "sold-offline"}
    assert unpaid["confirm"] == "客户还没有付款"

    _pay(session, shop, order, tencent=wechat, workers=works)
    assert set(_refusals(desk.get(f"orders/{order.id}").json).values()) == {None}
    for action in ("confirm", "extend"):
        assert desk.post(f"orders/{order.id}/{action}").status_code == 200
    dealt = _refusals(desk.get(f"orders/{order.id}").json)
    assert (dealt["confirm"], dealt["extend"], dealt["convert"]) == ("已经确认过", "已经延长过一次", None)

    assert desk.post(f"orders/{order.id}/decline", reason="车辆有损伤").status_code == 200
    over = desk.get(f"orders/{order.id}").json
    assert set(_refusals(over).values()) == {"订单已经结束"}
    assert over["dealer_note"] == "车辆有损伤"


def test_what_the_page_allows_the_door_allows_and_what_it_refuses_the_door_refuses(
    session: Session, app: Any, shop: market.Market, buyer: Any, *, wechat: FakeGateway, works: Works
) -> None:
    order = market.order(session, shop, buyer)
    _pay(session, shop, order, tencent=wechat, workers=works)
    offered = {}
    for role in (Role.admin, Role.finance, Role.marketer):
        person = make.staff(session, shop.brand, role)
        session.commit()
        desk = Desk(app, person)
        offered[role] = set(_refusals(desk.get(f"orders/{order.id}").json))
        tried = desk.post(f"orders/{order.id}/confirm").status_code
        assert (tried == 200) == ("confirm" in offered[role]), role
        part = desk.post(f"orders/{order.id}/refund", amount_fen=1, reason="部分退款").status_code
        assert (part == 200) == ("refund" in offered[role]), role
    assert offered[Role.finance] == {"refund"}
    assert offered[Role.marketer] == set()


def test_the_trail_tells_who_moved_what_and_why_the_latest_first(
    session: Session, shop: market.Market, buyer: Any, desk: Desk, *, wechat: FakeGateway, works: Works
) -> None:
    order = market.order(session, shop, buyer)
    _pay(session, shop, order, tencent=wechat, workers=works)
    desk.post(f"orders/{order.id}/confirm")
    answer = desk.post(f"orders/{order.id}/decline", reason="车辆有损伤")
    trail = desk.get(f"orders/{order.id}").json["trail"]
    moves = [(move["subject"], move["before"], move["after"]) for move in trail]
    assert {"orders", "reservations", "payment_attempts"} <= {subject for subject, _, _ in moves}
    assert moves.index(("orders", "confirmed", "closed")) < moves.index(("orders", "paid", "confirmed"))
    closed = trail[moves.index(("orders", "confirmed", "closed"))]
    assert (closed["actor"]["type"], closed["reason"]) == ("staff", "车辆有损伤")
    assert closed["actor"]["name"]
    assert closed["request_id"] == answer.headers["X-Request-Id"]


def test_a_customers_page_lists_her_orders_with_the_payment_axis(session: Session, shop: market.Market, buyer: Any, desk: Desk) -> None:
    order = market.order(session, shop, buyer)
    session.commit()
    (shown,) = desk.get(f"customers/{buyer.id}").json["orders"]
    assert (shown["number"], shown["payment_status"], shown["vehicle"]["title"]) == (order.number, "none", shop.vehicle.title)


@pytest.mark.parametrize("kind", ["payment", "refund_requested", "refund_paid", "refund_reversed", "recognised", "written_off"])
def test_every_movement_of_money_has_words(kind: str) -> None:
    assert has(f"payments.entries.{kind}")


def test_every_account_and_incident_has_words() -> None:
    assert all(has(f"payments.accounts.{account}") for account in Account)
    assert all(has(f"payments.incidents.{kind}") for kind in IncidentKind)
