"""A mini-program whose user nobody knows yet."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.orm import Session

from tests.factories.events import Phone


@pytest.fixture
def phone(session: Session, client: Any) -> Phone:
    return Phone(session, client)
