"""A new version is published while people are inside: they finish the old one, are moved to places of the new one, or leave."""

from __future__ import annotations

import threading
import uuid
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.dealers.models import Brand, Role, Staff
from app.events.models import Event
from app.journeys import drawn, service
from app.journeys.errors import JourneyOver, PlacesMissing, PlaceUnknown, WarningsOpen
from app.journeys.models import Journey, JourneyCount, JourneyMove, JourneyVersion, Walk, WalkStep
from app.journeys.service import drafts, moving, publishing, running
from app.journeys.service.publishing import Choice
from app.kit import clock, db
from app.messaging.models import Send
from tests.factories import dealers as make_dealers
from tests.factories import identity as make_identity
from tests.factories import journeys as make

DAY = timedelta(days=1)
NAMES = ("one", "two", "three", "four", "five")
# So many stand on each node, in the proportions of the acceptance scenario.
PEOPLE = {"one": 8, "two": 20, "three": 6, "four": 11, "five": 3}
ACCEPTED = ("no_exit", "nobody_reached")


def waits(*, days: int = 3, without: str = "") -> dict[str, Any]:
    """Five waits in a row, perhaps with one left out, and the end."""
    names = [name for name in NAMES if name != without]
    nodes = [make.node(name, "wait", amount=days, unit="day") for name in names]
    ways = " ".join(f"{name}>{after}" for name, after in zip(names, [*names[1:], "end"], strict=True))
    return make.graph([*nodes, make.node("end", "end")], ways=ways)


class Crowd:
    """A journey of five waits of three days, with people on each who came there two days ago; and a marketer who draws."""

    def __init__(self, session: Session, people: dict[str, int] | None = None) -> None:
        brand = make_dealers.brand(session)
        self.marketer: Staff = make_dealers.staff(session, brand, Role.marketer)
        self.journey: Journey = make.journey(session, brand, waits())
        version = drawn.version(session, self.journey, 1)
        now = clock.now(session)
        for node_id, count in (PEOPLE if people is None else people).items():
            for _ in range(count):
                session.add(
                    Walk(
                        brand_id=brand.id,
                        journey_id=self.journey.id,
                        version_id=version.id,
                        customer_id=make_identity.customer(session, brand).id,
                        entry_key=str(uuid.uuid4()),
                        node_id=node_id,
                        visit_no=3,
                        arrived_at=now - 2 * DAY,
                        due_at=now + DAY,
                        triggered_at=now - 3 * DAY,
                        context={},
                    )
                )
        session.commit()

    def publish(self, session: Session, graph: dict[str, Any], inside: str, **targets: str | None) -> JourneyVersion:
        draft = drawn.draft(session, self.journey)
        drafts.save(session, self.marketer, self.journey, revision=draft.revision, graph=graph)
        return self.publish_draft(session, inside, **targets)

    def publish_draft(self, session: Session, inside: str, **targets: str | None) -> JourneyVersion:
        revision = drawn.draft(session, self.journey).revision
        choice = Choice(inside, targets)
        done = publishing.publish_draft(session, self.marketer, self.journey, revision=revision, note="", choice=choice, accepted=ACCEPTED)
        session.commit()
        return done[0]


@pytest.fixture
def crowd(session: Session) -> Crowd:
    return Crowd(session)


def places(session: Session) -> Counter[tuple[int, str, str]]:
    """How many walks there are by (version, node, status)."""
    session.expire_all()
    rows = session.execute(
        select(JourneyVersion.number, Walk.node_id, Walk.status).join(JourneyVersion, JourneyVersion.id == Walk.version_id)
    )
    return Counter((number, node_id, status) for number, node_id, status in rows)


def counted(session: Session, what: str) -> dict[str, int]:
    rows = session.execute(select(JourneyCount.node_id, JourneyCount.times).filter_by(what=what))
    return {node_id: times for node_id, times in rows}  # noqa: C416


