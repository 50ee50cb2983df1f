"""Scenario 3: the same facts are told again and again at once, while people are merged, and once more a week later: each lets in once.

`make scenarios SCENARIO=duplicates` tells each of 10,000 facts fifty times.
"""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Callable, Sequence
from datetime import timedelta
from itertools import pairwise
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.dealers.models import Brand
from app.events import service as events
from app.events.models import Event
from app.identity import service as identity
from app.identity.models import Customer
from app.journeys import service
from app.kit import clock
from tests.factories import crowds
from tests.factories import dealers as make_dealers
from tests.factories import journeys as make
from tests.factories import tags as make_tags

PEOPLE, TIMES, AT_A_TIME = crowds.size(60, 10_000), 50, 200
MERGED = PEOPLE // 10
TAG = "vip"
PATIENCE = 60 + PEOPLE / 10
INSIDE = "SELECT customer_id, count(*) FROM walks WHERE journey_id = :id AND status IN ('active', 'stuck') GROUP BY 1"
ENTERED = "SELECT customer_id, count(*) FROM walks WHERE journey_id = :id AND exit_reason IS DISTINCT FROM 'customer.merged' GROUP BY 1"


def journey(session: Session, brand: Brand, *nodes: dict[str, Any], **rules: Any) -> uuid.UUID:
    names = [*(node["id"] for node in nodes), "end"]
    ways = " ".join(f"{one}>{after}" for one, after in pairwise(names))
    drawn = make.graph([*nodes, make.node("end", "end")], ways=ways, trigger={"kind": "tag", "config": {"tag": TAG}}, **rules)
    return make.journey(session, brand, drawn).id


def told(session: Session, brand: Brand, ids: Sequence[uuid.UUID]) -> list[uuid.UUID]:
    """Each got the tag, which is a fact for each."""
    facts = [{"brand_id": brand.id, "customer_id": one, "data": {"tag": TAG}} for one in ids]
    return [event.id for event in events.record_all(session, "tag.added", facts)]


def hear_again(committed: Callable[[], Any], facts: Sequence[uuid.UUID], times: int, seed: int) -> None:
    """Each of the facts is told so many times, in whatever order and company; without receipts that would say that it was told before."""
    chance = random.Random(seed)
    for _ in range(times):
        order = chance.sample(list(facts), len(facts))
        for at in range(0, len(order), AT_A_TIME):
            with committed() as own:
                page = select(Event).where(Event.id.in_(order[at : at + AT_A_TIME]))
                service.hear(own, sorted(own.execute(page).scalars(), key=lambda one: one.recorded_at))


def everybody_entered_once(
    committed: Callable[[], Any], ids: Sequence[uuid.UUID], pairs: Sequence[tuple[uuid.UUID, uuid.UUID]], *, of: dict[str, uuid.UUID]
) -> dict[uuid.UUID, int]:
    """By walks, facts and receipts; how many walks there are in each journey."""
    twins = {twin for _, twin in pairs}
    living = set(ids) - twins
    with committed() as session:
        assert crowds.table(session, INSIDE, id=of["stays"]) == dict.fromkeys(living, 1)
        assert crowds.table(session, INSIDE, id=of["through"]) == {}
        seen = crowds.table(session, ENTERED, id=of["through"])
        # Two causes, one of each profile, are two walks of her who is one person now, unless she was inside when she came anew.
        both = {kept for kept, _ in pairs}
        assert set(seen) == living
        assert {one: seen[one] for one in living - both} == dict.fromkeys(living - both, 1)
        assert {seen[one] for one in both} <= {1, 2}
        everybody = crowds.table(session, ENTERED, id=of["once"])
        assert living <= set(everybody)
        assert set(everybody.values()) == {1}
        crowds.nobody_twice(session)
        walked = crowds.table(session, "SELECT journey_id, count(*) FROM walks GROUP BY 1")
        entered = crowds.table(
            session, "SELECT (data->>'journey_id')::uuid, count(*) FROM events WHERE name = 'journey.entered' GROUP BY 1"
        )
        assert entered == walked
        dead = crowds.table(session, "SELECT handler, count(*) FROM event_deliveries WHERE dead_at IS NOT NULL GROUP BY 1")
        assert dead == {}
    return walked


def test_each_fact_lets_in_once_however_often_it_is_told_and_whoever_is_merged_meanwhile(committed: Callable[[], Any]) -> None:
    with committed() as session:
        brand = make_dealers.brand(session)
        make_tags.tag(session, brand, key=TAG, label="贵宾")
        make_tags.tag(session, brand, key="seen", label="来过")
        rests = make.node("pause", "wait", amount=30, unit="day")
        stays, once = journey(session, brand, rests), journey(session, brand, reentry={"mode": "once"})
        through = journey(session, brand, make.node("mark", "add_tag", tag="seen"))
    with committed() as session:
        ids = crowds.people(session, brand, PEOPLE)
        facts = told(session, brand, ids)
    pairs = list(zip(ids[:MERGED], ids[MERGED : 2 * MERGED], strict=True))
    over = time.monotonic() + PATIENCE

    def merge() -> None:
        for kept, twin in pairs:
            with committed() as own:
                identity.merge(own, own.get_one(Customer, kept), own.get_one(Customer, twin))
            service.advance_all(seconds=0.05)

    def deliver() -> None:
        while time.monotonic() < over:
            events.deliver_all()
            service.advance_all(seconds=0.5)
            with committed() as own:
                left = "SELECT 1, count(*) FROM event_deliveries WHERE delivered_at IS NULL AND dead_at IS NULL"
                merges = "SELECT 1, count(*) FROM events WHERE name = 'customer.merged'"
                if crowds.table(own, left) == {1: 0} and crowds.table(own, merges) == {1: MERGED}:
                    return

    began = time.monotonic()
    storm = [lambda seed=seed: hear_again(committed, facts, TIMES // 2, seed) for seed in (1, 2)]  # type: ignore[misc]
    crowds.at_once(*storm, merge, deliver)
    took = time.monotonic() - began
    service.advance_all()
    living = set(ids) - {twin for _, twin in pairs}
    walked = everybody_entered_once(committed, ids, pairs, of={"stays": stays, "once": once, "through": through})
    with committed() as session:
        clock.advance(session, timedelta(days=7))
    hear_again(committed, facts, 2, 3)
    with committed() as session:
        assert crowds.table(session, "SELECT journey_id, count(*) FROM walks GROUP BY 1") == walked, "a week later somebody entered again"
        told(session, brand, sorted(living))
    events.deliver_all()
    service.advance_all()
    with committed() as session:
        # The tag was given anew: who walked through may come back, who is inside or comes once in a life may not.
        again = {through: walked[through] + len(living), once: walked[once], stays: walked[stays]}
        assert crowds.table(session, "SELECT journey_id, count(*) FROM walks GROUP BY 1") == again
        crowds.nobody_twice(session)
    print(f"\n{PEOPLE} facts {TIMES} times, {MERGED} merges: {PEOPLE * TIMES / took:.0f} told/s in three journeys, {took:.0f} s")
