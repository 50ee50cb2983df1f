"""Every answer has one shape, and the OpenAPI description tells it."""

from __future__ import annotations

from typing import Any

import pytest


def test_a_bug_answers_with_a_request_id_and_without_details(door: Any, caplog: pytest.LogCaptureFixture) -> None:
    answer = door.test_client().post("/api/customer/things/", json={"n": 500}, headers={"Idempotency-Key": "key-00000001"})
    assert answer.status_code == 500
    assert answer.json["error"] == "internal"
    assert answer.json["request_id"]
    assert "13812345678" not in answer.text


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
