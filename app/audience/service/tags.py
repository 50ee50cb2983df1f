"""Give and take tags; each real change is a fact that can start a journey."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from operator import itemgetter
from typing import Any

from sqlalchemy import delete, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, joinedload

from app.audience.errors import CustomerUnknown, TagByRule, TagUnknown
from app.audience.models import Action, CustomerTag, Source, Tag, TagKind, TagRule
from app.audience.queries import who_now
from app.events import service as events
from app.events.catalogue import NAMES
from app.events.models import Event
from app.identity.models import Customer
from app.kit import clock
from app.kit.texts import t

NEVER = datetime(1970, 1, 1, tzinfo=UTC)

DEFAULT_TAGS = {
    "deposit_paid": TagKind.rule,
    "test_drive_booked": TagKind.rule,
    "dealer_contacted": TagKind.rule,
    "follower": TagKind.rule,
    "vip": TagKind.manual,
}
DEFAULT_RULES = (
    ("deposit.paid", Action.add, "deposit_paid"),
    ("order.cancelled", Action.remove, "deposit_paid"),
    ("deposit.refunded", Action.remove, "deposit_paid"),
    ("lead.test_drive_booked", Action.add, "test_drive_booked"),
    ("lead.created", Action.add, "dealer_contacted"),
    ("customer.followed", Action.add, "follower"),
    ("customer.unfollowed", Action.remove, "follower"),
)


@dataclass(frozen=True)
class Decision:
    """That a customer is to carry a tag, or not; `at` and `event_id` say when that was decided."""

    customer: Customer
    tag: Tag
    active: bool
    source: Source
    at: datetime
    event_id: uuid.UUID | None = None
    subject: tuple[str, str] | None = None
    data: dict[str, Any] = field(default_factory=dict)
    actor: tuple[str, Any] = ("system", None)


def add(
    session: Session, customer_id: uuid.UUID, tag_key: str, *, source: Source = Source.staff, actor: tuple[str, Any] = ("system", None)
) -> bool:
    """Give a customer a tag; False when she carries it already.

    Raises:
        TagUnknown, CustomerUnknown: for what they say.
        TagByRule: staff leave to the rules what journeys take for a fact.
    """
    return _decide_one(session, customer_id, tag_key, active=True, source=source, actor=actor)


def remove(
    session: Session, customer_id: uuid.UUID, tag_key: str, *, source: Source = Source.staff, actor: tuple[str, Any] = ("system", None)
) -> bool:
    """Take a tag from a customer; False when she does not carry it. Raises what `add` raises."""
    return _decide_one(session, customer_id, tag_key, active=False, source=source, actor=actor)


def _decide_one(session: Session, customer_id: uuid.UUID, tag_key: str, *, active: bool, source: Source, actor: tuple[str, Any]) -> bool:
    customer = who_now(session, [customer_id]).get(customer_id)
    if customer is None:
        raise CustomerUnknown
    tag = session.execute(select(Tag).filter_by(brand_id=customer.brand_id, key=tag_key)).scalar_one_or_none()
    if tag is None:
        raise TagUnknown(tag=tag_key)
    if source == Source.staff and tag.kind == TagKind.rule:
        raise TagByRule(tag=tag_key, label=tag.label)
    decision = Decision(customer, tag, active=active, source=source, at=clock.now(session), actor=actor)
    return bool(decide(session, [decision]))


def decide(session: Session, decisions: Sequence[Decision]) -> list[Event]:
    """Apply decisions in their order, in a number of statements that does not grow with theirs; the facts of the real changes come back."""
    if not decisions:
        return []
    rows = _rows(session, decisions)
    # The n-th changes of all tags are recorded together: each tag's own changes keep their order.
    changes: Counter[tuple[uuid.UUID, uuid.UUID]] = Counter()
    facts: dict[tuple[int, str], list[dict[str, Any]]] = {}
    for one in decisions:
        key = one.customer.id, one.tag.id
        row = rows[key]
        if not _outweighs(row, one):
            continue
        if row.active != one.active:
            facts.setdefault((changes[key], "tag.added" if one.active else "tag.removed"), []).append(_fact(one))
            changes[key] += 1
        row.active, row.source = one.active, one.source
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


def _fact(one: Decision) -> dict[str, Any]:
    data = {**one.data, "tag": one.tag.key, "source": one.source}
    return {"brand_id": one.tag.brand_id, "customer_id": one.customer.id, "subject": one.subject, "data": data, "actor": one.actor}


def apply_rules(session: Session, happened: Sequence[Event]) -> None:
    """What the brand's rules say about these events. The facts that follow carry the references of their cause, and when it began."""
    rules: dict[tuple[uuid.UUID, str], list[TagRule]] = {}
    for rule in session.execute(select(TagRule).options(joinedload(TagRule.tag))).scalars():
        rules.setdefault((rule.brand_id, rule.event_name), []).append(rule)
    people = who_now(session, {event.customer_id for event in happened if event.customer_id})
    decisions = []
    for event in happened:
        customer = people.get(event.customer_id) if event.customer_id else None
        if customer is None:
            continue
        for rule in rules.get((event.brand_id, event.name), []):
            decisions.append(
                Decision(
                    customer,
                    rule.tag,
                    active=rule.action == Action.add,
                    source=Source.rule,
                    at=event.recorded_at,
                    event_id=event.id,
                    subject=(event.subject_type, event.subject_id) if event.subject_type and event.subject_id else None,
                    data={"caused_at": event.recorded_at.isoformat(), **event.data, "cause": event.name},
                )
            )
    decide(session, decisions)


