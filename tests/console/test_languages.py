"""The console reads the server's texts in the language that it asks for; what is stored and what customers read is Chinese."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import cast, literal, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from app.kit import texts
from app.kit.texts import t
from tests.console.conftest import Desk, World

CHINESE = re.compile(r"[　-〿一-鿿＀-￯]")
ENGLISH = {"Accept-Language": "en"}


@pytest.fixture
def marketer(app: Any, world: World) -> Desk:
    return Desk(app, world.marketer)


def words_of(node: Any) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict | list):
        for one in node.values() if isinstance(node, dict) else node:
            yield from words_of(one)


def test_every_kind_of_a_journey_is_described_in_english_to_who_asks_for_it(marketer: Desk) -> None:
    told = marketer.client.get("/api/staff/journeys/palette", headers=ENGLISH).json
    assert len(told["nodes"]) > 10
    strays = {word for word in words_of(told) if CHINESE.search(word)}
    assert strays == set()
    assert any(CHINESE.search(word) for word in words_of(marketer.get("journeys/palette").json))


@pytest.mark.parametrize(
    ("kind", "config", "said"),
    [
        ("wait", {"amount": 2, "unit": "day"}, "Waits 2 day(s)"),
        ("staff_task", {"to": "owner", "title": "call", "hours": 2}, "Asks her adviser to do “call” within 2 hours"),
        (
            "split",
            {"arms": [{"port": "a", "label": "A", "percent": 50}, {"port": "b", "label": "B", "percent": 50}]},
            "Splits at random: A 50%, B 50%",
        ),
        (
            "wait_for",
            {
                "tree": {
                    "any": [
                        {"kind": "city", "config": {"cities": ["A", "B"]}},
                        {
                            "all": [
                                {"kind": "vehicle_viewed", "config": {"at_least": 2, "condition": ["used"]}},
                                {"kind": "favourite", "config": {}},
                            ]
                        },
                    ]
                },
                "amount": 1,
                "unit": "day",
            },
            "Waits for “lives in A, B, or (at least 2 times looked at a car (Used), and marked a car as favourite)”, at most 1 day(s)",
        ),
    ],
)
def test_a_sentence_put_together_of_several_texts_is_english_as_a_whole(marketer: Desk, kind: str, config: Any, said: str) -> None:
    body = {"parts": [{"part": "nodes", "kind": kind, "config": config}]}
    answer = marketer.client.post("/api/staff/journeys/palette/describe", json=body, headers=ENGLISH)
    assert answer.status_code == 200, answer.text
    assert answer.json["parts"][0]["summary"] == said


def test_a_refusal_and_the_fields_at_fault_are_told_in_english(marketer: Desk) -> None:
    key = ENGLISH | {"Idempotency-Key": uuid.uuid4().hex}
    refused = marketer.client.post("/api/staff/journeys/", json={"name": "", "key": 7}, headers=key)
    assert (refused.status_code, refused.json["message"]) == (422, "Check these: name, key")
    missing = marketer.client.get(f"/api/staff/journeys/{uuid.uuid4()}/draft", headers=ENGLISH).json
    assert missing["message"] == "This journey is not there"


@pytest.mark.parametrize("asked", [None, "zh-CN", "de", "*", "en;q=0.1, zh-CN"])
def test_staff_read_chinese_unless_they_ask_for_english(app: Any, asked: str | None) -> None:
    headers = {"Accept-Language": asked} if asked else {}
    assert app.test_client().get("/api/staff/journeys/", headers=headers).json["message"] == "请先登录"


@pytest.mark.parametrize("path", ["customer/orders/", "visitor/identity/login", "partner/people/"])
def test_nobody_but_staff_is_answered_in_english(app: Any, path: str) -> None:
    answer = app.test_client().post(f"/api/{path}", json={}, headers=ENGLISH | {"Idempotency-Key": uuid.uuid4().hex})
    assert answer.status_code >= 400
    assert CHINESE.search(answer.json["message"])


def test_a_text_is_stored_in_chinese_however_it_was_put_together(session: Session) -> None:
    said = t("journeys.nodes.add_tag.summary", tag="vip") + texts.aside([t("roles.admin"), "x"])
    whole = "添加标签「vip」（总部管理员、x）"
    assert session.execute(select(literal(said), cast({"said": said}, JSONB))).one() == (whole, {"said": whole})


def test_a_text_does_not_stay_english_after_the_request_that_asked_for_it(marketer: Desk) -> None:
    marketer.client.get("/api/staff/journeys/palette", headers=ENGLISH)
    assert (texts.spoken(), t("roles.admin")) == (texts.LANGUAGE, "总部管理员")
