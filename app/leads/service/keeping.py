"""One open lead per customer and business line, whatever she does and however many things at once."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.events import service as events
from app.identity import queries as identity
from app.kit import clock, db
from app.leads.models import (
    CLOSED,
    BusinessLine,
    Grade,
    Interest,
    Lead,
    LeadActivity,
    LeadAssignment,
    LeadInterest,
    Status,
)

Actor = tuple[str, Any]
SYSTEM: Actor = ("system", None)
_IS_OPEN = text(f"status NOT IN {CLOSED}")


def keep(
    session: Session,
    brand_id: uuid.UUID,
    customer_id: uuid.UUID,
    *,
    interest: Interest,
    vehicle_id: uuid.UUID | None = None,
    store_id: uuid.UUID | None = None,
    message: str | None = None,
) -> Lead:
    """The customer's open lead, locked, made when there is none, with this interest in it."""
    person = identity.get(session, brand_id, customer_id)
    lead = _open_lead(session, brand_id, person.id, vehicle_id=vehicle_id, store_id=store_id)
    row = {"lead_id": lead.id, "kind": interest, "vehicle_id": vehicle_id, "store_id": store_id, "message": message}
    fresh = {"latest_at": clock.now(session)} | ({"message": message} if message else {})
    session.execute(
        insert(LeadInterest)
        .values(id=db.new_id(), **row)
        .on_conflict_do_update(index_elements=["lead_id", "kind", "vehicle_id", "store_id"], set_=fresh)
    )
    return lead


def open_lead_of(session: Session, customer_id: uuid.UUID) -> Lead | None:
    """The customer's open lead, locked until the end of this transaction."""
    return session.execute(
        select(Lead)
        .where(Lead.customer_id == customer_id, Lead.business_line == BusinessLine.vehicle_sales, _IS_OPEN)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()


def _open_lead(session: Session, brand_id: uuid.UUID, customer_id: uuid.UUID, **about: Any) -> Lead:
    # The index decides who makes it: of two at once the other one waits here, and then finds it.
    row = {"brand_id": brand_id, "customer_id": customer_id, "business_line": BusinessLine.vehicle_sales}
    made = session.execute(
        insert(Lead)
        .values(id=db.new_id(), status=Status.new, grade=Grade.B, version=1, **row)
        .on_conflict_do_nothing(index_elements=["customer_id", "business_line"], index_where=_IS_OPEN)
        .returning(Lead.id)
    ).scalar_one_or_none()
    lead = open_lead_of(session, customer_id)
    if lead is None:  # closed between the two statements
        return _open_lead(session, brand_id, customer_id, **about)
    if made is not None:
        record(session, "lead.created", lead, **about)
    return lead


def record(session: Session, name: str, lead: Lead, *, actor: Actor = SYSTEM, **figures: Any) -> None:
    """The fact about this lead, with the ids that its listeners need."""
    data = {"lead_id": lead.id, "dealer_id": lead.dealer_id, "staff_id": lead.owner_id, "grade": lead.grade} | figures
    events.record(
        session,
        name,
        brand_id=lead.brand_id,
        customer_id=lead.customer_id,
        subject=("lead", lead.id),
        data={key: value for key, value in data.items() if value is not None},
        actor=actor,
    )


def note(session: Session, lead: Lead, kind: str, reference: Any, *, staff_id: uuid.UUID | None = None, **data: Any) -> bool:
    """Write a line of the lead's log. False when this line is there already: its cause was delivered before."""
    plain = {key: str(value) if isinstance(value, uuid.UUID) else value for key, value in data.items() if value is not None}
    row = {"lead_id": lead.id, "kind": kind, "reference": str(reference), "staff_id": staff_id, "data": plain}
    written = session.execute(
        insert(LeadActivity)
        .values(id=db.new_id(), **row)
        .on_conflict_do_nothing(index_elements=["lead_id", "kind", "reference"])
        .returning(LeadActivity.id)
    )
    return written.first() is not None


def raise_grade(lead: Lead, grade: Grade) -> None:
    """A lead's grade only rises by what she does; H is the highest."""
    ranks = list(Grade)
    if ranks.index(grade) < ranks.index(Grade(lead.grade)):
        lead.grade = grade
        lead.version += 1


def merge(session: Session, *, kept_id: uuid.UUID, merged_id: uuid.UUID) -> None:
    """Two customers are one: so are their open leads. The older lead goes on, the other points to it. Again changes nothing."""
    # Both locked in one order, so that two merges at once cannot wait for each other.
    found = (
        session.execute(select(Lead).where(Lead.customer_id.in_([kept_id, merged_id]), _IS_OPEN).order_by(Lead.id).with_for_update())
        .scalars()
        .all()
    )
    if len(found) == 2:
        _absorb(session, found[0], found[1])
    session.flush()
    session.execute(update(Lead).where(Lead.customer_id == merged_id).values(customer_id=kept_id))


def _absorb(session: Session, lead: Lead, other: Lead) -> None:
    raise_grade(lead, Grade(other.grade))
    if lead.owner_id is None and other.owner_id is not None:
        lead.dealer_id, lead.owner_id, lead.status = other.dealer_id, other.owner_id, other.status
        lead.assigned_at, lead.next_action_at = other.assigned_at, other.next_action_at
    lead.version += 1
    other.status, other.merged_into_id, other.closed_at = Status.duplicate, lead.id, clock.now(session)
    session.flush()
    _take_over(session, LeadInterest, lead, other, "kind", "vehicle_id", "store_id")
    _take_over(session, LeadAssignment, lead, other, "cause", "reference")
    _take_over(session, LeadActivity, lead, other, "kind", "reference")
    note(session, lead, "merged", other.id)
    record(session, "lead.updated", lead, cause="merged", merged_lead_id=other.id)


def _take_over(session: Session, table: Any, lead: Lead, other: Lead, *key: str) -> None:
    """Move rows to the lead that goes on; what it has already stays where it was."""
    has = select(*(getattr(table, name) for name in key)).where(table.lead_id == lead.id).subquery()
    same = [getattr(table, name).is_not_distinct_from(has.c[name]) for name in key]
    session.execute(
        update(table)
        .where(table.lead_id == other.id, ~select(1).select_from(has).where(*same).exists())
        .values(lead_id=lead.id)
        .execution_options(synchronize_session=False)
    )


def forget(session: Session, customer_id: uuid.UUID) -> None:
    """An erased customer is nobody's lead any more, and her words go; the figures of her leads stay."""
    ids = select(Lead.id).where(Lead.customer_id == customer_id)
    session.execute(update(LeadInterest).where(LeadInterest.lead_id.in_(ids)).values(message=None))
    lead = open_lead_of(session, customer_id)
    if lead is not None:
        lead.status, lead.closed_at, lead.next_action_at = Status.defeated, clock.now(session), None
        lead.version += 1
        note(session, lead, "erased", customer_id)
        record(session, "lead.updated", lead, cause="erased")
