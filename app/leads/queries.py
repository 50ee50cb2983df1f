"""Looks at leads."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select, text, tuple_
from sqlalchemy.orm import Session

from app.dealers.models import Staff
from app.leads.errors import LeadUnknown
from app.leads.models import CLOSED, Lead, LeadActivity, LeadAssignment, LeadInterest

_IS_OPEN = text(f"leads.status NOT IN {CLOSED}")


def visible_to(session: Session, staff: Staff, lead_id: uuid.UUID, *, lock: bool = False) -> Lead:
    """The lead, as far as this staff member may see it; a merged lead leads on to the one it became. Raises `LeadUnknown`."""
    wanted = select(Lead).filter_by(id=lead_id, brand_id=staff.brand_id)
    if lock:
        wanted = wanted.with_for_update().execution_options(populate_existing=True)
    lead = session.execute(wanted).scalar_one_or_none()
    if lead is not None and lead.merged_into_id is not None:
        return visible_to(session, staff, lead.merged_into_id, lock=lock)
    if lead is None or not (staff.sees_the_brand or lead.dealer_id == staff.dealer_id):
        raise LeadUnknown
    return lead


def page(
    session: Session,
    brand_id: uuid.UUID,
    *,
    dealer_id: uuid.UUID | None = None,
    owner_id: uuid.UUID | None = None,
    status: str | None = None,
    before: tuple[datetime, uuid.UUID] | None = None,
    limit: int = 20,
) -> Sequence[Lead]:
    """Leads of a brand, of one dealer or of one adviser, newest first, continuing before (created_at, id). Without a status the open ones
    and the ended ones, but no duplicates.
    """
    wanted = select(Lead).where(Lead.brand_id == brand_id, Lead.status == status if status else Lead.status != "duplicate")
    if dealer_id is not None:
        wanted = wanted.where(Lead.dealer_id == dealer_id)
    if owner_id is not None:
        wanted = wanted.where(Lead.owner_id == owner_id)
    if before is not None:
        wanted = wanted.where(tuple_(Lead.created_at, Lead.id) < tuple_(*before))
    return session.execute(wanted.order_by(Lead.created_at.desc(), Lead.id.desc()).limit(limit)).scalars().all()


def counts(session: Session, brand_id: uuid.UUID, dealer_id: uuid.UUID | None = None) -> dict[str, int]:
    """How many leads are open, and of how many the next action is overdue."""
    overdue = func.count().filter(Lead.next_action_at < func.marque_now())
    wanted = select(func.count(), overdue).where(Lead.brand_id == brand_id, _IS_OPEN)
    if dealer_id is not None:
        wanted = wanted.where(Lead.dealer_id == dealer_id)
    total, late = session.execute(wanted).one()
    return {"open": total, "overdue": late}


def of_customers(session: Session, customer_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, Lead]:
    """The lead that counts for each customer: the open one, else the last."""
    found = session.execute(
        select(Lead).where(Lead.customer_id.in_(customer_ids), Lead.status != "duplicate").order_by(_IS_OPEN, Lead.created_at)
    ).scalars()
    return {lead.customer_id: lead for lead in found}


def interests(session: Session, lead_ids: Sequence[uuid.UUID]) -> Sequence[LeadInterest]:
    """What leads are interested in, the latest first."""
    wanted = select(LeadInterest).where(LeadInterest.lead_id.in_(lead_ids))
    return session.execute(wanted.order_by(LeadInterest.latest_at.desc(), LeadInterest.id.desc())).scalars().all()


def latest_subject(session: Session, lead_id: uuid.UUID) -> dict[str, uuid.UUID]:
    """The car or the store, or both, that a lead was interested in last, by their names in facts."""
    latest = next(iter(interests(session, [lead_id])), None)
    about = {"vehicle_id": latest.vehicle_id, "store_id": latest.store_id} if latest else {}
    return {name: one for name, one in about.items() if one is not None}


def latest_vehicle(session: Session, lead_id: uuid.UUID) -> uuid.UUID | None:
    """The vehicle that she last did something about."""
    return next((one.vehicle_id for one in interests(session, [lead_id]) if one.vehicle_id), None)


def assignments(session: Session, lead_id: uuid.UUID) -> Sequence[LeadAssignment]:
    """Every decision about a lead, newest first."""
    wanted = select(LeadAssignment).filter_by(lead_id=lead_id)
    return session.execute(wanted.order_by(LeadAssignment.created_at.desc(), LeadAssignment.id.desc())).scalars().all()


def activities(session: Session, lead_id: uuid.UUID, limit: int = 100) -> Sequence[LeadActivity]:
    """The lead's log, newest first."""
    wanted = select(LeadActivity).filter_by(lead_id=lead_id)
    return session.execute(wanted.order_by(LeadActivity.created_at.desc(), LeadActivity.id.desc()).limit(limit)).scalars().all()
