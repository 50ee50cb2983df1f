"""Who walks a journey; the journeys themselves are told by their own domain."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.console.queries.names import people
from app.console.queries.paging import Page, page_of
from app.journeys import reasons
from app.journeys.graph import TRIGGER
from app.journeys.models import Journey, Walk


def walks(session: Session, journey: Journey, *, node: str | None, status: str | None, cursor: str | None, limit: int) -> Page:
    """The walks of a journey, the latest first; with `node` those that stand or ended there. The trigger is where all have been."""
    wanted = [Walk.journey_id == journey.id]
    if node and node != TRIGGER:
        wanted.append(Walk.node_id == node)
    if status:
        wanted.append(Walk.status == status)
    # The map says how many there are; counting a million walks for each reader would say it again, slowly.
    page = page_of(session, Walk, wanted, cursor=cursor, limit=limit, counted=False)
    customers = people(session, (walk.customer_id for walk in page.items))
    return page.of(
        [
            {
                "id": walk.id,
                "customer": customers[walk.customer_id],
                "status": walk.status,
                "node_id": walk.node_id,
                "due_at": walk.due_at,
                "entered_at": walk.created_at,
                "exit_reason": reasons.of_walk(walk),
            }
            for walk in page.items
        ]
    )
