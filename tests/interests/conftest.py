"""A customer with her phone in hand, and the cars of a dealer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.interests.service import matching
from tests.factories import orders
from tests.interests.watcher import Watcher


@pytest.fixture
def market(session: Session) -> orders.Market:
    return orders.market(session)


@pytest.fixture
def her(session: Session, client: Any, market: orders.Market) -> Watcher:
    return Watcher(session, client, market)


@pytest.fixture
def settle(session: Session, deliver: Callable[[], int]) -> Callable[[], None]:
    """Let everybody hear what happened, and hold what changed against the saved searches."""

    def run() -> None:
        deliver()
        matching.follow(session)
        while matching.match_some(session):
            deliver()

    return run
