"""What becomes of cards when WeCom says nothing, and of what they say about somebody who left."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.identity import service as identity
from app.identity.models import Customer
from app.messaging import service
from app.messaging.models import Send
from app.wechat.fake import FakeGateway
from tests.factories import messaging as make


@pytest.fixture
def buyer(session: Session, town: make.Town) -> Customer:
    """She has paid a deposit, and her adviser is to hear of it."""
    made = make.follower(session, town)
    make.paid_order(session, town, made)
    return made


@pytest.fixture
def work(session: Session, deliver: Callable[[], int]) -> Callable[[], None]:
    def run() -> None:
        while deliver() + service.send_due():
            pass
        session.expire_all()

    return run


def cards(session: Session) -> list[tuple[Any, str]]:
    """Who was to get a card, and what became of it."""
    found = session.execute(select(Send).filter_by(channel="wecom_card").order_by(Send.id)).scalars()
    return [(send.staff_id, send.status) for send in found]


def test_when_nobody_knows_whether_the_adviser_heard_his_manager_hears(
    session: Session, town: make.Town, buyer: Customer, tencent: FakeGateway, work: Callable[[], None], later: Any
) -> None:
    tencent.fail("send_card", times=80)
    for _ in range(60):
        work()
        later(seconds=61)
        (adviser_id, status), *others = cards(session)
        if others:
            break
    assert status == "unknown"
    tencent._failures.clear()
    later(seconds=61)
    work()
    assert cards(session) == [(adviser_id, "unknown"), (town.manager.id, "accepted")]


def test_when_she_leaves_the_cards_about_her_say_nothing_more(
    session: Session, buyer: Customer, tencent: FakeGateway, work: Callable[[], None]
) -> None:
    work()
    kept = select(Send).where(Send.payload.is_not(None))
    assert session.execute(kept).scalars().all() != []
    identity.erase(session, buyer)
    work()
    assert session.execute(kept).scalars().all() == []
