"""Draw journeys: what is drawn is kept as it is, sound or not, until it is published."""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.dealers.models import Staff
from app.journeys import drawn
from app.journeys.errors import DraftChanged, DraftUnfit, JourneyOver, KeyTaken, NotDeletable
from app.journeys.models import Journey, JourneyDraft, JourneyStatus
from app.journeys.service.definitions import create
from app.journeys.service.running import lock
from app.kit import clock, db
from app.kit.json import dumps

# Far above every journey that somebody can draw.
MOST_BYTES = 512 * 1024
EMPTY: dict[str, Any] = {"triggers": [], "rules": {}, "start": None, "nodes": [], "edges": [], "notes": []}


def start(session: Session, staff: Staff, *, name: str, key: str | None = None, graph: dict[str, Any] | None = None) -> Journey:
    """A journey that is drawn from nothing, or from this graph. Raises `KeyTaken`, `DraftUnfit`."""
    kept = fit(graph or EMPTY)
    key = key or f"j{db.new_id().hex[-12:]}"
    if session.execute(select(Journey.id).filter_by(brand_id=staff.brand_id, key=key)).first():
        raise KeyTaken(key=key)
    journey = create(session, staff.brand_id, key=key, name=name)
    session.add(JourneyDraft(journey_id=journey.id, revision=1, graph=kept, saved_by=staff.id))
    session.flush()
    return journey


def save(
    session: Session, staff: Staff, journey: Journey, *, revision: int, graph: dict[str, Any] | None = None, name: str | None = None
) -> JourneyDraft:
    """Keep what was drawn, if nobody else has since the revision that was looked at.

    Raises:
        DraftChanged: with the revision there is, who saved it and when.
        DraftUnfit: it cannot be kept at all.
        JourneyOver: nothing more is drawn of a cancelled journey.
    """
    session.refresh(journey, with_for_update=True)
    if journey.status == JourneyStatus.cancelled:
        raise JourneyOver
    draft = drawn.draft(session, journey)
    if draft.revision != revision:
        raise DraftChanged(**drawn.saved(session, draft))
    if graph is not None:
        draft.graph = fit(graph)
    draft.revision += 1
    draft.saved_by, draft.saved_at = staff.id, clock.now(session)
    if name is not None:
        journey.name = name
    journey.updated_at = draft.saved_at
    session.add(draft)
    session.flush()
    return draft


def copy(session: Session, staff: Staff, journey: Journey, *, name: str) -> Journey:
    """Another journey that is drawn alike. Raises what `start` raises."""
    return start(session, staff, name=name, graph=drawn.draft(session, journey).graph)


def remove(session: Session, journey: Journey) -> None:
    """As if it had never been drawn. Raises `NotDeletable` for one that was published."""
    lock(session, journey)
    if journey.status != JourneyStatus.draft:
        raise NotDeletable(status=journey.status)
    session.execute(delete(JourneyDraft).where(JourneyDraft.journey_id == journey.id))
    session.delete(journey)
    session.flush()


def fit(graph: Any) -> Any:
    """A graph that can be kept. Raises `DraftUnfit`."""
    try:
        written = dumps(graph)
    except (TypeError, ValueError) as error:
        raise DraftUnfit(graph="unreadable") from error
    if len(written) > MOST_BYTES:
        raise DraftUnfit(graph=f"more than {MOST_BYTES} bytes")
    # PostgreSQL keeps no such character.
    if "\\u0000" in written.decode():
        raise DraftUnfit(graph="holds a character that cannot be kept")
    return graph
