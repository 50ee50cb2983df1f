"""A page of a list that is sorted by id, the newest first: ids are UUIDv7, so that is the order of making."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from app.kit import paging


@dataclass(frozen=True)
class Page:
    """What a list door answers; `total` counts every match, also those of other pages, or is None where that was not asked for."""

    items: Sequence[Any]
    next_cursor: str | None
    total: int | None

    def of(self, items: Sequence[Any]) -> Page:
        """The same page with its items shown as these."""
        return Page(items, self.next_cursor, self.total)


def page_of(
    session: Session, model: Any, wanted: Sequence[ColumnElement[bool]], *, cursor: str | None, limit: int, counted: bool = True
) -> Page:
    """The rows of a model that fulfil every condition, after the cursor. Raises `CursorInvalid`."""
    total = session.scalar(select(func.count()).select_from(model).where(*wanted)) if counted else None
    rows = select(model).where(*wanted).order_by(model.id.desc()).limit(limit + 1)
    if cursor:
        rows = rows.where(model.id < paging.row_id(cursor))
    found = session.execute(rows).scalars().all()
    more = len(found) > limit
    return Page(found[:limit], paging.encode(found[limit - 1].id) if more else None, total)
