"""A broadcast is written so that it can be sent, tried on a few, and foreseen before it begins."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.audience import service as audience
from app.broadcasts import queries, service
from app.broadcasts.errors import AudienceUnfit, LadderUnfit, NobodyToTell, NotEditable, TimeUnfit
from app.broadcasts.models import Broadcast
from app.identity import service as identity
from app.identity.models import Purpose
from app.kit import clock
from app.messaging.models import MessageTemplate, Send
from app.messaging.service import limits
from app.wechat.fake import FakeGateway
from tests.factories import audience as tags
from tests.factories import broadcasts as make
from tests.factories import messaging as towns


def test_what_cannot_be_sent_is_named(session: Session, town: towns.Town) -> None:
    people = make.readers(session, town, 1)
    for ladder, field in (
        ([], "ladder"),
        ([{"channel": "pigeon", "template_key": make.NEWS}], "ladder.0"),
        ([make.LADDER[0], {"channel": "wecom_card", "template_key": "lead_assigned"}], "ladder.1"),
        ([{"channel": "service_template", "template_key": "nothing"}], "ladder.0"),
    ):
        with pytest.raises(LadderUnfit) as refused:
            make.broadcast(session, town, people, ladder=ladder)
        assert field in refused.value.details
    with pytest.raises(LadderUnfit):
        make.broadcast(session, town, people, purpose="transactional")
    for audience_, field in (
        ({"kind": "tag", "tag": "nothing"}, "tag"),
        ({"kind": "segment", "segment_id": str(uuid.UUID(int=7))}, "segment_id"),
        ({"kind": "list", "customer_ids": [uuid.UUID(int=7)]}, "customer_ids"),
    ):
        with pytest.raises(AudienceUnfit) as unfit:
            make.broadcast(session, town, people, audience=audience_)
        assert field in unfit.value.details


def test_only_a_draft_can_be_changed_and_a_scheduled_one_can_be_taken_back(session: Session, town: towns.Town) -> None:
    broadcast = make.broadcast(session, town, make.readers(session, town, 1))
    service.schedule(session, town.brand_id, broadcast.id, at=clock.now(session) + timedelta(hours=1))
    with pytest.raises(NotEditable):
        service.change(session, town.brand_id, broadcast.id, name="另一个")
    assert service.begin_due(session) == 0
    service.unschedule(session, town.brand_id, broadcast.id)
    service.change(session, town.brand_id, broadcast.id, name="另一个")
    with pytest.raises(TimeUnfit):
        service.schedule(session, town.brand_id, broadcast.id, at=clock.now(session) - timedelta(hours=1))


def test_a_template_that_was_put_away_keeps_it_from_beginning(session: Session, town: towns.Town) -> None:
    broadcast = make.broadcast(session, town, make.readers(session, town, 1))
    session.execute(update(MessageTemplate).where(MessageTemplate.key == make.NEWS).values(state="archived"))
    with pytest.raises(LadderUnfit):
        service.schedule(session, town.brand_id, broadcast.id)
    assert broadcast.status == "draft"


def test_what_comes_long_after_its_end_is_told_to_nobody(
    session: Session, town: towns.Town, tencent: FakeGateway, later: Callable[..., None]
) -> None:
    tag, (who,) = tags.tag(session, town.market.brand), make.readers(session, town, 1)
    audience.add(session, who.id, tag.key)
    broadcast = make.broadcast(session, town, [], audience={"kind": "tag", "tag": tag.key}, expires_hours=1)
    service.schedule(session, town.brand_id, broadcast.id)
    later(hours=3)
    service.begin_due(session)
    make.fed(session)
    session.refresh(broadcast)
    assert (broadcast.status, make.sends_of(session, broadcast)) == ("finished", [])
    assert "目标人群确定之前就结束了" in queries.why(session, broadcast, who.id)[-1].sentence


def test_a_broadcast_to_nobody_does_not_begin(session: Session, town: towns.Town) -> None:
    broadcast = make.broadcast(session, town, [])
    with pytest.raises(NobodyToTell):
        service.schedule(session, town.brand_id, broadcast.id)


def test_a_trial_goes_to_those_who_were_chosen_and_counts_for_nothing(session: Session, town: towns.Town, tencent: FakeGateway) -> None:
    people = make.readers(session, town, 3)
    broadcast = make.broadcast(session, town, people)
    for _ in range(2):
        service.test_send(session, town.brand_id, broadcast.id, [people[0].id])
    assert towns.send_due(session) == 2, "whoever tries it twice sees it twice"
    assert make.sends_of(session, broadcast) == []


def test_before_it_begins_it_is_known_whom_it_reaches_and_whom_not(session: Session, town: towns.Town) -> None:
    happy = make.readers(session, town, 3)
    silent = make.readers(session, town, 2, agreed=False)
    gone = make.readers(session, town, 1, followed=False)
    refused = make.readers(session, town, 1)
    identity.refuse(session, refused[0], purpose=Purpose.marketing)
    broadcast = make.broadcast(session, town, [*happy, *silent, *gone, *refused])
    seen = service.forecast(session, broadcast)
    assert (seen.people, seen.reached) == (7, 3)
    assert seen.ways == {(town.service_account.appid, "service_template"): 3}
    assert seen.skipped == {"no_consent": 2, "not_following": 1, "refused": 1}
    assert seen.done_on is not None
    assert session.execute(select(func.count()).select_from(Send)).scalar_one() == 0


def test_what_stands_before_it_counts_when_it_will_be_done(session: Session, town: towns.Town, ahead: Any) -> None:
    """Ten a day, one of them kept: what others have planned, and have not planned yet, goes first."""
    town.service_account.settings = town.service_account.settings | {"quotas": {"service_account.send_template": 10}}
    ahead(3)
    people = make.readers(session, town, 7)
    today = limits.quota_day(clock.now(session))

    def days(of: Broadcast) -> int:
        seen = service.forecast(session, of)
        assert seen.done_on is not None
        return (seen.done_on - today).days

    new = make.broadcast(session, town, people)
    assert days(new) == 0
    make.begun(session, town, people)
    assert days(new) == 1, "seven of another are not planned yet"
    make.fed(session)
    assert days(new) == 1, "three of them are, now"
    make.begun(session, town, people)
    assert days(new) == 2