def define(session: Session, brand_id: uuid.UUID, *, key: str, label: str, kind: TagKind) -> Tag:
    """The brand's tag of this key; its label and kind become these."""
    tag = session.execute(select(Tag).filter_by(brand_id=brand_id, key=key)).scalar_one_or_none()
    if tag is None:
        tag = Tag(brand_id=brand_id, key=key, label=label, kind=kind)
        session.add(tag)
    tag.label, tag.kind = label, kind
    session.flush()
    return tag


def rule(session: Session, tag: Tag, *, event_name: str, action: Action) -> TagRule:
    """From now on the tag is given or taken when this event happens. May be called twice."""
    if event_name not in NAMES:
        raise ValueError(f"not in the event catalogue: {event_name}")
    # Two rules made at once would each subscribe to what they see, and the later would forget the other's event.
    session.execute(text("SELECT pg_advisory_xact_lock(hashtext('audience subscriptions'))"))
    made = session.execute(select(TagRule).filter_by(brand_id=tag.brand_id, event_name=event_name, tag_id=tag.id)).scalar_one_or_none()
    if made is None:
        made = TagRule(brand_id=tag.brand_id, event_name=event_name, tag_id=tag.id, action=action)
        session.add(made)
    made.action = action
    session.flush()
    events.subscribe(session, apply_rules, set(session.execute(select(TagRule.event_name)).scalars()))
    return made


def install_defaults(session: Session, brand_id: uuid.UUID) -> None:
    """The tags and rules that every brand starts with. May be called twice."""
    for key, kind in DEFAULT_TAGS.items():
        define(session, brand_id, key=key, label=t(f"audience.tags.{key}"), kind=kind)
    tags = {tag.key: tag for tag in session.execute(select(Tag).filter_by(brand_id=brand_id)).scalars()}
    for event_name, action, tag_key in DEFAULT_RULES:
        rule(session, tags[tag_key], event_name=event_name, action=action)


def merge(session: Session, *, kept_id: uuid.UUID, merged_id: uuid.UUID) -> None:
    """The customer kept carries what either carried. No fact is recorded: the person had these tags all along."""
    columns = "tag_id, active, source, subject_type, subject_id, event_id, decided_at"
    session.execute(
        text(
            f"INSERT INTO customer_tags (customer_id, {columns}) "  # noqa: S608  # the columns are ours
            f"SELECT :kept, {columns} FROM customer_tags WHERE customer_id = :merged ORDER BY tag_id "
            "ON CONFLICT (customer_id, tag_id) DO UPDATE SET active = true, source = excluded.source, "
            "subject_type = excluded.subject_type, subject_id = excluded.subject_id, event_id = excluded.event_id, "
            "decided_at = excluded.decided_at WHERE excluded.active AND NOT customer_tags.active"
        ),
        {"kept": kept_id, "merged": merged_id},
    )
    forget(session, merged_id)


def forget(session: Session, customer_id: uuid.UUID) -> None:
    """Keep nothing about a customer."""
    session.execute(delete(CustomerTag).filter_by(customer_id=customer_id))
