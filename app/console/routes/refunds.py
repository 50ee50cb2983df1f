"""Doors: one refund, looked at by headquarters; the list and what can be done belong to payments."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy.orm import Session

from app.console import order_schemas as schemas
from app.console.errors import RefundUnknown
from app.console.queries import refunds
from app.kit.errors import Forbidden
from app.kit.web import Caller, blueprint, raises, transactional

staff = blueprint("refunds", audience="staff")


@staff.get("/<uuid:refund_id>")
@raises(Forbidden, RefundUnknown)
@staff.output(schemas.RefundPageOut)
@transactional
def show(session: Session, who: Caller, refund_id: uuid.UUID) -> Any:
    """One refund with the order it is of and every step that it took."""
    if not who.staff.sees_the_brand:
        raise Forbidden
    return refunds.show(session, who.staff, refund_id)
