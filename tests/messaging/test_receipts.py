"""What WeChat says later about a message it took is noted, whenever it comes."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.events import service as events
from app.kit import db
from app.messaging.models import Send
from app.wechat.fake import FakeGateway
from tests.factories import messaging as make


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
