"""What may not leave does not leave, however many try at once; and everybody can read why."""

from __future__ import annotations

import os
import threading
import uuid
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import time, timedelta
from time import monotonic
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.events.models import Event
from app.identity import service as identity
from app.identity.models import Customer, Purpose
from app.kit import clock
from app.messaging import service
from app.messaging.channels import CallPerLetter
from app.messaging.channels.service_template import ServiceTemplate
from app.messaging.models import Lane, MessageTemplate, QuotaDay, Send, SenderStop
from app.messaging.service import claiming, limits
from app.wechat.errors import Outcome, WechatError
from app.wechat.fake import FakeGateway
from dev.testing import wait_until
from tests.factories import messaging as make
from tests.messaging.news import agreeing, at, many_agreeing, news, own, policy

A_ROUND = 150
RACES = int(os.environ.get("CONSENT_RACES", str(A_ROUND)))


def test_twenty_workers_and_five_journeys_at_one_moment_do_not_exceed_her_cap(
    committed: Callable[[], Any], tencent: FakeGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claiming, "MANY", 3)
    with committed() as session:
        town = make.town(session)
        policy(session, town, most_per_day=2)
        people = [agreeing(session, town) for _ in range(12)]
        for _ in range(5):
            for one in people:
                news(session, town, one)
    start = threading.Barrier(20)

    def work(_: int) -> None:
        start.wait()
        service.send_due()

    with ThreadPoolExecutor(20) as workers:
        list(workers.map(work, range(20)))
    with committed() as session:
        left = dict(session.execute(select(Send.customer_id, func.count()).filter_by(status="accepted").group_by(Send.customer_id)).all())
        assert left == {one.id: 2 for one in people}
        capped = session.execute(select(Send.error_code).filter_by(status="skipped")).scalars().all()
        assert capped == ["frequency_capped"] * 36
    assert len(tencent.calls) == 24


def test_a_cap_forgets_what_is_a_day_old_and_what_never_left(session: Session, town: make.Town, tencent: FakeGateway, later: Any) -> None:
    policy(session, town, most_per_day=1, most_per_week=2)
    her = agreeing(session, town)
    refused = news(session, town, her)
    tencent.fail("send_template", WechatError(Outcome.permanent_person, "43019", "blacklisted"))
    make.send_due(session)
    assert refused.status == "rejected"
    fates = []
    for _ in range(4):
        sent = news(session, town, her)
        make.send_due(session)
        fates.append((sent.status, sent.error_code))
        later(hours=25)
    assert fates == [("accepted", None)] * 2 + [("skipped", "frequency_capped")] * 2
    later(days=7)
    sent = news(session, town, her)
    make.send_due(session)
    assert sent.status == "accepted"


def test_what_belongs_to_her_own_order_knows_no_cap_and_no_quiet_hours(session: Session, town: make.Town, tencent: FakeGateway) -> None:
    policy(session, town, most_per_day=1, quiet_from=time(0), quiet_until=time(23, 59))
    her = agreeing(session, town)
    hers = [own(session, town, her) for _ in range(3)]
    make.send_due(session)
    assert {one.status for one in hers} == {"accepted"}


def test_no_call_goes_beyond_the_quota_and_the_rest_leaves_the_next_day(
    session: Session, town: make.Town, tencent: FakeGateway, later: Any
) -> None:
    town.service_account.settings = {"quotas": {"service_account.send_template": 10}}
    policy(session, town, reserve_percent=20)
    at(session, 12)
    sends = [news(session, town, agreeing(session, town)) for _ in range(13)]
    assert make.send_due(session) == 8
    waiting = [one for one in sends if one.status == "planned"]
    assert {one.error_code for one in waiting} == {"quota"}
    tomorrow = [one.due_at.astimezone(limits.CHINA) for one in waiting]
    assert {one.date() for one in tomorrow} == {clock.now(session).astimezone(limits.CHINA).date() + timedelta(days=1)}
    assert all(one.time() < time(0, 20) for one in tomorrow)
    arranged = [own(session, town, agreeing(session, town)) for _ in range(3)]
    assert make.send_due(session) == 2, "the reserve is theirs, and no more than the quota"
    later(hours=13)
    assert make.send_due(session) == 6
    assert {one.status for one in (*sends, *arranged)} == {"accepted"}
    days = session.execute(select(QuotaDay.used, QuotaDay.used_by_marketing).order_by(QuotaDay.day)).all()
    assert days == [(10, 8), (6, 5)]


def test_twenty_workers_make_no_more_calls_than_the_day_has(
    committed: Callable[[], Any], tencent: FakeGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claiming, "MANY", 4)
    with committed() as session:
        town = make.town(session)
        town.service_account.settings = {"quotas": {"service_account.send_template": 40}}
        policy(session, town, reserve_percent=50)
        for one in [agreeing(session, town) for _ in range(8)]:
            for _ in range(6):
                news(session, town, one)
    with ThreadPoolExecutor(20) as workers:
        list(workers.map(lambda _: service.send_due(), range(20)))
    assert len(tencent.calls) == 20
    with committed() as session:
        waiting = session.execute(select(Send.error_code, func.count()).filter_by(status="planned").group_by(Send.error_code)).all()
        assert waiting == [("quota", 28)]


