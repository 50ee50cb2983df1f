"""Journeys of one deed, for the tests of what journeys do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.dealers.models import Brand, Role
from app.identity.models import Customer
from app.journeys.models import WalkStep
from app.leads.models import Lead
from app.messaging.models import Send
from tests.factories import dealers as make_dealers
from tests.factories import journeys as make

Sweep = Callable[[], int]


def deed(session: Session, brand: Brand, kind: str, *ports: str, late: dict[str, Any] | None = None, **config: Any) -> Any:
    """A journey of one deed; behind each of its ways out a node of that name ends it."""
    names = ports or ("done",)
    first = make.node("deed", kind, **config) | ({"late": late} if late else {})
    ends = [make.node(f"after_{name}", "end") for name in names]
    return make.journey(session, brand, make.graph([first, *ends], ways=" ".join(f"deed.{name}>after_{name}" for name in names)))


def port(session: Session) -> str | None:
    """By which way the only walk has left the deed; None while it stands there."""
    return session.execute(select(WalkStep.port).where(WalkStep.node_id == "deed")).scalar_one_or_none()


def sends(session: Session) -> list[Send]:
    return list(session.execute(select(Send).order_by(Send.id)).scalars())


def lead_of(session: Session, walker: Customer) -> tuple[Lead, Any, Any]:
    """Her open lead, the adviser who looks after it, and his manager."""
    dealer = make_dealers.dealer(session, session.get_one(Brand, walker.brand_id))
    adviser, manager = make_dealers.staff(session, dealer), make_dealers.staff(session, dealer, Role.dealer_manager)
    lead = Lead(brand_id=walker.brand_id, customer_id=walker.id, dealer_id=dealer.id, owner_id=adviser.id, status="accepted")
    session.add(lead)
    session.flush()
    return lead, adviser, manager
