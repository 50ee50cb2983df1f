"""Give tags to customers and take them, by hand and by the rules that hear single events; what a merged or forgotten customer keeps."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, or_, select, text
from sqlalchemy.orm import Session, joinedload

from app.audience.errors import CustomerUnknown, TagArchived, TagByRule, TagUnknown
from app.audience.models import Action, CustomerTag, PeopleChange, Source, Tag, TagKind, TagMark, TagRule, ValueType
from app.audience.queries import who_now
from app.audience.service.deciding import Decision, decide
from app.audience.values import fitting
from app.events.models import Event
from app.kit import clock

Actor = tuple[str, Any]
SYSTEM: Actor = ("system", None)


def add(
    session: Session,
    customer_id: uuid.UUID,
    tag_key: str,
    *,
    source: Source = Source.staff,
    actor: Actor = SYSTEM,
    value: str | None = None,
    expires_at: datetime | None = None,
) -> bool:
    """Give a customer a tag; False when she carries it already, with this value. Given again, it is carried for as long as if it were new.

    Raises:
        TagUnknown, TagArchived, CustomerUnknown: for what they say.
        TagByRule: staff leave to the rules what journeys take for a fact.
        ValueUnfit: the tag has no value, or none like this.
    """
    how: dict[str, Any] = {"actor": actor, "value": value, "expires_at": expires_at}
    return _decide_one(session, customer_id, tag_key, active=True, source=source, **how)


def remove(session: Session, customer_id: uuid.UUID, tag_key: str, *, source: Source = Source.staff, actor: Actor = SYSTEM) -> bool:
    """Take a tag from a customer; False when she does not carry it. Raises what `add` raises, but for archived tags."""
    return _decide_one(session, customer_id, tag_key, active=False, source=source, actor=actor)


def decide_all(session: Session, tag: Tag, customer_ids: Sequence[uuid.UUID], *, active: bool, **how: Any) -> tuple[int, list[uuid.UUID]]:
    """Give many customers a tag of their brand, or take it from them: how many that changed, and which ids nobody has.

    `how` are keywords of `add`. Raises what `add` raises for the tag.
    """
    people = {key: one for key, one in who_now(session, customer_ids).items() if one.brand_id == tag.brand_id}
    how["value"] = _checked(tag, active=active, source=how.get("source", Source.staff), value=how.get("value"))
    decisions = [
        Decision(one, tag, active=active, at=clock.now(session), **{"source": Source.staff, **how})
        for one in {one.id: one for one in people.values()}.values()
    ]
    return len(decide(session, decisions)), [one for one in customer_ids if one not in people]


def _decide_one(session: Session, customer_id: uuid.UUID, tag_key: str, *, active: bool, source: Source, **how: Any) -> bool:
    customer = who_now(session, [customer_id]).get(customer_id)
    if customer is None:
        raise CustomerUnknown
    tag = session.execute(select(Tag).filter_by(brand_id=customer.brand_id, key=tag_key)).scalar_one_or_none()
    if tag is None:
        raise TagUnknown(tag=tag_key)
    how["value"] = _checked(tag, active=active, source=source, value=how.get("value"))
    return bool(decide(session, [Decision(customer, tag, active=active, source=source, at=clock.now(session), **how)]))


def _checked(tag: Tag, *, active: bool, source: Source, value: str | None) -> str | None:
    if source in (Source.staff, Source.import_, Source.api) and tag.kind != TagKind.manual:
        raise TagByRule(tag=tag.key, label=tag.label)
    if active and tag.archived_at is not None:
        raise TagArchived(tag=tag.key, label=tag.label)
    return None if value is None else fitting(ValueType(tag.value_type), tag.choices, value)


def apply_rules(session: Session, happened: Sequence[Event]) -> None:
    """What the brand's rules say about these events. The facts that follow carry the references of their cause, and when it began."""
    rules: dict[tuple[uuid.UUID, str], list[TagRule]] = {}
    of_living = select(TagRule).join(Tag).where(or_(Tag.archived_at.is_(None), TagRule.action == Action.remove))
    for rule in session.execute(of_living.options(joinedload(TagRule.tag))).scalars():
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


_COLUMNS = "tag_id, active, source, subject_type, subject_id, event_id, decided_at, value, expires_at"


def merge(session: Session, *, kept_id: uuid.UUID, merged_id: uuid.UUID) -> None:
    """The customer kept carries what either carried. No fact is recorded: the person had these tags all along."""
    asked = {"kept": kept_id, "merged": merged_id}
    session.execute(
        text(
            f"INSERT INTO customer_tags (customer_id, {_COLUMNS}) "  # noqa: S608  # the columns are ours
            f"SELECT :kept, {_COLUMNS} FROM customer_tags WHERE customer_id = :merged ORDER BY tag_id "
            "ON CONFLICT (customer_id, tag_id) DO UPDATE SET active = true, source = excluded.source, "
            "subject_type = excluded.subject_type, subject_id = excluded.subject_id, event_id = excluded.event_id, "
            "decided_at = excluded.decided_at, value = excluded.value, expires_at = excluded.expires_at "
            "WHERE excluded.active AND NOT customer_tags.active"
        ),
        asked,
    )
    session.execute(
        text(
            "UPDATE people_changes SET customer_id = :kept WHERE customer_id = :merged AND NOT EXISTS (SELECT FROM people_changes o "
            "WHERE o.run_id = people_changes.run_id AND o.tag_id = people_changes.tag_id AND o.customer_id = :kept)"
        ),
        asked,
    )
    # Under either name she is one person there: the mark is told again where the two differed.
    session.execute(
        text(
            "INSERT INTO tag_marks (link_id, customer_id, wanted, there, due_at) "
            "SELECT link_id, :kept, wanted, there, due_at FROM tag_marks WHERE customer_id = :merged ORDER BY link_id "
            "ON CONFLICT (link_id, customer_id) DO UPDATE SET wanted = tag_marks.wanted OR excluded.wanted, "
            "there = tag_marks.there AND excluded.there, due_at = CASE WHEN (tag_marks.wanted OR excluded.wanted) "
            "<> (tag_marks.there AND excluded.there) THEN marque_now() END"
        ),
        asked,
    )
    forget(session, merged_id)


def forget(session: Session, customer_id: uuid.UUID) -> None:
    """Keep nothing about a customer."""
    for table in (CustomerTag, PeopleChange, TagMark):
        session.execute(delete(table).filter_by(customer_id=customer_id))
