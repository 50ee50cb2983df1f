"""Finance sees every refund and every entry, leads astray refunds home, and nobody else touches money."""

from __future__ import annotations

import csv
import io
import uuid
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.dealers.models import Role
from app.events.models import Event
from app.orders.models import Order
from app.payments import queries
from app.payments import service as payments
from app.payments.models import LedgerEntry, PaymentIncident, Refund
from app.wechat.errors import Outcome, WechatError
from app.wechat.fake import FakeGateway
from tests.factories import dealers
from tests.factories import orders as make
from tests.factories.payments import Works, notify

CARD = {"to": "customer_card", "bank_type": "ICBC_DEBIT", "bank_account": "6222000011112222", "real_name": "张三"}
BASE = "/api/staff/payments"


@pytest.fixture
def market(session: Session) -> make.Market:
    return make.market(session)


@pytest.fixture
def order(session: Session, market: make.Market, wechat: FakeGateway, works: Works) -> Order:
    """A paid order with a third of its deposit on the way back."""
    made = make.order(session, market, make.buyer(session, market))
    session.commit()
    assert made.intent_id is not None
    payments.pay(made.intent_id)
    (attempt,) = queries.attempts_of(session, made.intent_id)
    notify(session, market.merchant, wechat.pay_for(attempt.out_trade_no))
    works.quietly()
    payments.request_refund(session, made.intent_id, amount_fen=30_000, reason="差价")
    session.commit()
    works.quietly()
    session.expire_all()
    return made


@pytest.fixture
def refund(session: Session, order: Order) -> Refund:
    return session.execute(select(Refund)).scalar_one()


@pytest.fixture
def abnormal(session: Session, refund: Refund, wechat: FakeGateway, works: Works, later: Any) -> Refund:
    """It could not be delivered."""
    wechat.settle(refund.out_refund_no, "ABNORMAL")
    later(seconds=6)
    works.sweep()
    session.expire_all()
    assert refund.status == "abnormal"
    return refund


@pytest.fixture
def signed_in(session: Session, client: Any) -> Any:
    def sign_in(of: Any, role: Role) -> Any:
        staff = dealers.staff(session, of, role)
        session.commit()
        client.post("/api/public/staff/login", json={"username": staff.username, "password": dealers.PASSWORD})
        return client

    return sign_in


@pytest.fixture
def finance(market: make.Market, signed_in: Any) -> Any:
    return signed_in(market.brand, Role.finance)


def redirect(who: Any, refund: Refund, body: dict[str, str]) -> Any:
    return who.post(f"{BASE}/refunds/{refund.id}/abnormal", json=body, headers={"Idempotency-Key": uuid.uuid4().hex})


def items(who: Any, path: str) -> list[dict[str, Any]]:
    answer = who.get(f"{BASE}/{path}")
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json["items"]
    return found


def test_refunds_are_found_by_state_and_by_every_number(order: Order, refund: Refund, finance: Any) -> None:
    (shown,) = items(finance, "refunds")
    assert (shown["amount_fen"], shown["paid_fen"], shown["status"], shown["status_label"]) == (30_000, 100_000, "submitted", "微信处理中")
    assert shown["order"] == {"id": str(order.id), "number": order.number}
    assert items(finance, "refunds?status=abnormal") == []
    for number in (refund.out_refund_no, refund.out_trade_no[:12], refund.refund_id, order.number, order.number[:9]):
        assert len(items(finance, f"refunds?q={number}")) == 1, number
    assert items(finance, "refunds?q=%25") == [], "a wildcard is a letter like any other"


def test_a_list_goes_on_where_its_page_ended(session: Session, order: Order, finance: Any) -> None:
    assert order.intent_id is not None
    payments.request_refund(session, order.intent_id, amount_fen=1, reason="再退")
    session.commit()
    first = finance.get(f"{BASE}/ledger?limit=2").json
    rest = finance.get(f"{BASE}/ledger?limit=2&cursor={first['next_cursor']}").json
    assert [one["kind"] for one in (*first["items"], *rest["items"])] == ["refund requested", "refund requested", "payment"]
    assert rest["next_cursor"] is None
    assert finance.get(f"{BASE}/ledger?cursor=nonsense").status_code == 422


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("account=wechat_clearing", 1),
        ("account=customer_deposits", 2),
        ("account=deposits_applied", 0),
        ("kind=refund requested", 1),
        ("since=2000-01-01&until=2000-01-02", 0),
        ("since=2000-01-01&until=2999-01-01", 2),
        ("since=2999-01-01", 0),
        ("q=D0", 0),
    ],
)
def test_entries_are_found_by_what_they_moved_and_when(order: Order, finance: Any, query: str, count: int) -> None:
    found = items(finance, f"ledger?{query}")
    assert len(found) == count
    for entry in found:
        assert sum(line["debit_fen"] - line["credit_fen"] for line in entry["lines"]) == 0
        assert all("一" <= line["label"][0] <= "鿿" for line in entry["lines"])


