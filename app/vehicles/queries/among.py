"""Which cars are results of a search, asked of the stock itself: for whoever needs the set and not a page."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence

from sqlalchemy.orm import Session

from app.kit.geo import Place
from app.vehicles.queries import sql
from app.vehicles.queries.asking import asked_for
from app.vehicles.queries.filters import Filters


def among(session: Session, brand_id: uuid.UUID, filters: Filters, *, near: Place | None, ids: Collection[uuid.UUID]) -> set[uuid.UUID]:
    """Those of the cars that the search finds now."""
    said = sql.where(asked_for(session, brand_id, filters, near=near))
    said.demand("v.id = ANY(%(ids)s)", ids=list(ids))
    return set(sql.run(session, f"SELECT v.id FROM vehicles v WHERE {said}", said.values).scalars())  # noqa: S608


def numbers(session: Session, brand_id: uuid.UUID, filters: Filters, near: Place | None, *, limit: int) -> Sequence[int]:
    """The `number` of every car that the search finds now, in no order, and no more than `limit`."""
    said = sql.where(asked_for(session, brand_id, filters, near=near))
    statement = f"SELECT v.number FROM vehicles v WHERE {said} LIMIT %(limit)s"  # noqa: S608
    return sql.run(session, statement, said.values | {"limit": limit}).scalars().all()
