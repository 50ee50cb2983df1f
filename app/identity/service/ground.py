"""What the verbs of identity stand on: locks taken in one order, and facts about a person."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.events import service as events
from app.events.models import Event
from app.identity.models import Customer


def in_a_row(session: Session, *key: object) -> None:
    """Wait for whoever is at work on the same key, until this transaction ends."""
    session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": " ".join(map(str, key))})


def all_in_a_row(session: Session, keys: Iterable[tuple[object, ...]]) -> None:
    """`in_a_row` for many keys of one sort, in an order that is everybody's."""
    named = sorted({" ".join(map(str, key)) for key in keys})
    if named:
        locks = "SELECT pg_advisory_xact_lock(hashtextextended(key, 0)) FROM unnest(CAST(:keys AS text[])) AS key"
        session.execute(text(locks), {"keys": named})


def lock(session: Session, *ids: uuid.UUID) -> Customer:
    """Lock customers, always in the order of their ids, and read them again; returns the first one named."""
    rows = select(Customer).where(Customer.id.in_(ids)).order_by(Customer.id)
    session.execute(rows.with_for_update(key_share=True).execution_options(populate_existing=True)).all()
    return session.get_one(Customer, ids[0])


def record(session: Session, customer: Customer, name: str, *, actor: tuple[str, Any] | None = None, **data: Any) -> Event:
    """A fact about a customer, by herself where nobody else is named."""
    return events.record(
        session,
        name,
        brand_id=customer.brand_id,
        customer_id=customer.id,
        subject=("customer", customer.id),
        data=data,
        actor=actor or ("customer", customer.id),
    )
