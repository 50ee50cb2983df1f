"""What Tencent told us is forgotten in time, and never before everybody has heard it."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.events import service as events
from app.events.models import EventDelivery
from app.identity.models import WechatIdentity
from app.kit import queue
from app.wechat.models import AccountKind, WechatAccount, WechatInbox
from tests.factories import dealers as make
from tests.factories import tencent
from tests.factories import wechat as accounts


@pytest.fixture
def account(session: Session) -> WechatAccount:
    made = accounts.account(session, make.brand(session), AccountKind.service_account)
    session.commit()
    return made


@pytest.fixture
def follow(client: Any, account: WechatAccount) -> Any:
    """Tencent tells that a person follows."""

    def push(openid: str) -> None:
        message = {"FromUserName": openid, "CreateTime": 1700000000, "MsgType": "event", "Event": "subscribe", "EventKey": ""}
        assert tencent.push(client, account, tencent.xml(**message)).text == "success"

    return push


def _openids(session: Session) -> list[str]:
    session.expire_all()
    return [row.payload["FromUserName"] for row in session.execute(select(WechatInbox).order_by(WechatInbox.id)).scalars()]


def test_a_callback_is_forgotten_after_ninety_days_and_a_younger_one_is_still_the_same_when_it_comes_again(
    session: Session, follow: Any, deliver: Any, later: Any
) -> None:
    follow("open-old")
    deliver()
    later(days=89)
    queue.run("wechat.forget_callbacks")
    assert _openids(session) == ["open-old"]
    follow("open-young")
    deliver()
    later(days=1, minutes=1)
    queue.run("wechat.forget_callbacks")
    follow("open-young")
    assert _openids(session) == ["open-young"]


@pytest.mark.parametrize("dead", [False, True])
def test_a_callback_that_somebody_has_yet_to_hear_stays_until_he_has(
    session: Session, follow: Any, deliver: Any, later: Any, dead: bool
) -> None:
    follow("open-late")
    later(days=91)
    if dead:
        session.execute(update(EventDelivery).values(dead_at=EventDelivery.due_at))
        session.commit()
    queue.run("wechat.forget_callbacks")
    assert _openids(session) == ["open-late"]
    session.execute(update(EventDelivery).values(dead_at=None))
    deliver()
    assert session.execute(select(WechatIdentity.followed).filter_by(openid="open-late")).scalar_one() is True
    queue.run("wechat.forget_callbacks")
    assert _openids(session) == []


def test_a_callback_that_nobody_listens_for_goes_with_the_others(session: Session, client: Any, later: Any) -> None:
    mini = accounts.account(session, make.brand(session), AccountKind.mini_program)
    session.commit()
    message = {"FromUserName": "open-1", "CreateTime": 1700000000, "MsgType": "event", "Event": "wxa_media_check", "trace_id": "t"}
    assert tencent.push(client, mini, tencent.xml(**message)).text == "success"
    assert events.listeners("wechat.media_checked") == set()
    assert _openids(session) == ["open-1"]
    later(days=91)
    queue.run("wechat.forget_callbacks")
    assert _openids(session) == []
