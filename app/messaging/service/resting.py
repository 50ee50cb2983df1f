"""What domains above keep back: messages that wait because whatever planned them rests just now."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta

from sqlalchemy.orm import Session

from app.messaging.models import Send

# When they are looked at again; whoever lets them go on does not wait for that.
LOOKS_AGAIN = timedelta(minutes=15)

Keeper = Callable[[Session, Sequence[Send]], Mapping[uuid.UUID, str]]
_keepers: list[Keeper] = []


def keeps_back(keeper: Keeper) -> Keeper:
    """Let a domain above say which of some messages, that are due, wait, and why: a reason of `claiming.PATIENT`."""
    _keepers.append(keeper)
    return keeper


def kept_back(session: Session, sends: Sequence[Send]) -> dict[uuid.UUID, str]:
    """Which of these messages wait, and why."""
    return {send_id: reason for keeper in _keepers for send_id, reason in keeper(session, sends).items()}
