"""Storms of notifications at the callback door, signed as WeChat signs them: fifty at once, late, out of order, wrong, forged, replayed."""

from __future__ import annotations

import itertools
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import func, select

from app.events import service as events
from app.events.models import Event
from app.kit import clock, db
from app.orders import queries
from app.orders import service as orders
from app.orders.models import Order
from app.payments import queries as payment_queries
from app.payments import service as payments
from app.payments.models import PaymentAttempt, PaymentIncident, Refund
from app.vehicles.models import Vehicle
from app.wechat.fake import FakeGateway
from app.wechat.models import WechatInbox
from tests.factories import orders as make
from tests.factories import tencent
from tests.factories import wechat as accounts
from tests.factories.payments import Works
from tests.money import books
from tests.money.conftest import emptied

__all__ = ["emptied"]

STORM = 50
# While the fifty talk, so many deliver what was told.
DELIVERING = 4
Notice = tuple[bytes, dict[str, str]]


class Weather:
    """A customer who has paid at WeChat, and what WeChat tells us of it."""

    def __init__(self, app: Any, wechat: FakeGateway, works: Works) -> None:
        self.app, self.wechat, self.works = app, wechat, works
        with db.transaction() as session:
            self.market = make.market(session)
            self.buyer = make.buyer(session, self.market)
            self.order_id = make.order(session, self.market, self.buyer).id
        payments.prepay(self.attempt.id)
        wechat.pay_for(self.attempt.out_trade_no)

    @property
    def attempt(self) -> PaymentAttempt:
        with db.transaction() as session:
            return session.execute(select(PaymentAttempt).join(Order, Order.intent_id == PaymentAttempt.intent_id)
                                   .where(Order.id == self.order_id)).scalar_one()  # fmt: skip

    @property
    def refund(self) -> Refund:
        with db.transaction() as session:
            return session.execute(select(Refund).filter_by(attempt_id=self.attempt.id)).scalar_one()

    @property
    def standing(self) -> tuple[str, str, str, str]:
        """(order, hold, payment, vehicle)"""
        with db.transaction() as session:
            view = queries.view(session, session.get_one(Order, self.order_id))
            car = session.get_one(Vehicle, self.market.vehicle.id)
            return view.order.status, view.hold.status, view.standing.status.value, car.status

    @property
    def balance(self) -> dict[str, int]:
        with db.transaction() as session:
            assert books.never(session) == []
            return {name: figure for name, figure in payment_queries.trial_balance(session, self.market.brand.id).items() if figure}

    @property
    def facts(self) -> Counter[str]:
        with db.transaction() as session:
            return Counter(session.execute(select(Event.name).where(Event.subject_id == str(self.order_id))).scalars())

    @property
    def incidents(self) -> list[str]:
        with db.transaction() as session:
            wanted = select(PaymentIncident.kind).filter_by(brand_id=self.market.brand.id).order_by(PaymentIncident.id)
            return list(session.execute(wanted).scalars())

    @property
    def told(self) -> int:
        """How many notifications were believed."""
        with db.transaction() as session:
            return session.execute(select(func.count()).select_from(WechatInbox).filter_by(brand_id=self.market.brand.id)).scalar_one()

    def later(self, **by: float) -> None:
        with db.transaction() as session:
            clock.advance(session, timedelta(**by))

    def payment(self, *, event_id: str = "", **told: Any) -> bytes:
        """The body of a notification that says that she has paid."""
        trade = self.wechat.trades[self.attempt.out_trade_no]
        resource = {
            "out_trade_no": trade.out_trade_no,
            "trade_state": trade.state,
            "transaction_id": trade.transaction_id,
            "appid": trade.appid,
            "mchid": trade.mchid,
            "success_time": "2026-11-21T10:00:00+08:00",
            "amount": {"total": trade.amount_fen, "currency": "CNY", "payer_total": trade.amount_fen},
            "payer": {"openid": trade.openid},
        }
        return tencent.notification(self.market.merchant, resource | told, event_id=event_id)

    def refunded(self, status: str = "SUCCESS") -> bytes:
        refund = self.refund
        resource = {
            "mchid": self.market.merchant.appid,
            "out_trade_no": refund.out_trade_no,
            "transaction_id": "4200",
            "refund_id": "5030",
            "out_refund_no": refund.out_refund_no,
            "refund_status": status,
            "amount": {"total": refund.paid_fen, "refund": refund.amount_fen},
        }
        return tencent.notification(self.market.merchant, resource, event_type=f"REFUND.{status}")

    def blows(self, notices: Sequence[Notice], *, kind: str = "payments") -> Counter[int]:
        """All of them at the same moment, while workers deliver; what was answered, and nothing is left under way."""
        together = Barrier(len(notices) + DELIVERING)

        def tell(notice: Notice) -> int:
            together.wait(timeout=120)
            return int(tencent.notify(self.app.test_client(), self.market.merchant, *notice, kind=kind).status_code)

        def deliver(_: int) -> int:
            together.wait(timeout=120)
            return events.deliver_all()

        with ThreadPoolExecutor(len(notices) + DELIVERING) as pool:
            answers = [pool.submit(tell, notice) for notice in notices]
            delivered = [pool.submit(deliver, number) for number in range(DELIVERING)]
            answered = Counter(answer.result() for answer in answers)
            for one in delivered:
                one.result()
        self.works.quietly()
        return answered

    def refund_is_submitted(self) -> None:
        """She is known to have paid, and has cancelled."""
        payments.settle(self.attempt.id)
        self.works.quietly()
        with db.transaction() as session:
            orders.cancel(session, self.buyer, self.order_id)
        self.works.quietly()
        assert self.refund.status == "submitted"


