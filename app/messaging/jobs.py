"""The sending of messages, rung for after each commit and swept for when a ring was lost."""

from __future__ import annotations

from app.kit.queue import job
from app.messaging import service


@job("messaging.send_due", every=2, queue="critical", transactional=False, timeout=120)
def send_due() -> None:
    service.send_due()
