"""The sending of messages, rung for after each commit and swept for when a ring was lost."""

from __future__ import annotations

import uuid

from app.kit.queue import job
from app.messaging import service


@job("messaging.send_due", every=2, queue="critical", transactional=False, timeout=120)
def send_due() -> None:
    service.send_due(service.URGENT_LANES)


@job("messaging.send_many", every=2, queue="bulk", transactional=False, timeout=120)
def send_many() -> None:
    service.send_due(service.MANY_LANES)


@job("messaging.ask_members", every=60, transactional=False)
def ask_members() -> None:
    service.ask_members()


@job("messaging.fetch_sms_receipts", every=60, transactional=False)
def fetch_sms_receipts() -> None:
    service.fetch_sms_receipts()


@job("messaging.read_contacts", every=300, queue="bulk", transactional=False, timeout=1200)
def read_contacts() -> None:
    service.read_contacts()


@job("messaging.read_contact", transactional=False)
def read_contact(inbox_id: str) -> None:
    service.read_contact(uuid.UUID(inbox_id))


@job("messaging.sync_templates", every=300, transactional=False, timeout=300)
def sync_templates() -> None:
    service.sync_templates()


@job("messaging.forget_old", cron="47 3 * * *", queue="bulk", transactional=False, timeout=600)
def forget_old() -> None:
    service.forget_old()