def test_entries_are_found_by_the_orders_number(order: Order, refund: Refund, finance: Any) -> None:
    assert len(items(finance, f"ledger?q={order.number}")) == 2
    (entry,) = items(finance, f"ledger?q={refund.out_refund_no}")
    assert (entry["kind"], entry["label"], entry["order"]["number"]) == ("refund requested", "申请退款", order.number)


@pytest.mark.parametrize("query", ["account=gold", "kind=gift", "since=yesterday", "limit=0", "limit=101"])
def test_a_filter_that_means_nothing_is_refused(finance: Any, query: str) -> None:
    assert finance.get(f"{BASE}/ledger?{query}").status_code == 422


def test_totals_are_those_of_all_merchants_and_of_each(market: make.Market, order: Order, finance: Any) -> None:
    told = finance.get(f"{BASE}/totals").json
    (one,) = told["merchants"]
    assert one["merchant"]["mchid"] == market.merchant.appid
    assert one["accounts"] == told["accounts"]
    sums = {row["account"]: row["credit_fen"] - row["debit_fen"] for row in told["accounts"]}
    assert sum(sums.values()) == 0
    assert (sums["customer_deposits"], sums["refunds_payable"], sums["wechat_clearing"]) == (70_000, 30_000, -100_000)


def test_the_ledger_of_a_period_is_a_spreadsheet_of_all_its_lines(
    session: Session, order: Order, finance: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.payments.finance.AT_ONCE", 1)
    answer = finance.get(f"{BASE}/ledger.csv?since=2000-01-01")
    assert answer.content_type == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="ledger-2000-01-01.csv"'
    assert answer.text.startswith("\ufeff时间,")
    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert len(rows) == 2 * len(session.execute(select(LedgerEntry)).all())
    assert [(row["事项"], row["科目"], row["借方（元）"], row["贷方（元）"]) for row in rows[:2]] == [
        ("收款", "微信支付待结算款", "1000.00", ""),
        ("收款", "客户订金", "", "1000.00"),
    ]
    assert {row["订单号"] for row in rows} == {order.number}
    assert finance.get(f"{BASE}/ledger.csv?until=2000-01-01").text.count("\n") == 1


def test_a_refund_that_did_not_arrive_is_led_to_another_card(
    session: Session, abnormal: Refund, finance: Any, wechat: FakeGateway, works: Works, later: Any
) -> None:
    answer = redirect(finance, abnormal, CARD)
    assert (answer.status_code, answer.json["status"]) == (200, "submitted")
    (asked,) = wechat.calls_of("refund_to_card")
    assert (asked["refund_id"], asked["bank_account"], asked["real_name"]) == (abnormal.refund_id, "6222000011112222", "张三")
    assert redirect(finance, abnormal, CARD).json["error"] == "payments.refund_not_abnormal"
    wechat.settle(abnormal.out_refund_no)
    later(seconds=6)
    works.sweep()
    session.expire_all()
    assert abnormal.status == "succeeded"
    assert [one["resolution"] for one in items(finance, "incidents?status=resolved")] == ["refunded"]


def test_a_refund_led_to_our_own_account_is_hers_when_a_person_has_paid_her(
    session: Session, abnormal: Refund, finance: Any, wechat: FakeGateway, works: Works, later: Any
) -> None:
    assert redirect(finance, abnormal, {"to": "merchant_account"}).status_code == 200
    wechat.settle(abnormal.out_refund_no)
    later(seconds=6)
    works.sweep()
    told = select(Event.id).filter_by(name="refund.succeeded")
    assert session.execute(told).all() == []
    (task,) = items(finance, "incidents")
    assert (task["kind"], task["label"]) == ("pay_by_hand", "退款已转入商户账户，待线下付给客户")
    headers = {"Idempotency-Key": uuid.uuid4().hex}
    done = finance.post(f"{BASE}/incidents/{task['id']}/resolve", json={"action": "by_hand", "note": "已转账"}, headers=headers)
    assert done.status_code == 200
    assert len(session.execute(told).all()) == 1
    assert items(finance, "incidents") == []


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (WechatError(Outcome.permanent_person, "INVALID_REQUEST"), 409, "payments.redirect_refused"),
        (WechatError(Outcome.unknown, "timeout"), 503, "payments.unavailable"),
    ],
)
def test_what_wechat_does_not_take_changes_nothing_and_may_be_tried_again(
    session: Session, abnormal: Refund, finance: Any, wechat: FakeGateway, error: WechatError, status: int, code: str
) -> None:
    wechat.fail("refund_to_card", error)
    answer = redirect(finance, abnormal, CARD)
    assert (answer.status_code, answer.json["error"]) == (status, code)
    session.expire_all()
    assert abnormal.status == "abnormal"
    assert redirect(finance, abnormal, CARD).status_code == 200


