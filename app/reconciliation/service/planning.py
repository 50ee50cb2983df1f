"""Which days have to be reconciled, and who works on which."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.kit import clock, queue
from app.kit.db import new_id
from app.reconciliation.errors import AlreadyRunning, DayUnfit
from app.reconciliation.models import RUN, UNDER_WAY, Reconciliation, RunStatus
from app.wechat.models import AccountKind, WechatAccount

CHINA = ZoneInfo("Asia/Shanghai")
# WeChat Pay makes a day's bills by ten o'clock of the next day and keeps them for three months.
READY = time(10)
KEPT = timedelta(days=89)
# Longer than anything between two signs of life: a download, or the comparison of a large day.
LEASE = timedelta(minutes=5)


class Superseded(Exception):
    """Somebody else has taken this reconciliation meanwhile."""


def bounds(day: date) -> tuple[datetime, datetime]:
    """The first moment of a day in China, and of the next."""
    return datetime.combine(day, time(), CHINA), datetime.combine(day + timedelta(days=1), time(), CHINA)


def days(session: Session) -> tuple[date, date]:
    """The first and the last day of which there are bills now."""
    local = clock.now(session).astimezone(CHINA)
    return local.date() - KEPT, (local - timedelta(hours=READY.hour)).date() - timedelta(days=1)


def plan(session: Session) -> None:
    """Have a reconciliation for every merchant account and day with a bill since the account is here. Calling it again adds nothing."""
    first, last = days(session)
    accounts = session.execute(select(WechatAccount).filter_by(kind=AccountKind.merchant)).scalars().all()
    planned = select(Reconciliation.account_id, Reconciliation.bill_on).where(Reconciliation.bill_on.between(first, last))
    known = {(row.account_id, row.bill_on) for row in session.execute(planned)}
    missing = [
        (account, day)
        for account in accounts
        for day in _each(max(first, account.created_at.astimezone(CHINA).date()), last)
        if (account.id, day) not in known
    ]
    _add(session, missing)


def _each(first: date, last: date) -> list[date]:
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def _add(session: Session, missing: Sequence[tuple[WechatAccount, date]]) -> None:
    moment = clock.now(session)
    rows = [
        {"id": new_id(), "brand_id": account.brand_id, "account_id": account.id, "bill_on": day, "due_at": moment}
        for account, day in missing
    ]
    if rows:
        session.execute(insert(Reconciliation).on_conflict_do_nothing(), rows)


def claim(session: Session) -> tuple[uuid.UUID, int] | None:
    """Take the reconciliation of the earliest day that is due: its id and the fence to write behind. None when nothing is due.

    What a dead process had taken is due again after the lease.
    """
    due = (
        select(Reconciliation.id)
        .where(Reconciliation.due_at <= func.marque_now())
        .order_by(Reconciliation.bill_on, Reconciliation.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    taken = session.execute(
        update(Reconciliation)
        .where(Reconciliation.id == due.scalar_subquery())
        .values(due_at=func.marque_now() + LEASE, fence=Reconciliation.fence + 1)
        .returning(Reconciliation.id, Reconciliation.fence)
        .execution_options(synchronize_session=False)
    ).first()
    return None if taken is None else (taken.id, taken.fence)


def held(session: Session, run_id: uuid.UUID, fence: int) -> Reconciliation:
    """The reconciliation, locked, for whoever claimed it under this fence, for another while. Raises `Superseded`."""
    found = session.execute(
        select(Reconciliation).filter_by(id=run_id, fence=fence).with_for_update(key_share=True).execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if found is None or found.status not in UNDER_WAY:
        raise Superseded
    found.due_at = clock.now(session) + LEASE
    return found


def run_again(session: Session, brand_id: uuid.UUID, day: date, *, account_id: uuid.UUID | None = None) -> Sequence[Reconciliation]:
    """Fetch the bills of a day once more, of one merchant account or all of the brand, and compare. What was resolved stays resolved.

    Raises:
        DayUnfit: there is no bill of that day, or no such account.
        AlreadyRunning: somebody is at it.
    """
    first, last = days(session)
    of = select(WechatAccount).filter_by(brand_id=brand_id, kind=AccountKind.merchant)
    accounts = session.execute(of if account_id is None else of.filter_by(id=account_id)).scalars().all()
    if not accounts or not first <= day <= last:
        raise DayUnfit
    _add(session, [(account, day) for account in accounts])
    runs = session.execute(
        select(Reconciliation)
        .where(Reconciliation.account_id.in_([account.id for account in accounts]), Reconciliation.bill_on == day)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    found = runs.scalars().all()
    moment = clock.now(session)
    for run in found:
        if run.status in (RunStatus.done, RunStatus.failed):
            RUN.move(session, run, RunStatus.waiting, due_at=moment, tries=0, error=None, detail=None)
        elif run.status == RunStatus.waiting:
            run.due_at = moment
        else:
            raise AlreadyRunning
    queue.enqueue(session, "reconciliation.work")
    return found
