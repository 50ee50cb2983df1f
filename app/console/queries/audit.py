"""What people of the staff moved, across everything that has a trail."""

from __future__ import annotations

import uuid
from datetime import date, datetime, time, timedelta

from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from app.console.queries.paging import Page, page_of
from app.dealers.hours import CHINA
from app.dealers.queries import moves_in_words
from app.kit.states import Transition


def search(
    session: Session,
    brand_id: uuid.UUID,
    *,
    actor_id: uuid.UUID | None = None,
    subject: str | None = None,
    request_id: str | None = None,
    since: date | None = None,
    until: date | None = None,
    cursor: str | None = None,
    limit: int,
) -> Page:
    """Moves by the staff of a brand, the latest first. Raises `CursorInvalid`."""
    wanted: list[ColumnElement[bool]] = [Transition.brand_id == brand_id, Transition.actor_type == "staff"]
    if actor_id:
        wanted.append(Transition.actor_id == str(actor_id))
    if subject:
        wanted.append(Transition.subject_type == subject)
    if request_id:
        wanted.append(Transition.request_id == request_id)
    if since:
        wanted.append(Transition.created_at >= datetime.combine(since, time(), CHINA))
    if until:
        wanted.append(Transition.created_at < datetime.combine(until, time(), CHINA) + timedelta(days=1))
    page = page_of(session, Transition, wanted, cursor=cursor, limit=limit, counted=False)
    words = moves_in_words(session, page.items)
    return page.of([told | {"subject_id": move.subject_id} for told, move in zip(words, page.items, strict=True)])
