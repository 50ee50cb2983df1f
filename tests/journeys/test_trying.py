"""An A/B test is decided by what really came of it: delivered, opened, or the goal reached; once, with how sure that is written down."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.dealers.models import Brand
from app.identity.models import Customer
from app.journeys import trying
from app.journeys.models import Experiment, Tried, Walk
from app.kit import clock
from app.kit.db import new_id
from app.messaging.models import InboxMessage, Send
from tests.factories import identity as make_identity
from tests.factories import journeys as make

Sweep = Callable[[], int]
ARMS = [{"port": "a", "label": "甲", "percent": 50}, {"port": "b", "label": "乙", "percent": 50}]


def tried_on(session: Session, brand: Brand, sweep: Sweep, metric: str, **rules: Any) -> dict[str, list[Walk]]:
    """Forty people were sent one of two ways, got a message there, and wait: their walks by way."""
    nodes = [make.node("test", "ab_test", arms=ARMS, hours=24, metric=metric)]
    nodes += [make.node(f"say_{port}", "send_message", template="deposit_paid") for port in "ab"]
    nodes += [make.node("rest", "wait", amount=9, unit="day"), make.node("end", "end")]
    ways = "test.a>say_a test.b>say_b say_a>rest say_b>rest rest>end"
    make.journey(session, brand, make.graph(nodes, ways=ways, **rules))
    for _ in range(40):
        make.triggered(session, make_identity.customer(session, brand))
    session.commit()
    sweep()
    found: dict[str, list[Walk]] = {"a": [], "b": []}
    for walk, port in session.execute(select(Walk, Tried.port).join(Tried, Tried.walk_id == Walk.id).order_by(Walk.id)):
        found[port].append(walk)
    assert min(len(walks) for walks in found.values()) > 5
    return found


def send_of(session: Session, walk: Walk) -> Send:
    return session.execute(select(Send).filter_by(walk_id=walk.id)).scalar_one()


def decided(session: Session, brand: Brand, sweep: Sweep, later: Any) -> Experiment:
    """Time is over, and one more person comes."""
    later(hours=25)
    make.triggered(session, make_identity.customer(session, brand))
    session.commit()
    sweep()
    return session.execute(select(Experiment)).scalar_one()


def is_told(test: Experiment, walks: dict[str, list[Walk]], *, a: int, b: int) -> None:
    assert test.figures == {
        "a": {"people": len(walks["a"]), "converted": a},
        "b": {"people": len(walks["b"]), "converted": b},
    }
    assert test.winner == "b"
    assert test.interval is not None
    assert test.interval["against"] == "a"
    apart = b / len(walks["b"]) - a / len(walks["a"])
    assert test.interval["low"] < apart < test.interval["high"]


def test_by_what_was_delivered_the_way_wins_whose_messages_reached_more(session: Session, brand: Brand, sweep: Sweep, later: Any) -> None:
    walks = tried_on(session, brand, sweep, "delivered")
    for walk in [*walks["a"][:1], *walks["b"][:5]]:
        send_of(session, walk).delivery = "success"
    # One that certainly did not reach her counts for nothing.
    send_of(session, walks["a"][1]).delivery = "failed"
    session.commit()
    is_told(decided(session, brand, sweep, later), walks, a=1, b=5)


def test_by_what_was_opened_only_a_message_that_left_and_an_opening_from_one_count(
    session: Session, brand: Brand, sweep: Sweep, later: Any
) -> None:
    walks = tried_on(session, brand, sweep, "clicked")

    def opened(walk: Walk, scene: int) -> None:
        make.triggered(session, session.get_one(Customer, walk.customer_id), name="app.shown", scene=scene)

    for walk in [*walks["a"][:5], *walks["b"][:3]]:
        send_of(session, walk).status = "accepted"
    session.flush()
    for walk in walks["b"][:3]:
        opened(walk, 1014)
    # From the list of mini-programs, and from a message that never left.
    for walk in walks["a"][:4]:
        opened(walk, 1001)
    opened(walks["a"][5], 1043)
    opened(walks["a"][4], 1043)
    # Whoever reads it in her inbox has opened it, too.
    for walk, moment in ((walks["b"][4], clock.now(session)), (walks["a"][3], None)):
        row = {"brand_id": brand.id, "customer_id": walk.customer_id, "send_id": send_of(session, walk).id, "read_at": moment}
        session.add(InboxMessage(id=new_id(), purpose="transactional", title="标题", content="内容", page=None, **row))
    session.commit()
    is_told(decided(session, brand, sweep, later), walks, a=1, b=4)


def test_by_the_goal_the_test_counts_what_the_journeys_results_count(session: Session, brand: Brand, sweep: Sweep, later: Any) -> None:
    walks = tried_on(session, brand, sweep, "goal", goal={"event": "lead.test_drive_booked", "within_days": 1})
    later(hours=1)
    for walk in [*walks["a"][:2], *walks["b"][:6]]:
        for _ in range(2):
            make.triggered(session, session.get_one(Customer, walk.customer_id), name="lead.test_drive_booked")
    session.commit()
    sweep()
    is_told(decided(session, brand, sweep, later), walks, a=2, b=6)


def test_what_comes_after_the_decision_changes_nothing_of_it(session: Session, brand: Brand, sweep: Sweep, later: Any) -> None:
    walks = tried_on(session, brand, sweep, "delivered")
    for walk in walks["b"]:
        send_of(session, walk).delivery = "success"
    session.commit()
    before = decided(session, brand, sweep, later)
    kept = (before.winner, before.decided_at, dict(before.figures or {}), before.interval)
    for walk in walks["a"]:
        send_of(session, walk).delivery = "success"
    session.commit()
    test = decided(session, brand, sweep, later)
    assert (test.winner, test.decided_at, dict(test.figures or {}), test.interval) == kept


@pytest.mark.parametrize(
    ("figures", "winner", "against"),
    [
        ({"a": (0, 0), "b": (0, 0)}, "a", "b"),
        ({"a": (1, 10), "b": (1, 10)}, "a", "b"),
        ({"a": (1, 10), "b": (5, 10), "c": (4, 10)}, "b", "c"),
        ({"a": (0, 0), "b": (0, 10)}, "a", "b"),
    ],
)
def test_of_equals_the_first_is_best_and_is_held_against_the_next(figures: dict[str, tuple[int, int]], winner: str, against: str) -> None:
    found = {port: {"converted": converted, "people": people} for port, (converted, people) in figures.items()}
    first, interval = trying.best(found)
    assert (first, interval["against"]) == (winner, against)
    assert -1 <= interval["low"] <= interval["high"] <= 1
