"""Who looks after a lead: decided in the open, written down with its reasons, and fair under any number of leads at once."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.dealers import queries as dealers
from app.dealers.models import Dealer, Staff
from app.kit import clock
from app.leads.models import AdviserCapacity, Cause, Grade, Lead, LeadAssignment, Status
from app.leads.service.keeping import note, record

LEADS_PER_DAY = 30
# How long the adviser has to answer, by grade.
ANSWER_WITHIN = {Grade.H: timedelta(minutes=5), Grade.A: timedelta(minutes=30), Grade.B: timedelta(hours=2), Grade.C: timedelta(hours=24)}


def assign(
    session: Session, lead: Lead, *, cause: Cause, reference: Any, dealer_id: uuid.UUID, about: dict[str, Any]
) -> LeadAssignment | None:
    """Give a locked lead to an adviser of a dealer and ask him; None when this very cause asked before.

    Her adviser stays when he is of this dealer. Else it is the dealer's adviser with the most room left today for his capacity; of equals
    the one who waited longest. A dealer without advisers gives it to a manager; without anybody the lead stays `new`, which the console
    shows. `about` (vehicle_id, store_id, order_id) goes into the event.
    """
    known = select(LeadAssignment.id).filter_by(lead_id=lead.id, cause=cause, reference=str(reference))
    if session.execute(known).first():
        return None
    # One decision at a time in a dealer: the next one counts this one.
    session.execute(select(Dealer.id).filter_by(id=dealer_id).with_for_update(key_share=True))
    rule, chosen, candidates = _choose(session, lead, dealer_id)
    decision = LeadAssignment(
        lead_id=lead.id,
        cause=cause,
        reference=str(reference),
        rule=rule,
        dealer_id=dealer_id,
        staff_id=chosen,
        candidates=candidates,
        created_at=clock.now(session),
    )
    session.add(decision)
    previous = lead.owner_id
    _hand_over(session, lead, dealer_id, chosen)
    session.flush()
    note(session, lead, "assigned", decision.id, staff_id=chosen, rule=rule, cause=cause)
    if chosen is None:
        record(session, "lead.updated", lead, cause="nobody_to_assign", assignment_id=decision.id)
    else:
        moved = previous if previous != chosen else None
        record(session, "lead.assigned", lead, assignment_id=decision.id, cause=cause, previous_staff_id=moved, **about)
    return decision


def _hand_over(session: Session, lead: Lead, dealer_id: uuid.UUID, owner_id: uuid.UUID | None) -> None:
    moment = clock.now(session)
    if lead.owner_id != owner_id or lead.owner_id is None:
        lead.status = Status.assigned if owner_id else Status.new
        lead.assigned_at = moment if owner_id else None
    lead.dealer_id, lead.owner_id = dealer_id, owner_id
    lead.next_action_at = moment + ANSWER_WITHIN[Grade(lead.grade)]
    lead.version += 1


def _choose(session: Session, lead: Lead, dealer_id: uuid.UUID) -> tuple[str, uuid.UUID | None, list[dict[str, Any]]]:
    """(rule, staff id, candidates in the order of choice)."""
    owner = dealers.staff(session, lead.owner_id) if lead.owner_id else None
    if owner is not None and owner.active and owner.dealer_id == dealer_id:
        return "owner_kept", owner.id, []
    candidates = _by_room(session, dealers.advisers(session, dealer_id))
    if candidates:
        return "round_robin", uuid.UUID(candidates[0]["staff_id"]), candidates
    managers = dealers.managers(session, dealer_id)
    return ("manager", managers[0].id, []) if managers else ("nobody", None, [])


def _by_room(session: Session, advisers: Sequence[Staff]) -> list[dict[str, Any]]:
    """The advisers, the one with the smallest share of his daily capacity used in the last 24 hours first."""
    ids = [one.id for one in advisers]
    limits = select(AdviserCapacity).where(AdviserCapacity.staff_id.in_(ids))
    capacities = {one.staff_id: one.leads_per_day for one in session.execute(limits).scalars()}
    since = clock.now(session) - timedelta(hours=24)
    in_a_day = func.count().filter(LeadAssignment.created_at > since)
    had = {
        staff_id: (recent, last_at)
        for staff_id, recent, last_at in session.execute(
            select(LeadAssignment.staff_id, in_a_day, func.max(LeadAssignment.created_at))
            .where(LeadAssignment.staff_id.in_(ids), LeadAssignment.rule != "owner_kept")
            .group_by(LeadAssignment.staff_id)
        )
    }
    candidates = []
    for staff_id in ids:
        recent, last_at = had.get(staff_id, (0, None))
        capacity = capacities.get(staff_id, LEADS_PER_DAY)
        candidates.append({"staff_id": str(staff_id), "capacity": capacity, "recent": recent, "last_at": last_at and last_at.isoformat()})
    return sorted(candidates, key=lambda one: (one["recent"] / one["capacity"], one["last_at"] or "", one["staff_id"]))
