"""Killed at any point, the story ends the same: nothing twice, nothing lost.

A process dies where it can leave something half done: before or after a commit, before or after WeChat has done what it was asked.
Each story is told again and again, killed one point later each time, until it is told to its end without being killed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Connection, event, func, select, update
from sqlalchemy.orm import ORMExecuteState, Session

from app.events import service as events
from app.events.models import Event
from app.kit import db
from app.kit.idempotency import IdempotentAnswer
from app.orders import queries
from app.orders.models import Order
from app.payments import queries as payments
from app.payments.models import PaymentAttempt, Refund
from app.vehicles.models import Vehicle
from app.wechat.fake import FakeGateway
from tests.factories import identity
from tests.factories import orders as make
from tests.factories.payments import Works, notify, notify_refund


class Killed(BaseException):
    """kill -9"""


class Reaper:
    """Counts the points at which a process can leave something half done, and kills it at one of them; the dead do nothing any more."""

    def __init__(self) -> None:
        self.at: int | None = None
        self.points = 0
        self.dead = False

    def check(self) -> None:
        if self.dead:
            raise Killed

    def point(self) -> None:
        self.check()
        self.points += 1
        if self.points == self.at:
            self.dead = True
            raise Killed


def _writes_money(session: Session) -> None:
    session.info["money"] = True


@pytest.fixture
def reaper(session: Session, wechat: FakeGateway, monkeypatch: pytest.MonkeyPatch) -> Iterator[Reaper]:
    """Only transactions that write to orders or payments count, and only their handlers hear of events: the others' crashes are theirs."""
    reaper = Reaper()
    real_transaction, real_commit, real_take = db.transaction, db.commit, wechat.carry_out
    ours = {"orders", "payments"}

    def flushed(inner: Session, _context: Any) -> None:
        if any(type(row).__module__.split(".")[1] in ours for row in [*inner.new, *inner.dirty]):
            _writes_money(inner)

    def executed(state: ORMExecuteState) -> None:
        mapper = state.bind_mapper
        if (state.is_update or state.is_insert) and mapper is not None and mapper.class_.__module__.split(".")[1] in ours:
            _writes_money(state.session)

    @contextmanager
    def transaction() -> Iterator[Session]:
        reaper.check()
        with real_transaction() as inner:
            yield inner
            inner.flush()
            if inner.info.get("money"):
                reaper.point()
        if inner.info.get("money"):
            reaper.point()

    def commit(inner: Session) -> None:
        inner.flush()
        if inner.info.get("money"):
            reaper.point()
        real_commit(inner)
        if inner.info.pop("money", False):
            reaper.point()

    def take(*args: Any) -> Any:
        reaper.check()
        answer = real_take(*args)
        reaper.point()
        return answer

    monkeypatch.setattr(db, "transaction", transaction)
    monkeypatch.setattr(db, "commit", commit)
    monkeypatch.setattr(wechat, "carry_out", take)
    listeners = {name: {key for key in keys if key.split(".")[0] in ours} for name, keys in events._listeners.items()}
    monkeypatch.setattr(events, "_listeners", listeners)
    hooks: list[tuple[str, Any]] = [("after_flush", flushed), ("do_orm_execute", executed)]
    for name, hook in hooks:
        event.listen(Session, name, hook)
    yield reaper
    for name, hook in hooks:
        event.remove(Session, name, hook)


class Stage:
    """One telling of a story, with a market of its own."""

    def __init__(self, session: Session, client: Any, wechat: FakeGateway, works: Works) -> None:
        self.session, self.client, self.wechat, self.works = session, client, wechat, works
        self.market = make.market(session)
        self.buyer = make.buyer(session, self.market)
        self.headers = identity.signed_in(session, self.buyer, self.market.mini)
        session.commit()

    def call(self, path: str, **body: Any) -> None:
        key = {"Idempotency-Key": f"a-key-for-{path[-6:].strip('/')}"}
        answer = self.client.post(f"/api/customer/orders{path}", json=body, headers=self.headers | key)
        assert answer.status_code < 300, answer.json

    @property
    def order(self) -> Order:
        self.session.expire_all()
        return self.session.execute(select(Order).filter_by(customer_id=self.buyer.id)).scalar_one()

    @property
    def attempt(self) -> PaymentAttempt:
        return self.session.execute(select(PaymentAttempt).filter_by(intent_id=self.order.intent_id)).scalar_one()

    @property
    def refund(self) -> Refund:
        return self.session.execute(select(Refund).filter_by(intent_id=self.order.intent_id)).scalar_one()

    def reserve(self) -> None:
        self.call("/", vehicle_id=str(self.market.vehicle.id), terms_version=self.market.terms.version)

    def work(self) -> None:
        self.works.quietly()

    def sweep(self) -> None:
        self.works.sweep()

    def cancel(self) -> None:
        self.call(f"/{self.order.id}/cancel", reason="x")

    def money_comes(self) -> None:
        self.wechat.pay_for(self.attempt.out_trade_no)

    def money_is_notified(self) -> None:
        notify(self.session, self.market.merchant, self.wechat.trades[self.attempt.out_trade_no])

    def refund_is_notified(self) -> None:
        notify_refund(self.session, self.market.merchant, self.wechat.settle(self.refund.out_refund_no))

    @property
    def end(self) -> tuple[str, str, str, str]:
        """(order, hold, payment, vehicle)"""
        view = queries.view(self.session, self.order)
        return (
            view.order.status,
            view.hold.status,
            view.standing.status.value,
            self.session.get_one(Vehicle, self.market.vehicle.id).status,
        )

    @property
    def facts(self) -> Counter[str]:
        """How often each fact about the order was recorded."""
        return Counter(self.session.execute(select(Event.name).where(Event.subject_id == str(self.order.id))).scalars())