def test_the_preview_counts_exactly_who_stands_where_and_what_becomes_of_the_node(session: Session, crowd: Crowd) -> None:
    told = publishing.preview(session, crowd.journey, waits(days=1, without="two"))
    assert {place["node"]: place["people"] for place in told["places"]} == PEOPLE
    assert [place["node"] for place in told["places"]] == list(NAMES)
    changes = {place["node"]: (place["change"], place["to"]) for place in told["places"]}
    assert changes == {name: ("changed", name) for name in NAMES} | {"two": ("removed", None)}
    difference = told["difference"]
    assert [one["id"] for one in difference["removed"]] == ["two"]
    shorter = {"field": "amount", "label": "时长", "old": 3, "new": 1}
    assert {one["id"]: one["fields"] for one in difference["changed"]} == {name: [shorter] for name in NAMES if name != "two"}
    assert difference["edges"]["added"] == [{"from": "one", "port": "done", "to": "three"}]
    assert [warning["code"] for warning in told["warnings"]] == ["no_exit"]
    assert told["errors"] == []


def test_who_drains_finishes_the_old_version_and_who_enters_walks_the_new_one(session: Session, crowd: Crowd, later: Any) -> None:
    crowd.publish(session, waits(days=1, without="two"), "drain")
    assert moving.move_all() is False
    assert places(session) == {(1, name, "active"): count for name, count in PEOPLE.items()}
    newcomer = make_identity.customer(session, crowd.marketer.brand)
    service.hear(session, [make.triggered(session, newcomer)])
    session.commit()
    later(days=1)
    service.advance_all()
    now = places(session)
    # Who stood on the removed node goes on to the next one of her version; the newcomer has waited a day, as the new version says.
    assert now[1, "three", "active"] == PEOPLE["two"]
    assert now[2, "three", "active"] == 1


def test_who_is_moved_stands_on_the_new_nodes_and_a_shortened_delay_takes_effect(session: Session, crowd: Crowd) -> None:
    crowd.publish(session, waits(days=1, without="two"), "migrate", two="four", three=None)
    service.move_all()
    assert places(session) == {
        (2, "one", "active"): 8,
        (2, "four", "active"): 31,
        (2, "five", "active"): 3,
        (1, "three", "exited"): 6,
    }
    (move,) = drawn.moves(session, crowd.journey)
    assert (move.status, move.people, move.moved, move.ejected) == ("done", 48, 42, 6)
    # They have waited for two days, and one is enough now.
    service.advance_all()
    session.expire_all()
    assert places(session) == {
        (2, "three", "active"): 8,
        (2, "five", "active"): 31,
        (2, "end", "completed"): 3,
        (1, "three", "exited"): 6,
    }
    steps = session.execute(select(WalkStep.node_id, WalkStep.port, WalkStep.visit_no).where(WalkStep.port == "moved")).all()
    assert Counter(steps) == {("two", "moved", 3): 20}
    reasons = session.execute(select(Walk.exit_reason).where(Walk.status == "exited")).scalars()
    assert set(reasons) == {"version_changed"}
    exits = session.execute(select(Event.data).filter_by(name="journey.exited")).scalars().all()
    assert len(exits) == 6
    assert {one["reason"] for one in exits} == {"version_changed"}
    assert counted(session, "moved") == {"one": 8, "two": 20, "four": 11, "five": 3}


def test_who_is_ejected_leaves_and_what_was_planned_for_her_is_taken_back(session: Session, crowd: Crowd) -> None:
    walk = session.execute(select(Walk).where(Walk.node_id == "four").limit(1)).scalar_one()
    send = Send(
        brand_id=walk.brand_id,
        channel="service_template",
        customer_id=walk.customer_id,
        template_key="hello",
        purpose="transactional",
        dedupe_key="x",
        context={},
        walk_id=walk.id,
        due_at=clock.now(session),
    )
    session.add(send)
    crowd.publish(session, waits(days=1), "eject")
    service.move_all()
    assert places(session) == {(1, name, "exited"): count for name, count in PEOPLE.items()}
    session.refresh(send)
    assert send.status == "cancelled"


