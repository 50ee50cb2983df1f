"""Looks at reconciliations, their lines and what differs."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Row, func, or_, select, text, tuple_
from sqlalchemy.orm import Session, joinedload

from app.dealers.models import Staff
from app.kit import paging
from app.orders.models import Order
from app.reconciliation.errors import DifferenceUnknown, RunUnknown
from app.reconciliation.models import Action, Difference, DifferenceKind, DifferenceStatus, LineKind, Reconciliation

_ALWAYS = (Action.accept, Action.wait)


def ways(difference: Difference) -> tuple[Action, ...]:
    """In which ways this difference can be dealt with, the best first."""
    of_payment = difference.concerns == LineKind.payment
    first: tuple[Action, ...] = ()
    if difference.kind in (DifferenceKind.short, DifferenceKind.amount, DifferenceKind.status):
        first = (Action.write_off,)
    elif difference.kind == DifferenceKind.over:
        first = (Action.refund, Action.book) if of_payment else (Action.write_off,)
    elif difference.kind == DifferenceKind.order and difference.order_id is not None and (difference.ours_fen or 0) > 0:
        first = (Action.refund,)
    can_ask = difference.kind in (DifferenceKind.over, DifferenceKind.status) and (difference.attempt_id or difference.refund_id)
    return ((Action.ask,) if can_ask else ()) + first + _ALWAYS


class Counts(NamedTuple):
    open: int
    all: int


def runs(
    session: Session,
    brand_id: uuid.UUID,
    *,
    account_id: uuid.UUID | None = None,
    status: str | None = None,
    since: date | None = None,
    until: date | None = None,
    cursor: str | None = None,
    limit: int,
) -> Sequence[Reconciliation]:
    """Up to `limit` reconciliations of the brand, the latest day first. Raises `CursorInvalid`."""
    wanted = select(Reconciliation).options(joinedload(Reconciliation.account)).where(Reconciliation.brand_id == brand_id)
    if account_id is not None:
        wanted = wanted.where(Reconciliation.account_id == account_id)
    if status is not None:
        wanted = wanted.where(Reconciliation.status == status)
    if since is not None:
        wanted = wanted.where(Reconciliation.bill_on >= since)
    if until is not None:
        wanted = wanted.where(Reconciliation.bill_on <= until)
    if cursor is not None:
        wanted = wanted.where(tuple_(Reconciliation.bill_on, Reconciliation.id) < _day_and_id(cursor))
    return session.execute(wanted.order_by(Reconciliation.bill_on.desc(), Reconciliation.id.desc()).limit(limit)).scalars().all()


def _day_and_id(cursor: str) -> tuple[date, uuid.UUID]:
    day, run_id = paging.decode(cursor, 2)
    try:
        return date.fromisoformat(day), uuid.UUID(run_id)
    except (TypeError, ValueError, AttributeError) as error:
        raise paging.CursorInvalid(cursor="of another list") from error


def run(session: Session, brand_id: uuid.UUID, run_id: uuid.UUID) -> Reconciliation:
    """A reconciliation of the brand. Raises `RunUnknown`, also for another brand's."""
    found = session.execute(
        select(Reconciliation).options(joinedload(Reconciliation.account)).filter_by(id=run_id, brand_id=brand_id)
    ).scalar_one_or_none()
    if found is None:
        raise RunUnknown
    return found


def counts(session: Session, run_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, dict[str, Counts]]:
    """How many differences of each kind these reconciliations have; what has cleared by itself counts no more."""
    is_open = Difference.status == DifferenceStatus.open
    rows = session.execute(
        select(Difference.reconciliation_id, Difference.kind, func.count().filter(is_open), func.count())
        .where(Difference.reconciliation_id.in_(run_ids), Difference.status != DifferenceStatus.cleared_by_itself)
        .group_by(Difference.reconciliation_id, Difference.kind)
    )
    found: dict[uuid.UUID, dict[str, Counts]] = {run_id: {} for run_id in run_ids}
    for run_id, kind, open_ones, every in rows:
        found[run_id][kind] = Counts(open_ones, every)
    return found


def differences(
    session: Session,
    brand_id: uuid.UUID,
    *,
    reconciliation_id: uuid.UUID | None = None,
    kind: str | None = None,
    status: str | None = None,
    q: str | None = None,
    cursor: str | None = None,
    limit: int,
) -> Sequence[Row[Any]]:
    """Up to `limit` differences of the brand, newest first, each with its order's number and who resolved it. Raises `CursorInvalid`."""
    wanted = _shown().where(Difference.brand_id == brand_id)
    if reconciliation_id is not None:
        wanted = wanted.where(Difference.reconciliation_id == reconciliation_id)
    if kind is not None:
        wanted = wanted.where(Difference.kind == kind)
    if status is not None:
        wanted = wanted.where(Difference.status == status)
    if q is not None:
        numbers = (Difference.transaction_id, Difference.out_trade_no, Difference.out_refund_no, Order.number)
        wanted = wanted.where(or_(*(number == q.strip() for number in numbers)))
    if cursor is not None:
        wanted = wanted.where(tuple_(Difference.created_at, Difference.id) < paging.moment_and_id(cursor))
    return session.execute(wanted.order_by(Difference.created_at.desc(), Difference.id.desc()).limit(limit)).all()


def difference(session: Session, brand_id: uuid.UUID, difference_id: uuid.UUID) -> Row[Any]:
    """A difference of the brand, with its order's number and who resolved it. Raises `DifferenceUnknown`."""
    found = session.execute(_shown().where(Difference.id == difference_id, Difference.brand_id == brand_id)).one_or_none()
    if found is None:
        raise DifferenceUnknown
    return found


def every_difference(session: Session, run_id: uuid.UUID) -> Iterator[Row[Any]]:
    """All differences of a day, piece by piece."""
    wanted = _shown().where(Difference.reconciliation_id == run_id).order_by(Difference.kind, Difference.reference)
    return iter(session.execute(wanted, execution_options={"yield_per": 1000}))


def _shown() -> Any:
    return (
        select(Difference, Order.number, Staff.name)
        .options(joinedload(Difference.reconciliation).joinedload(Reconciliation.account))
        .outerjoin(Order, Order.id == Difference.order_id)
        .outerjoin(Staff, Staff.id == Difference.resolved_by_id)
    )


_LINES = """
SELECT l.at, l.kind, l.transaction_id, l.out_trade_no, l.out_refund_no, l.sub_mchid, l.state, l.amount_fen, l.settled_fen, l.fee_fen,
       CASE l.kind WHEN 'payment' THEN b.debit_fen ELSE r.amount_fen END AS ours_fen, o.number AS order_number
FROM bill_lines l
LEFT JOIN ledger_entries e ON l.kind = 'payment' AND e.reference = 'payment ' || l.number
LEFT JOIN ledger_lines b ON b.entry_id = e.id AND b.account = 'wechat_clearing'
LEFT JOIN refunds r ON l.kind = 'refund' AND r.out_refund_no = l.out_refund_no
LEFT JOIN orders o ON o.intent_id = coalesce(e.intent_id, r.intent_id)
WHERE l.reconciliation_id = :run_id AND l.kind <> 'flow'
ORDER BY l.position
"""


def every_line(session: Session, run_id: uuid.UUID) -> Iterator[Row[Any]]:
    """All lines of a day's trade bill beside what we booked for them, piece by piece."""
    return iter(session.execute(text(_LINES), {"run_id": run_id}, execution_options={"yield_per": 1000}))
