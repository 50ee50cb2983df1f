"""Doors: orders, looked at."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy.orm import Session

from app.console import order_schemas as schemas
from app.console.queries import orders
from app.console.queries.scope import Scope
from app.kit.paging import CursorInvalid
from app.kit.web import Caller, blueprint, raises, transactional
from app.orders.errors import OrderUnknown

staff = blueprint("orders", audience="staff")


@staff.get("/")
@raises(CursorInvalid)
@staff.input(schemas.OrdersIn, location="query")
@staff.output(schemas.OrderListOut)
@transactional
def search(session: Session, who: Caller, query_data: dict[str, Any]) -> Any:
    """Orders by number or status, the newest first."""
    wanted = {"q": None, "status": None, "cursor": None} | query_data
    return orders.search(session, Scope.of(who.staff), **wanted)


@staff.get("/<uuid:order_id>")
@raises(OrderUnknown)
@staff.output(schemas.OrderPageOut)
@transactional
def show(session: Session, who: Caller, order_id: uuid.UUID) -> Any:
    """One order with its payment attempts, refunds, ledger lines and trail, and what the caller can do with it now."""
    return orders.show(session, who.staff, order_id)
