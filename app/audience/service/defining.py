"""Say which tags a brand has, in which folders, what gives and takes them, and whom a change would concern; and put them away."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.audience.errors import EventUnknown, FolderUnknown, RuleUnknown, TagByRule, TagInUse, TagTaken, ValueUnfit
from app.audience.models import Action, BehaviourRule, Tag, TagFolder, TagKind, TagRule, ValueType
from app.audience.queries import uses_of
from app.audience.service.counting import hear
from app.audience.service.tags import apply_rules
from app.events import service as events
from app.events.catalogue import NAMES
from app.kit import clock, db
from app.kit.texts import listed, t

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


def define(session: Session, brand_id: uuid.UUID, *, key: str, label: str, kind: TagKind) -> Tag:
    """The brand's tag of this key; its label and kind become these."""
    tag = session.execute(select(Tag).filter_by(brand_id=brand_id, key=key)).scalar_one_or_none()
    if tag is None:
        tag = Tag(brand_id=brand_id, key=key, label=label, kind=kind)
        session.add(tag)
    tag.label, tag.kind = label, kind
    session.flush()
    return tag


def create(session: Session, brand_id: uuid.UUID, *, key: str, label: str, kind: TagKind, **more: Any) -> Tag:
    """A tag that the brand has not had. `more`: value_type, choices, ttl_days, folder_id. Raises TagTaken, FolderUnknown, ValueUnfit."""
    made = insert(Tag).values(id=db.new_id(), brand_id=brand_id, key=key, label=label, kind=kind, **_fit(session, brand_id, more))
    tag_id = session.execute(made.on_conflict_do_nothing(index_elements=["brand_id", "key"]).returning(Tag.id)).scalar_one_or_none()
    if tag_id is None:
        raise TagTaken(key=key)
    return session.get_one(Tag, tag_id)


def change(session: Session, tag: Tag, **values: Any) -> Tag:
    """Another label, choices, ttl_days or folder_id. What is carried already keeps its value and its end. Raises as `create` does."""
    for name, value in _fit(session, tag.brand_id, {"value_type": tag.value_type, "choices": tag.choices} | values).items():
        setattr(tag, name, value)
    session.flush()
    return tag


def _fit(session: Session, brand_id: uuid.UUID, values: dict[str, Any]) -> dict[str, Any]:
    if (values.get("value_type", ValueType.none) == ValueType.choice) != bool(values.get("choices")):
        raise ValueUnfit(choices="for a choice, and only for it")
    if (folder_id := values.get("folder_id")) is not None:
        folder(session, brand_id, folder_id)
    return values


def folder(session: Session, brand_id: uuid.UUID, folder_id: uuid.UUID) -> TagFolder:
    """A folder of the brand. Raises `FolderUnknown`."""
    found = session.execute(select(TagFolder).filter_by(brand_id=brand_id, id=folder_id)).scalar_one_or_none()
    if found is None:
        raise FolderUnknown
    return found


def make_folder(session: Session, brand_id: uuid.UUID, name: str) -> TagFolder:
    """The brand's folder of this name. May be called twice."""
    session.execute(insert(TagFolder).values(id=db.new_id(), brand_id=brand_id, name=name).on_conflict_do_nothing())
    return session.execute(select(TagFolder).filter_by(brand_id=brand_id, name=name)).scalar_one()


def archive(session: Session, tag: Tag) -> Tag:
    """Give the tag to nobody any more; who carries it keeps it. May be called twice.

    Raises:
        TagInUse: a rule, a journey, a segment or a broadcast stands on it; `details` say which.
    """
    # Whoever begins to use it holds its key.
    session.execute(select(Tag.id).filter_by(id=tag.id).with_for_update())
    if used := uses_of(session, tag):
        raise TagInUse(tag=tag.label, uses=listed(t("lists.named", what=one["label"], name=one["name"]) for one in used), used_by=used)
    tag.archived_at = tag.archived_at or clock.now(session)
    session.flush()
    return tag


def restore(session: Session, tag: Tag) -> Tag:
    """An archived tag can be given again; one that counts is counted anew. May be called twice."""
    tag.archived_at = None
    session.execute(update(BehaviourRule).filter_by(tag_id=tag.id).values(due_at=func.marque_now()))
    session.flush()
    return tag


