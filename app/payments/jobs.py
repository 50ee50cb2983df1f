"""Questions to WeChat about money under way: rung for at once, swept for when a ring was lost or nobody told us."""

from __future__ import annotations

import uuid

from sqlalchemy.orm import Session

from app.kit.queue import job
from app.payments import service


@job("payments.query_due", every=2, queue="critical")
def query_due(session: Session) -> None:
    service.claim_attempts(session)


@job("payments.settle", queue="critical", transactional=False)
def settle(attempt_id: str) -> None:
    service.settle(uuid.UUID(attempt_id))


@job("payments.refund_due", every=2, queue="critical")
def refund_due(session: Session) -> None:
    service.claim_refunds(session)


@job("payments.push_refund", queue="critical", transactional=False)
def push_refund(refund_id: str) -> None:
    service.push_refund(uuid.UUID(refund_id))
