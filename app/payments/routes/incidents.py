"""Doors: headquarters look at what went wrong with money, and finance deals with it."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy.orm import Session

from app.kit import paging
from app.kit.errors import Forbidden
from app.kit.idempotency import idempotent
from app.kit.paging import CursorInvalid
from app.kit.web import Caller, blueprint, raises, transactional
from app.payments import finance, queries, schemas, service, view
from app.payments.errors import FinanceOnly, IncidentOver, IncidentUnknown, RefundTooMuch
from app.payments.models import PaymentIntent
from app.payments.routes.callers import acting, looking

staff = blueprint("payments", audience="staff", part="incidents")


@staff.get("/incidents")
@raises(Forbidden, CursorInvalid)
@staff.input(schemas.IncidentsIn, location="query")
@staff.output(schemas.IncidentsOut)
@transactional
def incidents(session: Session, who: Caller, query_data: dict[str, Any]) -> Any:
    """What a person has to look at, or had to, newest first."""
    limit = query_data.pop("limit")
    found = finance.incidents(session, looking(who), limit=limit + 1, **query_data)
    shown = found[:limit]
    return {
        "items": [view.incident_out(*one) for one in shown],
        "next_cursor": paging.encode(shown[-1][0].created_at, shown[-1][0].id) if len(found) > limit else None,
    }


@staff.post("/incidents/<uuid:incident_id>/resolve")
@idempotent
@raises(FinanceOnly, IncidentUnknown, IncidentOver, RefundTooMuch)
@staff.input(schemas.ResolveIn)
@staff.output(schemas.IncidentOut)
@transactional
def resolve(session: Session, who: Caller, incident_id: uuid.UUID, json_data: dict[str, str]) -> Any:
    """Send the money back, or note that it was dealt with by hand."""
    incident = queries.incident(session, acting(who), incident_id)
    if json_data["action"] == "refund":
        service.refund_incident(session, incident, staff_id=who.staff.id, note=json_data["note"])
    else:
        service.resolve(session, incident, staff_id=who.staff.id, note=json_data["note"])
    session.refresh(incident)
    return view.incident_out(incident, session.get(PaymentIntent, incident.intent_id) if incident.intent_id else None)
