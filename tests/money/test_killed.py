"""Killed with kill -9 at any point, a story ends the same: one holder, a balanced ledger, every fen held or sent back, nothing twice.

A story is told by a forked process against the real PostgreSQL and, over HTTP, the platform's simulator, which also calls back. The process
is killed at one point (see `points`), a second one starts again, finds what is due, and tells the story to its end. What must be true
then is asked of the database, and of the simulator's own books (see `books`).

Every run kills once at every kind of point, before and after each call and the commits of each door, job and handler, in the first story
that has it; which passage it is, the seed decides. `make soak-money` (MONEY_POINTS=all) kills at every passage of every story, and once
more while the second process recovers.
"""

from __future__ import annotations

import os
import random
import sys
from dataclasses import dataclass, replace

import pytest

from app.kit import db
from tests.money import books
from tests.money.books import Books
from tests.money.points import Ended, Passage, Points, Report, in_a_child
from tests.money.stage import Ground, Stage, Telling, answering

ALL = os.environ.get("MONEY_POINTS") == "all"
SEED = int(os.environ.get("SOAK_SEED", "20261122"))


@dataclass(frozen=True)
class Story:
    """Its steps, how it ends (order, hold, payment, vehicle), and what is recorded of it exactly once."""

    steps: str
    end: tuple[str, str, str, str]
    facts: frozenset[str]
    # WeChat says that it closed the payment, and her bank pays it all the same
    closes_nothing: bool = False
    # Whose car it is, see `stage.Ground`
    dealer: str = "plain"
    # What is done afterwards, so that the stories told later have the workers to themselves
    afterwards: str = ""


GIVEN_BACK = "cancels, work, the_refund_arrives, work"
REFUNDED = {"refund.requested", "refund.succeeded", "deposit.refunded"}
STORIES = {
    "paid and cancelled": Story(
        "reserves, work, pays, work, cancels, work, the_refund_arrives, work",
        ("closed", "cancelled_by_user", "refunded", "listed"),
        frozenset({"deposit.paid", "order.cancelled", "order.closed", *REFUNDED}),
    ),
    "cancelled before it was paid": Story(
        "reserves, work, cancels, work",
        ("closed", "cancelled", "none", "listed"),
        frozenset({"payment.closed", "order.cancelled", "order.closed"}),
    ),
    "run out": Story(
        "reserves, work, sixteen_minutes_pass, sweep",
        ("closed", "expired", "none", "listed"),
        frozenset({"payment.closed", "order.expired", "order.closed"}),
    ),
    "paid at the last moment, and nobody was told": Story(
        "reserves, work, pays_and_nobody_tells, sixteen_minutes_pass, sweep",
        ("paid", "hard_held", "full", "reserved"),
        frozenset({"payment.succeeded", "deposit.paid"}),
        afterwards=GIVEN_BACK,
    ),
    "paid too late, and the car is free": Story(
        "reserves, work, sixteen_minutes_pass, sweep, pays, work",
        ("paid", "hard_held", "full", "reserved"),
        frozenset({"payment.closed", "order.expired", "payment.succeeded", "deposit.paid"}),
        closes_nothing=True,
        afterwards=GIVEN_BACK,
    ),
    "paid too late, and the car is another's": Story(
        "reserves, work, sixteen_minutes_pass, sweep, another_reserves, pays, work, the_refund_arrives, work",
        ("closed", "expired", "refunded", "reserved"),
        frozenset({"payment.closed", "order.expired", "payment.succeeded", *REFUNDED}),
        closes_nothing=True,
        afterwards="another_cancels, work",
    ),
    "declined by the dealer": Story(
        "reserves, pays, work, the_dealer_declines, work, the_refund_arrives, work",
        ("closed", "cancelled_by_dealer", "refunded", "listed"),
        frozenset({"deposit.paid", "order.declined", "order.closed", *REFUNDED}),
    ),
    "handed on to who waits": Story(
        "reserves, pays, work, another_joins_the_line, cancels, work, another_reserves, the_refund_arrives, work",
        ("closed", "cancelled_by_user", "refunded", "reserved"),
        frozenset({"deposit.paid", "order.cancelled", "order.closed", *REFUNDED}),
        afterwards="another_cancels, work",
    ),
    "handed on to nobody who comes": Story(
        "reserves, work, another_joins_the_line, sixteen_minutes_pass, sweep, sixteen_minutes_pass, sweep",
        ("closed", "expired", "none", "listed"),
        frozenset({"payment.closed", "order.expired", "order.closed"}),
    ),
    "reconciled": Story(
        "reserves, pays, work, cancels, work, the_refund_arrives, work, until_the_bill_is_there, reconcile",
        ("closed", "cancelled_by_user", "refunded", "listed"),
        frozenset({"deposit.paid", "order.cancelled", "order.closed", *REFUNDED}),
    ),
    "bought": Story(
        "reserves, pays, work, the_dealer_sells_it_to_her, work",
        ("converted", "converted", "full", "sold"),
        frozenset({"deposit.paid", "order.converted"}),
    ),
    "paid to the dealer himself, and cancelled": Story(
        "reserves, work, pays, work, cancels, work, the_refund_arrives, work",
        ("closed", "cancelled_by_user", "refunded", "listed"),
        frozenset({"deposit.paid", "order.cancelled", "order.closed", *REFUNDED}),
        dealer="receives himself",
    ),
    "earnest money of who withdrew": Story(
        "reserves, pays, work, cancels, work",
        ("closed", "cancelled_by_user", "full", "listed"),
        frozenset({"deposit.paid", "order.cancelled", "order.closed"}),
        dealer="takes earnest money",
    ),
    "held for three days": Story(
        "reserves, pays, work, three_days_pass, sweep, the_refund_arrives, work",
        ("closed", "expired", "refunded", "listed"),
        frozenset({"deposit.paid", "order.expired", *REFUNDED}),
    ),
}


