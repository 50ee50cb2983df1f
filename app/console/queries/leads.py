"""Leads as the console lists and shows them."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from app.console.queries.names import named, people, vehicles
from app.console.queries.paging import Page, page_of
from app.console.queries.scope import Scope
from app.dealers.models import Dealer, Role, Staff
from app.kit import clock, db
from app.kit.texts import t
from app.leads import queries
from app.leads.models import Interest, Lead, LeadAssignment, LeadInterest, Status
from app.orders.models import Order

CHINA = timezone(timedelta(hours=8))
# Interests behind which an order stands.
_BY_ORDER = (Interest.reservation, Interest.deposit)
CLOSED = (Status.won, Status.defeated, Status.duplicate)


def stage(name: str) -> list[ColumnElement[bool]]:
    """The conditions behind the list's filters `open`, `overdue` and `closed`; any other name is a status."""
    match name:
        case "open":
            return [Lead.status.not_in(CLOSED)]
        case "overdue":
            return [Lead.status.not_in(CLOSED), Lead.next_action_at < func.marque_now()]
        case "closed":
            return [Lead.status.in_(CLOSED)]
        case _:
            return [Lead.status == name]


def search(session: Session, scope: Scope, *, status: str | None, cursor: str | None, limit: int, counted: bool = True) -> Page:
    """Leads of a stage, the newest first; those that became part of another are left out."""
    wanted = [scope.covers(Lead), Lead.status != Status.duplicate, *(stage(status) if status else [])]
    page = page_of(session, Lead, wanted, cursor=cursor, limit=limit, counted=counted)
    return page.of(_rows(session, page.items))


def _rows(session: Session, leads: Sequence[Lead]) -> list[dict[str, Any]]:
    now = clock.now(session)
    customers = people(session, (lead.customer_id for lead in leads))
    dealers = named(session, Dealer, (lead.dealer_id for lead in leads))
    owners = named(session, Staff, (lead.owner_id for lead in leads))
    wishes = _latest_vehicles(session, [lead.id for lead in leads])
    cars = vehicles(session, wishes.values())
    return [
        {
            "id": lead.id,
            "customer": customers[lead.customer_id],
            "status": lead.status,
            "grade": lead.grade,
            "dealer": dealers.get(lead.dealer_id),
            "owner": owners.get(lead.owner_id),
            "vehicle": cars.get(wishes.get(lead.id)),
            "next_action_at": lead.next_action_at,
            "overdue": _overdue(lead, now),
            "created_at": lead.created_at,
        }
        for lead in leads
    ]


def _overdue(lead: Lead, now: datetime) -> bool:
    return lead.status not in CLOSED and lead.next_action_at is not None and lead.next_action_at < now


def _latest_vehicles(session: Session, lead_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, uuid.UUID | None]:
    rows = session.execute(
        select(LeadInterest.lead_id, LeadInterest.vehicle_id)
        .where(LeadInterest.lead_id.in_(lead_ids), LeadInterest.vehicle_id.is_not(None))
        .order_by(LeadInterest.lead_id, LeadInterest.latest_at.desc())
        .ext(distinct_on(LeadInterest.lead_id))
    )
    return dict(rows.all())


def show(session: Session, staff: Staff, lead_id: uuid.UUID) -> dict[str, Any]:
    """One lead with the cars it is about, who was asked to look after it, and what was done. Raises `LeadUnknown`."""
    lead = queries.visible_to(session, staff, lead_id)
    asked = queries.assignments(session, lead.id)
    (row,) = _rows(session, [lead])
    return row | {
        "actions": _actions(staff, lead, waiting=any(one.answer is None and one.dealer_id == lead.dealer_id for one in asked)),
        "interests": _interests(session, Scope.of(staff), lead),
        "assignments": _assignments(session, asked),
        "activities": _activities(session, lead.id),
    }


def _actions(staff: Staff, lead: Lead, *, waiting: bool) -> list[str]:
    """What `leads.service` would let this person do now, by the names of the console's doors."""
    is_manager = staff.role == Role.dealer_manager and staff.dealer_id == lead.dealer_id
    if lead.closed_at is not None or not (is_manager or lead.owner_id == staff.id):
        return []
    can = ["test-drive"]
    if waiting or lead.status in (Status.assigned, Status.callback_promised):
        can.append("accept")
    if waiting or lead.status != Status.callback_promised:
        can.append("call-back")
    return can


def _interests(session: Session, scope: Scope, lead: Lead) -> list[dict[str, Any]]:
    found = queries.interests(session, [lead.id])
    cars = vehicles(session, (interest.vehicle_id for interest in found))
    orders = _latest_orders(session, scope, lead, [interest.vehicle_id for interest in found])
    return [
        {
            "id": interest.id,
            "kind": interest.kind,
            "vehicle": cars.get(interest.vehicle_id),
            "order_id": orders.get(interest.vehicle_id) if interest.kind in _BY_ORDER else None,
            "message": interest.message,
            "at": interest.latest_at,
        }
        for interest in found
    ]


def _latest_orders(
    session: Session, scope: Scope, lead: Lead, vehicle_ids: Sequence[uuid.UUID | None]
) -> dict[uuid.UUID | None, uuid.UUID]:
    """Of each car her latest order that the reader may open."""
    rows = session.execute(
        select(Order.vehicle_id, Order.id)
        .where(scope.covers(Order), Order.customer_id == lead.customer_id, db.among(Order.vehicle_id, vehicle_ids))
        .order_by(Order.vehicle_id, Order.created_at.desc())
        .ext(distinct_on(Order.vehicle_id))
    )
    return dict(rows.all())


def _assignments(session: Session, found: Sequence[LeadAssignment]) -> list[dict[str, Any]]:
    staff = named(session, Staff, (one.staff_id for one in found))
    return [
        {
            "id": one.id,
            "cause": t(f"leads.cause.{one.cause}"),
            "rule": t(f"leads.rule.{one.rule}"),
            "chosen": staff.get(one.staff_id, {}).get("name"),
            "candidates": len(one.candidates),
            "answer": one.answer and t(f"leads.status.{one.answer}"),
            "at": one.created_at,
        }
        for one in found
    ]


def _activities(session: Session, lead_id: uuid.UUID) -> list[dict[str, Any]]:
    found = queries.activities(session, lead_id)
    staff = named(session, Staff, (one.staff_id for one in found))
    return [
        {
            "id": one.id,
            "label": t(f"leads.activity.{one.kind}"),
            "detail": one.data.get("at") and t("console.at", moment=_in_china(one.data["at"])),
            "actor": staff.get(one.staff_id, {}).get("name"),
            "at": one.created_at,
        }
        for one in found
    ]


def _in_china(iso: str) -> str:
    return f"{datetime.fromisoformat(iso).astimezone(CHINA):%Y-%m-%d %H:%M}"
