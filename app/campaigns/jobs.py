"""Campaigns end with their last day."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.campaigns import service
from app.kit.queue import job


@job("campaigns.end_past", every=300)
def end_past(session: Session) -> None:
    service.end_past(session)
