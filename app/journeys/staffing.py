"""Whom a journey tells at the dealer: who looks after her lead, or the managers above him."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, text
from sqlalchemy.orm import aliased

from app.dealers.models import Role, Staff
from app.journeys.visits import standing
from app.leads.models import CLOSED, Lead

OWNER, MANAGERS = "owner", "managers"
IS_OPEN = text(f"leads.status NOT IN {CLOSED}")


def at_dealer(to_whom: str) -> ColumnElement[bool]:
    """Whether a member of staff is one of those who are told about a lead; instead of an owner who has left it is his managers."""
    managers = and_(Staff.dealer_id == Lead.dealer_id, Staff.role == Role.dealer_manager)
    if to_whom == MANAGERS:
        return and_(Staff.active, managers)
    owner = aliased(Staff)
    is_there = select(owner.id).where(owner.id == Lead.owner_id, owner.active).exists()
    return and_(Staff.active, or_(Staff.id == Lead.owner_id, and_(managers, ~is_there)))


def told(to_whom: str, where: ColumnElement[bool]) -> Select[Any]:
    """(walk_id, lead_id, dealer_id, staff_id) of whoever is told about the people of `standing`: nobody for who has no open lead."""
    columns = standing.c.walk_id, Lead.id.label("lead_id"), Lead.dealer_id.label("dealer_id"), Staff.id.label("staff_id")
    hers = and_(Lead.customer_id == standing.c.customer_id, Lead.brand_id == standing.c.brand_id, IS_OPEN)
    return select(*columns).select_from(standing).join(Lead, hers).join(Staff, at_dealer(to_whom)).where(where)


def one_each(to_whom: str, where: ColumnElement[bool]) -> Select[Any]:
    """As `told`, but one person about each, always the same of several."""
    everybody = told(to_whom, where).subquery()
    place = func.row_number().over(partition_by=everybody.c.walk_id, order_by=everybody.c.staff_id).label("place")
    ranked = select(everybody, place).subquery()
    return select(ranked.c.walk_id, ranked.c.lead_id, ranked.c.dealer_id, ranked.c.staff_id).where(ranked.c.place == 1)
