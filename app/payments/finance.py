"""What finance looks at: refunds, entries and incidents page by page, and how much lies where for whom."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, func, or_, select, tuple_
from sqlalchemy.orm import Session, selectinload

from app.kit.paging import moment_and_id
from app.payments.models import Account, LedgerEntry, LedgerLine, PaymentAttempt, PaymentIncident, PaymentIntent, Refund
from app.wechat.models import WechatAccount

CHINA = ZoneInfo("Asia/Shanghai")
# Rows fetched at once while a whole period is written out
AT_ONCE = 500


@dataclass(frozen=True)
class Totals:
    """What was booked for one payee: debit and credit of each account in fen."""

    account: WechatAccount
    sub_mchid: str | None
    sums: dict[str, tuple[int, int]]


def refunds(
    session: Session, brand_id: uuid.UUID, *, status: str | None, q: str | None, cursor: str | None, limit: int
) -> Sequence[tuple[Refund, PaymentIntent | None, WechatAccount]]:
    """Refunds, newest first. `q`: a number of ours, of WeChat's, or of the order, or how it begins."""
    wanted = select(Refund, PaymentIntent, WechatAccount).outerjoin(PaymentIntent, PaymentIntent.id == Refund.intent_id)
    wanted = wanted.join(WechatAccount, WechatAccount.id == Refund.account_id).where(Refund.brand_id == brand_id)
    if status:
        wanted = wanted.where(Refund.status == status)
    if q:
        paid = select(PaymentAttempt.id).where(PaymentAttempt.id == Refund.attempt_id, PaymentAttempt.transaction_id == q)
        numbers = (Refund.out_refund_no, Refund.out_trade_no, Refund.refund_id, PaymentIntent.subject_number)
        wanted = wanted.where(or_(paid.exists(), *(number.startswith(q, autoescape=True) for number in numbers)))
    return [(refund, intent, account) for refund, intent, account in session.execute(_page(wanted, Refund, cursor, limit))]


def incidents(
    session: Session, brand_id: uuid.UUID, *, status: str, kind: str | None, q: str | None, cursor: str | None, limit: int
) -> Sequence[tuple[PaymentIncident, PaymentIntent | None]]:
    """Incidents, newest first; `status` is open, resolved or all."""
    wanted = select(PaymentIncident, PaymentIntent).outerjoin(PaymentIntent, PaymentIntent.id == PaymentIncident.intent_id)
    wanted = wanted.where(PaymentIncident.brand_id == brand_id)
    if status != "all":
        wanted = wanted.where(PaymentIncident.resolved_at.is_(None) if status == "open" else PaymentIncident.resolved_at.is_not(None))
    if kind:
        wanted = wanted.where(PaymentIncident.kind == kind)
    if q:
        numbers = (PaymentIncident.reference, PaymentIncident.out_trade_no, PaymentIntent.subject_number)
        wanted = wanted.where(or_(*(number.startswith(q, autoescape=True) for number in numbers)))
    return [(incident, intent) for incident, intent in session.execute(_page(wanted, PaymentIncident, cursor, limit))]


@dataclass(frozen=True)
class Booked:
    """Which entries: of a ledger's account, of a kind, of the order with a number, from one day in China to another, both included."""

    account: str | None = None
    kind: str | None = None
    q: str | None = None
    since: date | None = None
    until: date | None = None

    def conditions(self, brand_id: uuid.UUID) -> Iterator[ColumnElement[bool]]:
        yield LedgerEntry.brand_id == brand_id
        if self.account:
            yield select(LedgerLine.id).where(LedgerLine.entry_id == LedgerEntry.id, LedgerLine.account == self.account).exists()
        if self.kind:
            yield LedgerEntry.kind == self.kind
        if self.q:
            yield or_(PaymentIntent.subject_number == self.q, LedgerEntry.reference.endswith(f" {self.q}", autoescape=True))
        if self.since:
            yield LedgerEntry.created_at >= datetime.combine(self.since, time(), CHINA)
        if self.until:
            yield LedgerEntry.created_at < datetime.combine(self.until, time(), CHINA) + timedelta(days=1)


Entry = tuple[LedgerEntry, PaymentIntent | None, WechatAccount]


def entries(session: Session, brand_id: uuid.UUID, which: Booked, *, cursor: str | None, limit: int) -> Sequence[Entry]:
    """Entries with their lines, newest first."""
    found = session.execute(_page(_entries(brand_id, which), LedgerEntry, cursor, limit))
    return [(entry, intent, account) for entry, intent, account in found]


def all_entries(session: Session, brand_id: uuid.UUID, which: Booked) -> Iterator[Entry]:
    """Every entry with its lines, oldest first, some hundred in memory at a time."""
    after: tuple[datetime, uuid.UUID] | None = None
    while True:
        wanted = _entries(brand_id, which).order_by(LedgerEntry.created_at, LedgerEntry.id).limit(AT_ONCE)
        if after is not None:
            wanted = wanted.where(tuple_(LedgerEntry.created_at, LedgerEntry.id) > tuple_(*after))
        found = [(entry, intent, account) for entry, intent, account in session.execute(wanted)]
        yield from found
        if len(found) < AT_ONCE:
            return
        after = (found[-1][0].created_at, found[-1][0].id)
        session.expunge_all()


def _entries(brand_id: uuid.UUID, which: Booked) -> Any:
    return (
        select(LedgerEntry, PaymentIntent, WechatAccount)
        .options(selectinload(LedgerEntry.lines))
        .outerjoin(PaymentIntent, PaymentIntent.id == LedgerEntry.intent_id)
        .join(WechatAccount, WechatAccount.id == LedgerEntry.account_id)
        .where(*which.conditions(brand_id))
    )


def _page(wanted: Any, model: Any, cursor: str | None, limit: int) -> Any:
    if cursor:
        wanted = wanted.where(tuple_(model.created_at, model.id) < tuple_(*moment_and_id(cursor)))
    return wanted.order_by(model.created_at.desc(), model.id.desc()).limit(limit)


def totals(session: Session, brand_id: uuid.UUID) -> list[Totals]:
    """What was booked for each payee of the brand, those without an entry left out."""
    rows = session.execute(
        select(
            LedgerEntry.account_id,
            LedgerEntry.sub_mchid,
            LedgerLine.account,
            func.sum(LedgerLine.debit_fen),
            func.sum(LedgerLine.credit_fen),
        )
        .join(LedgerLine, LedgerLine.entry_id == LedgerEntry.id)
        .where(LedgerEntry.brand_id == brand_id)
        .group_by(LedgerEntry.account_id, LedgerEntry.sub_mchid, LedgerLine.account)
    ).all()
    sums: dict[tuple[uuid.UUID, str | None], dict[str, tuple[int, int]]] = {}
    for account_id, sub_mchid, account, debit_fen, credit_fen in rows:
        empty = {one.value: (0, 0) for one in Account}
        sums.setdefault((account_id, sub_mchid), empty)[account] = (int(debit_fen), int(credit_fen))
    found = [Totals(session.get_one(WechatAccount, account_id), sub_mchid, of) for (account_id, sub_mchid), of in sums.items()]
    return sorted(found, key=lambda one: (one.account.appid, one.sub_mchid or ""))