@pytest.fixture
def weather(app: Any, emptied: None, wechat: FakeGateway, works: Works, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], Weather]]:
    """Of a brand of its own. Only what orders and payments hear of is delivered."""
    listening = {name: {key for key in keys if key.startswith(("orders.", "payments."))} for name, keys in events._listeners.items()}
    monkeypatch.setattr(events, "_listeners", listening)
    # Transaction numbers of tests that share a database are different numbers.
    wechat._numbers = itertools.count(uuid.uuid4().int % 10**20)
    yield lambda: Weather(app, wechat, works)
    works.rings.clear()


def signed(body: bytes, **how: Any) -> Notice:
    return body, tencent.pay_headers(body, **how)


HELD = ("paid", "hard_held", "full", "reserved")
UNPAID = ("created", "soft_held", "none", "reserved")
PAID = {"wechat_clearing": 100_000, "customer_deposits": -100_000}


@pytest.mark.parametrize("of", ["one event", "fifty events"])
def test_a_payment_told_fifty_times_at_once_is_one_payment(weather: Callable[[], Weather], of: str) -> None:
    storm = weather()
    ids = [uuid.uuid4().hex if of == "fifty events" else "EV-1" for _ in range(STORM)]
    assert storm.blows([signed(storm.payment(event_id=event_id)) for event_id in ids]) == {204: STORM}
    assert (storm.standing, storm.balance, storm.incidents) == (HELD, PAID, [])
    assert storm.told == len(set(ids))
    assert max(storm.facts.values()) == 1
    assert storm.facts["deposit.paid"] == 1


def test_a_refund_told_fifty_times_at_once_is_one_refund(weather: Callable[[], Weather]) -> None:
    storm = weather()
    storm.refund_is_submitted()
    storm.wechat.settle(storm.refund.out_refund_no)
    assert storm.blows([signed(storm.refunded()) for _ in range(STORM)], kind="refunds") == {204: STORM}
    assert (storm.standing, storm.balance, storm.incidents) == (("closed", "cancelled_by_user", "refunded", "listed"), {}, [])
    assert max(storm.facts.values()) == 1
    assert len(storm.wechat.calls_of("refund")) == 1


@pytest.mark.parametrize("order", list(itertools.permutations(["payment", "ABNORMAL", "SUCCESS"])))
def test_in_whatever_order_they_come_the_last_word_is_the_refund(weather: Callable[[], Weather], order: tuple[str, ...]) -> None:
    storm = weather()
    storm.refund_is_submitted()
    for what in order:
        body = storm.payment() if what == "payment" else storm.refunded(what)
        kind = "payments" if what == "payment" else "refunds"
        assert storm.blows([signed(body)], kind=kind) == {204: 1}
    assert (storm.standing, storm.balance) == (("closed", "cancelled_by_user", "refunded", "listed"), {})
    assert storm.facts["deposit.refunded"] == storm.facts["deposit.paid"] == 1


def test_told_before_we_have_written_down_what_wechat_answered_to_the_prepay(weather: Callable[[], Weather]) -> None:
    """Her money is faster than our own commit: the transaction that keeps the prepay is open while the fifty arrive."""
    storm = weather()
    with db.transaction() as session:
        second = make.buyer(session, storm.market)
        storm.market.vehicle = make.vehicles.vehicle(session, storm.market.store)
        storm.order_id = make.order(session, storm.market, second).id
    number = storm.attempt.out_trade_no
    with db.transaction() as session:
        attempt = session.get_one(PaymentAttempt, storm.attempt.id)
        storm.wechat.trades[number] = replace(next(iter(storm.wechat.trades.values())), out_trade_no=number, openid=attempt.openid)
        attempt.error_code = "not committed yet"
        session.flush()
        with ThreadPoolExecutor(STORM) as pool:
            bodies = [signed(storm.payment(transaction_id="4200000001")) for _ in range(STORM)]
            told = [pool.submit(tencent.notify, storm.app.test_client(), storm.market.merchant, *body) for body in bodies]
            assert {one.result().status_code for one in told} == {204}
    storm.works.quietly()
    assert (storm.standing, storm.incidents) == (HELD, [])
    assert max(storm.facts.values()) == 1


