"""Compute what is known of customers from what they do, when they do something and when time changes it."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import DateTime, and_, cast, delete, func, literal, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.audience.models import CustomerAttribute, Segment
from app.audience.queries import who_now
from app.audience.queries.attributes import ATTRIBUTES, Attribute, found
from app.audience.service.compiling import Among
from app.audience.service.membership import Heard, few, look_again
from app.events.models import Event
from app.identity.models import Customer
from app.kit import clock, queue

AT_A_TIME = 1000


def follow(session: Session, happened: Sequence[Event]) -> None:
    """Compute anew what these events may have changed, of the people they happened to. Twice changes nothing more."""
    _only_one(session)
    living = who_now(session, {event.customer_id for event in happened if event.customer_id})
    concerned: dict[str, set[uuid.UUID]] = defaultdict(set)
    for event in happened:
        customer = living.get(event.customer_id) if event.customer_id else None
        if customer is None:
            continue
        for attribute in ATTRIBUTES.values():
            # Who signs in did what was done on the device while nobody was known; who was merged, what either did, until it is undone.
            if event.name in attribute.listens or event.name in ("customer.logged_in", "customer.merged", "customer.unmerged"):
                concerned[attribute.name].add(customer.id)
    _compute(session, concerned)


def compute_everybody(session: Session) -> int:
    """Compute what is not known yet of anybody, from what was done before anybody computed; how many values that are.

    For once, after an upgrade. Segments that ask about attributes are computed anew. May be called twice.
    """
    _only_one(session)
    moment, written = clock.now(session), 0
    for attribute in ATTRIBUTES.values():
        told = found(attribute, moment, None).subquery("told")
        living = Customer.id == told.c[0], Customer.merged_into_id.is_(None), Customer.erased_at.is_(None)
        rows = select(told.c[0], literal(attribute.name), told.c[1], cast(told.c[2], DateTime(timezone=True))).join(Customer, and_(*living))
        fresh = insert(CustomerAttribute).from_select(["customer_id", "name", attribute.type, "due_at"], rows).on_conflict_do_nothing()
        written += len(session.execute(fresh.returning(CustomerAttribute.customer_id)).all())
    asking = Segment.archived_at.is_(None), Segment.listens.overlap([f"attribute:{name}" for name in ATTRIBUTES])
    session.execute(update(Segment).where(*asking).values(due_at=moment))
    queue.enqueue(session, "audience.compute_segments")
    return written


def compute_due(session: Session) -> bool:
    """Compute anew what time alone has changed, of some customers; whether there was any."""
    _only_one(session)
    due = select(CustomerAttribute.customer_id, CustomerAttribute.name).where(CustomerAttribute.due_at <= func.marque_now())
    rows = session.execute(due.order_by(CustomerAttribute.due_at).limit(AT_A_TIME)).all()
    concerned: dict[str, set[uuid.UUID]] = defaultdict(set)
    for customer_id, name in rows:
        concerned[name].add(customer_id)
    _compute(session, concerned)
    return bool(rows)


def _only_one(session: Session) -> None:
    """One transaction at a time computes or forgets: who reads first would otherwise write last, even about somebody forgotten."""
    session.execute(text("SELECT pg_advisory_xact_lock(hashtext('audience attributes'))"))


def _compute(session: Session, concerned: dict[str, set[uuid.UUID]]) -> None:
    everybody = set().union(*concerned.values())
    brands = dict(session.execute(select(Customer.id, Customer.brand_id).where(Customer.id.in_(everybody))).all())
    moment = clock.now(session)
    changed: dict[Heard, set[uuid.UUID]] = defaultdict(set)
    for name in sorted(concerned):
        for one in _renew(session, ATTRIBUTES[name], few(session, concerned[name]), moment):
            changed[Heard(brands[one], f"attribute:{name}")].add(one)
    if changed:
        look_again(session, changed)


def _renew(session: Session, attribute: Attribute, among: Among, moment: datetime) -> set[uuid.UUID]:
    """Write an attribute of these living customers as it is now; those whose value changed come back."""
    now = {row[0]: (row[1], row[2]) for row in session.execute(found(attribute, moment, among.under))}
    value = getattr(CustomerAttribute, attribute.type)
    of_these = CustomerAttribute.name == attribute.name, CustomerAttribute.customer_id.in_(among.ids)
    held = select(CustomerAttribute.customer_id, value, CustomerAttribute.due_at).where(*of_these)
    before = {row[0]: (row[1], row[2]) for row in session.execute(held)}
    rows = [
        {"customer_id": one, "name": attribute.name, attribute.type: told[0], "due_at": told[1]}
        for one, told in sorted(now.items())
        if before.get(one) != told
    ]
    if rows:
        written = insert(CustomerAttribute)
        fresh = {column: written.excluded[column] for column in (attribute.type, "due_at")}
        session.execute(written.on_conflict_do_update(index_elements=["customer_id", "name"], set_=fresh), rows)
    gone = before.keys() - now.keys()
    if gone:
        session.execute(delete(CustomerAttribute).where(CustomerAttribute.name == attribute.name, CustomerAttribute.customer_id.in_(gone)))
    return gone | {row["customer_id"] for row in rows if before.get(row["customer_id"], (None,))[0] != row[attribute.type]}


def forget(session: Session, customer_ids: Collection[uuid.UUID]) -> None:
    """Keep nothing that was computed about customers. May be called twice."""
    _only_one(session)
    session.execute(delete(CustomerAttribute).where(CustomerAttribute.customer_id.in_(customer_ids)))
