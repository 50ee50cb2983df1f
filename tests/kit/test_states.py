"""A row is moved by whoever sees it as it is; who is late is told so and changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.kit.states import StateMoved
from app.orders import queries
from app.orders.models import RESERVATION, Reservation
from tests.factories import orders as make


def test_a_step_that_the_table_does_not_have_is_a_bug(session: Session) -> None:
    market = make.market(session)
    hold = queries.hold(session, make.order(session, market, make.buyer(session, market)).id)
    with pytest.raises(RuntimeError, match="no way from 'soft_held' to 'converted'"):
        RESERVATION.move(session, hold, "converted")


def test_who_saw_an_older_status_moves_nothing(committed: Callable[[], Any]) -> None:
    with committed() as session:
        market = make.market(session)
        hold_id = queries.hold(session, make.order(session, market, make.buyer(session, market)).id).id
    with committed() as session:
        seen = session.get_one(Reservation, hold_id)
    with committed() as fast:
        RESERVATION.move(fast, fast.get_one(Reservation, hold_id), "hard_held")
    with pytest.raises(StateMoved), committed() as slow:
        RESERVATION.move(slow, slow.merge(seen, load=False), "expiring")
    with committed() as session:
        assert session.get_one(Reservation, hold_id).status == "hard_held"
