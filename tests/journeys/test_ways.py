"""People are divided: by what holds of them, by chance, by what did best; and they are let into other journeys and out early."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import event as sa_event
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.dealers.models import Brand
from app.events.models import Event
from app.identity.models import Customer
from app.journeys import graph as graphs
from app.journeys import service
from app.journeys.errors import GraphInvalid
from app.journeys.models import Experiment, Journey, JourneyVersion, Tried, Walk, WalkStep
from app.journeys.nodes.split import ways
from app.journeys.nodes.sub_journey import SubJourney, leads_back
from app.journeys.service import walking
from app.journeys.visits import Standing, standing
from app.kit import db
from tests.factories import dealers as make_dealers
from tests.factories import identity as make_identity
from tests.factories import journeys as make


@pytest.fixture
def brand(session: Session) -> Brand:
    return make_dealers.brand(session)


@pytest.fixture
def sweep(session: Session, deliver: Callable[[], int]) -> Callable[[], int]:
    def run() -> int:
        taken = 0
        for _ in range(3):
            deliver()
            taken += service.advance_all()
        session.expire_all()
        return taken

    return run


def people(session: Session, brand: Brand, number: int, **known: Any) -> list[Customer]:
    made = [make_identity.customer(session, brand) for _ in range(number)]
    for customer in made:
        for name, value in known.items():
            setattr(customer, name, value)
        make.triggered(session, customer)
    session.flush()
    return made


def choosing(kind: str, ports: str, /, **config: Any) -> dict[str, Any]:
    """A graph whose first node chooses between these ways, each with an end of its own."""
    ends = [make.node(f"by_{way}", "end") for way in ports.split()]
    return make.graph([make.node("here", kind, **config), *ends], ways=" ".join(f"here.{way}>by_{way}" for way in ports.split()))


def ways_taken(session: Session) -> Counter[str]:
    taken = select(WalkStep.port, func.count()).where(WalkStep.node_id == "here").group_by(WalkStep.port)
    return Counter(dict(session.execute(taken).all()))


def crowd(session: Session, version: JourneyVersion, number: int) -> None:
    """So many walks of so many people that stand at the start."""
    given = {"brand": version.brand_id, "journey": version.journey_id, "version": version.id, "start": version.graph["start"], "n": number}
    session.execute(text("INSERT INTO customers (id, brand_id) SELECT marque_new_id(), :brand FROM generate_series(1, :n)"), given)
    session.execute(
        text(
            "INSERT INTO walks"
            " (id, brand_id, journey_id, version_id, customer_id, entry_key, node_id, arrived_at, due_at, triggered_at, context)"
            " SELECT marque_new_id(), :brand, :journey, :version, id, 'once', :start, marque_now(), marque_now(), marque_now(), '{}'"
            " FROM customers WHERE brand_id = :brand"
        ),
        given,
    )


ARMS = [
    {"port": "a", "label": "甲", "percent": 50},
    {"port": "b", "label": "乙", "percent": 30},
    {"port": "c", "label": "丙", "percent": 20},
]


def version_of(session: Session, journey: Journey) -> JourneyVersion:
    return session.execute(select(JourneyVersion).filter_by(journey_id=journey.id)).scalar_one()


def test_the_first_way_that_holds_is_gone_and_who_fits_none_goes_the_last(session: Session, brand: Brand, sweep: Callable[[], int]) -> None:
    def city(name: str) -> dict[str, Any]:
        return {"kind": "audience", "tree": {"kind": "city", "config": {"cities": [name]}}}

    branches = [
        {"port": "hz", "label": "杭州", "condition": city("杭州")},
        {"port": "did", "label": "约过试驾", "condition": {"kind": "event_happened", "event": "lead.test_drive_booked"}},
    ]
    make.journey(session, brand, choosing("branch", "hz did else", ways=branches))
    both = people(session, brand, 2, city="杭州")
    does = people(session, brand, 3)
    people(session, brand, 4)
    for customer in [*both, *does]:
        make.triggered(session, customer, name="lead.test_drive_booked")
    sweep()
    assert ways_taken(session) == {"hz": 2, "did": 3, "else": 4}


def test_a_tree_is_asked_in_as_many_statements_for_hundreds_as_for_one(session: Session, brand: Brand) -> None:
    tree = {"all": [{"kind": "city", "config": {"cities": ["杭州"]}}, {"not": {"kind": "event", "config": {"event": "order.reserved"}}}]}
    journey = make.journey(session, brand, choosing("branch", "yes no", condition={"kind": "audience", "tree": tree}))
    version = version_of(session, journey)

    def statements(number: int) -> int:
        crowd(session, version, number)
        session.commit()
        asked: list[str] = []

        def note(_conn: Any, _cursor: Any, statement: str, *_: Any) -> None:
            asked.append(statement)

        sa_event.listen(db.engine(), "before_cursor_execute", note)
        try:
            service.advance_all()
        finally:
            sa_event.remove(db.engine(), "before_cursor_execute", note)
        session.execute(text("DELETE FROM walks"))
        return len(asked)

    few = statements(1)
    session.execute(text("DELETE FROM customers"))
    assert statements(400) <= few


def test_shares_are_kept_within_one_percent_and_who_comes_again_goes_the_same_way(session: Session, brand: Brand) -> None:
    journey = make.journey(session, brand, choosing("split", "a b c", arms=ARMS))
    version = version_of(session, journey)
    # The draw alone: the walks of a hundred thousand are the bench's matter.
    session.execute(text(walking.TABLE))
    session.execute(text("DELETE FROM standing"))
    standing_here = (
        "INSERT INTO standing (walk_id, customer_id, journey_id, version_id, node_id, moving)"
        " SELECT gen_random_uuid(), gen_random_uuid(), :journey, :version, 'here', true FROM generate_series(1, 100000)"
    )
    session.execute(text(standing_here), {"journey": journey.id, "version": version.id})
    here = Standing(session, version, "here", {"arms": ARMS}, version.created_at)
    way = ways(here)
    drawn = dict(session.execute(select(way, func.count()).select_from(standing).group_by(way)).all())
    assert {port: abs(drawn[port] - share) <= 1000 for port, share in {"a": 50_000, "b": 30_000, "c": 20_000}.items()} == dict.fromkeys(
        "abc", True
    )
    first = select(standing.c.customer_id, way.label("way")).select_from(standing).order_by(standing.c.customer_id).limit(500)
    again = dict(session.execute(first).all())
    session.execute(text("UPDATE standing SET walk_id = marque_new_id(), visit_no = 7"))
    assert dict(session.execute(first).all()) == again
    other = Standing(session, version, "elsewhere", {"arms": ARMS}, version.created_at)
    elsewhere = dict(session.execute(select(standing.c.customer_id, ways(other)).select_from(standing)).all())
    assert 0.3 < sum(elsewhere[one] == port for one, port in again.items()) / 500 < 0.46


def test_the_best_way_is_chosen_once_and_the_rest_who_waited_go_it(
    session: Session, brand: Brand, sweep: Callable[[], int], later: Any
) -> None:
    arms = [{"port": "a", "label": "甲", "percent": 50}, {"port": "b", "label": "乙", "percent": 50}]
    drawn = choosing(
        "ab_test", "a b", arms=arms, test_percent=40, hours=24, metric="event", event="lead.test_drive_booked", where={"city": "330100"}
    )
    make.journey(session, brand, drawn)
    people(session, brand, 60)
    sweep()
    tested = dict(session.execute(select(Walk.customer_id, Tried.port).join(Tried, Tried.walk_id == Walk.id)).all())
    assert 10 < len(tested) < 40
    later(hours=1)
    for customer_id, port in tested.items():
        customer = session.get_one(Customer, customer_id)
        # Way a is liked, but not what was asked for.
        make.triggered(session, customer, name="lead.test_drive_booked", city="330100" if port == "b" else "110000")
    sweep()
    assert sum(ways_taken(session).values()) == len(tested)
    later(hours=23)
    sweep()
    test = session.execute(select(Experiment)).scalar_one()
    assert (test.winner, test.people) == ("b", len(tested))
    assert test.figures["a"]["converted"] == 0
    assert test.figures["b"] == {"people": Counter(tested.values())["b"], "converted": Counter(tested.values())["b"]}
    taken = ways_taken(session)
    assert taken["a"] == Counter(tested.values())["a"]
    assert taken.total() == 60
    people(session, brand, 5)
    sweep()
    assert ways_taken(session)["b"] == taken["b"] + 5


def test_enough_people_decide_before_time_is_over(session: Session, brand: Brand, sweep: Callable[[], int], later: Any) -> None:
    arms = [{"port": "a", "label": "甲", "percent": 50}, {"port": "b", "label": "乙", "percent": 50}]
    rules = {"goal": {"event": "lead.test_drive_booked"}}
    drawn = choosing("ab_test", "a b", arms=arms, hours=240, people=10) | {"rules": rules}
    make.journey(session, brand, drawn)
    people(session, brand, 10)
    sweep()
    assert session.execute(select(Experiment.winner)).scalar_one() is None
    later(hours=1)
    people(session, brand, 1)
    sweep()
    # Nobody reached the goal: of equals the first.
    assert session.execute(select(Experiment.winner)).scalar_one() == "a"


def test_two_workers_decide_a_test_once(committed: Callable[[], Any]) -> None:
    arms = [{"port": "a", "label": "甲", "percent": 50}, {"port": "b", "label": "乙", "percent": 50}]
    with committed() as session:
        brand = make_dealers.brand(session)
        journey = make.journey(session, brand, choosing("ab_test", "a b", arms=arms, hours=1, test_percent=1))
        crowd(session, version_of(session, journey), 300)
    service.advance_all()
    with committed() as session:
        session.execute(text("UPDATE journey_experiments SET began_at = began_at - interval '2 hours'"))
        session.execute(text("UPDATE walks SET due_at = marque_now() WHERE status = 'active'"))
    workers = [threading.Thread(target=service.advance_all) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    with committed() as session:
        assert session.execute(select(Experiment.winner)).scalar_one() == "a"
        assert session.execute(select(Walk.status, func.count()).group_by(Walk.status)).all() == [("completed", 300)]
        assert set(ways_taken(session)) == {"a"} | set(session.execute(select(Tried.port)).scalars())


def test_an_exit_ends_the_journey_early_with_its_reason(session: Session, brand: Brand, sweep: Callable[[], int]) -> None:
    make.journey(session, brand, make.graph([make.node("out", "exit", reason="不再需要")], ways=""))
    people(session, brand, 1)
    sweep()
    walk = session.execute(select(Walk)).scalar_one()
    assert (walk.status, walk.exit_reason) == ("exited", "不再需要")


def inner(session: Session, brand: Brand, **rules: Any) -> Journey:
    drawn = make.graph([make.node("pause", "wait", amount=1, unit="day"), make.node("end", "end")], ways="pause>end", trigger="car.viewed")
    return make.journey(
        session, brand, drawn | {"triggers": [{"kind": "event", "config": {"event": "lead.test_drive_booked"}}], "rules": rules}
    )


def test_she_walks_the_other_journey_and_goes_on_when_she_is_through(
    session: Session, brand: Brand, sweep: Callable[[], int], later: Any
) -> None:
    other = inner(session, brand)
    outer = make.journey(session, brand, choosing("sub_journey", "ended not_entered", journey=other.key))
    (customer,) = people(session, brand, 1)
    sweep()
    walks = {walk.journey_id: walk for walk in session.execute(select(Walk)).scalars()}
    assert walks[other.id].parent_id == walks[outer.id].id
    assert walks[other.id].customer_id == customer.id
    entered = select(func.count()).select_from(Event).where(Event.name == "journey.entered")
    assert session.execute(entered).scalar_one() == 2
    assert ways_taken(session) == {}
    later(days=1)
    sweep()
    assert ways_taken(session) == {"ended": 1}
    assert set(session.execute(select(Walk.status)).scalars()) == {"completed"}


def test_who_is_inside_already_or_may_not_come_again_is_not_let_in_and_goes_on_at_once(
    session: Session, brand: Brand, sweep: Callable[[], int], later: Any
) -> None:
    other = inner(session, brand, reentry={"mode": "once"})
    make.journey(session, brand, choosing("sub_journey", "ended not_entered", journey=other.key))
    inside, fresh = make_identity.customer(session, brand), make_identity.customer(session, brand)
    make.triggered(session, inside, name="lead.test_drive_booked")
    sweep()
    for customer in (inside, fresh):
        make.triggered(session, customer)
    sweep()
    assert ways_taken(session) == {"not_entered": 1}
    later(days=1)
    sweep()
    assert ways_taken(session) == {"not_entered": 1, "ended": 1}
    make.triggered(session, fresh)
    sweep()
    assert ways_taken(session) == {"not_entered": 2, "ended": 1}


def test_whose_inner_walk_ends_early_goes_on_too(session: Session, brand: Brand, sweep: Callable[[], int]) -> None:
    other = inner(session, brand, exit_on=[{"event": "order.cancelled"}])
    make.journey(session, brand, choosing("sub_journey", "ended not_entered", journey=other.key))
    (customer,) = people(session, brand, 1)
    sweep()
    make.triggered(session, customer, name="order.cancelled")
    sweep()
    assert ways_taken(session) == {"ended": 1}


def test_a_journey_that_is_not_waited_for_is_entered_and_left_behind(session: Session, brand: Brand, sweep: Callable[[], int]) -> None:
    other = inner(session, brand)
    make.journey(session, brand, choosing("sub_journey", "entered not_entered", journey=other.key, wait=False))
    people(session, brand, 3)
    sweep()
    assert ways_taken(session) == {"entered": 3}
    assert session.execute(select(func.count()).select_from(Walk).where(Walk.parent_id.is_not(None))).scalar_one() == 3


def test_a_journey_that_would_lead_into_itself_is_found_by_whatever_ways_round(session: Session, brand: Brand) -> None:
    third = inner(session, brand)
    second = make.journey(session, brand, choosing("sub_journey", "ended not_entered", journey=third.key))
    first = choosing("sub_journey", "ended not_entered", journey=second.key)
    assert leads_back(session, brand.id, third.key, first)
    assert leads_back(session, brand.id, second.key, first)
    assert not leads_back(session, brand.id, "another", first)
    with pytest.raises(GraphInvalid):
        service.publish(session, third, first)


def test_what_the_brand_does_not_have_is_told(session: Session, brand: Brand) -> None:
    other = make_dealers.brand(session)
    theirs = inner(session, other)
    assert SubJourney.missing(session, brand.id, {"journey": theirs.key})
    assert not SubJourney.missing(session, other.id, {"journey": theirs.key})
    kinds = graphs.node_kinds()
    unknown = {"kind": "in_segment", "config": {"segment_id": "00000000-0000-0000-0000-000000000001"}}
    asked = {"condition": {"kind": "audience", "tree": unknown}, "ways": []}
    assert [field for field, _ in kinds["branch"].missing(session, brand.id, asked)] == ["condition"]
    assert kinds["wait_for"].missing(session, brand.id, {"tree": unknown, "event": None})
    assert kinds["wait_until"].missing(session, brand.id, {"mode": "date", "date": "tag:nobody_has_it"})


def test_a_thousand_are_asked_and_divided_in_a_time_that_is_not_a_thousandfold(session: Session, brand: Brand) -> None:
    tree = {"kind": "city", "config": {"cities": ["杭州"]}}
    nodes = [
        make.node("ask", "branch", condition={"kind": "audience", "tree": tree}),
        make.node("here", "split", arms=ARMS),
        make.node("end", "end"),
    ]
    journey = make.journey(session, brand, make.graph(nodes, ways="ask.yes>here ask.no>here here.a>end here.b>end here.c>end"))
    version = version_of(session, journey)

    def spent(number: int) -> float:
        session.execute(text("DELETE FROM walks"))
        session.execute(text("DELETE FROM customers"))
        crowd(session, version, number)
        session.commit()
        began = time.process_time()
        service.advance_all()
        return time.process_time() - began

    spent(1)
    assert spent(2000) < 100 * max(spent(1), 0.002)
