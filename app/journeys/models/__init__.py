"""Journeys with their versions, the walks of customers, the steps they took, and what was counted of them."""

from app.journeys.models.acting import AskStatus, CreditAsk, StaffTask, TaskStatus
from app.journeys.models.counts import JourneyCount, JourneyMessageChange
from app.journeys.models.definitions import JOURNEY, Journey, JourneyStatus, JourneyVersion, VersionStatus
from app.journeys.models.drafts import JourneyDraft, JourneyMove, MoveKind, MoveStatus
from app.journeys.models.experiments import Experiment, Tried
from app.journeys.models.results import Conversion, JourneyClick, JourneyClickMark
from app.journeys.models.testing import JourneyTester, JourneyTesterCode
from app.journeys.models.walks import INSIDE, Walk, WalkStatus, WalkStep

__all__ = [
    "INSIDE",
    "JOURNEY",
    "AskStatus",
    "Conversion",
    "CreditAsk",
    "Experiment",
    "Journey",
    "JourneyClick",
    "JourneyClickMark",
    "JourneyCount",
    "JourneyDraft",
    "JourneyMessageChange",
    "JourneyMove",
    "JourneyStatus",
    "JourneyTester",
    "JourneyTesterCode",
    "JourneyVersion",
    "MoveKind",
    "MoveStatus",
    "StaffTask",
    "TaskStatus",
    "Tried",
    "VersionStatus",
    "Walk",
    "WalkStatus",
    "WalkStep",
]
