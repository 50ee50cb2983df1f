"""Every answer has one shape, and a repeated request changes nothing."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from apiflask import APIFlask
from apiflask.fields import Integer
from flask import g
from sqlalchemy import func, select

from app.events.models import Event
from app.events.service import record
from app.kit import clock, db, idempotency, queue, web
from app.kit.errors import Conflict
from app.kit.idempotency import idempotent
from app.kit.web import Schema, blueprint, raises, resolves, stepwise
from tests.factories import dealers as make


class Full(Conflict):
    code, message = "tests.full", "It is full."


class OrderIn(Schema):
    n = Integer(required=True)


@pytest.fixture
def door(app: Any, committed: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """An application with one door that records a fact per call and answers with a number of its own."""
    with committed() as session:
        brand_id = make.brand(session).id
    monkeypatch.setitem(web._resolvers, "customer", web._resolvers["public"])
    resolves("customer")(lambda _session: web.Caller("customer", brand_id=brand_id, customer=type("C", (), {"id": "her"})()))
    doors = blueprint("things", audience="customer")
    calls: list[int] = []

    @doors.post("/")
    @idempotent
    @raises(Full)
    @doors.input(OrderIn)
    @stepwise
    def order(who: web.Caller, json_data: dict[str, int]) -> Any:
        calls.append(json_data["n"])
        if json_data["n"] == 409:
            raise Full
        if json_data["n"] == 500:
            raise RuntimeError("13812345678 is a secret")
        with db.transaction() as session:
            if json_data["n"] == 503:
                session.execute(select(func.pg_terminate_backend(func.pg_backend_pid())))
            record(session, "vehicle.sold", brand_id=who.brand_id, data={"key": g.idempotency_key})
        return {"call": len(calls)}, 201

    small = APIFlask("small")
    web.install(small)
    small.register_blueprint(doors)
    small.calls = calls
    return small


def _facts() -> int:
    with db.transaction() as session:
        return session.execute(select(func.count()).select_from(Event)).scalar_one()


def test_a_repeated_key_gets_the_first_answer_byte_for_byte(door: Any) -> None:
    client = door.test_client()
    headers = {"Idempotency-Key": "key-00000001"}
    first = client.post("/api/customer/things/", json={"n": 1}, headers=headers)
    again = client.post("/api/customer/things/", json={"n": 1}, headers=headers)
    assert first.status_code == again.status_code == 201
    assert first.data == again.data
    assert _facts() == 1


def test_a_key_is_good_for_one_request_only(door: Any) -> None:
    client = door.test_client()
    headers = {"Idempotency-Key": "key-00000001"}
    client.post("/api/customer/things/", json={"n": 1}, headers=headers)
    other = client.post("/api/customer/things/", json={"n": 2}, headers=headers)
    assert (other.status_code, other.json["error"]) == (422, "idempotency.key_reused")
    assert _facts() == 1


@pytest.mark.parametrize("key", ["", "short", "has blanks in it", "x" * 65])
def test_a_request_without_a_proper_key_is_refused_before_anything_happens(door: Any, key: str) -> None:
    answer = door.test_client().post("/api/customer/things/", json={"n": 1}, headers={"Idempotency-Key": key})
    assert (answer.status_code, answer.json["error"]) == (422, "idempotency.key_missing")
    assert door.calls == []


def test_fifty_parallel_requests_with_one_key_are_one_request(door: Any) -> None:
    answers: list[tuple[int, bytes]] = []
    start = threading.Barrier(50)

    def ask() -> None:
        start.wait()
        answer = door.test_client().post("/api/customer/things/", json={"n": 1}, headers={"Idempotency-Key": "key-00000001"})
        answers.append((answer.status_code, answer.data))

    threads = [threading.Thread(target=ask) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert _facts() == 1
    assert {status for status, _ in answers} <= {201, 409}
    assert len({body for status, body in answers if status == 201}) == 1


def test_a_refusal_frees_the_key(door: Any) -> None:
    client = door.test_client()
    headers = {"Idempotency-Key": "key-00000001"}
    assert client.post("/api/customer/things/", json={"n": 409}, headers=headers).status_code == 409
    assert client.post("/api/customer/things/", json={"n": 1}, headers=headers).status_code == 201


def test_what_a_dead_process_left_is_taken_over_after_its_lease(door: Any) -> None:
    client = door.test_client()
    with db.transaction() as session:
        session.add(
            idempotency.IdempotentAnswer(
                caller="customer:her",
                key="key-00000001",
                request_hash=_hash(b'{"n": 1}'),
                lease_until=clock.wall(session) + idempotency.LEASE,
            )
        )
    headers = {"Idempotency-Key": "key-00000001", "Content-Type": "application/json"}
    busy = client.post("/api/customer/things/", data=b'{"n": 1}', headers=headers)
    assert (busy.status_code, busy.json["error"], busy.headers["Retry-After"]) == (409, "idempotency.in_progress", "1")
    with db.transaction() as session:
        session.execute(idempotency.IdempotentAnswer.__table__.update().values(lease_until=clock.wall(session) - idempotency.LEASE))
    assert client.post("/api/customer/things/", data=b'{"n": 1}', headers=headers).status_code == 201


def test_a_first_request_that_comes_back_late_keeps_nothing_and_frees_nothing(door: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer that counts is the one of whoever took the key over."""
    client = door.test_client()
    headers = {"Idempotency-Key": "key-00000001"}

    def late(*given: Any) -> None:
        # While the first one was at work its lease ran out, and a second request took over and was answered.
        with db.transaction() as session:
            session.execute(idempotency.IdempotentAnswer.__table__.update().values(fence=2, status=201, body=b'{"call": "second"}'))
        keep(*given)

    keep = idempotency._keep
    monkeypatch.setattr(idempotency, "_keep", late)
    first = client.post("/api/customer/things/", json={"n": 1}, headers=headers)
    assert (first.status_code, first.json["error"]) == (409, "idempotency.in_progress")
    assert client.post("/api/customer/things/", json={"n": 1}, headers=headers).data == b'{"call": "second"}'


