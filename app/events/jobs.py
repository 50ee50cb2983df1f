"""The delivery of events, rung for after each commit and swept for when a ring was lost."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy.orm import Session

from app.events import service
from app.kit.queue import job

# Long enough to answer who heard of what; the events themselves stay.
RECEIPTS_KEPT = timedelta(days=30)
# A phone that was offline for longer may be counted twice.
DEVICES_REMEMBERED = timedelta(days=30)


@job("events.deliver", every=2, queue="critical", transactional=False, timeout=120)
def deliver() -> None:
    service.deliver_all()


@job("events.forget_receipts", cron="41 3 * * *", queue="bulk", timeout=600)
def forget_receipts(session: Session) -> None:
    service.forget_receipts(session, older_than=RECEIPTS_KEPT)


@job("events.forget_devices", cron="51 3 * * *", queue="bulk", timeout=600)
def forget_devices(session: Session) -> None:
    service.forget_client_events(session, older_than=DEVICES_REMEMBERED)


@job("events.make_partitions", cron="17 3 * * *")
def make_partitions(session: Session) -> None:
    service.make_partitions(session)