def test_when_wechat_itself_says_that_the_day_is_over_nobody_asks_again_before_the_next(
    session: Session, town: make.Town, tencent: FakeGateway, later: Any
) -> None:
    at(session, 12)
    used_up = WechatError(Outcome.retry_later, "45009", "reach max api daily quota limit", retry_after=60)
    tencent.fail("send_template", used_up)
    first, second = (news(session, town, agreeing(session, town)) for _ in range(2))
    make.send_due(session)
    calls = len(tencent.calls)
    later(minutes=5)
    third = news(session, town, agreeing(session, town))
    assert make.send_due(session) == 0
    assert len(tencent.calls) == calls
    assert third.error_code == "quota"
    later(hours=13)
    make.send_due(session)
    assert {one.status for one in (first, second, third)} == {"accepted"}


def test_a_sender_that_fails_too_often_stops_itself_says_so_and_goes_on_when_a_person_says_so(
    session: Session, town: make.Town, tencent: FakeGateway, later: Any
) -> None:
    sends = [news(session, town, agreeing(session, town)) for _ in range(60)]
    tencent.fail("send_template", WechatError(Outcome.retry_later, "-1", "system error"), times=40)
    make.send_due(session)
    stop = session.execute(select(SenderStop)).scalar_one()
    assert (stop.errors, stop.answers, stop.reason, stop.stopped_at is not None) == (40, 60, "wechat.-1", True)
    told = session.execute(select(Event).filter_by(name="sender.stopped")).scalar_one()
    assert told.data["errors"] == 40
    later(minutes=2)
    arranged = own(session, town, agreeing(session, town))
    assert make.send_due(session) == 1, "what belongs to an order goes on trying"
    assert arranged.status == "accepted"
    waiting = [one for one in sends if one.status == "planned"]
    assert {one.error_code for one in waiting} == {"sender_stopped"}
    service.let_go_on(session, town.service_account.appid, "service_template")
    assert make.send_due(session) == 40
    assert {one.status for one in sends} == {"accepted"}


@pytest.mark.parametrize(("code", "stops"), [("47003", True), ("43101", False)])
def test_what_is_wrong_with_a_message_stops_its_sender_and_what_people_decided_does_not(
    session: Session, town: make.Town, tencent: FakeGateway, code: str, stops: bool
) -> None:
    """A template that WeChat does not take would else burn through everybody whom it is for."""
    for _ in range(60):
        news(session, town, agreeing(session, town))
    tencent.fail("send_template", WechatError(Outcome.permanent_person, code, "refused"), times=60)
    make.send_due(session)
    stop = session.execute(select(SenderStop)).scalar_one()
    assert (stop.stopped_at is not None, stop.reason) == ((True, f"wechat.{code}") if stops else (False, None))


def test_a_sender_that_makes_few_calls_is_stopped_too(session: Session, town: make.Town, tencent: FakeGateway, later: Any) -> None:
    tencent.fail("send_template", WechatError(Outcome.permanent_person, "47003", "refused"), times=100)
    for number in range(4):
        for _ in range(20):
            news(session, town, agreeing(session, town))
        make.send_due(session)
        later(minutes=2)
        assert (session.execute(select(SenderStop.stopped_at)).scalar_one() is not None) == (number >= 2)
    assert len(tencent.calls) == 60, "the last of them wait"


def test_what_has_expired_is_not_sent_hours_later(session: Session, town: make.Town, tencent: FakeGateway, later: Any) -> None:
    """As a server that comes back in the afternoon would send the good morning."""
    until = clock.now(session) + timedelta(hours=1)
    late, soon = (news(session, town, agreeing(session, town), expires_at=until) for _ in range(2))
    late.due_at = until + timedelta(hours=1)
    make.send_due(session)
    later(hours=3)
    make.send_due(session)
    assert (soon.status, late.status, late.error_code) == ("accepted", "skipped", "expired")


def test_a_ladder_takes_the_first_way_that_is_open_and_tells_of_the_others(session: Session, town: make.Town, tencent: FakeGateway) -> None:
    ladder = [
        {"channel": "service_template", "template_key": "there is none"},
        {"channel": "service_template", "template_key": "test_drive_invitation"},
    ]
    sent = news(session, town, agreeing(session, town), ladder=ladder)
    unreached = news(session, town, make.follower(session, town, followed=False), ladder=ladder, purpose="transactional")
    assert make.send_due(session) == 1
    assert (sent.status, sent.template_key) == ("accepted", "test_drive_invitation")
    assert sent.tried == [{"channel": "service_template", "reason": "no_template"}]
    assert [one["reason"] for one in unreached.tried or []] == ["not_following"] * 2
    assert (unreached.status, unreached.error_code) == ("skipped", "not_following")


