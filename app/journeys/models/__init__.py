"""Journeys with their versions, the walks of customers, the steps they took, and what was counted of them."""

from app.journeys.models.counts import JourneyCount
from app.journeys.models.definitions import Journey, JourneyStatus, JourneyVersion, VersionStatus
from app.journeys.models.walks import INSIDE, Walk, WalkStatus, WalkStep

__all__ = [
    "INSIDE",
    "Journey",
    "JourneyCount",
    "JourneyStatus",
    "JourneyVersion",
    "VersionStatus",
    "Walk",
    "WalkStatus",
    "WalkStep",
]
