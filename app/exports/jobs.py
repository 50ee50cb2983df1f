"""Background work of exports."""

from __future__ import annotations

import uuid

from sqlalchemy.orm import Session

from app.exports import service
from app.kit.queue import job


@job("exports.write", queue="bulk", transactional=False, timeout=3600)
def write(export_id: str) -> None:
    service.write(uuid.UUID(export_id))


@job("exports.write_due", every=60, queue="bulk", transactional=False, timeout=3600)
def write_due() -> None:
    """Files of which nobody was rung, or whose worker has died."""
    service.write_due()


@job("exports.forget_old", every=3600, queue="bulk", timeout=600)
def forget_old(session: Session) -> None:
    service.forget_old(session)
