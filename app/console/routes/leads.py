"""Doors: leads, looked at and answered."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy.orm import Session

from app.console import schemas
from app.console.errors import LeadUnknown
from app.console.queries import leads
from app.console.queries.scope import Scope
from app.kit.paging import CursorInvalid
from app.kit.web import Caller, blueprint, raises, transactional

staff = blueprint("leads", audience="staff")


@staff.get("/")
@raises(CursorInvalid)
@staff.input(schemas.LeadsIn, location="query")
@staff.output(schemas.LeadsOut)
@transactional
def search(session: Session, who: Caller, query_data: dict[str, Any]) -> Any:
    """Leads of a stage, the newest first."""
    wanted = {"status": None, "cursor": None} | query_data
    return leads.search(session, Scope.of(who.staff), **wanted)


@staff.get("/<uuid:lead_id>")
@raises(LeadUnknown)
@staff.output(schemas.LeadOut)
@transactional
def show(session: Session, who: Caller, lead_id: uuid.UUID) -> Any:
    """One lead with its interests, assignments and log, and what can be done with it now."""
    return leads.show(session, Scope.of(who.staff), lead_id)
