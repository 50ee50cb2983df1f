"""Tell finance, once per day and account, that there is something to look at."""

from __future__ import annotations

from typing import Any

from prometheus_client import Gauge
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.payments.models import IncidentKind
from app.payments.service import incidents
from app.reconciliation.models import Difference, DifferenceStatus, Reconciliation

_OPEN = Gauge("marque_differences_open", "Differences with WeChat Pay's bills that nobody has resolved.", multiprocess_mode="mostrecent")


def finished(session: Session, run: Reconciliation) -> None:
    """An incident while differences are open, and none when there are none any more."""
    open_ones = select(func.count(), func.sum(func.coalesce(Difference.theirs_fen, 0) - func.coalesce(Difference.ours_fen, 0))).where(
        Difference.reconciliation_id == run.id, Difference.status == DifferenceStatus.open
    )
    count, fen = session.execute(open_ones).one()
    if count:
        _report(session, run, amount_fen=int(fen or 0), details={"differences": count})
    else:
        incidents.settle_reconciled(session, _reference(run))


def failed(session: Session, run: Reconciliation) -> None:
    """An incident: this day cannot be reconciled."""
    _report(session, run, amount_fen=0, details={"error": run.error})


def count_open(session: Session) -> None:
    """Set the gauge of open differences."""
    _OPEN.set(session.execute(select(func.count()).select_from(Difference).filter_by(status=DifferenceStatus.open)).scalar_one())


def _reference(run: Reconciliation) -> str:
    return f"{run.bill_on} {run.account.appid}"


def _report(session: Session, run: Reconciliation, *, amount_fen: int, details: dict[str, Any]) -> None:
    kind, reference, details = IncidentKind.unreconciled, _reference(run), {"reconciliation_id": str(run.id), **details}
    own: dict[str, Any] = {"brand_id": run.brand_id, "account_id": run.account_id, "out_trade_no": ""}
    if incidents.report(session, kind, reference, amount_fen=amount_fen, details=details, **own) is None:
        incidents.renew(session, kind, reference, amount_fen=amount_fen, details=details)
