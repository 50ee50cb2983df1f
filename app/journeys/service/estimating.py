"""Foresee what publishing a graph would set going: how many people enter now and on a day, whom its messages reach, and until when."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from app.events.models import Event
from app.identity.models import Customer
from app.journeys import coming, filters, reasons
from app.journeys.arrivals import Heard, Planned, Trigger
from app.journeys.graph import Graph, problems
from app.journeys.models import Journey
from app.journeys.nodes import send_message
from app.journeys.rules import PER
from app.journeys.service.fanning_out import people_of
from app.kit import clock
from app.messaging.channels import channel
from app.messaging.service import forecasting
from app.messaging.service.forecasting import Reach, Sender

# What was is looked at for so many days, or the latest so many facts of each name; of the people, so many are asked one by one.
DAYS, MOST_FACTS, ASKED, ASKED_AT_ONCE = 30, 100_000, 400, 200
MOST_TIMES = 31


def estimate(session: Session, journey: Journey, graph: Any) -> dict[str, Any] | None:
    """`triggers`: of each, how many people publishing lets in (`now`), and how many would have entered on a day (`per_day`); None where
    nobody can know. `now` and `per_day` of all of them. `messages`: of each node that writes to customers, whom it reaches at the most.
    `done_on`: when the messages to those who enter now have left, in `words`. None for a graph that is not sound.
    """
    if problems(graph):
        return None
    drawn, moment = Graph(graph), clock.now(session)
    triggers = [_trigger(session, journey, drawn, (kind, config), moment=moment) for kind, config in drawn.triggers]
    walking = 1 - drawn.rules["holdout_percent"] / 100
    now = round(walking * sum(one["now"] or 0 for one in triggers))
    told = {"now": now, "per_day": _sum(one["per_day"] for one in triggers), "days": DAYS, "triggers": triggers}
    told |= {"begun_at": _begun_at(drawn, now, moment), "messages": [], "done_on": None, "words": None, "quota": []}
    senders = [node_id for node_id in drawn.node_ids() if drawn.kind(node_id) is send_message.SendMessage]
    if not senders:
        return told
    people = _sample(session, journey, drawn, moment)
    ways: Counter[Sender] = Counter()
    for node_id in senders:
        config = drawn.config(node_id)
        seen = _reach(session, journey.brand_id, people, ladder=send_message.rungs(config), purpose=config["purpose"])
        told["messages"].append(_message(drawn, node_id, seen, asked=len(people)))
        if people:
            ways.update({way: round(now * count / len(people)) for way, count in seen.ways.items()})
    if now and people:
        done_on = forecasting.done_on(session, journey.brand_id, ways)
        told |= {"done_on": done_on, "words": forecasting.sentence(session, done_on)}
    told["quota"] = _quota(session, journey.brand_id, ways)
    return told


def _trigger(
    session: Session, journey: Journey, graph: Graph, trigger: tuple[type[Trigger], dict[str, Any]], *, moment: datetime
) -> dict[str, Any]:
    kind, config = trigger
    told: dict[str, Any] = {"label": kind.summary(config), "now": None, "per_day": None, "next_at": None, "next": None}
    once = graph.rules["reentry"]["mode"] == "once"
    if source := kind.at_publish(config):
        seen = coming.preview(session, journey, source)
        told["now"] = seen["people"] - seen["inside"] - (seen["walked"] if once else 0)
    if issubclass(kind, Heard):
        told["per_day"] = _heard(session, journey.brand_id, kind, config, moment=moment, once=once)
    elif issubclass(kind, Planned):
        told |= _planned(session, journey.brand_id, kind, config, moment=moment)
    return told


def _facts(brand_id: uuid.UUID, kind: type[Heard], config: dict[str, Any], since: datetime) -> Select[Any]:
    """(customer_id, recorded_at) of what would have let somebody in, the latest first."""
    columns: Any = (Event.customer_id, Event.recorded_at)
    wanted = select(*columns).where(Event.brand_id == brand_id, Event.name.in_(sorted(kind.hears(config))))
    wanted = wanted.where(Event.recorded_at >= since, Event.customer_id.is_not(None), filters.holds(kind.asks(config), Event.data))
    return wanted.order_by(Event.recorded_at.desc()).limit(MOST_FACTS)


def _heard(session: Session, brand_id: uuid.UUID, kind: type[Heard], config: dict[str, Any], *, moment: datetime, once: bool) -> float:
    since = moment - timedelta(days=DAYS)
    facts = _facts(brand_id, kind, config, since).subquery()
    who = func.count(func.distinct(facts.c.customer_id)) if once else func.count()
    count, times, first = session.execute(select(who, func.count(), func.min(facts.c.recorded_at))).one()
    # Of very many only the latest were counted, and what those took in time is known.
    span = moment - first if times >= MOST_FACTS and first < moment else moment - since
    return round(count / (span / timedelta(days=1)), 1)


def _planned(session: Session, brand_id: uuid.UUID, kind: type[Planned], config: dict[str, Any], *, moment: datetime) -> dict[str, Any]:
    times = list(_times(kind, config, moment))
    if not times:
        return {"per_day": 0.0}
    # Whom a time is for depends on it only where each counts.
    counts = [_count(session, kind.people(brand_id, config, at)) for at in (times if kind.each_counts else times[:1])]
    each = sum(counts) / len(counts)
    # Of times without number those that were looked at say how close together they are.
    days = DAYS if len(times) < MOST_TIMES else max((times[-1] - moment) / timedelta(days=1), 1 / 24)
    return {"next_at": times[0], "next": counts[0], "per_day": round(each * len(times) / days, 1)}


def _times(kind: type[Planned], config: dict[str, Any], moment: datetime) -> Iterator[datetime]:
    at = kind.next_at(config, moment)
    for _ in range(MOST_TIMES):
        if at is None or at > moment + timedelta(days=DAYS):
            return
        yield at
        at = kind.next_at(config, at)


def _count(session: Session, people: Select[Any]) -> int:
    found = people.subquery()
    living = select(func.count()).select_from(found).join(Customer, Customer.id == found.c[0])
    return session.execute(living.where(Customer.merged_into_id.is_(None), Customer.erased_at.is_(None))).scalar_one()


def _sum(numbers: Any) -> float | None:
    known = [one for one in numbers if one is not None]
    return round(sum(known), 1) if known else None


def _begun_at(graph: Graph, people: int, moment: datetime) -> datetime | None:
    """When the last of those who enter now has begun, where a rule says how fast they may."""
    throttle = graph.rules["throttle"]
    return moment + people * PER[throttle["per"]] / throttle["people"] if throttle and people else None


def _sample(session: Session, journey: Journey, graph: Graph, moment: datetime) -> Sequence[uuid.UUID]:
    """Some of whom the journey is for: of those who enter now, else of those who would have entered, else of the brand."""
    for kind, config in graph.triggers:
        found: Any = None
        if source := kind.at_publish(config):
            found = people_of(journey.brand_id, source)
        elif issubclass(kind, Heard):
            found = _facts(journey.brand_id, kind, config, moment - timedelta(days=DAYS))
        elif issubclass(kind, Planned) and (at := kind.next_at(config, moment)):
            found = kind.people(journey.brand_id, config, at)
        if found is not None and (some := _some(session, found)):
            return some
    return _some(session, people_of(journey.brand_id, {"kind": "everybody"}))


def _some(session: Session, people: Select[Any]) -> Sequence[uuid.UUID]:
    found = people.subquery()
    known = select(Customer.id).where(Customer.merged_into_id.is_(None), Customer.erased_at.is_(None), Customer.id.in_(select(found.c[0])))
    # A hash is as good as chance, and gives the same people when somebody looks again.
    return session.execute(known.order_by(func.uuid_hash_extended(Customer.id, 0)).limit(ASKED)).scalars().all()


def _reach(session: Session, brand_id: uuid.UUID, people: Sequence[uuid.UUID], *, ladder: Sequence[dict[str, str]], purpose: str) -> Reach:
    seen = Reach()
    for begin in range(0, len(people), ASKED_AT_ONCE):
        told = forecasting.reach(session, brand_id, people[begin : begin + ASKED_AT_ONCE], ladder=ladder, purpose=purpose)
        seen.ways.update(told.ways)
        seen.skipped.update(told.skipped)
    return seen


def _message(graph: Graph, node_id: str, seen: Reach, *, asked: int) -> dict[str, Any]:
    by_channel: Counter[str] = Counter()
    for (_, kind), count in seen.ways.items():
        by_channel[kind] += count
    skipped = [{"key": key, "label": reasons.in_words(key), "people": people} for key, people in sorted(seen.skipped.items())]
    return {
        "node": node_id,
        "label": graph.label(node_id),
        "asked": asked,
        "reached": seen.reached,
        "ways": [{"channel": kind, "label": channel(kind).label, "people": people} for kind, people in sorted(by_channel.items())],
        "skipped": skipped,
    }


def _quota(session: Session, brand_id: uuid.UUID, ways: Counter[Sender]) -> list[dict[str, Any]]:
    """Of each sender that the messages need: what it may still send today, and on a day."""
    known = {(one.appid, one.channel): one for one in forecasting.board(session, brand_id)}
    return [
        {
            "channel": sender[1],
            "label": channel(sender[1]).label,
            "messages": count,
            "free_today": known[sender].quota.free_today,
            "per_day": known[sender].quota.per_day,
        }
        for sender, count in sorted(ways.items())
        if sender in known
    ]
