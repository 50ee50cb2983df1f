"""Who is in a segment follows what happens and what time does, and each coming and going is told of once."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.audience import service as audience
from app.audience.models import Segment, SegmentKind, SegmentMember, SegmentTouched
from app.audience.queries import segments as queries
from app.audience.service import computing, membership, segments
from app.dealers.models import Brand
from app.events.models import Event
from app.identity import service as people
from app.identity.models import Customer
from app.kit import clock, queue
from tests.factories import dealers, identity
from tests.factories import segments as make
from tests.factories.segments import leaf

VIEWED_TWICE = leaf("event", event="vehicle.viewed", at_least=2, within_days=30)


@pytest.fixture
def brand(session: Session) -> Brand:
    return dealers.brand(session)


@pytest.fixture
def her(session: Session, brand: Brand) -> Customer:
    return identity.customer(session, brand)


def members(session: Session, segment: Segment) -> list[uuid.UUID]:
    return sorted(queries.members(session, segment.id))


def moves(session: Session, segment: Segment, *who: Customer) -> list[str]:
    """What was told of people who came and went, in its order."""
    told = select(Event.name).where(Event.name.like("segment.%"), Event.subject_id == str(segment.id), Event.customer_id.is_not(None))
    if who:
        told = told.where(Event.customer_id.in_([one.id for one in who]))
    return [name.removeprefix("segment.") for name in session.execute(told.order_by(Event.id)).scalars()]


def test_an_event_brings_her_in_and_is_told_of_once(session: Session, brand: Brand, her: Customer, deliver: Callable[[], int]) -> None:
    segment = make.segment(session, brand, VIEWED_TWICE)
    make.does(session, her, "vehicle.viewed")
    deliver()
    assert members(session, segment) == []
    for _ in range(50):
        make.does(session, her, "vehicle.viewed")
    deliver()
    assert members(session, segment) == [her.id]
    assert moves(session, segment) == ["entered"]
    assert queries.count(session, segment.id) == 1
    told = session.execute(select(Event).where(Event.name == "segment.entered")).scalar_one()
    assert told.data == {"segment_id": str(segment.id), "key": segment.key, "version": 1}
    assert told.customer_id == her.id
    assert queries.segments_of(session, her.id) == [segment]


def test_the_same_event_heard_fifty_times_is_one_coming(session: Session, brand: Brand, her: Customer, deliver: Callable[[], int]) -> None:
    segment = make.segment(session, brand, leaf("event", event="search.performed"))
    event = make.does(session, her, "search.performed")
    for _ in range(50):
        membership.keep_members(session, [event])
    deliver()
    assert moves(session, segment) == ["entered"]


def test_time_alone_lets_her_go(
    session: Session, brand: Brand, her: Customer, deliver: Callable[[], int], later: Callable[..., None]
) -> None:
    segment = make.segment(session, brand, VIEWED_TWICE)
    other = make.segment(session, brand, leaf("event", event="vehicle.viewed", at_most=0, within_days=7))
    make.does(session, her, "vehicle.viewed")
    make.does(session, her, "vehicle.viewed")
    deliver()
    assert (moves(session, segment), moves(session, other)) == (["entered"], ["left"])
    later(days=6)
    queue.run("audience.sweep_segments")
    assert moves(session, other) == ["left"]
    later(days=1)
    queue.run("audience.sweep_segments")
    assert moves(session, other) == ["left", "entered"]
    later(days=22, hours=23)
    queue.run("audience.sweep_segments")
    assert members(session, segment) == [her.id]
    later(hours=1)
    for _ in range(3):
        queue.run("audience.sweep_segments")
    session.expire_all()
    assert (members(session, segment), moves(session, segment)) == ([], ["entered", "left"])


def test_a_sweep_looks_at_those_who_are_due_only(session: Session, brand: Brand, monkeypatch: pytest.MonkeyPatch, later: Any) -> None:
    for days in range(1, 21):
        make.did(session, identity.customer(session, brand), "vehicle.viewed", ago=timedelta(days=days))
    segment = make.segment(session, brand, leaf("event", event="vehicle.viewed", within_days=30))
    assert len(members(session, segment)) == 20
    looked_at: list[int] = []
    decide = membership.decide

    def watched(session: Session, segment: Segment, ids: Sequence[uuid.UUID]) -> None:
        looked_at.append(len(ids))
        decide(session, segment, ids)

    monkeypatch.setattr(membership, "decide", watched)
    later(days=12, hours=1)
    queue.run("audience.sweep_segments")
    assert looked_at == [3]
    assert len(members(session, segment)) == 17


def test_whom_a_segment_finds_at_first_did_not_come_into_it(session: Session, brand: Brand, her: Customer) -> None:
    segment = make.segment(session, brand, {"all": []})
    assert members(session, segment) == [her.id]
    assert moves(session, segment) == []
    assert (segment.members, segment.due_at, segment.computing_at) == (1, None, None)


def test_a_new_customer_is_in_what_she_does_not_have_to_do_anything_for(session: Session, brand: Brand, deliver: Callable[[], int]) -> None:
    everybody = make.segment(session, brand, {"all": []})
    idle = make.segment(session, brand, leaf("event", event="order.reserved", at_most=0))
    new = identity.customer(session, brand)
    make.does(session, new, "customer.created")
    deliver()
    assert members(session, everybody) == members(session, idle) == [new.id]
    assert moves(session, idle) == ["entered"]


def test_a_new_version_tells_who_came_and_who_went(session: Session, brand: Brand) -> None:
    stays, goes, comes = (identity.customer(session, brand) for _ in range(3))
    for one, names in ((stays, ["vehicle.viewed", "search.performed"]), (goes, ["vehicle.viewed"]), (comes, ["search.performed"])):
        for name in names:
            make.did(session, one, name)
    staff = make.marketer(session, brand)
    segment = make.segment(session, brand, leaf("event", event="vehicle.viewed"), by=staff)
    other = leaf("event", event="search.performed")
    told = segments.difference(session, segment, other)
    assert (told.before, told.after, told.entering, told.leaving) == (2, 2, 1, 1)
    assert members(session, segment) == sorted([stays.id, goes.id]), "a look changes nothing"
    segments.edit(session, staff, segment, version=1, tree=other)
    session.commit()
    computing.compute_due()
    session.expire_all()
    assert members(session, segment) == sorted([stays.id, comes.id])
    assert (moves(session, segment, stays), moves(session, segment, goes), moves(session, segment, comes)) == ([], ["left"], ["entered"])
    assert [one.number for one, _ in queries.versions(session, segment.id)] == [2, 1]


def test_a_snapshot_stays_as_it_was(session: Session, brand: Brand, her: Customer, deliver: Callable[[], int]) -> None:
    make.did(session, her, "vehicle.viewed")
    frozen = make.segment(session, brand, leaf("event", event="vehicle.viewed"), kind=SegmentKind.snapshot)
    other = identity.customer(session, brand)
    make.does(session, other, "vehicle.viewed")
    deliver()
    assert members(session, frozen) == [her.id]


def test_a_segment_of_a_segment_follows_it(session: Session, brand: Brand, her: Customer, deliver: Callable[[], int]) -> None:
    inner = make.segment(session, brand, leaf("event", event="vehicle.viewed"))
    outer = make.segment(session, brand, {"not": leaf("in_segment", segment_id=str(inner.id))})
    unrelated = make.segment(session, brand, leaf("event", event="search.performed"))
    around = make.segment(session, brand, leaf("in_segment", segment_id=str(unrelated.id)))
    assert members(session, outer) == [her.id]
    make.does(session, her, "vehicle.viewed")
    deliver()
    assert (members(session, inner), members(session, outer), members(session, around)) == ([her.id], [], [])
    assert moves(session, outer) == ["left"]


def test_who_asks_about_a_segment_that_is_not_found_yet_is_found_again(session: Session, brand: Brand, her: Customer) -> None:
    make.did(session, her, "vehicle.viewed")
    staff = make.marketer(session, brand)
    inner = segments.create(session, staff, name="看过", tree=leaf("event", event="vehicle.viewed"))
    outer = segments.create(session, staff, name="看过的", tree=leaf("in_segment", segment_id=str(inner.id)))
    inner.due_at += timedelta(hours=1)
    session.commit()
    computing.compute_due()
    session.expire_all()
    assert (members(session, outer), outer.due_at) == ([], None)
    inner.due_at -= timedelta(hours=1)
    session.commit()
    computing.compute_due()
    session.expire_all()
    assert members(session, inner) == members(session, outer) == [her.id]


def test_two_who_are_one_are_in_once_and_nothing_is_told(session: Session, brand: Brand, her: Customer, deliver: Callable[[], int]) -> None:
    older = identity.customer(session, brand)
    make.did(session, older, "vehicle.viewed")
    make.did(session, her, "search.performed")
    viewed = make.segment(session, brand, leaf("event", event="vehicle.viewed"))
    both = make.segment(session, brand, {"all": [leaf("event", event=one) for one in ("vehicle.viewed", "search.performed")]})
    neither = make.segment(session, brand, leaf("event", event="vehicle.viewed", at_most=0))
    everybody = make.segment(session, brand, {"all": []})
    assert (members(session, viewed), members(session, both), members(session, neither)) == ([older.id], [], [her.id])
    people.merge(session, her, older)
    deliver()
    assert members(session, viewed) == members(session, both) == members(session, everybody) == [her.id]
    assert members(session, neither) == []
    assert (moves(session, viewed), moves(session, everybody)) == ([], [])
    assert (moves(session, both), moves(session, neither)) == (["entered"], ["left"])
    assert [queries.count(session, one.id) for one in (viewed, both, neither, everybody)] == [1, 1, 0, 1]


def test_who_is_forgotten_is_nowhere_and_nobody_is_told(session: Session, brand: Brand, her: Customer, deliver: Callable[[], int]) -> None:
    segment = make.segment(session, brand, {"all": []})
    people.erase(session, her)
    deliver()
    assert session.execute(select(func.count()).select_from(SegmentMember)).scalar_one() == 0
    assert (queries.count(session, segment.id), moves(session, segment)) == (0, [])


def test_what_happens_while_a_segment_is_found_is_not_lost(
    session: Session, brand: Brand, her: Customer, deliver: Callable[[], int]
) -> None:
    """Between the statement that finds everybody and the end of its transaction, others do things, are merged, and are forgotten."""
    merged, erased = identity.customer(session, brand), identity.customer(session, brand)
    segment = segments.create(session, make.marketer(session, brand), name="全部看过", tree=leaf("profile", attribute="nickname"))
    session.commit()
    assert computing._claim() == segment.id
    make.does(session, her, "customer.updated")
    her.nickname = None
    people.merge(session, identity.customer(session, brand, nickname=None), merged)
    people.erase(session, erased)
    find = computing._find

    def meanwhile(own: Session, wanted: Any, *, memory: str) -> None:
        find(own, wanted, memory=memory)
        own.execute(computing.insert(computing._FOUND), [{"customer_id": one.id} for one in (her, merged, erased)])
        deliver()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(computing, "_find", meanwhile)
        assert computing.compute(session, segment.id)
    session.commit()
    deliver()
    kept = session.get_one(Customer, merged.merged_into_id)
    assert members(session, segment) == [kept.id]
    assert session.execute(select(func.count()).select_from(SegmentTouched)).scalar_one() == 0
    assert queries.count(session, segment.id) == 1


def test_two_workers_find_a_segment_once(committed: Callable[[], Any]) -> None:
    with committed() as session:
        brand = dealers.brand(session)
        for _ in range(20):
            make.did(session, identity.customer(session, brand), "vehicle.viewed")
        staff = make.marketer(session, brand)
        segment = segments.create(session, staff, name="看过", tree=leaf("event", event="vehicle.viewed"))
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda _: computing.compute_due(), range(4)))
    assert sum(done) == 1
    with committed() as session:
        assert len(queries.members(session, segment.id)) == queries.count(session, segment.id) == 20


def test_a_worker_that_was_killed_is_followed_by_another_and_one_at_work_is_left_alone(committed: Callable[[], Any]) -> None:
    with committed() as session:
        brand = dealers.brand(session)
        her = identity.customer(session, brand).id
        segment = segments.create(session, make.marketer(session, brand), name="全部", tree={"all": []}).id
    assert computing._claim() == segment  # and is killed
    with committed() as session:
        membership.keep_members(session, [make.does(session, session.get_one(Customer, her), "customer.created")])
    assert computing.compute_due() == 0
    with committed() as session:
        clock.advance(session, timedelta(seconds=61))
    with committed() as at_work:
        at_work.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"segment {segment}"))))
        assert computing.compute_due() == 0
    with committed() as session:
        clock.advance(session, timedelta(seconds=61))
    assert computing.compute_due() == 1
    with committed() as session:
        assert (queries.members(session, segment), queries.count(session, segment)) == ([her], 1)


def test_facts_sweeps_and_new_versions_at_once_tell_each_change_once(committed: Callable[[], Any]) -> None:
    """Whatever comes first, who is in at the end is who should be, and came and went by turns."""
    with committed() as session:
        brand = dealers.brand(session)
        crowd = [identity.customer(session, brand).id for _ in range(10)]
        staff = make.marketer(session, brand)
        segment = segments.create(session, staff, name="看过", tree=leaf("event", event="vehicle.viewed", within_days=30)).id
    computing.compute_due()
    start = threading.Barrier(4)

    def happen(_: int) -> None:
        start.wait()
        for one in crowd:
            with committed() as session:
                membership.keep_members(session, [make.does(session, session.get_one(Customer, one), "vehicle.viewed")])

    def change() -> None:
        start.wait()
        for version in range(1, 5):
            with committed() as session:
                at_least = 1 + version % 2
                tree = leaf("event", event="vehicle.viewed", at_least=at_least, within_days=30)
                segments.edit(session, session.merge(staff), queries.segment(session, staff.brand_id, segment), version=version, tree=tree)
            computing.compute_due()
            with committed() as session:
                membership.sweep(session, segment)

    with ThreadPoolExecutor(4) as pool:
        waiting = [pool.submit(happen, number) for number in range(3)] + [pool.submit(change)]
        for one in waiting:
            one.result()
    computing.compute_due()
    with committed() as session:
        kept = queries.segment(session, staff.brand_id, segment)
        assert sorted(queries.members(session, segment)) == sorted(crowd)
        assert (kept.members, kept.version, kept.due_at) == (10, 5, None)
        for one in crowd:
            names = moves(session, kept, session.get_one(Customer, one))
            assert names[::2] == ["entered"] * len(names[::2]), names
            assert names[1::2] == ["left"] * len(names[1::2]), names
            assert len(names) % 2 == 1


def test_tags_bring_people_in_through_the_same_door(session: Session, brand: Brand, her: Customer, deliver: Callable[[], int]) -> None:
    audience.install_defaults(session, brand.id)
    segment = make.segment(session, brand, {"all": [leaf("tag", tag="vip"), {"not": leaf("tag", tag="follower")}]})
    audience.add(session, her.id, "vip")
    deliver()
    assert members(session, segment) == [her.id]
    audience.remove(session, her.id, "vip")
    deliver()
    assert moves(session, segment) == ["entered", "left"]