def test_nobody_takes_a_step_on_an_old_version_between_the_choice_and_her_move(session: Session, crowd: Crowd, later: Any) -> None:
    crowd.publish(session, waits(), "migrate")
    later(days=2)
    assert service.advance_all() == 0
    service.move_all()
    assert service.advance_all() == sum(PEOPLE.values())


def test_a_newcomer_walks_on_while_those_on_the_old_version_still_wait_to_be_moved(session: Session, crowd: Crowd, later: Any) -> None:
    crowd.publish(session, waits(), "migrate")
    later(days=2)
    service.hear(session, [make.triggered(session, make_identity.customer(session, session.get_one(Brand, crowd.journey.brand_id)))])
    session.commit()
    assert service.advance_all() == 1


def test_a_place_that_is_not_named_or_not_there_is_refused_and_nothing_is_published(session: Session, crowd: Crowd) -> None:
    graph = waits(without="two")
    with pytest.raises(PlacesMissing) as missing:
        crowd.publish(session, graph, "migrate")
    assert missing.value.details["nodes"] == ["two"]
    session.rollback()
    with pytest.raises(PlaceUnknown):
        crowd.publish(session, graph, "migrate", two="nine")
    session.rollback()
    assert [one["number"] for one in drawn.versions(session, crowd.journey)] == [1]


def test_warnings_keep_from_publishing_until_they_are_read(session: Session, crowd: Crowd) -> None:
    revision = drawn.draft(session, crowd.journey).revision
    with pytest.raises(WarningsOpen) as unread:
        publishing.publish_draft(session, crowd.marketer, crowd.journey, revision=revision, note="", choice=Choice())
    assert [one["code"] for one in unread.value.details["warnings"]] == ["no_exit"]


def test_rolling_back_publishes_the_earlier_graph_as_a_new_version_and_moves_people_back(session: Session, crowd: Crowd) -> None:
    crowd.publish(session, waits(days=1, without="two"), "migrate", two="three")
    service.move_all()
    version, _ = publishing.publish_again(
        session, crowd.marketer, crowd.journey, number=1, note="太短", choice=Choice("migrate"), accepted=ACCEPTED
    )
    session.commit()
    service.move_all()
    assert (version.number, version.copy_of, version.note) == (3, 1, "太短")
    assert version.graph == drawn.version(session, crowd.journey, 1).graph
    expected = {name: count for name, count in PEOPLE.items() if name != "two"} | {"three": 26}
    assert places(session) == {(3, name, "active"): count for name, count in expected.items()}


def test_a_worker_that_dies_between_pages_leaves_a_move_that_another_goes_on_with(session: Session, crowd: Crowd) -> None:
    crowd.publish(session, waits(days=1), "migrate")
    for _ in range(3):
        assert moving.move_page(most=7)
    halfway = places(session)
    assert sum(count for (number, *_), count in halfway.items() if number == 2) == 21
    service.move_all()
    assert places(session) == {(2, name, "active"): count for name, count in PEOPLE.items()}
    (move,) = drawn.moves(session, crowd.journey)
    assert move.moved == sum(PEOPLE.values())


