"""A page marker that we did not make is refused, whatever stands in it."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

import pytest

from app.kit import paging

MOMENT, ROW = datetime(2026, 11, 21, tzinfo=UTC), uuid.UUID(int=7)


def test_a_marker_of_ours_is_read_back() -> None:
    assert paging.moment_and_id(paging.encode(MOMENT, ROW)) == (MOMENT, ROW)


@pytest.mark.parametrize("key", [(5, 6), (None, None), ("x", ROW), (MOMENT, "x"), (MOMENT, 5), (MOMENT,), ([1], {})])
def test_a_marker_of_another_kind_is_refused(key: tuple[Any, ...]) -> None:
    with pytest.raises(paging.CursorInvalid):
        paging.moment_and_id(paging.encode(*key))


@pytest.mark.parametrize("marker", ["", "x", "é", "bnVsbA", "AAAA", "e30"])
def test_a_marker_that_is_none_is_refused(marker: str) -> None:
    with pytest.raises(paging.CursorInvalid):
        paging.moment_and_id(marker)


def test_a_value_that_no_column_takes_is_refused_and_no_fault_of_ours(client: Any, session: Any) -> None:
    answer = client.post("/api/public/staff/login", json={"username": "a\0", "password": "b"})
    assert (answer.status_code, answer.json["error"]) == (422, "request.invalid")