STORIES: dict[str, tuple[list[str], tuple[str, str, str, str], set[str]]] = {
    "paid and cancelled": (
        ["reserve", "work", "money_comes", "money_is_notified", "work", "cancel", "work", "refund_is_notified", "work"],
        ("closed", "cancelled_by_user", "refunded", "listed"),
        {"deposit.paid", "order.cancelled", "refund.requested", "refund.succeeded", "deposit.refunded", "order.closed"},
    ),
    "cancelled before it was paid": (
        ["reserve", "work", "cancel", "work"],
        ("closed", "cancelled", "none", "listed"),
        {"payment.closed", "order.cancelled", "order.closed"},
    ),
    "run out": (
        ["reserve", "work", "16 minutes", "sweep"],
        ("closed", "expired", "none", "listed"),
        {"payment.closed", "order.expired", "order.closed"},
    ),
    "paid at the last moment and not notified": (
        ["reserve", "work", "money_comes", "16 minutes", "sweep"],
        ("paid", "hard_held", "full", "reserved"),
        {"payment.succeeded", "deposit.paid"},
    ),
    "paid too late": (
        ["reserve", "16 minutes", "sweep", "money_comes", "money_is_notified", "work"],
        ("paid", "hard_held", "full", "reserved"),
        {"payment.closed", "order.expired", "payment.succeeded", "deposit.paid"},
    ),
    "held for three days and given up": (
        ["reserve", "money_comes", "money_is_notified", "work", "73 hours", "sweep", "refund_is_notified", "work"],
        ("closed", "expired", "refunded", "listed"),
        {"deposit.paid", "order.expired", "refund.requested", "refund.succeeded", "deposit.refunded"},
    ),
}
WAITS = {"16 minutes": {"minutes": 16}, "73 hours": {"hours": 73}}


def begin_again(session: Session) -> None:
    """Each telling in a transaction of its own: in one for all, thousands of dead rows and savepoints made every telling slower."""
    session.close()
    connection = session.get_bind()
    assert isinstance(connection, Connection)
    told = connection.get_transaction()
    assert told is not None
    told.rollback()
    connection.begin()


def revive(session: Session, reaper: Reaper, works: Works, later: Callable[..., None]) -> None:
    """The process is started again. What it was rung for is lost, and who waits for an answer comes back when her lease has ended."""
    reaper.dead, reaper.at = False, None
    session.execute(update(IdempotentAnswer).where(IdempotentAnswer.status.is_(None)).values(lease_until=func.now()))
    session.commit()
    works.sweep()
    later(seconds=50)
    works.sweep()


@pytest.mark.parametrize("story", STORIES)
def test_killed_at_any_point_the_story_ends_the_same(
    session: Session, client: Any, wechat: FakeGateway, works: Works, reaper: Reaper, later: Callable[..., None], story: str
) -> None:
    steps, end, facts = STORIES[story]
    kill_at, killed = 0, True
    while killed:
        kill_at, killed = kill_at + 1, False
        begin_again(session)
        wechat.trades.clear()
        stage = Stage(session, client, wechat, works)
        reaper.points, reaper.at = 0, kill_at
        for step in steps:
            if step in WAITS:
                later(**WAITS[step])
                continue
            try:
                getattr(stage, step)()
            except Killed:
                killed = True
                revive(session, reaper, works, later)
                getattr(stage, step)()
        reaper.at = None
        works.sweep()
        where = f"{story}, killed at point {kill_at}"
        assert stage.end == end, where
        assert {name for name, count in stage.facts.items() if count > 1} <= set(), where
        assert facts <= set(stage.facts), where
        assert sum(payments.trial_balance(session, stage.market.brand.id).values()) == 0, where
        assert len([number for number in wechat.trades if number == stage.attempt.out_trade_no]) == 1, where
    assert kill_at > 10


def test_a_customer_whose_request_died_and_who_never_comes_back_holds_nothing(
    session: Session, client: Any, wechat: FakeGateway, works: Works, reaper: Reaper, later: Callable[..., None]
) -> None:
    kill_at, killed = 0, True
    while killed:
        kill_at, killed = kill_at + 1, False
        begin_again(session)
        wechat.trades.clear()
        stage = Stage(session, client, wechat, works)
        reaper.points, reaper.at = 0, kill_at
        try:
            stage.reserve()
        except Killed:
            killed = True
            revive(session, reaper, works, later)
        reaper.at = None
        later(minutes=16)
        works.sweep()
        session.expire_all()
        assert session.get_one(Vehicle, stage.market.vehicle.id).status == "listed"
        assert queries.active_of(session, stage.buyer.id) == []
        assert all(trade.state == "CLOSED" for trade in wechat.trades.values())
    assert kill_at > 6
