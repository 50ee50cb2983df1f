"""Files of people and of tags that were handed in, or are to be taken back."""

from __future__ import annotations

import uuid

from sqlalchemy.orm import Session

from app.audience.service import runs
from app.kit.queue import job


@job("audience.take_over_people", queue="bulk", transactional=False, timeout=3600)
def take_over_people(run_id: str) -> None:
    runs.take_up(uuid.UUID(run_id))


@job("audience.people_due", every=60, queue="bulk", transactional=False, timeout=3600)
def people_due() -> None:
    """Files of which nobody was rung, or whose worker has died."""
    runs.take_up_waiting()


@job("audience.forget_people_files", cron="37 4 * * *", queue="bulk", timeout=600)
def forget_people_files(session: Session) -> None:
    runs.forget_old_people(session)
