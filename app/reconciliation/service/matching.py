"""Compare a day's bills with the ledger and the orders, all lines at once, and keep what differs."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import exists, func, insert, select, text, update
from sqlalchemy.orm import Session

from app.kit import acting, clock
from app.kit.db import new_id
from app.kit.states import Transition
from app.reconciliation.models import RUN, Difference, DifferenceStatus, Reconciliation, RunStatus
from app.reconciliation.service import notices, statements
from app.reconciliation.service.planning import bounds, held


def match(session: Session, run_id: uuid.UUID, fence: int) -> None:
    """Compare, and end the reconciliation. What this day's bill clears on other days is cleared too. Raises `Superseded`."""
    run = held(session, run_id, fence)
    # Two days of one account, compared at the same time, would not see each other's lines.
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"reconciliation {run.account_id}", 0))))
    _compare(session, run)
    RUN.move(session, run, RunStatus.done, due_at=None, finished_at=clock.now(session))
    notices.finished(session, run)
    for other in _waiting_for_others(session, run):
        _compare(session, other)
        notices.finished(session, other)


def _waiting_for_others(session: Session, run: Reconciliation) -> list[Reconciliation]:
    """The other days of this account with open differences."""
    is_open = exists().where(Difference.reconciliation_id == Reconciliation.id, Difference.status == DifferenceStatus.open)
    others = select(Reconciliation).where(
        Reconciliation.account_id == run.account_id, Reconciliation.id != run.id, Reconciliation.status == RunStatus.done, is_open
    )
    return list(session.execute(others.order_by(Reconciliation.bill_on).with_for_update(key_share=True)).scalars())


def _compare(session: Session, run: Reconciliation) -> None:
    run.fence += 1
    session.flush()
    given = _parameters(run)
    columns = ", ".join(statements.COLUMNS)
    for found in statements.ALL:
        session.execute(text(statements.KEEP.format(columns=columns, found=found)), given | {"round": run.fence})
    found_now = Difference.found_in == run.fence
    _move(session, run, ~found_now, before=DifferenceStatus.open, after=DifferenceStatus.cleared_by_itself)
    _move(session, run, found_now, before=DifferenceStatus.cleared_by_itself, after=DifferenceStatus.open)
    figures = session.execute(text(statements.FIGURES), given).scalar_one()
    run.figures = figures | {"ours": session.execute(text(statements.OUR_FIGURES), given).scalar_one()}
    session.flush()


def still_there(session: Session, difference: Difference) -> bool:
    """Whether a difference would be found again now."""
    given = _parameters(difference.reconciliation) | {"kind": difference.kind, "reference": difference.reference}
    return any(session.execute(text(statements.STILL.format(found=found)), given).first() for found in statements.ALL)


def _parameters(run: Reconciliation) -> dict[str, Any]:
    since, until = bounds(run.bill_on)
    own = {"run_id": run.id, "brand_id": run.brand_id, "account_id": run.account_id, "bill_on": run.bill_on}
    return own | {"since": since, "until": until}


def _move(session: Session, run: Reconciliation, which: Any, *, before: DifferenceStatus, after: DifferenceStatus) -> None:
    """Move all differences of which this holds, and write the moves down as `Machine.move` does for one."""
    resolved_at = None if after == DifferenceStatus.open else clock.now(session)
    moved = session.execute(
        update(Difference)
        .where(Difference.reconciliation_id == run.id, Difference.status == before, which)
        .values(status=after, resolved_at=resolved_at)
        .returning(Difference.id)
        .execution_options(synchronize_session=False)
    ).scalars()
    occasion = acting.now()
    trail = [
        {
            "id": new_id(),
            "brand_id": run.brand_id,
            "subject_type": Difference.__tablename__,
            "subject_id": difference_id,
            "before": before,
            "after": after,
            "actor_type": occasion.actor[0],
            "actor_id": None if occasion.actor[1] is None else str(occasion.actor[1]),
            "reason": f"bill {run.bill_on}",
            "cause": occasion.cause,
            "request_id": occasion.request_id,
        }
        for difference_id in moved
    ]
    if trail:
        session.execute(insert(Transition), trail)
