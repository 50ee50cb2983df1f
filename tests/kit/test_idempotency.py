"""A repeated request changes nothing, whether its door is one transaction or works in steps."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from sqlalchemy import func, select

from app.events.models import Event
from app.kit import clock, crypto, db, idempotency, queue
from app.kit.idempotency import IdempotentAnswer

BOTH = pytest.mark.parametrize("path", ["", "whole"], ids=["stepwise", "transactional"])
KEY = {"Idempotency-Key": "key-00000001"}


def ask(door: Any, path: str = "", *, n: int = 1, headers: dict[str, str] = KEY) -> Any:
    return door.test_client().post(f"/api/customer/things/{path}", json={"n": n}, headers=headers)


def facts() -> int:
    with db.transaction() as session:
        return session.execute(select(func.count()).select_from(Event)).scalar_one()


def kept() -> list[IdempotentAnswer]:
    with db.transaction() as session:
        return list(session.execute(select(IdempotentAnswer)).scalars())


def change(**values: Any) -> None:
    with db.transaction() as session:
        session.execute(IdempotentAnswer.__table__.update().values(**values))


@BOTH
def test_a_repeated_key_gets_the_first_answer_byte_for_byte(door: Any, path: str) -> None:
    first, again = ask(door, path), ask(door, path)
    assert (first.status_code, first.json) == (201, {"call": 1})
    assert (again.status_code, again.data, again.mimetype) == (first.status_code, first.data, first.mimetype)
    assert facts() == len(door.calls) == 1


@BOTH
def test_a_key_is_good_for_one_request_only(door: Any, path: str) -> None:
    ask(door, path)
    elsewhere = "" if path else "whole"
    for other in (ask(door, path, n=2), ask(door, f"{path}?n=2"), ask(door, elsewhere)):
        assert (other.status_code, other.json["error"]) == (422, "idempotency.key_reused")
    assert facts() == 1


@pytest.mark.parametrize("key", ["", "short", "has blanks in it", "x" * 65])
def test_a_request_without_a_proper_key_is_refused_before_anything_happens(door: Any, key: str) -> None:
    answer = ask(door, headers={"Idempotency-Key": key})
    assert (answer.status_code, answer.json["error"]) == (422, "idempotency.key_missing")
    assert door.calls == []


def test_a_door_that_needs_no_key_works_without_one_each_time_anew_but_takes_no_wrong_one(door: Any) -> None:
    assert [ask(door, "whole", headers={}).json["call"] for _ in range(2)] == [1, 2]
    assert kept() == []
    assert ask(door, "whole", headers={"Idempotency-Key": "short"}).json["error"] == "idempotency.key_missing"
    assert facts() == 2


@BOTH
def test_many_parallel_requests_with_one_key_are_one_request(real_door: Any, path: str) -> None:
    answers: list[tuple[int, bytes]] = []
    start = threading.Barrier(30)

    def tap() -> None:
        start.wait()
        answer = ask(real_door, path)
        answers.append((answer.status_code, answer.data if answer.status_code == 201 else answer.json["error"]))

    threads = [threading.Thread(target=tap) for _ in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert facts() == 1
    assert len({body for status, body in answers if status == 201}) == 1
    assert {body for status, body in answers if status != 201} <= {"idempotency.in_progress"}


@BOTH
@pytest.mark.parametrize("trouble", [409, 500, 501])
def test_what_fails_leaves_nothing_behind_and_frees_the_key(door: Any, path: str, trouble: int) -> None:
    """501: the answer itself cannot be written down. In a transaction that undoes what was done for it, too."""
    happened = 1 if (path, trouble) == ("", 501) else 0
    assert ask(door, path, n=trouble).status_code == (500 if trouble == 501 else trouble)
    assert (facts(), kept()) == (happened, [])
    assert ask(door, path).status_code == 201


@BOTH
def test_a_database_that_goes_away_is_no_bug_and_the_next_request_is_answered(real_door: Any, path: str) -> None:
    answer = ask(real_door, path, n=503)
    assert (answer.status_code, answer.json["error"]) == (503, "request.unavailable")
    assert ask(real_door, path).status_code == 201
    assert facts() == 1


@BOTH
def test_an_answer_that_cannot_be_kept_was_never_given(door: Any, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process dies between effect and answer: a transaction forgets both, steps are taken again after the lease."""

    def dies(_answer: Any) -> Any:
        raise SystemExit

    with monkeypatch.context() as crash:
        crash.setattr(idempotency, "_kept", dies)
        with pytest.raises(SystemExit):
            ask(door, path)
    if path:
        assert (facts(), kept()) == (0, [])
    else:
        assert (facts(), [one.status for one in kept()]) == (1, [None])
        change(lease_until=func.clock_timestamp())
    assert ask(door, path).status_code == 201
    assert ask(door, path).json == {"call": 2}


def test_what_a_dead_process_left_is_taken_over_after_its_lease(door: Any) -> None:
    ask(door)
    with db.transaction() as session:
        at_work_until = clock.wall(session) + idempotency.LEASE
    change(status=None, body=None, lease_until=at_work_until)
    busy = ask(door)
    assert (busy.status_code, busy.json["error"], busy.headers["Retry-After"]) == (409, "idempotency.in_progress", "1")
    assert ask(door, n=2).json["error"] == "idempotency.key_reused"
    change(lease_until=at_work_until - 2 * idempotency.LEASE)
    assert ask(door, n=2).json["error"] == "idempotency.key_reused"
    assert ask(door).status_code == 201


def test_a_first_request_that_comes_back_late_keeps_nothing_and_frees_nothing(door: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer that counts is the one of whoever took the key over."""
    keep = idempotency._keep

    def late(*given: Any) -> None:
        # While the first one was at work its lease ran out, and a second request took over and was answered.
        change(fence=2, status=201, body=crypto.encrypt(b'{"call": "second"}'))
        keep(*given)

    monkeypatch.setattr(idempotency, "_keep", late)
    first = ask(door)
    assert (first.status_code, first.json["error"]) == (409, "idempotency.in_progress")
    assert ask(door).data == b'{"call": "second"}'


@BOTH
def test_a_kept_answer_is_unreadable_at_rest(door: Any, path: str) -> None:
    first = ask(door, path)
    (row,) = kept()
    assert first.data.strip() not in row.body
    assert crypto.decrypt(row.body) == first.data


@BOTH
def test_an_answer_too_long_to_be_kept_is_not_made_twice(door: Any, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(idempotency, "MOST_BYTES", 5)
    assert ask(door, path).status_code == 201
    again = ask(door, path)
    assert (again.status_code, again.json["error"]) == (409, "idempotency.answer_too_long")
    assert facts() == 1


def test_old_answers_are_forgotten_and_young_ones_kept(door: Any) -> None:
    for key in ("key-00000001", "key-00000002"):
        ask(door, headers={"Idempotency-Key": key})
    with db.transaction() as session:
        old = clock.now(session) - idempotency.KEPT_FOR - idempotency.LEASE
        session.execute(IdempotentAnswer.__table__.update().where(IdempotentAnswer.key == "key-00000001").values(created_at=old))
    queue.run("kit.forget_answers")
    assert [one.key for one in kept()] == ["key-00000002"]


def test_a_callers_answers_are_forgotten_with_her(door: Any) -> None:
    ask(door)
    with db.transaction() as session:
        idempotency.forget(session, "staff", "her")
        idempotency.forget(session, "customer", "another")
    assert len(kept()) == 1
    with db.transaction() as session:
        idempotency.forget(session, "customer", "another", "her")
    assert kept() == []
