"""What a journey has planned waits with it while it is paused, and nothing else does."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.journeys import service
from app.journeys.models import Journey
from app.journeys.service import running
from app.kit import queue
from app.messaging.models import Send
from app.messaging.queries import story
from tests.factories import journeys as make
from tests.factories import messaging as make_town
from tests.journeys.deeds import Sweep


@pytest.fixture
def town(session: Session) -> make_town.Town:
    made = make_town.town(session)
    named = {"template_ids": {made.service_account.appid: "t"}}
    make_town.template(session, made, "service_template", {"thing1": "您好"}, key="greeting", **named)
    return made


def greeting(session: Session, town: make_town.Town, **config: Any) -> Journey:
    nodes = [make.node("hello", "send_message", template="greeting", **config), make.node("end", "end")]
    return make.journey(session, town.market.brand, make.graph(nodes, ways="hello>end"))


def fates(session: Session) -> dict[uuid.UUID, tuple[str, str | None]]:
    session.expire_all()
    return {uuid.UUID(one.context["journey_id"]): (one.status, one.error_code) for one in session.execute(select(Send)).scalars()}


def test_no_message_of_a_paused_journey_leaves_and_each_leaves_once_when_it_goes_on(
    session: Session, town: make_town.Town, wechat: Any, sweep: Sweep, later: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    paused, other, resting = (greeting(session, town) for _ in range(3))
    for _ in range(2):
        make.triggered(session, make_town.follower(session, town))
    sweep()
    for one in (paused, resting):
        service.pause(session, one)
    make_town.send_due(session)
    # Longer than a message is tried that nothing but time can help.
    later(hours=7)
    make_town.send_due(session)
    waits, left = ("planned", "journey_paused"), ("accepted", None)
    assert fates(session) == {paused.id: waits, resting.id: waits, other.id: left}
    assert len(wechat.calls_of("send_template")) == 2
    told = story(session, session.execute(select(Send).where(Send.status == "planned")).scalars().all()[0])
    assert any("旅程已暂停" in line.sentence for line in told)
    service.resume(session, paused)
    session.commit()
    monkeypatch.setattr(running, "AT_A_TIME", 1)
    for _ in range(3):
        queue.run("journeys.let_messages_go")
    for _ in range(2):
        make_town.send_due(session)
    assert fates(session) == {paused.id: left, resting.id: waits, other.id: left}
    assert len(wechat.calls_of("send_template")) == 4


def test_a_message_of_a_paused_journey_that_is_out_of_date_is_not_sent_and_a_lost_ring_delays_the_others_only(
    session: Session, town: make_town.Town, wechat: Any, sweep: Sweep, later: Any
) -> None:
    old, fresh = greeting(session, town, expires_hours=1), greeting(session, town)
    make.triggered(session, make_town.follower(session, town))
    sweep()
    for one in (old, fresh):
        service.pause(session, one)
    make_town.send_due(session)
    later(hours=2)
    for one in (old, fresh):
        service.resume(session, one)
    make_town.send_due(session)
    assert fates(session) == {old.id: ("skipped", "expired"), fresh.id: ("accepted", None)}
    assert len(wechat.calls_of("send_template")) == 1
