"""Who moved what from where to where, when, why and in which request: the trail of state machines, for people to read."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from app.console.queries.names import named
from app.dealers.models import Staff
from app.kit.states import Transition


def in_words(session: Session, moves: Sequence[Transition]) -> list[dict[str, Any]]:
    """These moves with the names of the staff among their movers. A customer is not named: the page that asks knows her."""
    staff = named(session, Staff, (uuid.UUID(move.actor_id) for move in moves if move.actor_type == "staff" and move.actor_id))
    names = {str(staff_id): one["name"] for staff_id, one in staff.items()}
    return [
        {
            "id": move.id,
            "at": move.created_at,
            "subject": move.subject_type,
            "before": move.before,
            "after": move.after,
            "actor": {"type": move.actor_type, "name": names.get(move.actor_id or "")},
            "reason": move.reason,
            "cause": move.cause,
            "request_id": move.request_id,
        }
        for move in moves
    ]