def test_no_page_looks_at_more_people_than_it_may_however_many_were_moved_before(
    session: Session, crowd: Crowd, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(moving, "LOOKS", 10)
    crowd.publish(session, waits(days=1), "migrate")
    pages = 0
    while moving.move_page(most=7):
        pages += 1
    assert places(session) == {(2, name, "active"): count for name, count in PEOPLE.items()}
    # 48 people: seven to a page, then once more past all of them, ten at a time; and twice that there is nobody left.
    assert pages == 7 + 1 + 5 + 1


def test_a_later_publication_takes_over_whom_an_earlier_one_has_not_moved_yet(session: Session, crowd: Crowd) -> None:
    crowd.publish(session, waits(days=2), "migrate")
    moving.move_page(most=10)
    crowd.publish(session, waits(days=1), "migrate")
    service.move_all()
    assert places(session) == {(3, name, "active"): count for name, count in PEOPLE.items()}
    assert [one.status for one in drawn.moves(session, crowd.journey)] == ["done", "replaced"]


def test_cancelling_is_final_and_lets_everybody_out(session: Session, crowd: Crowd) -> None:
    running.cancel(session, crowd.journey, reason="活动结束")
    session.commit()
    service.move_all()
    assert places(session) == {(1, name, "exited"): count for name, count in PEOPLE.items()}
    service.hear(session, [make.triggered(session, make_identity.customer(session, crowd.marketer.brand))])
    assert sum(places(session).values()) == sum(PEOPLE.values())
    with pytest.raises(JourneyOver):
        running.cancel(session, crowd.journey)
    with pytest.raises(JourneyOver):
        service.publish(session, crowd.journey, waits())
    running.archive(session, crowd.journey)
    assert crowd.journey.archived_at is not None


def test_what_walks_planned_that_were_over_before_is_taken_back_with_the_journey_and_no_other_journeys_message(
    session: Session, crowd: Crowd, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More of them than one page takes."""
    monkeypatch.setattr(moving, "PAGE", 2)
    walk = session.execute(select(Walk).limit(1)).scalar_one()
    walk.status, walk.due_at = "completed", None

    def planned(number: int, journey_id: uuid.UUID) -> Send:
        to = {"customer_id": walk.customer_id, "walk_id": walk.id, "context": {"journey_id": str(journey_id)}}
        how = {"channel": "service_template", "template_key": "hello", "purpose": "transactional", "due_at": clock.now(session)}
        send = Send(brand_id=walk.brand_id, dedupe_key=f"over {number}", **to, **how)
        session.add(send)
        return send

    hers = [planned(number, crowd.journey.id) for number in range(5)]
    others = planned(5, uuid.uuid4())
    running.cancel(session, crowd.journey, reason="活动结束")
    session.commit()
    service.move_all()
    session.expire_all()
    assert [one.status for one in hers] == ["cancelled"] * 5
    assert (others.status, walk.status) == ("planned", "completed")
    assert [one.status for one in drawn.moves(session, crowd.journey)] == ["done"]


def test_two_workers_and_walkers_at_once_move_each_person_once(committed: Callable[[], Any]) -> None:
    """On the real database: publishing, moving and walking go on at the same time, and a page is killed before its commit."""
    people = dict.fromkeys(NAMES, 40)
    with committed() as session:
        crowd = Crowd(session, people)
    with committed() as session:
        session.execute(Walk.__table__.update().values(due_at=clock.now(session), arrived_at=clock.now(session) - 4 * DAY))  # type: ignore[attr-defined]
    with committed() as session:
        crowd.journey = session.get_one(Journey, crowd.journey.id)
        graph = waits(days=300, without="two")
        drafts.save(session, crowd.marketer, crowd.journey, revision=0, graph=graph)
        choice = Choice("migrate", {"two": "three"})
        publishing.publish_draft(session, crowd.marketer, crowd.journey, revision=1, note="", choice=choice, accepted=ACCEPTED)
    killed = db.new_session()
    move = killed.execute(select(JourneyMove).with_for_update()).scalar_one()
    moving._turn_page(killed, move, 30)
    killed.rollback()
    killed.close()

    def work() -> None:
        while moving.move_page(most=11):
            service.advance_all(seconds=0.05)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    service.move_all()
    with committed() as session:
        assert places(session) == {
            (2, "one", "active"): 40,
            (2, "three", "active"): 80,
            (2, "four", "active"): 40,
            (2, "five", "active"): 40,
        }
        assert session.execute(select(JourneyMove.moved)).scalar_one() == 200
        assert counted(session, "moved") == people
