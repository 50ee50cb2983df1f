"""The delivery of events, rung for after each commit and swept for when a ring was lost."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.events import service
from app.kit.queue import job


@job("events.deliver", every=2, queue="critical", transactional=False, timeout=120)
def deliver() -> None:
    service.deliver_all()


@job("events.make_partitions", cron="17 3 * * *")
def make_partitions(session: Session) -> None:
    service.make_partitions(session)
