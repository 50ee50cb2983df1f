"""Looks at tags and at those who carry them."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.audience.models import CustomerTag, Tag
from app.identity.models import Customer


def tags(session: Session, brand_id: uuid.UUID) -> Sequence[Tag]:
    """Every tag of the brand, by label."""
    return session.execute(select(Tag).filter_by(brand_id=brand_id).order_by(Tag.label, Tag.key)).scalars().all()


def tags_of(session: Session, customer_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, list[Tag]]:
    """The tags that each of these customers carries, in the order in which she got them."""
    found: dict[uuid.UUID, list[Tag]] = {customer_id: [] for customer_id in customer_ids}
    rows = session.execute(
        select(CustomerTag.customer_id, Tag)
        .join(Tag, Tag.id == CustomerTag.tag_id)
        .where(CustomerTag.customer_id.in_(customer_ids), CustomerTag.active)
        .order_by(CustomerTag.decided_at, Tag.key)
    )
    for customer_id, tag in rows:
        found[customer_id].append(tag)
    return found


def carriers(brand_id: uuid.UUID, tag_key: str) -> Select[uuid.UUID]:
    """The ids of the customers who carry a tag, as a selection to be used inside another."""
    return (
        select(CustomerTag.customer_id)
        .join(Tag, Tag.id == CustomerTag.tag_id)
        .where(Tag.brand_id == brand_id, Tag.key == tag_key, CustomerTag.active)
    )


def who_now(session: Session, customer_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Customer]:
    """The living customer behind each id: a merged one leads on to the one kept, an erased or unknown one is left out."""
    known: dict[uuid.UUID, Customer] = {}
    wanted = set(customer_ids)
    while wanted:
        rows = session.execute(select(Customer).where(Customer.id.in_(wanted)).execution_options(populate_existing=True))
        known |= {row.id: row for row in rows.scalars()}
        wanted = {row.merged_into_id for row in known.values() if row.merged_into_id} - known.keys()
    found = {}
    for customer_id in customer_ids:
        customer = known.get(customer_id)
        while customer is not None and customer.merged_into_id:
            customer = known.get(customer.merged_into_id)
        if customer is not None and customer.erased_at is None:
            found[customer_id] = customer
    return found
