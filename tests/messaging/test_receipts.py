"""What WeChat says later about a message it took is noted, whenever it comes."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.events import service as events
from app.kit import clock, db
from app.messaging.models import Send
from app.messaging.service import hearing
from app.wechat import service as wechat
from app.wechat.fake import TIMEOUT, FakeGateway
from tests.factories import messaging as make
from tests.messaging.test_credits import allowed


def told(session: Session, town: make.Town, msgid: Any, status: str) -> None:
    data = {"msgid": str(msgid), "status": status, "inbox_id": str(db.new_id())}
    events.record(session, "wechat.template_delivered", brand_id=town.brand_id, data=data)


def test_success_is_noted_once(session: Session, town: make.Town, tencent: FakeGateway, paid: Send, deliver: Any) -> None:
    make.send_due(session)
    told(session, town, paid.msgid, "success")
    told(session, town, paid.msgid, "success")
    deliver()
    assert paid.delivery == "success"
    assert make.facts(session, paid) == ["message.accepted", "message.delivered"]


@pytest.mark.parametrize("status", ["failed:user block", "failed: system failed", "failed:freq limit"])
def test_failure_is_visible(session: Session, town: make.Town, tencent: FakeGateway, paid: Send, deliver: Any, status: str) -> None:
    make.send_due(session)
    told(session, town, paid.msgid, status)
    deliver()
    assert (paid.status, paid.delivery, paid.error_message) == ("accepted", "failed", status)
    assert make.facts(session, paid) == ["message.accepted", "message.undelivered"]


def test_a_receipt_that_comes_before_the_answer_waits_for_it(
    session: Session, town: make.Town, tencent: FakeGateway, paid: Send, deliver: Any, later: Any
) -> None:
    expected = 2**61 + 1
    told(session, town, expected, "success")
    deliver()
    assert paid.delivery is None
    make.send_due(session)
    assert paid.msgid == str(expected)
    later(seconds=5)
    deliver()
    assert paid.delivery == "success"


def test_a_receipt_that_is_nobodys_is_let_go_in_the_end(
    session: Session, town: make.Town, tencent: FakeGateway, deliver: Any, later: Any
) -> None:
    told(session, town, 42, "success")
    deliver()
    later(minutes=6)
    assert deliver() >= 1


def test_another_brands_receipt_is_not_ours(session: Session, town: make.Town, tencent: FakeGateway, paid: Send, deliver: Any) -> None:
    make.send_due(session)
    told(session, make.town(session), paid.msgid, "success")
    deliver()
    assert paid.delivery is None


def sent_event(session: Session, town: make.Town, openid: str, msgid: str, *, status: str = "success") -> None:
    """WeChat tells what became of a subscribe message."""
    listed = f"<List><TemplateId>t1</TemplateId><MsgID>{msgid}</MsgID><ErrorCode>0</ErrorCode><ErrorStatus>{status}</ErrorStatus></List>"
    head = f"<ToUserName>gh_1</ToUserName><FromUserName>{openid}</FromUserName><MsgType>event</MsgType>"
    at = int(clock.now(session).timestamp())
    told = f"<Event>subscribe_msg_sent_event</Event><SubscribeMsgSentEvent>{listed}</SubscribeMsgSentEvent>"
    wechat.receive_message(session, town.market.mini, f"<xml>{head}<CreateTime>{at}</CreateTime>{told}</xml>")


@pytest.mark.parametrize(("status", "delivery"), [("success", "success"), ("user refuse", "failed")])
def test_a_message_of_which_nobody_knew_whether_it_left_is_settled_by_its_receipt(
    session: Session, town: make.Town, tencent: FakeGateway, deliver: Any, later: Any, status: str, delivery: str
) -> None:
    her, other = make.follower(session, town), make.follower(session, town)
    (key, openid), (others_key, _) = allowed(session, town, her), allowed(session, town, other)
    sends = [make.plan(session, town, to, template, channel="subscribe_message") for to, template in ((her, key), (other, others_key))]
    tencent.fail("send_subscribe", TIMEOUT, times=2)
    make.send_due(session)
    assert {one.status for one in sends} == {"unknown"}
    sent_event(session, town, openid, "700", status=status)
    for _ in range(2):
        deliver()
        later(minutes=6)
    session.expire_all()
    assert [(one.status, one.delivery, one.msgid) for one in sends] == [("accepted", delivery, "700"), ("unknown", None, None)]
    end = "message.delivered" if delivery == "success" else "message.undelivered"
    assert make.facts(session, sends[0]) == ["message.unknown", "message.accepted", end]
    assert len(tencent.calls) == 2, "nothing is sent again"


def test_of_two_unknown_messages_a_receipt_settles_none(
    session: Session, town: make.Town, tencent: FakeGateway, deliver: Any, later: Any
) -> None:
    her = make.follower(session, town)
    key, openid = allowed(session, town, her, times=2)
    sends = [make.plan(session, town, her, key, channel="subscribe_message") for _ in range(2)]
    tencent.fail("send_subscribe", TIMEOUT, times=2)
    make.send_due(session)
    sent_event(session, town, openid, "700")
    for _ in range(2):
        deliver()
        later(minutes=6)
    session.expire_all()
    assert {(one.status, one.delivery) for one in sends} == {("unknown", None)}


def test_a_receipt_that_came_before_the_worker_died_says_that_the_message_left(
    session: Session, town: make.Town, tencent: FakeGateway, paid: Send, later: Any
) -> None:
    tencent.fail("send_template", TIMEOUT)
    make.send_due(session)
    hearing.note(session, paid, arrived=True, status="success")
    later(minutes=10)
    make.send_due(session)
    assert (paid.status, paid.delivery, paid.error_code) == ("accepted", "success", None)
