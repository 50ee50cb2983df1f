"""Behavioural tags: given to whoever did something often enough lately, and taken away at the moment when that is no longer so.

When she did it for the n-th time, it holds until the n-th newest of these times is too old: that is the end of her tag, and each time that
she does it again moves it. So nobody has to be counted again because time goes by.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session, joinedload

from app.audience.errors import BehaviourInvalid
from app.audience.models import BehaviourRule, Source, Tag, TagKind
from app.audience.queries import who_now
from app.audience.service import deciding_many
from app.audience.service.deciding import Decision, decide
from app.audience.values import MOST_DAYS, MOST_TIMES, OF_VEHICLES
from app.events import service as events
from app.events.catalogue import NAMES
from app.events.models import Event
from app.kit import clock, queue, texts
from app.kit.json import dumps

_UUID = "^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$"


def define_behaviour(session: Session, tag: Tag, **how: Any) -> BehaviourRule:
    """What a behavioural tag counts from now on (columns of `BehaviourRule`); everybody is counted anew in the background.

    Raises:
        BehaviourInvalid: the tag is of another kind, or what it is to count does not hold; `details` name the field.
    """
    rule = _checked(tag, how)
    # As for rules: two made at once would each subscribe to what they see.
    session.execute(text("SELECT pg_advisory_xact_lock(hashtext('audience subscriptions'))"))
    kept = session.get(BehaviourRule, tag.id)
    if kept is None:
        kept = rule
        session.add(kept)
    for name in ("event_name", "at_least", "within", "different", "data", "vehicle"):
        setattr(kept, name, getattr(rule, name))
    kept.due_at = clock.now(session)
    session.flush()
    hear(session)
    queue.enqueue(session, "audience.recount")
    return kept


def _checked(tag: Tag, how: dict[str, Any]) -> BehaviourRule:
    wrong = {
        "kind": tag.kind != TagKind.behavioural,
        "event_name": how["event_name"] not in NAMES,
        "at_least": not 1 <= how["at_least"] <= MOST_TIMES,
        "within": not timedelta(0) < how["within"] <= timedelta(days=MOST_DAYS),
        "vehicle": not set(how.get("vehicle") or {}) <= OF_VEHICLES.keys(),
    }
    if fields := [name for name, is_wrong in wrong.items() if is_wrong]:
        raise BehaviourInvalid(fields=texts.listed(fields))
    more = {"different": how.get("different", False), "data": how.get("data") or {}, "vehicle": how.get("vehicle") or {}}
    return BehaviourRule(tag_id=tag.id, event_name=how["event_name"], at_least=how["at_least"], within=how["within"], **more)


def hear(session: Session) -> None:
    """Hear exactly the events that somebody counts."""
    events.subscribe(session, count_behaviour, set(session.execute(select(BehaviourRule.event_name)).scalars()))


def count_behaviour(session: Session, happened: Sequence[Event]) -> None:
    """Count for those to whom these events happened; who has done it often enough gets the tag, or keeps it for longer."""
    rules = _rules(session, {event.brand_id for event in happened})
    people = who_now(session, {event.customer_id for event in happened if event.customer_id})
    decisions = []
    for rule in rules:
        last = {
            people[event.customer_id].id: event
            for event in happened
            if event.customer_id in people and event.name == rule.event_name and event.brand_id == rule.tag.brand_id
        }
        found = _counted(session, rule, list(last))
        told = {one: {"cause": rule.event_name, "caused_at": last[one].recorded_at.isoformat()} for one in found}
        decisions += _decisions(session, rule, found, told)
    decide(session, decisions)


def count_again(session: Session, brand_id: uuid.UUID, customer_ids: Sequence[uuid.UUID]) -> None:
    """Count everything for some customers: of two profiles that became one, what both did together."""
    for rule in _rules(session, {brand_id}):
        found = _counted(session, rule, customer_ids)
        decide(session, _decisions(session, rule, found, {one: {"cause": "customer.merged"} for one in found}))


def _rules(session: Session, brand_ids: set[uuid.UUID]) -> Sequence[BehaviourRule]:
    wanted = select(BehaviourRule).join(Tag).where(Tag.brand_id.in_(brand_ids), Tag.archived_at.is_(None)).order_by(Tag.id)
    return session.execute(wanted.options(joinedload(BehaviourRule.tag))).scalars().all()


def _decisions(
    session: Session, rule: BehaviourRule, found: dict[uuid.UUID, datetime], told: dict[uuid.UUID, dict[str, Any]]
) -> list[Decision]:
    people, now = who_now(session, found), clock.now(session)
    return [
        Decision(one, rule.tag, active=True, source=Source.behaviour, at=now, data=told[key], expires_at=found[key])
        for key, one in people.items()
    ]


def _counted(session: Session, rule: BehaviourRule, customer_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, datetime]:
    """Until when it holds, for each of these customers of whom it does hold."""
    if not customer_ids:
        return {}
    who = "(c.id = ANY(:customer_ids) OR c.merged_into_id = ANY(:customer_ids))"
    return dict(session.execute(text(_until(rule, who)), _asked(rule.tag.brand_id, rule) | {"customer_ids": list(customer_ids)}).all())


def _until(rule: BehaviourRule, who: str = "true") -> str:
    """SQL: customer_id, expires_at of everybody of whom the rule holds, among those of the condition `who` on customers."""
    vehicle = f"(CASE WHEN e.data ->> 'vehicle_id' ~ '{_UUID}' THEN (e.data ->> 'vehicle_id')::uuid END)"
    cars = f"JOIN vehicles v ON v.id = {vehicle}" if rule.vehicle else ""
    such = "".join(f" AND {OF_VEHICLES[name]} = :vehicle_{name}" for name in sorted(rule.vehicle))
    each = "max(e.recorded_at)" if rule.different else "e.recorded_at"
    grouped = "GROUP BY coalesce(c.merged_into_id, c.id), e.subject_id" if rule.different else ""
    return f"""
        SELECT customer_id, at + CAST(:within AS interval) AS expires_at FROM (
            SELECT customer_id, at, row_number() OVER (PARTITION BY customer_id ORDER BY at DESC) AS place FROM (
                SELECT coalesce(c.merged_into_id, c.id) AS customer_id, {each} AS at
                FROM customers c JOIN events e ON e.customer_id = c.id {cars}
                WHERE {who} AND c.brand_id = :brand_id AND c.erased_at IS NULL AND e.brand_id = :brand_id AND e.name = :event_name
                    AND e.recorded_at > marque_now() - CAST(:within AS interval) AND e.data @> CAST(:data AS jsonb) {such}
                {grouped}
            ) done
        ) ranked WHERE place = :at_least
    """  # noqa: S608  # names of this module's own; what people give is bound


def _asked(brand_id: uuid.UUID, rule: BehaviourRule) -> dict[str, Any]:
    return {
        "brand_id": brand_id,
        "event_name": rule.event_name,
        "within": rule.within,
        "at_least": rule.at_least,
        "data": dumps(rule.data).decode(),
        **{f"vehicle_{name}": value for name, value in rule.vehicle.items()},
    }


def affected_by_behaviour(session: Session, tag: Tag, **how: Any) -> tuple[int, int]:
    """How many customers would get the tag, and how many lose it, if it counted this. Raises `BehaviourInvalid`."""
    rule = _checked(tag, how)
    asked = _asked(tag.brand_id, rule) | {"tag_id": tag.id}
    found = session.execute(
        text(
            f"""
            WITH counted AS ({_until(rule)}), carrying AS (SELECT customer_id FROM customer_tags WHERE tag_id = :tag_id AND active)
            SELECT (SELECT count(*) FROM counted WHERE customer_id NOT IN (SELECT customer_id FROM carrying)),
                (SELECT count(*) FROM carrying WHERE customer_id NOT IN (SELECT customer_id FROM counted))
            """  # noqa: S608  # as above
        ),
        asked,
    )
    gaining, losing = found.one()
    return gaining, losing


def recount(session: Session) -> bool:
    """Count everybody anew for one rule that was changed; False when none was. Who does not do it often enough any more loses the tag."""
    due = select(BehaviourRule).where(BehaviourRule.due_at.is_not(None)).order_by(BehaviourRule.due_at).limit(1)
    rule = session.execute(due.with_for_update(skip_locked=True)).scalars().first()
    if rule is None:
        return False
    deciding_many.begin(session)
    session.execute(
        text(f"INSERT INTO deciding SELECT customer_id, :tag_id, true, NULL, expires_at FROM ({_until(rule)}) counted"),  # noqa: S608
        _asked(rule.tag.brand_id, rule) | {"tag_id": rule.tag_id},
    )
    session.execute(
        text(
            "INSERT INTO deciding SELECT customer_id, tag_id, false FROM customer_tags c WHERE tag_id = :tag_id AND active "
            "AND NOT EXISTS (SELECT FROM deciding d WHERE d.customer_id = c.customer_id)"
        ),
        {"tag_id": rule.tag_id},
    )
    deciding_many.carry_out(session, rule.tag.brand_id, source=Source.behaviour, said={"cause": rule.event_name})
    rule.due_at = None
    return True