def test_told_a_day_late_when_we_were_away_all_that_time(weather: Callable[[], Weather]) -> None:
    storm = weather()
    storm.later(hours=24)
    assert storm.blows([signed(storm.payment()) for _ in range(STORM)]) == {204: STORM}
    assert (storm.standing, storm.balance) == (HELD, PAID)
    storm.works.sweep()
    assert storm.standing == HELD


def test_told_a_day_late_when_the_car_was_let_go_it_is_granted_again_once(weather: Callable[[], Weather]) -> None:
    storm = weather()
    paid = storm.wechat.trades[storm.attempt.out_trade_no]
    storm.wechat.trades[paid.out_trade_no] = replace(paid, state="NOTPAY", transaction_id=None)
    storm.later(minutes=16)
    storm.works.sweep()
    assert storm.standing == ("closed", "expired", "none", "listed")
    storm.wechat.trades[paid.out_trade_no] = paid
    storm.later(hours=24)
    assert storm.blows([signed(storm.payment()) for _ in range(STORM)]) == {204: STORM}
    assert (storm.standing, storm.balance, storm.incidents) == (HELD, PAID, ["late_payment"])
    assert storm.facts["deposit.paid"] == 1


@pytest.mark.parametrize(
    "wrong", [{"amount": {"total": 1, "currency": "CNY"}}, {"appid": "wx0000000000000000"}, {"payer": {"openid": "another"}},
              {"amount": {"total": 100_000, "currency": "USD"}}], ids=["amount", "appid", "payer", "currency"]
)  # fmt: skip
def test_wrong_in_one_figure_and_told_fifty_times_it_is_one_incident_and_no_payment(
    weather: Callable[[], Weather], wrong: dict[str, Any]
) -> None:
    storm = weather()
    assert storm.blows([signed(storm.payment(**wrong)) for _ in range(STORM)]) == {204: STORM}
    assert (storm.standing, storm.incidents) == (UNPAID, ["mismatch"])
    assert storm.facts["payment.mismatched"] == 1
    assert "customer_deposits" not in storm.balance


@pytest.mark.parametrize("how", ["forged", "about another merchant", "of another merchant", "changed", "not signed", "five minutes old"])
def test_what_is_not_wechats_word_changes_nothing_however_often(weather: Callable[[], Weather], how: str) -> None:
    storm = weather()
    body = storm.payment()
    good = tencent.pay_headers(body)
    if how == "forged":
        notice = signed(body, key=accounts.key_pair("stranger")[0])
    elif how == "about another merchant":
        notice = signed(storm.payment(mchid="1900000000"))
    elif how == "of another merchant":
        with db.transaction() as session:
            other = accounts.account(session, storm.market.brand, accounts.AccountKind.merchant)
        notice = signed(tencent.notification(other, {"out_trade_no": storm.attempt.out_trade_no, "mchid": other.appid}))
    elif how == "changed":
        notice = body.replace(b"TRANSACTION", b"TRANSACTIOM"), good
    else:
        notice = (body, {}) if how == "not signed" else signed(body, age=310)
    answered = storm.blows([notice] * STORM)
    assert set(answered) <= {400, 401, 403, 422}, answered
    assert (storm.standing, storm.balance, storm.incidents, storm.told) == (UNPAID, {}, [], 0)
    # Nobody is kept out by it: the true one is taken.
    assert storm.blows([(body, good)]) == {204: 1}
    assert storm.standing == HELD


def test_the_very_bytes_of_a_true_notification_replayed_do_nothing_more(weather: Callable[[], Weather]) -> None:
    storm = weather()
    notice = signed(storm.payment())
    assert storm.blows([notice]) == {204: 1}
    with db.transaction() as session:
        orders.cancel(session, storm.buyer, storm.order_id)
    storm.works.quietly()
    assert storm.blows([notice] * STORM) == {204: STORM}
    assert storm.told == 1
    assert storm.standing[:2] == ("closed", "cancelled_by_user")
    assert len(storm.wechat.calls_of("refund")) == 1
