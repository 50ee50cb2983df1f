"""Write down the same about many people at once."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import Select, func, select, update
from sqlalchemy.orm import Session, aliased

from app.events.masses import record_selected
from app.identity.models import Customer

# What others than she herself, or the brand's CRM, may say of her.
WRITABLE = ("city", "time_zone")
_CHANGED = "SELECT unnest(CAST(:changed AS uuid[])) AS customer_id, '{}'::jsonb AS data"


def write_down(session: Session, brand_id: uuid.UUID, whom: Select[Any], *, attribute: str, value: str) -> int:
    """Let one of the `WRITABLE` attributes of these customers (a select of their ids) be this; each real change is a fact. How many.

    Who was merged is written where she is now, who was erased stays empty. May be called twice.
    """
    if attribute not in WRITABLE:
        raise ValueError(attribute)
    column, named = getattr(Customer, attribute), aliased(Customer)
    now = select(func.coalesce(named.merged_into_id, named.id)).where(named.id.in_(whom))
    other = Customer.id.in_(now), Customer.merged_into_id.is_(None), Customer.erased_at.is_(None), column.is_distinct_from(value)
    # In the order of their ids, as everybody locks people.
    changed = session.execute(select(Customer.id).where(*other).order_by(Customer.id).with_for_update(key_share=True)).scalars().all()
    if changed:
        written = update(Customer).where(Customer.id.in_(changed)).values({column: value})
        session.execute(written.execution_options(synchronize_session=False))
        record_selected(session, "customer.updated", _CHANGED, brand_id=brand_id, params={"changed": list(changed)}, about_herself=True)
    return len(changed)
