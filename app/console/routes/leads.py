"""Doors: leads, looked at and answered."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy.orm import Session

from app.console import schemas
from app.console.queries import leads
from app.console.queries.scope import Scope
from app.kit.idempotency import idempotent
from app.kit.paging import CursorInvalid
from app.kit.web import Caller, blueprint, raises, transactional
from app.leads import service
from app.leads.errors import AlreadyAnswered, LeadClosed, LeadUnknown, NotYours, TooEarly

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
@staff.output(schemas.LeadPageOut)
@transactional
def show(session: Session, who: Caller, lead_id: uuid.UUID) -> Any:
    """One lead with its interests, assignments and log, and what can be done with it now."""
    return leads.show(session, who.staff, lead_id)


@staff.post("/<uuid:lead_id>/accept")
@raises(LeadUnknown, NotYours, LeadClosed, AlreadyAnswered)
@staff.output(schemas.LeadPageOut)
@transactional
def accept(session: Session, who: Caller, lead_id: uuid.UUID) -> Any:
    """Take a lead on; for its adviser and the dealer's manager."""
    return leads.show(session, who.staff, service.accept(session, who.staff, lead_id).id)


@staff.post("/<uuid:lead_id>/call-back")
@raises(LeadUnknown, NotYours, LeadClosed, AlreadyAnswered)
@staff.output(schemas.LeadPageOut)
@transactional
def call_back(session: Session, who: Caller, lead_id: uuid.UUID) -> Any:
    """Promise to call back within half an hour."""
    return leads.show(session, who.staff, service.call_back(session, who.staff, lead_id).id)


@staff.post("/<uuid:lead_id>/test-drive")
@idempotent
@raises(LeadUnknown, NotYours, LeadClosed, TooEarly)
@staff.input(schemas.TestDriveIn)
@staff.output(schemas.LeadPageOut)
@transactional
def test_drive(session: Session, who: Caller, lead_id: uuid.UUID, json_data: dict[str, Any]) -> Any:
    """Note that a test drive was agreed with the customer."""
    return leads.show(session, who.staff, service.book_test_drive(session, who.staff, lead_id, at=json_data["at"]).id)
