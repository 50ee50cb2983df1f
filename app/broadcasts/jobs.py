"""Broadcasts begin when their time comes, and are fed step by step; a lost ring costs seconds."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.broadcasts import service
from app.kit.queue import job


@job("broadcasts.begin", every=5)
def begin(session: Session) -> None:
    service.begin_due(session)


@job("broadcasts.feed", every=2, transactional=False, timeout=120)
def feed() -> None:
    service.feed()


@job("broadcasts.hold_paused", every=2, transactional=False)
def hold_paused() -> None:
    service.hold_paused()
