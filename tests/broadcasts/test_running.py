"""A broadcast reaches each of its people once, waits when it is told to, and ends for good."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.audience import service as audience
from app.broadcasts import queries, service
from app.broadcasts.errors import StepImpossible
from app.broadcasts.models import Broadcast, BroadcastPerson
from app.broadcasts.service import feeding
from app.events.models import Event
from app.identity import service as identity
from app.kit import clock
from app.kit.states import Transition
from app.messaging import service as messaging
from app.messaging.models import Send, SendStatus
from app.wechat.fake import FakeGateway
from dev.testing import wait_until
from tests.factories import audience as tags
from tests.factories import broadcasts as make
from tests.factories import messaging as towns


def statuses(sends: list[Send]) -> Counter[str]:
    return Counter(send.status for send in sends)


def told(session: Session, broadcast: Broadcast) -> list[str]:
    rows = session.execute(select(Event.name).where(Event.subject_id == str(broadcast.id)).order_by(Event.id))
    return list(rows.scalars())


class TestFeeding:
    def test_everybody_on_the_list_gets_one_message_and_then_it_is_finished(
        self, session: Session, town: towns.Town, tencent: FakeGateway, later: Callable[..., None]
    ) -> None:
        people = make.readers(session, town, 5)
        broadcast = make.begun(session, town, people)
        make.fed(session)
        assert towns.send_due(session) == 5, [(one.status, one.error_code, one.error_message) for one in make.sends_of(session, broadcast)]
        later(seconds=5)
        make.fed(session)
        session.refresh(broadcast)
        assert broadcast.status == "finished"
        assert {send.customer_id for send in make.sends_of(session, broadcast)} == make.ids(people)
        assert statuses(make.sends_of(session, broadcast)) == {"accepted": 5}
        assert told(session, broadcast) == ["broadcast.started", "broadcast.finished"]

    def test_no_more_than_allowed_is_planned_ahead(
        self, session: Session, town: towns.Town, tencent: FakeGateway, ahead: Any, later: Callable[..., None]
    ) -> None:
        ahead(3)
        broadcast = make.begun(session, town, make.readers(session, town, 8))
        for expected in (3, 6, 8):
            make.fed(session)
            assert len(make.sends_of(session, broadcast)) == expected
            make.fed(session)
            assert len(make.sends_of(session, broadcast)) == expected, "what is planned has to leave first"
            towns.send_due(session)
            later(seconds=5)

    def test_it_may_be_slowed_down(self, session: Session, town: towns.Town, tencent: FakeGateway, later: Callable[..., None]) -> None:
        broadcast = make.begun(session, town, make.readers(session, town, 6), per_minute=12)
        planned = []
        for _ in range(3):
            make.fed(session)
            planned.append(len(make.sends_of(session, broadcast)))
            later(seconds=10)
        assert planned == [2, 4, 6]

    def test_a_feed_that_dies_between_its_page_and_its_mark_loses_and_doubles_nobody(
        self, session: Session, town: towns.Town, tencent: FakeGateway, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        people = make.readers(session, town, 4)
        broadcast = make.begun(session, town, people)
        session.commit()
        real = messaging.plan_all

        def dies(own: Session, drafts: Any) -> Any:
            real(own, drafts)
            raise RuntimeError("killed")

        with monkeypatch.context() as patched:
            patched.setattr(messaging, "plan_all", dies)
            with pytest.raises(RuntimeError, match="killed"):
                service.feed()
        assert make.sends_of(session, broadcast) == []
        make.fed(session)
        assert {send.customer_id for send in make.sends_of(session, broadcast)} == make.ids(people)

    def test_a_page_that_was_planned_by_another_before_is_not_planned_again(
        self, session: Session, town: towns.Town, tencent: FakeGateway
    ) -> None:
        """The mark may be lost, as after a restore; the key is not."""
        broadcast = make.begun(session, town, make.readers(session, town, 3))
        make.fed(session)
        session.execute(BroadcastPerson.__table__.update().values(planned_at=None))
        broadcast.next_at = clock.now(session)
        make.fed(session)
        assert len(make.sends_of(session, broadcast)) == 3

    def test_the_audience_of_a_tag_is_written_down_page_by_page(
        self, session: Session, town: towns.Town, tencent: FakeGateway, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(feeding, "LISTED_AT_ONCE", 2)
        tag = tags.tag(session, town.market.brand)
        people = make.readers(session, town, 5)
        for one in people[:4]:
            audience.add(session, one.id, tag.key)
        broadcast = make.begun(session, town, [], audience={"kind": "tag", "tag": tag.key})
        make.fed(session)
        listed = set(session.execute(select(BroadcastPerson.customer_id)).scalars())
        assert listed == make.ids(people[:4])
        assert {send.customer_id for send in make.sends_of(session, broadcast)} == listed

    def test_whoever_is_not_reached_in_time_is_left_out(
        self, session: Session, town: towns.Town, tencent: FakeGateway, ahead: Any, later: Callable[..., None]
    ) -> None:
        """A server that was away for days sends no news of last week."""
        ahead(2)
        broadcast = make.begun(session, town, make.readers(session, town, 5), expires_hours=1)
        make.fed(session)
        later(hours=2)
        assert towns.send_due(session) == 0
        make.fed(session)
        session.refresh(broadcast)
        assert broadcast.status == "finished"
        assert {(send.status, send.error_code) for send in make.sends_of(session, broadcast)} == {("skipped", "expired")}
        progress = queries.progress(session, broadcast)
        assert (progress.listed, progress.not_planned, progress.skipped["expired"]) == (5, 3, 2)

    def test_two_of_the_list_who_turn_out_to_be_one_get_one_message(
        self, session: Session, town: towns.Town, tencent: FakeGateway, deliver: Callable[[], int], later: Callable[..., None]
    ) -> None:
        keep, merged, other = make.readers(session, town, 3)
        broadcast = make.begun(session, town, [keep, merged, other])
        session.commit()
        identity.merge(session, keep, merged)
        make.fed(session)
        deliver()
        later(seconds=5)
        make.fed(session)
        towns.send_due(session)
        assert sorted(send.customer_id for send in make.sends_of(session, broadcast)) == sorted([keep.id, other.id])
        assert len(tencent.calls_of("send_template")) == 2

    def test_an_erased_person_leaves_every_list(self, session: Session, town: towns.Town, deliver: Callable[[], int]) -> None:
        people = make.readers(session, town, 2)
        broadcast = make.broadcast(session, town, people)
        identity.erase(session, people[0])
        deliver()
        assert set(session.execute(select(BroadcastPerson.customer_id)).scalars()) == {people[1].id}
        assert queries.count_members(session, broadcast) == 1


class TestStopping:
    def test_a_pause_holds_everything_and_going_on_loses_and_repeats_nobody(
        self, session: Session, town: towns.Town, tencent: FakeGateway, ahead: Any, later: Callable[..., None]
    ) -> None:
        ahead(3)
        people = make.readers(session, town, 7)
        broadcast = make.begun(session, town, people)
        make.fed(session)
        service.pause(session, town.brand_id, broadcast.id)
        later(hours=1)
        make.fed(session)
        assert towns.send_due(session) == 0
        assert {(send.status, send.error_code) for send in make.sends_of(session, broadcast)} == {("planned", "paused")}
        service.resume(session, town.brand_id, broadcast.id)
        for _ in range(4):
            make.fed(session)
            towns.send_due(session)
            later(seconds=5)
        sends = make.sends_of(session, broadcast)
        assert statuses(sends) == {"accepted": 7}
        assert {send.customer_id for send in sends} == make.ids(people)
        assert told(session, broadcast)[:3] == ["broadcast.started", "broadcast.paused", "broadcast.resumed"]

    def test_what_comes_back_unsent_after_the_pause_is_held_too(self, session: Session, town: towns.Town, tencent: FakeGateway) -> None:
        broadcast = make.begun(session, town, make.readers(session, town, 2))
        make.fed(session)
        service.pause(session, town.brand_id, broadcast.id)
        back = make.sends_of(session, broadcast)[0]
        back.due_at, back.error_code = clock.now(session), "wechat.-1"
        session.commit()
        service.hold_paused()
        assert towns.send_due(session) == 0

    def test_a_cancelled_one_is_over_for_good(
        self, session: Session, town: towns.Town, tencent: FakeGateway, ahead: Any, later: Callable[..., None]
    ) -> None:
        ahead(2)
        broadcast = make.begun(session, town, make.readers(session, town, 5))
        make.fed(session)
        service.cancel(session, town.brand_id, broadcast.id)
        later(hours=1)
        make.fed(session)
        assert towns.send_due(session) == 0
        assert statuses(make.sends_of(session, broadcast)) == {"cancelled": 2}
        for step in (service.pause, service.resume, service.cancel, service.schedule, service.unschedule):
            with pytest.raises(StepImpossible):
                step(session, town.brand_id, broadcast.id)
        rows = session.execute(select(Transition.before, Transition.after).filter_by(subject_id=broadcast.id).order_by(Transition.id))
        assert [tuple(row) for row in rows] == [
            ("", "draft"),
            ("draft", "scheduled"),
            ("scheduled", "sending"),
            ("sending", "cancelled"),
        ]

    def test_four_workers_a_pause_a_resume_and_a_cancel_send_nobody_twice(
        self, committed: Callable[[], Any], tencent: FakeGateway, ahead: Any
    ) -> None:
        """What the fake Tencent heard is what the ledger says, whoever came between."""
        ahead(4)
        with committed() as session:
            town = towns.town(session)
            make.news(session, town)
            broadcast = make.begun(session, town, make.readers(session, town, 60))
            brand_id, broadcast_id = town.brand_id, broadcast.id
        over = threading.Event()
        heard: list[int] = []

        def work(_: int) -> None:
            # As the scheduler rings, and not as fast as a processor can.
            while not over.wait(0.02):
                service.feed()
                messaging.send_due()

        def sent() -> int:
            return len(tencent.calls_of("send_template"))

        with ThreadPoolExecutor(4) as workers:
            running = [workers.submit(work, number) for number in range(4)]
            try:
                wait_until(lambda: sent() >= 5)
                with committed() as session:
                    service.pause(session, brand_id, broadcast_id)
                wait_until(lambda: not _claimed(committed))
                heard.append(sent())
                for _ in range(5):
                    messaging.send_due()
                heard.append(sent())
                with committed() as session:
                    service.resume(session, brand_id, broadcast_id)
                wait_until(lambda: sent() >= heard[1] + 5)
                with committed() as session:
                    service.cancel(session, brand_id, broadcast_id)
                wait_until(lambda: not _claimed(committed))
                heard.append(sent())
                for _ in range(5):
                    messaging.send_due()
                heard.append(sent())
            finally:
                over.set()
            for one in running:
                one.result()
        assert heard[0] == heard[1], "nothing leaves while it is paused"
        assert heard[2] == heard[3], "nothing leaves after it was cancelled"
        keys = [call["client_msg_id"] for call in tencent.calls_of("send_template")]
        assert len(set(keys)) == len(keys)
        with committed() as session:
            counts = dict(session.execute(select(Send.status, func.count()).group_by(Send.status)).all())
            doubled = session.execute(select(Send.customer_id).group_by(Send.customer_id).having(func.count() > 1)).all()
        assert counts["accepted"] == len(keys)
        assert counts.keys() <= {"accepted", "cancelled"}
        assert doubled == []


def _claimed(committed: Callable[[], Any]) -> int:
    with committed() as session:
        count: int = session.execute(select(func.count()).select_from(Send).filter_by(status=SendStatus.claimed)).scalar_one()
        return count