def test_a_withdrawal_that_was_committed_before_the_claim_keeps_the_message_in_hundreds_of_races(
    committed: Callable[[], Any], tencent: FakeGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Claims and withdrawals meet at random; whoever withdrew first gets nothing. `make soak-messages` has 100,000 races."""
    monkeypatch.setattr(claiming, "MANY", 5)
    with committed() as session:
        town = make.town(session)
    fates: Counter[str] = Counter()
    while fates.total() < RACES:
        fates += _race(committed, town, monkeypatch)
    assert set(fates) == {"accepted", "skipped"}, "the races were over before they began"
    assert len(tencent.calls) == fates["accepted"]


def _race(committed: Callable[[], Any], town: make.Town, monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    with committed() as session:
        people = many_agreeing(session, town, A_ROUND)
        about = {"vehicle_id": town.market.vehicle.id}
        drafts = [
            {
                "brand_id": town.brand_id,
                "channel": "service_template",
                "recipient": ("customer", one),
                "template_key": "test_drive_invitation",
                "dedupe_key": f"race:{one}",
                "purpose": "marketing",
                "lane": Lane.broadcast,
                "context": about,
            }
            for one in people
        ]
        sends = {send.id: send.customer_id for send in service.plan_all(session, drafts)}
    withdrawn: set[uuid.UUID | None] = set()
    claim, broken = claiming.claim, []

    def claim_and_watch(session: Session, *lanes: range) -> claiming.Claimed:
        gone = set(withdrawn)
        taken = claim(session, *lanes)
        broken.extend(letter for letters in taken.letters.values() for letter in letters if sends[letter.send_id] in gone)
        return taken

    def withdraw(customer_id: uuid.UUID) -> None:
        with committed() as session:
            identity.withdraw_consent(session, session.get_one(Customer, customer_id), purpose=Purpose.marketing)
        withdrawn.add(customer_id)

    with monkeypatch.context() as watching, ThreadPoolExecutor(8) as hands:
        watching.setattr(claiming, "claim", claim_and_watch)
        working = [hands.submit(service.send_due) for _ in range(3)]
        list(hands.map(withdraw, reversed(people)))
        for one in working:
            one.result()
    service.send_due(seconds=600)  # however slow the machine is
    assert broken == []
    with committed() as session:
        rows = session.execute(select(Send.status, func.count()).where(Send.id.in_(sends)).group_by(Send.status))
        return Counter({row[0]: row[1] for row in rows})


def test_what_waited_all_night_by_our_own_rule_is_not_given_up_at_the_first_hiccup(
    session: Session, town: make.Town, tencent: FakeGateway, later: Any
) -> None:
    policy(session, town, quiet_from=time(22), quiet_until=time(8))
    at(session, 22, 1)
    sent = news(session, town, agreeing(session, town))
    make.send_due(session)
    later(hours=10, minutes=20)
    tencent.fail("send_template", WechatError(Outcome.retry_later, "connection", "refused"))
    make.send_due(session)
    assert (sent.status, sent.error_code) == ("planned", "wechat.connection")
    later(minutes=2)
    make.send_due(session)
    assert sent.status == "accepted"


def test_calls_that_were_never_made_are_not_counted(session: Session, town: make.Town, tencent: FakeGateway, later: Any) -> None:
    at(session, 12)
    sends = [news(session, town, agreeing(session, town)) for _ in range(3)]
    tencent.fail("send_template", WechatError(Outcome.retry_later, "connection", "refused"), times=6)
    for _ in range(3):
        make.send_due(session)
        later(minutes=2)
    assert {one.status for one in sends} == {"accepted"}
    assert session.execute(select(QuotaDay.used, QuotaDay.used_by_marketing)).one() == (3, 3)


def test_a_marketing_template_does_not_leave_as_a_notice(session: Session, town: make.Town, tencent: FakeGateway) -> None:
    """Whoever plans it as one has asked for nobody's consent."""
    session.execute(update(MessageTemplate).filter_by(key="test_drive_invitation").values(purpose="marketing"))
    sent = own(session, town, make.follower(session, town))
    assert make.send_due(session) == 0
    assert (sent.status, sent.error_code) == ("skipped", "purpose_differs")


def test_no_call_begins_that_might_end_after_its_lease(
    session: Session, town: make.Town, tencent: FakeGateway, monkeypatch: pytest.MonkeyPatch, later: Any
) -> None:
    monkeypatch.setattr(ServiceTemplate, "at_once", 2)
    monkeypatch.setattr(ServiceTemplate, "call_seconds", claiming.LEASE_OF_MANY.total_seconds() - 0.5)
    sends = [news(session, town, agreeing(session, town)) for _ in range(6)]
    sent = CallPerLetter.send
    slow = iter([0.6])

    def take_long(self: CallPerLetter, batch: Any) -> Any:
        told = sent(self, batch)
        begun = monotonic()
        while (wait := next(slow, None)) is not None:
            wait_until(lambda until=begun + wait: monotonic() >= until)
        return told

    monkeypatch.setattr(CallPerLetter, "send", take_long)
    make.send_due(session)
    assert len(tencent.calls) == 2
    assert sorted((one.status, one.error_code) for one in sends if one.status != "accepted") == [("planned", "no_time")] * 4
    later(minutes=1)
    make.send_due(session)
    assert {one.status for one in sends} == {"accepted"}
    assert len(tencent.calls) == 6
