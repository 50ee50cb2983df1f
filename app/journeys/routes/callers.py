"""Who may draw and run journeys."""

from __future__ import annotations

import uuid

from sqlalchemy.orm import Session

from app.dealers.models import Staff
from app.journeys import queries
from app.journeys.models import Journey
from app.kit.web import Caller


def marketer(who: Caller) -> Staff:
    """A marketer or an administrator of the brand. Raises `MarketersOnly` for everybody else."""
    return queries.marketer(who.staff)


def journey_of(session: Session, who: Caller, journey_id: uuid.UUID) -> Journey:
    """A journey of the marketer's brand. Raises `MarketersOnly`, `JourneyUnknown`."""
    return queries.journey(session, marketer(who).brand_id, journey_id)
