"""Doors: who is signed in, and how the day is going."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from app.console import schemas
from app.console.queries import overview
from app.console.queries.names import dealers_of
from app.console.queries.scope import Scope
from app.dealers.errors import PasswordToChange
from app.dealers.models import Role
from app.kit import clock, hearing
from app.kit.settings import settings
from app.kit.web import Caller, blueprint, looking, raises, transactional

staff = blueprint("console", audience="staff")


@staff.get("/me")
@raises(PasswordToChange)
@staff.output(schemas.MeOut)
@transactional
def me(session: Session, who: Caller) -> Any:
    """The signed-in staff member, and what time it is on the platform."""
    person = who.staff
    return {
        "id": person.id,
        "name": person.name,
        "role": person.role,
        "dealer": person.dealer,
        "brand": person.brand,
        "now": clock.now(session),
    }


@staff.get("/live")
@raises(PasswordToChange)
@staff.output(schemas.LiveOut)
@looking
def live(_session: Session, who: Caller) -> Any:
    """Where this browser hears what is stale, as server-sent events: the address is good for a minute. See docs/decisions/0021."""
    person = who.staff
    dealer_id = None if person.dealer_id is None else str(person.dealer_id)
    ticket = hearing.ticket(hearing.Hearer(str(person.id), str(person.brand_id), dealer_id))
    return {"url": f"{settings().live_url.rstrip('/')}/api/staff/live?ticket={ticket}"}


@staff.get("/dealers")
@staff.output(schemas.DealersOut)
@transactional
def dealers(session: Session, who: Caller) -> Any:
    """The brand's dealers by name, or the caller's own."""
    return {"items": dealers_of(session, Scope.of(who.staff))}


@staff.get("/overview")
@staff.output(schemas.OverviewOut)
@transactional
def figures(session: Session, who: Caller) -> Any:
    """Today's figures and open incidents, of the brand or of the caller's dealer."""
    return overview.show(session, Scope.of(who.staff), may_resolve=who.staff.role in (Role.admin, Role.finance))
