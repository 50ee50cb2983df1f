"""Work out from zero what the ledger says, and compare it with what the database sums up and with payments and refunds themselves."""

from __future__ import annotations

import uuid
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from sqlalchemy import func, select
from sqlalchemy.orm import Session, selectinload

from app.payments import queries
from app.payments.models import (
    REFUNDS_UNDER_WAY,
    AttemptStatus,
    LedgerEntry,
    LedgerLine,
    PaymentAttempt,
    PaymentIntent,
    Refund,
    RefundStatus,
)
from app.payments.standing import Standing, fold
from app.wechat.models import WechatAccount

AT_ONCE = 500

Payee = tuple[uuid.UUID, str | None]


@dataclass
class Replay:
    """`totals`: debit less credit in fen, by payee and account. `differences` in words, one a line; none when all agrees."""

    intents: int = 0
    entries: int = 0
    totals: dict[Payee, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    differences: list[str] = field(default_factory=list)


def replay(session: Session) -> Replay:
    """Fold every entry of the ledger, some hundred intents in memory at a time. Changes nothing."""
    found = Replay()
    for intents in _intents(session):
        _intents_agree(session, intents, found)
        session.expunge_all()
    for entries in _without_intent(session):
        for entry in entries:
            _add(found, entry)
        session.expunge_all()
    _totals_agree(session, found)
    return found


def _intents(session: Session) -> Iterator[Sequence[PaymentIntent]]:
    after = uuid.UUID(int=0)
    while (
        page := session.execute(select(PaymentIntent).where(PaymentIntent.id > after).order_by(PaymentIntent.id).limit(AT_ONCE))
        .scalars()
        .all()
    ):
        after = page[-1].id
        yield page


def _without_intent(session: Session) -> Iterator[Sequence[LedgerEntry]]:
    after = uuid.UUID(int=0)
    wanted = select(LedgerEntry).options(selectinload(LedgerEntry.lines)).where(LedgerEntry.intent_id.is_(None))
    while page := session.execute(wanted.where(LedgerEntry.id > after).order_by(LedgerEntry.id).limit(AT_ONCE)).scalars().all():
        after = page[-1].id
        yield page


def _add(found: Replay, entry: LedgerEntry) -> None:
    found.entries += 1
    for line in entry.lines:
        found.totals[entry.account_id, entry.sub_mchid][line.account] += line.debit_fen - line.credit_fen


def _intents_agree(session: Session, intents: Sequence[PaymentIntent], found: Replay) -> None:
    ids = [intent.id for intent in intents]
    of_intent: dict[uuid.UUID, list[LedgerEntry]] = defaultdict(list)
    for entry in session.execute(
        select(LedgerEntry).options(selectinload(LedgerEntry.lines)).where(LedgerEntry.intent_id.in_(ids)).order_by(LedgerEntry.id)
    ).scalars():
        assert entry.intent_id is not None
        of_intent[entry.intent_id].append(entry)
        _add(found, entry)
    summed, lived = queries.standings(session, ids), _lived(session, intents)
    for intent in intents:
        found.intents += 1
        folded = fold(of_intent[intent.id], due_fen=intent.amount_fen)
        for what, other in (("SQL", summed[intent.id]), ("payments and refunds", lived[intent.id])):
            if folded != other:
                found.differences.append(f"intent {intent.id}: the ledger says {_words(folded)}, {what} say {_words(other)}")


def _lived(session: Session, intents: Sequence[PaymentIntent]) -> dict[uuid.UUID, Standing]:
    """The standing that attempts and refunds themselves lead to."""
    ids = [intent.id for intent in intents]
    sums = session.execute(
        select(PaymentAttempt.intent_id, func.sum(PaymentAttempt.amount_fen))
        .where(PaymentAttempt.intent_id.in_(ids), PaymentAttempt.status == AttemptStatus.succeeded)
        .group_by(PaymentAttempt.intent_id)
    )
    paid = {intent_id: int(fen) for intent_id, fen in sums}
    back: Counter[tuple[uuid.UUID | None, bool]] = Counter()
    rows = session.execute(
        select(Refund.intent_id, Refund.status, func.sum(Refund.amount_fen))
        .where(Refund.intent_id.in_(ids), Refund.status.in_((RefundStatus.succeeded, *REFUNDS_UNDER_WAY)))
        .group_by(Refund.intent_id, Refund.status)
    )
    for intent_id, status, fen in rows:
        back[intent_id, status == RefundStatus.succeeded] += int(fen)
    return {one.id: Standing(one.amount_fen, paid.get(one.id, 0), back[one.id, True], back[one.id, False]) for one in intents}


def _totals_agree(session: Session, found: Replay) -> None:
    rows = session.execute(
        select(LedgerEntry.account_id, LedgerEntry.sub_mchid, LedgerLine.account, func.sum(LedgerLine.debit_fen - LedgerLine.credit_fen))
        .join(LedgerLine, LedgerLine.entry_id == LedgerEntry.id)
        .group_by(LedgerEntry.account_id, LedgerEntry.sub_mchid, LedgerLine.account)
    )
    summed: dict[Payee, Counter[str]] = defaultdict(Counter)
    for account_id, sub_mchid, account, fen in rows:
        summed[account_id, sub_mchid][account] = int(fen)
    for payee in summed.keys() | found.totals.keys():
        if summed[payee] != found.totals[payee]:
            found.differences.append(f"payee {payee}: folded {dict(found.totals[payee])}, SQL says {dict(summed[payee])}")
        if sum(found.totals[payee].values()):
            found.differences.append(f"payee {payee}: the accounts do not balance, {dict(found.totals[payee])}")


def names(session: Session, payees: Sequence[Payee]) -> dict[Payee, str]:
    """What WeChat Pay calls them: a merchant's number, and after a slash that of whom it speaks for."""
    return {(account_id, sub): session.get_one(WechatAccount, account_id).appid + (f"/{sub}" if sub else "") for account_id, sub in payees}


def _words(standing: Standing) -> str:
    return f"{standing.status}: in {standing.received_fen}, back {standing.returned_fen}, on the way {standing.returning_fen} fen"
