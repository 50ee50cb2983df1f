"""A town in this test's transaction, and doors of Tencent that record what is asked of them."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from app.messaging.models import Send
from app.wechat import client as doors
from app.wechat.fake import FakeGateway
from tests.factories import messaging as make


@pytest.fixture
def town(session: Session) -> make.Town:
    made = make.town(session)
    session.commit()
    return made


@pytest.fixture
def tencent(monkeypatch: pytest.MonkeyPatch) -> FakeGateway:
    fake = FakeGateway()
    monkeypatch.setattr(doors, "replacement", fake)
    return fake


@pytest.fixture
def paid(session: Session, town: make.Town) -> Send:
    """The planned message about a paid deposit."""
    buyer = make.follower(session, town)
    order = make.paid_order(session, town, buyer)
    return make.plan(session, town, buyer, context={"order_id": order.id})