def test_old_answers_are_forgotten_and_young_ones_kept(door: Any) -> None:
    client = door.test_client()
    for key in ("key-00000001", "key-00000002"):
        client.post("/api/customer/things/", json={"n": 1}, headers={"Idempotency-Key": key})
    with db.transaction() as session:
        answers = idempotency.IdempotentAnswer
        old = clock.now(session) - idempotency.KEPT_FOR - idempotency.LEASE
        session.execute(answers.__table__.update().where(answers.key == "key-00000001").values(created_at=old))
    queue.run("kit.forget_answers")
    with db.transaction() as session:
        assert session.execute(select(answers.key)).scalars().all() == ["key-00000002"]


def _hash(body: bytes) -> str:
    import hashlib

    return hashlib.sha256(b"POST /api/customer/things/\n" + body).hexdigest()


def test_a_bug_answers_with_a_request_id_and_without_details(door: Any, caplog: pytest.LogCaptureFixture) -> None:
    answer = door.test_client().post("/api/customer/things/", json={"n": 500}, headers={"Idempotency-Key": "key-00000001"})
    assert answer.status_code == 500
    assert answer.json["error"] == "internal"
    assert answer.json["request_id"]
    assert "13812345678" not in answer.text


def test_a_database_that_is_away_is_no_bug_and_the_next_request_is_answered(door: Any) -> None:
    client, headers = door.test_client(), {"Idempotency-Key": "key-00000001"}
    answer = client.post("/api/customer/things/", json={"n": 503}, headers=headers)
    assert answer.status_code == 503
    assert answer.json["error"] == "request.unavailable"
    assert client.post("/api/customer/things/", json={"n": 1}, headers=headers).status_code == 201


def test_a_wrong_field_is_named_in_the_answer(door: Any) -> None:
    answer = door.test_client().post("/api/customer/things/", json={"n": "many"}, headers={"Idempotency-Key": "key-00000001"})
    assert answer.status_code == 422
    assert list(answer.json["details"]) == ["n"]
    assert "n" in answer.json["message"]


def test_the_openapi_description_names_the_refusals_of_a_door(app: Any) -> None:
    described = app.test_client().get("/openapi.json").json["paths"]["/api/public/staff/login"]["post"]["responses"]
    assert "dealers.login_locked" in described["429"]["description"]
    assert {"401", "422", "500"} <= set(described)


def test_the_openapi_description_says_how_each_audience_says_who_it_is(app: Any) -> None:
    described = app.test_client().get("/openapi.json").json
    paths, schemes = described["paths"], described["components"]["securitySchemes"]
    assert {"appid": []} in paths["/api/visitor/identity/login"]["post"]["security"]
    assert schemes["appid"]["name"] == "X-Appid"
    reserve = paths["/api/customer/orders/"]["post"]
    assert [schemes[name]["scheme"] for one in reserve["security"] for name in one] == ["bearer"]
    assert [(one["in"], one["name"], one["required"]) for one in reserve["parameters"]] == [("header", "Idempotency-Key", True)]
    assert "security" not in paths["/api/public/staff/login"]["post"]


def test_a_body_of_another_kind_is_refused_without_inner_names(door: Any) -> None:
    answer = door.test_client().post("/api/customer/things/", json=[1], headers={"Idempotency-Key": "key-00000002"})
    assert answer.status_code == 422
    assert "_schema" not in answer.json["message"]