def test_a_card_has_to_be_named_in_full(abnormal: Refund, finance: Any, wechat: FakeGateway) -> None:
    answer = redirect(finance, abnormal, {"to": "customer_card", "bank_type": "ICBC_DEBIT"})
    assert answer.status_code == 422
    assert set(answer.json["details"]) == {"bank_account", "real_name"}
    assert redirect(finance, abnormal, {}).status_code == 422
    assert wechat.calls_of("refund_to_card") == wechat.calls_of("refund_to_merchant") == []


def test_only_an_abnormal_refund_is_led_elsewhere(refund: Refund, finance: Any) -> None:
    assert redirect(finance, refund, CARD).json["error"] == "payments.refund_not_abnormal"


def test_incidents_are_found_by_state_kind_and_number(session: Session, order: Order, abnormal: Refund, finance: Any) -> None:
    (task,) = items(finance, "incidents")
    assert task["order"] == {"id": str(order.id), "number": order.number}
    for query, count in (
        ("status=resolved", 0),
        ("status=all", 1),
        ("kind=refund_abnormal", 1),
        ("kind=mismatch", 0),
        (f"q={abnormal.out_refund_no}", 1),
        (f"q={order.number}", 1),
        ("q=nothing", 0),
    ):
        assert len(items(finance, f"incidents?{query}")) == count, query


def test_headquarters_look_and_only_finance_acts(market: make.Market, abnormal: Refund, signed_in: Any, wechat: FakeGateway) -> None:
    marketer = signed_in(market.brand, Role.marketer)
    for path in ("refunds", "ledger", "totals", "incidents", "ledger.csv"):
        assert marketer.get(f"{BASE}/{path}").status_code == 200, path
    assert redirect(marketer, abnormal, CARD).json["error"] == "payments.finance_only"
    assert wechat.calls_of("refund_to_card") == []


def test_a_dealers_people_see_nothing_of_the_brands_money(market: make.Market, abnormal: Refund, signed_in: Any) -> None:
    manager = signed_in(market.dealer, Role.dealer_manager)
    for path in ("refunds", "ledger", "totals", "incidents", "ledger.csv"):
        assert manager.get(f"{BASE}/{path}").status_code == 403, path
    assert redirect(manager, abnormal, CARD).status_code == 403


def test_another_brands_money_does_not_exist(session: Session, abnormal: Refund, signed_in: Any) -> None:
    stranger = signed_in(dealers.brand(session), Role.finance)
    for path in ("refunds", "ledger", "incidents?status=all"):
        assert items(stranger, path) == [], path
    assert stranger.get(f"{BASE}/totals").json["merchants"] == []
    assert stranger.get(f"{BASE}/ledger.csv").text.count("\n") == 1
    assert redirect(stranger, abnormal, CARD).status_code == 404


def test_the_card_is_kept_nowhere(session: Session, abnormal: Refund, finance: Any) -> None:
    assert CARD["bank_account"] not in repr(payments.Card("A", CARD["bank_account"], "张三"))
    redirect(finance, abnormal, CARD)
    kept = [*session.execute(select(Event)).scalars(), *session.execute(select(PaymentIncident)).scalars(), abnormal]
    assert CARD["bank_account"] not in str([vars(row) for row in kept])
