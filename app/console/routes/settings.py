"""Doors: who changed the settings of the brand, when, and from what to what."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from app.console import settings_schemas as schemas
from app.console.queries import settings
from app.kit.errors import Forbidden
from app.kit.paging import CursorInvalid
from app.kit.web import Caller, blueprint, looking, raises

staff = blueprint("settings", audience="staff")


@staff.get("/history")
@raises(Forbidden, CursorInvalid)
@staff.input(schemas.HistoryIn, location="query")
@staff.output(schemas.HistoryOut)
@looking
def history(session: Session, who: Caller, query_data: dict[str, Any]) -> Any:
    """Changes of the brand's settings, the latest first; for headquarters."""
    if not who.staff.sees_the_brand:
        raise Forbidden
    return settings.history(session, who.staff.brand_id, **query_data)