def tell(story: Story, stage: Stage, *, first: int = 0, recover: bool = False, kill_at: Passage | None = None) -> Ended:
    """Tell a story from a step on, in a process of its own."""

    def work(report: Report) -> None:
        points = Points(report, kill_at)
        points.watch()
        if story.closes_nothing:
            points.lies.add("pay.close")
        telling = Telling(stage, clocks_apart=story.closes_nothing)
        with answering(stage.ground):
            if recover:
                telling.recover()
            for number, step in list(enumerate(story.steps.split(", ")))[first:]:
                report({"step": number})
                getattr(telling, step)()
            telling.sweep()

    return in_a_child(work)


Matrix = dict[str, list[Passage]]


@pytest.fixture(scope="module")
def matrix(ground: Ground, ledger: Books) -> Matrix:
    """The passages of every story, in their order."""
    found: Matrix = {}
    for name, story in STORIES.items():
        told = tell(story, stage := Stage.set_up(ground, story.dealer))
        assert told.error is None, f"{name}: {told.error}"
        check(stage, story, name)
        found[name] = told.points
    return found


def chosen(matrix: Matrix, name: str) -> list[Passage]:
    """Where this story is killed: everywhere, or once at every kind of point that no story before it has."""
    if ALL:
        return matrix[name]
    known: set[str] = set()
    for other, passages in matrix.items():
        mine: dict[str, list[Passage]] = {}
        for passage in passages:
            if _kind(passage) not in known:
                mine.setdefault(_kind(passage), []).append(passage)
        if other == name:
            return [random.Random(f"{SEED} {kind}").choice(found) for kind, found in mine.items()]
        known.update(mine)
    raise KeyError(name)


def _kind(passage: Passage) -> str:
    """Before or after what, and at whose work; whatever tables are written."""
    what, _, whose = passage[0].rpartition(" by ")
    return f"{what.split(' of ')[0]} by {whose}"


def test_there_are_more_than_forty_points_and_every_kind_of_step_has_its_own(matrix: Matrix) -> None:
    points = sorted({point for passages in matrix.values() for point, _ in passages})
    sys.stdout.write(f"\n{len(points)} points, {sum(map(len, matrix.values()))} passages\n" + "".join(f"  {point}\n" for point in points))
    assert len(points) >= 40
    for when in ("before", "after"):
        for what in ("call pay.prepay", "call pay.query", "call pay.close", "call pay.refund", "call pay.trade_bill", "commit of"):
            assert any(point.startswith(f"{when} {what}") for point in points), f"nobody is killed {when} {what}"


@pytest.mark.parametrize("name", STORIES)
def test_killed_anywhere_it_ends_the_same(ground: Ground, ledger: Books, matrix: Matrix, name: str) -> None:
    story = STORIES[name]
    again = random.Random(SEED)
    for passage in chosen(matrix, name):
        where = f"{name}, killed {passage}"
        stage = Stage.set_up(ground, story.dealer)
        told = tell(story, stage, kill_at=passage)
        assert told.killed, f"{where}: never came there: {told.error}"
        step = told.last("step")
        if ALL:
            # Most points are passed while it recovers, too; where this one is not, nothing happens.
            told = tell(story, stage, first=step, recover=True, kill_at=again.choice(matrix[name]))
            step = told.last("step") or step
        told = tell(story, stage, first=step, recover=True)
        assert told.error is None, f"{where}: {told.error}"
        check(stage, story, where)
    with db.transaction() as session:
        assert books.never(session) + books.at_rest(session) + ledger.differences(session) == []


def check(stage: Stage, story: Story, where: str) -> None:
    """What must be true at the end; then it is cleared away."""
    assert stage.end == story.end, where
    facts = stage.facts
    assert {fact: facts[fact] for fact in story.facts} == dict.fromkeys(story.facts, 1), where
    assert max(facts.values()) == 1, (where, facts)
    if story.afterwards:
        told = tell(replace(story, steps=story.afterwards, closes_nothing=False), stage)
        assert told.error is None, f"after {where}: {told.error}"
