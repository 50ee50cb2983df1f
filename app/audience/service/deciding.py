"""Decide that customers carry tags, or not; each real change is a fact that can start a journey."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from operator import itemgetter
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.audience.models import CustomerTag, Source, Tag, ValueType
from app.audience.queries.tags import Living
from app.events import service as events
from app.events.models import Event
from app.identity.models import Customer
from app.kit import clock
from app.kit.json import loads

NEVER = datetime(1970, 1, 1, tzinfo=UTC)
# How many tags are taken away at a time when their end has come.
BATCH = 1_000


@dataclass(frozen=True)
class Decision:
    """That a customer is to carry a tag, or not; `at` and `event_id` say when that was decided.

    Without a `value` the one that she has stays. Without `expires_at` the tag is carried for as long as the tag itself says.
    """

    customer: Customer | Living
    tag: Tag
    active: bool
    source: Source
    at: datetime
    event_id: uuid.UUID | None = None
    subject: tuple[str, str] | None = None
    data: dict[str, Any] = field(default_factory=dict)
    actor: tuple[str, Any] = ("system", None)
    value: str | None = None
    expires_at: datetime | None = None

    @property
    def until(self) -> datetime | None:
        if not self.active or self.expires_at:
            return self.expires_at if self.active else None
        return self.at + timedelta(days=self.tag.ttl_days) if self.tag.ttl_days else None


def decide(session: Session, decisions: Sequence[Decision]) -> list[Event]:
    """Apply decisions in their order, in a number of statements that does not grow with theirs; the facts of the real changes come back.

    What would have ended by now is not given at all.
    """
    if not decisions:
        return []
    rows, now = _rows(session, decisions), clock.now(session)
    # The n-th changes of all tags are recorded together: each tag's own changes keep their order.
    changes: Counter[tuple[uuid.UUID, uuid.UUID]] = Counter()
    facts: dict[tuple[int, str], list[dict[str, Any]]] = {}
    for one in decisions:
        key, until = (one.customer.id, one.tag.id), one.until
        row = rows[key]
        if not _outweighs(row, one) or (until is not None and until <= now):
            continue
        value = (one.value if one.value is not None else row.value) if one.active else None
        if row.active != one.active or (one.active and row.value != value):
            name = "tag.changed" if row.active == one.active else "tag.added" if one.active else "tag.removed"
            facts.setdefault((changes[key], name), []).append(_fact(one, value))
            changes[key] += 1
        row.active, row.source, row.value, row.expires_at = one.active, one.source, value, until
        row.subject_type, row.subject_id = one.subject or (None, None)
        row.event_id, row.decided_at = one.event_id, one.at
    session.flush()
    in_order = sorted(facts.items(), key=itemgetter(0))
    return [event for (_, name), same in in_order for event in events.record_all(session, name, same)]


def _rows(session: Session, decisions: Sequence[Decision]) -> dict[tuple[uuid.UUID, uuid.UUID], CustomerTag]:
    """The row of each (customer, tag), locked in one order, so that decisions made at once come one after the other."""
    keys = sorted({(one.customer.id, one.tag.id) for one in decisions})
    session.execute(
        insert(CustomerTag).on_conflict_do_nothing(),
        [{"customer_id": who, "tag_id": tag, "active": False, "source": Source.rule, "decided_at": NEVER} for who, tag in keys],
    )
    found = session.execute(
        select(CustomerTag)
        .where(CustomerTag.customer_id.in_({who for who, _ in keys}), CustomerTag.tag_id.in_({tag for _, tag in keys}))
        .order_by(CustomerTag.customer_id, CustomerTag.tag_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return {(row.customer_id, row.tag_id): row for row in found.scalars()}


def _outweighs(row: CustomerTag, one: Decision) -> bool:
    """Whether a decision counts against the last one, in whatever order the events behind the two arrive.

    The refund of an earlier order does not take the tag that a later order gave; and what was taken away with an order does not
    come back with that order. Decisions that are not about such a subject count by their time.
    """
    if one.subject and row.subject_type == one.subject[0] and one.subject[0] != "customer":
        return one.active is not (row.subject_id == one.subject[1])
    if one.at != row.decided_at:
        return one.at > row.decided_at
    return row.event_id is None or one.event_id is None or one.event_id >= row.event_id


def _fact(one: Decision, value: str | None) -> dict[str, Any]:
    data = {**one.data, "tag": one.tag.key, "source": one.source}
    # What people write by hand may name a person.
    if value is not None and one.tag.value_type != ValueType.text:
        data["value"] = loads(value) if one.tag.value_type == ValueType.number else value
    return {"brand_id": one.tag.brand_id, "customer_id": one.customer.id, "subject": one.subject, "data": data, "actor": one.actor}


_EXPIRE = """
    WITH due AS MATERIALIZED (
        SELECT customer_id, tag_id FROM customer_tags WHERE active AND expires_at <= marque_now()
        ORDER BY expires_at LIMIT :batch FOR UPDATE SKIP LOCKED
    )
    UPDATE customer_tags c SET active = false, expires_at = NULL, value = NULL
    FROM due, tags WHERE due.customer_id = c.customer_id AND due.tag_id = c.tag_id AND tags.id = c.tag_id
    RETURNING c.customer_id, tags.brand_id, tags.key, c.source
"""


def expire(session: Session) -> int:
    """Take away tags whose end has come, some at a time; two who do it at once take different ones. How many it were."""
    ended = session.execute(text(_EXPIRE), {"batch": BATCH}).all()
    facts = [
        {"brand_id": row.brand_id, "customer_id": row.customer_id, "data": {"tag": row.key, "source": row.source, "cause": "expired"}}
        for row in ended
    ]
    list(events.record_all(session, "tag.removed", facts))
    return len(ended)
