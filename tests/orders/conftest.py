"""The same workers as in the tests of payments, and an order whose buyer is about to pay."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from app.wechat.fake import FakeGateway
from tests.factories.payments import Works
from tests.orders.case import Case, begun
from tests.payments.conftest import works

__all__ = ["works"]


@pytest.fixture
def case(session: Session, wechat: FakeGateway, works: Works) -> Case:
    return begun(session, wechat, works)
