"""Who comes to the step of the goal has reached it: once, owed to the message that brought her there, and held against no control group."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.dealers.models import Brand
from app.identity.models import Customer
from app.journeys import results, service
from app.journeys.models import Conversion, Walk
from app.journeys.service import publishing
from app.messaging.models import Send
from tests.factories import identity as make_identity
from tests.factories import journeys as make
from tests.journeys.deeds import Sweep


def drawn() -> dict[str, Any]:
    """A message, a day, the goal, and the same again and again."""
    nodes = [
        make.node("hello", "send_message", template="deposit_paid"),
        make.node("pause", "wait", amount=1, unit="day"),
        make.node("there", "goal") | {"label": "到店"},
        make.node("ask", "branch", condition={"kind": "event_happened", "event": "order.cancelled"}),
        make.node("end", "end"),
    ]
    return make.graph(nodes, ways="hello>pause pause>there there>ask ask.yes>end ask.no>hello")


def test_who_comes_to_the_goal_is_counted_once_and_it_is_owed_to_the_message_that_had_left(
    session: Session, brand: Brand, walker: Customer, sweep: Sweep, later: Any
) -> None:
    journey = make.journey(session, brand, drawn())
    version = results.versions(session, journey)[0]
    other = make_identity.customer(session, brand)
    for one in (walker, other):
        make.triggered(session, one)
    sweep()
    for send in session.execute(select(Send)).scalars():
        send.status = "accepted" if send.customer_id == walker.id else "skipped"
    session.commit()
    for _ in range(2):
        later(days=1, minutes=1)
        sweep()
    reached = {one.walk_id: (one.node_id, one.held_out) for one in session.execute(select(Conversion)).scalars()}
    hers = dict(session.execute(select(Walk.customer_id, Walk.id)).all())
    assert reached == {hers[walker.id]: ("hello", False), hers[other.id]: (None, False)}
    told = results.results(session, journey)
    assert (told["goal"]["label"], told["goal"]["walked"]["happened"]) == ("到店", 2)
    found = results.figures(session, [version.id])
    assert (found["hello"]["converted"], found["trigger"]["converted"], found["there"]["passed"]) == (1, 1, 4)


def test_a_goal_that_is_a_step_is_never_held_against_the_control_group_and_whoever_draws_it_is_told(
    session: Session, brand: Brand, sweep: Sweep
) -> None:
    steps = [make.node("there", "goal"), make.node("end", "end")]
    alone, with_control = (make.graph(steps, ways="there>end", **rules) for rules in ({}, {"holdout_percent": 50}))
    codes = [[one["code"] for one in publishing.check(session, brand.id, graph).warnings] for graph in (alone, with_control)]
    assert ["goal_without_control" in one for one in codes] == [False, True]
    journey = make.journey(session, brand, with_control)
    service.hear(session, [make.triggered(session, make_identity.customer(session, brand)) for _ in range(20)])
    told = results.results(session, journey)["goal"]
    assert told["control"]["people"] > 0
    assert told["lift"] is None


def test_a_test_that_nobody_can_win_is_told_before_it_is_published(session: Session, brand: Brand) -> None:
    arms = [{"port": one, "label": one, "percent": 50} for one in ("a", "b")]
    goal = {"event": "order.cancelled"}

    def told(first: str, metric: str, **rules: Any) -> bool:
        nodes = [make.node("try", "ab_test", arms=arms, hours=1, metric=metric), make.node("there", first), make.node("end", "end")]
        graph = make.graph(nodes, ways="try.a>there try.b>end" + (" there>end" if first == "goal" else ""), **rules)
        return "test_without_goal" in [one["code"] for one in publishing.check(session, brand.id, graph).warnings]

    assert told("end", "goal")
    assert [told("goal", "goal"), told("end", "clicked"), told("end", "goal", goal=goal)] == [False] * 3
