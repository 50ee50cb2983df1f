"""What is asked about all who stand on a node at once: whether something happened to them, whether a tree of conditions holds."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, String, and_, cast, select, union_all
from sqlalchemy.orm import Session

from app.audience.conditions import Scope
from app.audience.service import compiling, membership
from app.events.models import Event
from app.identity.models import Customer
from app.journeys import filters
from app.journeys.models import Walk
from app.journeys.visits import Standing, standing


def happened(here: Standing, name: str, *, since: ColumnElement[Any], where: filters.Where | None = None) -> ColumnElement[bool]:
    """Whether an event of this name, with such data, happened to her since a moment, a column of `standing`.

    What she did under a profile that was merged into hers is hers. The event that brought her in is not what is asked about.
    """
    herself = select(standing.c.walk_id, standing.c.customer_id, since.label("since")).where(here.here)
    merged = select(standing.c.walk_id, Customer.id, since).join(Customer, Customer.merged_into_id == standing.c.customer_id)
    asked = union_all(herself, merged.where(here.here)).subquery("asked")
    brought = select(Walk.entry_key).where(Walk.id == asked.c.walk_id).correlate(asked).scalar_subquery()
    found = select(asked.c.walk_id).join(Event, and_(Event.customer_id == asked.c.customer_id, Event.recorded_at >= asked.c.since))
    return standing.c.walk_id.in_(
        found.where(Event.name == name, filters.holds(where or {}, Event.data), cast(Event.id, String) != brought)
    )


def fulfils(here: Standing, tree: compiling.Tree) -> ColumnElement[bool]:
    """Whether a sound tree of conditions holds for her now."""
    ids = list(here.session.execute(select(standing.c.customer_id).where(here.here).distinct()).scalars())
    found = compiling.people(tree, Scope(here.version.brand_id, here.now), membership.few(here.session, ids))
    return standing.c.customer_id.in_(found)


def moved_by(tree: compiling.Tree) -> Collection[str]:
    """The names of the events that can change whether a sound tree holds."""
    return {name for name in compiling.listens(tree) if not name.startswith("attribute:")}


def moves_unheard(here: Standing, tree: compiling.Tree) -> bool:
    """Whether the answer may change without any event: by time alone, or because something was computed anew."""
    if any(name.startswith("attribute:") for name in compiling.listens(tree)):
        return True
    return compiling.is_moved_by_time(tree, Scope(here.version.brand_id, here.now))


def wrong_with(session: Session, brand_id: uuid.UUID, tree: Any) -> list[str]:
    """All that keeps a tree from being asked in a brand, in words; empty: sound."""
    return [problem["message"] for problem in compiling.problems(session, brand_id, tree)]
