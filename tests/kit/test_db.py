"""Connections that live, and doors that only look."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import column, select, table, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.kit import db
from dev.testing import wait_until

WHO = text("SELECT pg_backend_pid()")


def test_connections_that_the_server_ended_are_not_handed_out(committed: Callable[[], Any]) -> None:
    """As after a restart of PostgreSQL: all that lay in the pool are gone at once."""
    held = [db.engine().connect() for _ in range(4)]
    ended = {one.execute(WHO).scalar_one() for one in held}
    for one in held:
        one.close()
    end = text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = ANY(:pids) AND pid <> pg_backend_pid()")
    with db.engine().connect().execution_options(isolation_level="AUTOCOMMIT") as other:
        itself = other.execute(WHO).scalar_one()
        other.execute(end, {"pids": list(ended)})
        gone = text("SELECT count(*) = 0 FROM pg_stat_activity WHERE pid = ANY(:pids) AND pid <> pg_backend_pid()")
        wait_until(lambda: other.execute(gone, {"pids": list(ended)}).scalar_one())
    for _ in range(2 * len(held)):
        with committed() as session:
            assert session.execute(WHO).scalar_one() not in ended - {itself}


def test_who_only_looks_begins_nothing_and_sees_each_moment_for_itself(committed: Callable[[], Any]) -> None:
    session = db.new_session()
    db.only_looking(session)
    first, second = (session.execute(text("SELECT now()")).scalar_one() for _ in range(2))
    session.close()
    assert first < second
    with committed() as ordinary:
        db.only_looking(ordinary)
        first, second = (ordinary.execute(text("SELECT now()")).scalar_one() for _ in range(2))
        assert first == second, "what looked before goes back to transactions, and a running one goes on"


def test_a_claim_takes_as_many_rows_as_it_may_however_the_planner_runs_it(session: Session) -> None:
    session.execute(text("CREATE TEMPORARY TABLE waiting (id int, taken bool DEFAULT false) ON COMMIT DROP"))
    session.execute(text("INSERT INTO waiting SELECT generate_series(1, 20)"))
    waiting = table("waiting", column("id"), column("taken"))
    due = select(waiting.c.id).where(~waiting.c.taken).limit(3).with_for_update(skip_locked=True)
    # Nested loops without anything kept in between, as the planner takes them for a small table that it knows little of.
    for plan in ("hashjoin", "mergejoin", "hashagg", "sort", "material", "memoize"):
        session.execute(text(f"SET LOCAL enable_{plan} = off"))
    taken = update(waiting).values(taken=True).returning(waiting.c.id)
    assert len(session.execute(taken.where(waiting.c.id == db.one_of(due))).all()) == 3
    assert len(session.execute(taken.where(waiting.c.id == db.one_of(due))).all()) == 3


AWKWARD = ["", "null", "NULL", "a,b", "{}", '"', "\\", '\\"', "\\N", " x ", "两\n行", "'", "%s", "🚗"]


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        ("text", AWKWARD),
        ("text", [None, *AWKWARD, None]),
        ("text", []),
        ("text", [None, None]),
        ("uuid", [uuid.uuid4(), uuid.UUID(int=0)]),
        ("uuid", [uuid.uuid4(), None]),
        ("uuid", [None, uuid.uuid4()]),
        ("timestamptz", [None, datetime(2026, 11, 23, tzinfo=UTC)]),
        ("bytea", [None, b"\\x00", b""]),
        ("int", [None, 1]),
    ],
)
def test_a_list_arrives_as_it_was_given(session: Session, kind: str, given: list[Any]) -> None:
    asked = text(f"SELECT CAST(:given AS {kind}[]), array(SELECT one FROM unnest(CAST(:given AS {kind}[])) AS told (one))")
    assert session.execute(asked, {"given": given}).one() == (given, given)


def test_a_list_with_what_no_text_can_hold_is_refused_and_not_cut_short(session: Session) -> None:
    with pytest.raises(DBAPIError, match="NUL"):
        session.execute(text("SELECT CAST(:given AS text[])"), {"given": ["a", "b\0c"]})
