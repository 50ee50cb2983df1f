"""Whoever asks too often hears when she may again; others are not concerned, and without Redis nobody is held up."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
import redis
from apiflask import APIFlask
from apiflask.fields import Integer, String
from flask import request

from app.kit import limits, queue, web
from app.kit.settings import Settings, settings
from app.kit.web import Schema, blueprint, resolves, stepwise


class ThingIn(Schema):
    n = Integer(required=True)
    visitor_id = String()


@pytest.fixture
def door(app: Any, monkeypatch: pytest.MonkeyPatch) -> APIFlask:
    """A door that may be passed three times a minute, and six from one address; the header X-Customer says who is signed in."""

    def who(_session: Any) -> web.Caller:
        name = request.headers.get("X-Customer")
        return web.Caller("visitor", customer=type("C", (), {"id": name})() if name else None)

    monkeypatch.setattr(web, "_resolvers", dict(web._resolvers))
    resolves("visitor")(who)
    given = settings().model_copy(update={"shares_per_minute": 3, "people_per_address": 2, "queue_prefix": uuid.uuid4().hex})
    monkeypatch.setattr(limits, "settings", lambda: given)
    doors = blueprint("things", audience="visitor")

    @doors.post("/")
    @limits.limited("shares_per_minute")
    @doors.input(ThingIn)
    @stepwise
    def pass_(_who: web.Caller, json_data: dict[str, int]) -> Any:
        return json_data

    small = APIFlask("small")
    web.install(small)
    small.register_blueprint(doors)
    return small


def ask(door: APIFlask, *, customer: str = "", address: str = "203.0.113.7", body: Any = None, device: str = "") -> Any:
    headers = {"X-Customer": customer} if customer else {}
    given = ({"n": 1} | ({"visitor_id": device} if device else {})) if body is None else body
    return door.test_client().post("/api/visitor/things/", json=given, headers=headers, environ_overrides={"REMOTE_ADDR": address})


def test_the_fourth_time_in_a_minute_is_refused_until_the_minute_is_over(door: APIFlask) -> None:
    assert [ask(door, device="one").status_code for _ in range(3)] == [200] * 3
    refused = ask(door, device="one")
    assert (refused.status_code, refused.json["error"], refused.json["message"]) == (429, "request.too_many", "操作太频繁，请稍候再试")
    assert 1 <= int(refused.headers["Retry-After"]) == refused.json["details"]["retry_after"] <= 60
    for key in queue.connection().scan_iter(f"{limits.settings().queue_prefix}.*"):
        assert 0 < queue.connection().ttl(key) <= 60
        queue.connection().delete(key)  # a minute later
    assert ask(door, device="one").status_code == 200


def test_everybody_is_counted_for_herself(door: APIFlask) -> None:
    for _ in range(4):
        last = [
            ask(door, device="one"),
            ask(door, device="two", address="203.0.113.8"),
            ask(door, customer="lin"),
            ask(door, customer="zhou"),
        ]
    assert {answer.status_code for answer in last} == {429}
    assert ask(door, customer="a stranger").status_code == 200


def test_one_device_that_asks_too_often_locks_out_nobody_behind_the_same_address(door: APIFlask) -> None:
    assert [ask(door, device="one").status_code for _ in range(4)] == [200] * 3 + [429]
    assert ask(door, device="two").status_code == ask(door).status_code == ask(door, customer="lin").status_code == 200


def test_a_device_that_changes_its_address_is_the_same(door: APIFlask) -> None:
    answers = [ask(door, device="one", address=f"203.0.113.{n}").status_code for n in range(4)]
    assert answers == [200] * 3 + [429]


def test_a_new_name_each_time_is_no_way_around_the_address(door: APIFlask) -> None:
    answers = [ask(door, device=f"device-{n}").status_code for n in range(7)]
    assert answers == [200] * 6 + [429]
    assert ask(door, address="203.0.113.9").status_code == 200


@pytest.mark.parametrize("body", [[1], "text", {"visitor_id": {"a": 1}}])
def test_a_body_that_names_no_device_is_counted_by_its_address(door: APIFlask, body: Any) -> None:
    assert {ask(door, body=body, device="").status_code for _ in range(3)} == {422}
    assert ask(door, device="one").status_code == 200


def test_another_address_is_no_way_around_for_who_is_signed_in(door: APIFlask) -> None:
    answers = [ask(door, customer="lin", address=f"203.0.113.{n}").status_code for n in range(4)]
    assert answers == [200] * 3 + [429]


def test_what_is_not_understood_counts_too(door: APIFlask) -> None:
    assert [ask(door, body={"n": "x", "visitor_id": "one"}).status_code for _ in range(4)] == [422] * 3 + [429]


def test_without_redis_nobody_is_held_up(door: APIFlask, monkeypatch: pytest.MonkeyPatch) -> None:
    nowhere = redis.Redis(port=9, socket_connect_timeout=1, retry=queue.connection().get_retry())
    monkeypatch.setattr(queue, "connection", lambda: nowhere)
    assert {ask(door).status_code for _ in range(5)} == {200}


def test_nought_is_as_often_as_they_like(door: APIFlask, monkeypatch: pytest.MonkeyPatch) -> None:
    unlimited = settings().model_copy(update={"shares_per_minute": 0})
    monkeypatch.setattr(limits, "settings", lambda: unlimited)
    assert {ask(door).status_code for _ in range(5)} == {200}


@pytest.mark.parametrize(
    ("path", "method"),
    [
        ("/api/visitor/identity/login", "post"),
        ("/api/customer/sharing/", "post"),
        ("/api/visitor/sharing/{share_id}/code", "get"),
        ("/api/visitor/events/", "post"),
    ],
)
def test_the_doors_that_cost_most_are_limited_and_say_so(app: Any, path: str, method: str) -> None:
    assert "`request.too_many`" in app.spec["paths"][path][method]["responses"]["429"]["description"]


@pytest.mark.parametrize(("name", "most"), [("logins_per_minute", 30), ("shares_per_minute", 60), ("event_batches_per_minute", 60)])
def test_a_deployment_that_sets_nothing_is_limited_to_what_people_need(name: str, most: int) -> None:
    assert 0 < Settings.model_fields[name].default <= most
