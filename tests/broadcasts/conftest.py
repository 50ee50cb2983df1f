"""A town with something to tell, and doors of Tencent that record what is asked of them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from app.broadcasts.service import feeding
from app.kit.settings import settings
from app.wechat import client as doors
from app.wechat.fake import FakeGateway
from tests.factories import broadcasts as make
from tests.factories import messaging


@pytest.fixture
def town(session: Session) -> messaging.Town:
    made = messaging.town(session)
    make.news(session, made)
    session.commit()
    return made


@pytest.fixture
def tencent(monkeypatch: pytest.MonkeyPatch) -> FakeGateway:
    fake = FakeGateway()
    monkeypatch.setattr(doors, "replacement", fake)
    return fake


@pytest.fixture
def ahead(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """How many messages are planned ahead at most."""

    def limit(most: int) -> None:
        monkeypatch.setattr(feeding, "settings", lambda: settings().model_copy(update={"broadcast_ahead": most}))

    return limit
