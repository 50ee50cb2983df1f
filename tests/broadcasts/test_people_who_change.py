"""Who is merged, erased or held while a broadcast runs gets it once or not at all, and keeps nobody waiting."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from app.audience import service as tags
from app.audience.errors import SegmentUsed, TagInUse
from app.audience.models import Segment, Tag
from app.audience.service import computing, segments
from app.broadcasts import service
from app.broadcasts.models import Broadcast, BroadcastPerson
from app.identity import service as identity
from app.kit import clock
from app.messaging import service as messaging
from app.messaging.models import Send, SendStatus
from app.wechat.fake import FakeGateway
from dev.testing import wait_until
from tests.factories import broadcasts as make
from tests.factories import messaging as towns
from tests.factories import segments as make_segments
from tests.factories import tags as make_tags


def ended(session: Session, broadcast: Broadcast, later: Callable[..., None]) -> str:
    for _ in range(3):
        make.fed(session)
        towns.send_due(session)
        later(seconds=5)
    make.fed(session)
    session.refresh(broadcast)
    return broadcast.status


def statuses_of(session: Session, broadcast_id: uuid.UUID) -> dict[uuid.UUID, tuple[str, bool]]:
    rows = session.execute(select(Send.id, Send.status, Send.withdrawn).filter_by(broadcast_id=broadcast_id))
    return {row.id: (row.status, row.withdrawn) for row in rows}


def wait_for_a_lock(committed: Callable[[], Any]) -> None:
    waiting = text("SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")

    def waits() -> bool:
        with committed() as session:
            return session.execute(waiting).first() is not None

    wait_until(waits)


@pytest.mark.parametrize("accepted", [None, 0, 1])
def test_two_who_are_planned_and_turn_out_to_be_one_get_one_message(
    session: Session, town: towns.Town, tencent: FakeGateway, deliver: Callable[[], int], later: Callable[..., None], accepted: int | None
) -> None:
    people = make.readers(session, town, 2)
    broadcast = make.begun(session, town, people)
    make.fed(session)
    keep = people[0]
    if accepted is not None:
        sent = next(one for one in make.sends_of(session, broadcast) if one.customer_id == people[accepted].id)
        sent.status = SendStatus.accepted
    identity.merge(session, keep, people[1])
    deliver()
    assert ended(session, broadcast, later) == "finished"
    assert sorted(send.status for send in make.sends_of(session, broadcast)) == ["accepted", "cancelled"]
    assert len(tencent.calls_of("send_template")) == (1 if accepted is None else 0)


def test_of_two_who_are_one_the_message_that_is_just_being_claimed_is_the_one_that_leaves(committed: Callable[[], Any]) -> None:
    with committed() as session:
        town = towns.town(session)
        make.news(session, town)
        keep, merged = (one.id for one in make.readers(session, town, 2))
        broadcast_id = uuid.uuid4()
        first, second = (
            towns.plan(session, town, session.get_one(make.Customer, one), broadcast_id=broadcast_id).id for one in (merged, keep)
        )

    def move() -> None:
        with committed() as own:
            messaging.move(own, kept_id=keep, merged_id=merged)

    with ThreadPoolExecutor(1) as other:
        with committed() as session:
            lease = clock.now(session) + timedelta(minutes=1)
            session.execute(update(Send).filter_by(id=second).values(status=SendStatus.claimed, lease_until=lease))
            session.flush()
            moved = other.submit(move)
            wait_for_a_lock(committed)
        moved.result()
    with committed() as session:
        assert statuses_of(session, broadcast_id) == {first: ("cancelled", False), second: ("claimed", False)}


def test_who_is_kept_is_not_planned_beside_a_planned_one_that_was_merged_into_her(
    session: Session, town: towns.Town, tencent: FakeGateway, ahead: Any, deliver: Callable[[], int], later: Callable[..., None]
) -> None:
    ahead(1)
    people = sorted(make.readers(session, town, 2), key=lambda one: one.id)
    broadcast = make.begun(session, town, people)
    make.fed(session)
    ahead(10)
    identity.merge(session, people[1], people[0])
    later(seconds=5)
    make.fed(session)
    assert len(make.sends_of(session, broadcast)) == 1, "before the merge was heard of"
    deliver()
    assert ended(session, broadcast, later) == "finished"
    assert [send.customer_id for send in make.sends_of(session, broadcast)] == [people[1].id]


def test_who_was_merged_or_erased_while_she_was_listed_keeps_no_broadcast_from_ending(
    session: Session, town: towns.Town, tencent: FakeGateway, deliver: Callable[[], int], later: Callable[..., None]
) -> None:
    keep, merged, erased, other = make.readers(session, town, 4)
    broadcast = make.begun(session, town, [other])
    identity.merge(session, keep, merged)
    identity.erase(session, erased)
    deliver()
    # As a page writes it that was read before they changed, and committed after their handlers had looked.
    session.add_all([BroadcastPerson(broadcast_id=broadcast.id, customer_id=one.id) for one in (merged, erased)])
    assert ended(session, broadcast, later) == "finished"
    assert {send.customer_id for send in make.sends_of(session, broadcast)} == {keep.id, other.id}


def test_what_is_resumed_while_paused_ones_are_held_is_not_set_aside_for_ever(committed: Callable[[], Any], tencent: FakeGateway) -> None:
    with committed() as session:
        town = towns.town(session)
        make.news(session, town)
        broadcast = make.begun(session, town, make.readers(session, town, 1))
        brand_id, broadcast_id = town.brand_id, broadcast.id
    service.feed()
    with committed() as session:
        service.pause(session, brand_id, broadcast_id)
    with ThreadPoolExecutor(1) as other:
        with committed() as session:
            service.resume(session, brand_id, broadcast_id)
            held = other.submit(service.hold_paused)
            wait_for_a_lock(committed)
        held.result()
    messaging.send_due()
    assert len(tencent.calls_of("send_template")) == 1


@pytest.mark.parametrize("kind", ["segment", "tag"])
def test_an_audience_is_not_put_away_while_a_broadcast_is_to_read_it(committed: Callable[[], Any], kind: str) -> None:
    with committed() as session:
        town = towns.town(session)
        make.news(session, town)
        (her,) = make.readers(session, town, 1)
        staff = make_segments.marketer(session, town.market.brand)
        everybody = make_segments.leaf("attribute", attribute="visits_30d", from_number=0)
        segment_id = segments.create(session, staff, name="所有人", tree=everybody).id
        spring = make_tags.tag(session, town.market.brand, label="春季")
        tags.add(session, her.id, spring.key)
        tag_id, brand_id = spring.id, town.brand_id
        audience = {"kind": "segment", "segment_id": str(segment_id)} if kind == "segment" else {"kind": "tag", "tag": spring.key}
    computing.compute_due()
    with committed() as session:
        broadcast_id = make.broadcast(session, town, [], audience=audience, name="春季新车").id

    def archive() -> None:
        with committed() as own:
            if kind == "segment":
                segments.archive(own, own.merge(staff), own.get_one(Segment, segment_id))
            else:
                tags.archive(own, own.get_one(Tag, tag_id))

    with ThreadPoolExecutor(1) as other:
        with committed() as session:
            service.schedule(session, brand_id, broadcast_id)
            refused = other.submit(archive)
            wait_for_a_lock(committed)
        with pytest.raises((SegmentUsed, TagInUse)) as told:
            refused.result()
    assert "群发「春季新车」" in str(told.value.details)
    with committed() as session:
        service.begin_due(session)
    service.feed()
    archive()  # everybody is written down
