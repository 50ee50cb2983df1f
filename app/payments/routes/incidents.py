"""Doors: headquarters look at what went wrong with money, and an administrator deals with it."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy.orm import Session

from app.dealers.models import Role
from app.kit.errors import Forbidden
from app.kit.idempotency import idempotent
from app.kit.web import Caller, blueprint, raises, transactional
from app.payments import queries, schemas, service
from app.payments.errors import FinanceOnly, IncidentOver, IncidentUnknown, RefundTooMuch

staff = blueprint("payments", audience="staff", part="incidents")


def _brand_of(who: Caller) -> uuid.UUID:
    if not who.staff.sees_the_brand or who.brand_id is None:
        raise Forbidden
    return who.brand_id


@staff.get("/incidents")
@raises(Forbidden)
@staff.output(schemas.IncidentsOut)
@transactional
def incidents(session: Session, who: Caller) -> Any:
    """What a person still has to look at, newest first."""
    return {"items": [schemas.incident_out(one) for one in queries.open_incidents(session, _brand_of(who))]}


@staff.post("/incidents/<uuid:incident_id>/resolve")
@idempotent
@raises(FinanceOnly, IncidentUnknown, IncidentOver, RefundTooMuch)
@staff.input(schemas.ResolveIn)
@staff.output(schemas.IncidentOut)
@transactional
def resolve(session: Session, who: Caller, incident_id: uuid.UUID, json_data: dict[str, str]) -> Any:
    """Send the money back, or note that it was dealt with by hand."""
    if who.staff.role not in (Role.admin, Role.finance):
        raise FinanceOnly
    incident = queries.incident(session, who.staff.brand_id, incident_id)
    if json_data["action"] == "refund":
        service.refund_incident(session, incident, staff_id=who.staff.id, note=json_data["note"])
    else:
        service.resolve(session, incident, staff_id=who.staff.id, note=json_data["note"])
    session.refresh(incident)
    return schemas.incident_out(incident)