def rule(session: Session, tag: Tag, *, event_name: str, action: Action) -> TagRule:
    """From now on the tag is given or taken when this event happens. May be called twice."""
    if event_name not in NAMES:
        raise EventUnknown(event_name=event_name)
    if tag.kind == TagKind.behavioural:
        raise TagByRule(tag=tag.key, label=tag.label)
    _one_at_a_time(session)
    made = session.execute(select(TagRule).filter_by(brand_id=tag.brand_id, event_name=event_name, tag_id=tag.id)).scalar_one_or_none()
    if made is None:
        made = TagRule(brand_id=tag.brand_id, event_name=event_name, tag_id=tag.id, action=action)
        session.add(made)
    made.action = action
    session.flush()
    _hear_rules(session)
    return made


def drop_rule(session: Session, tag: Tag, rule_id: uuid.UUID) -> None:
    """The event no longer gives or takes the tag; who carries it keeps it. Raises `RuleUnknown`."""
    _one_at_a_time(session)
    found = session.execute(select(TagRule).filter_by(tag_id=tag.id, id=rule_id)).scalar_one_or_none()
    if found is None:
        raise RuleUnknown
    session.delete(found)
    session.flush()
    _hear_rules(session)


def _one_at_a_time(session: Session) -> None:
    """Two rules made at once would each subscribe to what they see, and the later would forget the other's event."""
    session.execute(text("SELECT pg_advisory_xact_lock(hashtext('audience subscriptions'))"))


def _hear_rules(session: Session) -> None:
    events.subscribe(session, apply_rules, set(session.execute(select(TagRule.event_name)).scalars()))
    hear(session)


def install_defaults(session: Session, brand_id: uuid.UUID) -> None:
    """The tags and rules that every brand starts with. May be called twice."""
    for key, kind in DEFAULT_TAGS.items():
        define(session, brand_id, key=key, label=t(f"audience.tags.{key}"), kind=kind)
    tags = {tag.key: tag for tag in session.execute(select(Tag).filter_by(brand_id=brand_id)).scalars()}
    for event_name, action, tag_key in DEFAULT_RULES:
        rule(session, tags[tag_key], event_name=event_name, action=action)


@dataclass(frozen=True)
class Affected:
    """How many customers would get a tag, and how many would lose it."""

    gaining: int
    losing: int


# Who did it, as the person she is now, and does not carry the tag as the rule wants.
_CONCERNED = """
    SELECT count(DISTINCT coalesce(c.merged_into_id, c.id))
    FROM events e JOIN customers c ON c.id = e.customer_id
    WHERE e.brand_id = :brand_id AND e.name = :event_name AND e.recorded_at > marque_now() - make_interval(days => :days)
        AND c.erased_at IS NULL
        AND NOT EXISTS (SELECT FROM customer_tags t WHERE t.customer_id = coalesce(c.merged_into_id, c.id) AND t.tag_id = :tag_id
            AND (t.active = :active OR t.decided_at >= e.recorded_at))
        AND (:active OR EXISTS (SELECT FROM customer_tags t WHERE t.customer_id = coalesce(c.merged_into_id, c.id)
            AND t.tag_id = :tag_id AND t.active))
"""


def affected_by_rule(session: Session, tag: Tag, *, event_name: str, action: Action, days: int) -> Affected:
    """Whom a rule would have concerned in the last days, had it been there: about as many as it will concern in as many days to come."""
    if event_name not in NAMES:
        raise EventUnknown(event_name=event_name)
    asked = {"brand_id": tag.brand_id, "event_name": event_name, "days": days, "tag_id": tag.id, "active": action == Action.add}
    count = session.execute(text(_CONCERNED), asked).scalar_one()
    return Affected(count, 0) if action == Action.add else Affected(0, count)


def carried_by(session: Session, tag_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, int]:
    """How many customers carry each of these tags."""
    counted = text("SELECT tag_id, count(*) FROM customer_tags WHERE active AND tag_id = ANY(:ids) GROUP BY tag_id")
    found: dict[uuid.UUID, int] = dict(session.execute(counted, {"ids": list(tag_ids)}).all())
    return {one: found.get(one, 0) for one in tag_ids}
