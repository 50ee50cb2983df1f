"""Make leads of many people at once; who has an open one keeps it as it is."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.events import service as events
from app.events.models import Event
from app.kit.json import dumps
from app.leads.models import CLOSED, BusinessLine, Cause, Grade, Lead
from app.leads.service.assigning import assign

# In the order of the customers, so that two who make leads of the same people wait for one another in one order.
_MAKE = """
    WITH asked AS MATERIALIZED ({source}), told AS MATERIALIZED (
        SELECT DISTINCT ON (c.id) c.id AS customer_id, coalesce(v.dealer_id, s.dealer_id) AS dealer_id, a.reference
        FROM asked a JOIN customers named ON named.id = a.customer_id JOIN customers c ON c.id = coalesce(named.merged_into_id, named.id)
        LEFT JOIN vehicles v ON v.id = a.vehicle_id AND v.brand_id = :brand_id
        LEFT JOIN stores s ON s.id = a.store_id AND s.brand_id = :brand_id
        WHERE c.erased_at IS NULL ORDER BY c.id
    ), made AS (
        INSERT INTO leads (id, brand_id, customer_id, business_line, status, grade, version, dealer_id)
        SELECT marque_new_id(), :brand_id, customer_id, :line, 'new', :grade, 1, dealer_id FROM told ORDER BY customer_id
        ON CONFLICT (customer_id, business_line) WHERE status NOT IN {closed} DO NOTHING RETURNING id, customer_id, dealer_id
    ), noted AS (
        INSERT INTO lead_activities (id, lead_id, kind, reference, data)
        SELECT marque_new_id(), made.id, 'journey', told.reference, CAST(:said AS jsonb) FROM made JOIN told USING (customer_id)
    )
    SELECT id, customer_id, dealer_id FROM made
"""


def create_all(
    session: Session, brand_id: uuid.UUID, source: str, *, grade: Grade, said: Mapping[str, Any], params: Mapping[str, Any]
) -> int:
    """A lead for each row of `source` (SQL of the caller's own with its `params`: customer_id, vehicle_id, store_id, reference) whose
    customer has none that is open; how many. The dealer of the vehicle, else of the store, gets it, and an adviser of his is asked soon
    after. `said` (JSON values) stands in the lead's log. May be called twice.
    """
    asked = {"brand_id": brand_id, "line": BusinessLine.vehicle_sales, "grade": grade, "said": dumps(dict(said)).decode()}
    made = session.execute(text(_MAKE.format(source=source, closed=CLOSED)), {**params, **asked}).all()
    facts = [
        {
            "brand_id": brand_id,
            "customer_id": lead.customer_id,
            "subject": ("lead", lead.id),
            "data": {"lead_id": lead.id, "grade": grade.value, "cause": Cause.journey.value}
            | ({"dealer_id": lead.dealer_id} if lead.dealer_id else {}),
        }
        for lead in made
    ]
    if facts:
        events.record_all(session, "lead.created", facts)
    return len(facts)


def created(session: Session, event: Event) -> None:
    """An adviser is asked to look after a lead that a journey made, unless somebody does already. Again changes nothing."""
    if event.data.get("cause") != Cause.journey:
        return
    wanted = select(Lead).filter_by(id=uuid.UUID(event.data["lead_id"])).with_for_update()
    lead = session.execute(wanted.execution_options(populate_existing=True)).scalar_one()
    if lead.owner_id is None and lead.closed_at is None and lead.dealer_id is not None:
        assign(session, lead, cause=Cause.journey, reference=lead.id, dealer_id=lead.dealer_id, about={})
