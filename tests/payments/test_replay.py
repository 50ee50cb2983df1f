"""The books worked out from zero say what the database sums up and what payments and refunds say, in whatever order things came."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.payments import queries
from app.payments import service as payments
from app.payments.models import Account, LedgerEntry, LedgerLine
from app.payments.replay import replay
from app.payments.service import ledger
from app.payments.standing import fold
from app.wechat.fake import FakeGateway
from tests.factories import orders as make
from tests.factories.payments import Works, notify

DEPOSITS, CLEARING, PAYABLE = Account.customer_deposits, Account.wechat_clearing, Account.refunds_payable
MOVES = {
    "payment": (CLEARING, DEPOSITS),
    "surplus": (CLEARING, Account.unallocated),
    "requested": (DEPOSITS, PAYABLE),
    "paid": (PAYABLE, CLEARING),
    "reversed": (PAYABLE, DEPOSITS),
    "recognised": (DEPOSITS, Account.deposits_applied),
}
HISTORY = st.lists(st.tuples(st.sampled_from(sorted(MOVES)), st.integers(1, 10**9)), max_size=12)


# A busy machine draws slowly, which says nothing about the books.
patiently = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def entries(history: list[tuple[str, int]]) -> list[LedgerEntry]:
    made = []
    for kind, fen in history:
        debit, credit = MOVES[kind]
        lines = [LedgerLine(account=debit, debit_fen=fen, credit_fen=0), LedgerLine(account=credit, debit_fen=0, credit_fen=fen)]
        made.append(LedgerEntry(kind=kind, reference=uuid.uuid4().hex, lines=lines))
    return made


@patiently
@given(HISTORY, st.randoms(use_true_random=False))
def test_the_order_in_which_things_were_booked_does_not_matter(history: list[tuple[str, int]], chance: Any) -> None:
    booked = entries(history)
    shuffled = list(booked)
    chance.shuffle(shuffled)
    standing = fold(booked, due_fen=100)
    assert fold(shuffled, due_fen=100) == standing
    assert standing.received_fen == sum(fen for kind, fen in history if kind in ("payment", "surplus"))
    assert standing.returned_fen == sum(fen for kind, fen in history if kind == "paid")


@patiently
@given(HISTORY, HISTORY)
def test_what_two_parts_of_a_history_lead_to_adds_up(first: list[tuple[str, int]], second: list[tuple[str, int]]) -> None:
    parts, whole = [fold(entries(part)) for part in (first, second)], fold(entries(first + second))
    for figure in ("received_fen", "returned_fen", "returning_fen"):
        assert getattr(whole, figure) == sum(getattr(part, figure) for part in parts)


@pytest.fixture
def intent(session: Session) -> Any:
    market = make.market(session)
    order = make.order(session, market, make.buyer(session, market))
    session.commit()
    return session.get_one(queries.PaymentIntent, order.intent_id)


def test_folding_is_what_the_database_sums_up(session: Session, intent: Any) -> None:
    whose = {"brand_id": intent.brand_id, "account_id": intent.payee_account_id, "intent_id": intent.id}

    @patiently
    @given(HISTORY)
    def agrees(history: list[tuple[str, int]]) -> None:
        before = session.begin_nested()
        for entry in entries(history):
            for name, value in whose.items():
                setattr(entry, name, value)
            session.add(entry)
        session.flush()
        session.expire_all()
        kept = queries.ledger_of(session, intent.id)
        assert len(kept) == len(history)
        assert fold(kept, due_fen=intent.amount_fen) == queries.standing(session, intent.id)
        assert sum(queries.trial_balance(session, intent.brand_id).values()) == 0
        before.rollback()
        session.expire_all()

    agrees()


@pytest.fixture
def lived(session: Session, wechat: FakeGateway, works: Works, later: Any) -> Any:
    """Orders that went every way money can go."""
    market = make.market(session)
    for part_fen in (0, 40_000, 100_000):
        order = make.order(session, market, make.buyer(session, market))
        session.commit()
        assert order.intent_id is not None
        payments.pay(order.intent_id)
        (attempt,) = queries.attempts_of(session, order.intent_id)
        notify(session, market.merchant, wechat.pay_for(attempt.out_trade_no))
        works.quietly()
        if part_fen:
            refund = payments.request_refund(session, order.intent_id, amount_fen=part_fen, reason="x")
            session.commit()
            works.quietly()
            if part_fen == 100_000:
                wechat.settle(refund.out_refund_no)
                later(seconds=6)
                works.sweep()
        payments.recognise(session, order.intent_id, to=Account.deposits_applied)
        session.execute(text("UPDATE vehicles SET status = 'listed'"))
        session.execute(text("UPDATE reservations SET status = 'converted'"))
        session.commit()
    stray = next(iter(wechat.trades.values()))
    notify(session, market.merchant, stray, out_trade_no="NOTOURS0000000000001", transaction_id="4200STRAY")
    works.quietly()
    return market


def test_a_replay_finds_what_was_lived_and_finds_it_again(session: Session, lived: Any) -> None:
    first, second = replay(session), replay(session)
    assert first.differences == []
    assert (first.intents, first.entries) == (3, 9)
    assert first == second
    (totals,) = first.totals.values()
    assert totals == {account: fen for account, fen in queries.trial_balance(session, lived.brand.id).items() if account in totals or fen}
    assert totals["unallocated"] == -100_000


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE refunds SET status = 'succeeded' WHERE status = 'submitted'",
        "UPDATE payment_attempts SET status = 'failed', certain_at = NULL",
        "UPDATE payment_attempts SET amount_fen = amount_fen + 1",
    ],
)
def test_a_replay_tells_where_money_and_books_are_not_the_same(session: Session, lived: Any, statement: str) -> None:
    session.execute(text(statement))
    assert any("the ledger says" in one for one in replay(session).differences)


def test_by_hand_the_replay_ends_with_1_when_anything_differs(app: Any, committed: Callable[[], Any]) -> None:
    with committed() as session:
        market = make.market(session)
        make.order(session, market, make.buyer(session, market))
        whose = {"brand_id": market.brand.id, "account_id": market.merchant.id}
        ledger.book(session, "payment", "1", **whose, amount_fen=500, debit=CLEARING, credit=Account.unallocated)
    right = app.test_cli_runner().invoke(args=["payments", "replay"])
    assert (right.exit_code, "1 entries, 1 intents, 0 differences" in right.output) == (0, True), right.output
    assert "unallocated" in right.output
    with committed() as session:
        session.execute(text("UPDATE payment_attempts SET status = 'succeeded'"))
    wrong = app.test_cli_runner().invoke(args=["payments", "replay"])
    assert (wrong.exit_code, "1 differences" in wrong.output) == (1, True), wrong.output
