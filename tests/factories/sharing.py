"""Shares for tests."""

from __future__ import annotations

import uuid

from sqlalchemy.orm import Session

from app.identity.models import Customer
from app.sharing import service
from app.sharing.models import Share


def vehicle_share(session: Session, by: Customer, vehicle_id: uuid.UUID, *, channel: str = "friend") -> Share:
    """A car that a customer passes on."""
    return service.share(session, by, kind="vehicle", channel=channel, config={"vehicle_id": vehicle_id})
