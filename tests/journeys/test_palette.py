"""What the console draws from: every kind with its group, a schema that takes what the kind takes, and words for settings."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.dealers.models import Role, Staff
from app.journeys.graph import Graph
from app.journeys.service import palette
from app.journeys.service.describing import PARTS, of_part
from app.kit.json_schemas import EDITORS, REFERENCES, json_schema
from tests.factories import dealers as make_dealers
from tests.factories import tags as make_tags
from tests.journeys.test_drafts import ask, signed_in

KINDS = [(part, name) for part in PARTS for name in sorted(of_part(part))]


@pytest.fixture
def marketer(session: Session) -> Staff:
    made = make_dealers.staff(session, make_dealers.brand(session), Role.marketer)
    session.commit()
    return made


@pytest.fixture
def at_work(client: Any, marketer: Staff) -> Any:
    return signed_in(client, marketer)


def described(client: Any, *parts: dict[str, Any], status: int = 200) -> Any:
    return ask(client, "POST", "/palette/describe", {"parts": list(parts)}, status=status)


def node(kind: str, **config: Any) -> dict[str, Any]:
    return {"part": "nodes", "kind": kind, "config": config}


TYPES: dict[str, Any] = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
    "null": type(None),
}


def wrong(schema: dict[str, Any], value: Any, at: str = "") -> Iterator[str]:
    """What a reader of JSON Schema would have against a value; the words that ours are written with, and no others."""
    types = [schema["type"]] if isinstance(schema.get("type"), str) else schema.get("type", [])
    if types and not any(isinstance(value, TYPES[one]) for one in types):
        yield f"{at} is no {types}"
    if "oneOf" in schema and value not in [one["const"] for one in schema["oneOf"]]:
        yield f"{at} is none of {schema['oneOf']}"
    if isinstance(value, int) and not schema.get("minimum", value) <= value <= schema.get("maximum", value):
        yield f"{at} is out of bounds"
    if isinstance(value, str):
        if not schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value)):
            yield f"{at} is too long or too short"
        if "pattern" in schema and not re.search(schema["pattern"], value):
            yield f"{at} is no {schema['pattern']}"
    if isinstance(value, list):
        for place, one in enumerate(value):
            yield from wrong(schema["items"], one, f"{at}.{place}")
    if isinstance(value, dict) and "properties" in schema:
        yield from (f"{at}.{name} is missing" for name in schema["required"] if name not in value)
        for name, one in value.items():
            if name in schema["properties"]:
                yield from wrong(schema["properties"][name], one, f"{at}.{name}")
            else:
                yield f"{at}.{name} is not known"


def properties(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for one in schema.get("properties", {}).values():
        yield one
        yield from properties(one)
        yield from properties(one.get("items", {}))


@pytest.mark.parametrize(("part", "name"), KINDS)
def test_every_setting_of_every_kind_has_a_chinese_title_and_every_choice_a_name(part: str, name: str) -> None:
    for one in properties(json_schema(of_part(part)[name].Config)):
        assert re.search(r"[一-鿿]", one["title"]), one
        assert one.get("x-reference") is None or one["x-reference"] in REFERENCES
        assert one.get("x-editor") is None or one["x-editor"] in EDITORS
        for choice in one.get("oneOf", []):
            assert choice["const"] is None or re.search(r"[一-鿿]|^[A-Z]$", choice["title"]), (one["title"], choice)


@pytest.mark.parametrize("key", sorted(palette.templates()))
def test_what_a_ready_made_journey_is_set_to_fits_the_schemas(key: str) -> None:
    graph = palette.template(key)["graph"]
    for drawn in graph["nodes"]:
        kind = Graph(graph).kind(drawn["id"])
        assert list(wrong(json_schema(kind.Config), drawn.get("config", {}))) == [], drawn["id"]
    for one in graph["triggers"]:
        assert list(wrong(json_schema(of_part("triggers")[one["kind"]].Config), one.get("config", {}))) == []


@pytest.mark.parametrize(("part", "name"), KINDS)
def test_what_a_schema_has_as_defaults_is_taken_by_the_kind(part: str, name: str) -> None:
    """As the console sends a form back that nobody has changed: no default is what is wrong with it."""
    schema = json_schema(of_part(part)[name].Config)
    untouched = {field: one["default"] for field, one in schema["properties"].items() if "default" in one}
    assert list(wrong(schema | {"required": []}, untouched)) == []
    for field, one in of_part(part)[name].Config().fields.items():
        assert field not in untouched or one.deserialize(untouched[field]) == (
            one.load_default() if callable(one.load_default) else one.load_default
        )


def test_a_picker_knows_what_it_offers(at_work: Any) -> None:
    told = ask(at_work, "GET", "/palette")
    kinds = {one["kind"]: one["schema"]["properties"] for one in told["nodes"]}
    assert kinds["add_tag"]["tag"]["x-reference"] == "tag"
    assert (kinds["webhook"]["template"]["x-reference"], kinds["webhook"]["template"]["x-channel"]) == ("template", "webhook")
    assert kinds["send_message"]["template"]["x-channel-field"] == "channel"
    assert kinds["send_message"]["ladder"]["items"]["properties"]["channel"]["x-reference"] == "channel"
    assert kinds["wait"]["unit"]["oneOf"][0] == {"const": "minute", "title": "分钟"}
    assert kinds["wait"]["amount"] | {"description": ""} == {
        "title": "时长", "description": "", "type": "integer", "minimum": 1, "maximum": 366,
    }  # fmt: skip
    assert {"value": "tag.added", "label": "打上标签"}.items() <= next(one for one in told["events"] if one["value"] == "tag.added").items()
    assert {one["to"] for one in told["channels"]} == {"customer", "staff"}
    assert told["schemas"]["rules"]["properties"]["holdout_percent"]["maximum"] == 50


def test_every_kind_of_ours_stands_in_a_group_with_a_name(at_work: Any) -> None:
    told = ask(at_work, "GET", "/palette")
    named = {one["group"]: one["label"] for one in told["groups"]}
    shown = {part: {one["kind"]: one["group"] for one in told[part]} for part in PARTS}
    assert set(shown["triggers"].values()) == {"start"}
    assert "other" not in shown["nodes"].values()
    assert {group for kinds in shown.values() for group in kinds.values()} <= set(named)
    assert named["flow"] == "流程"


def test_the_ways_out_follow_the_settings(at_work: Any) -> None:
    arms = [{"port": "a", "label": "甲", "percent": 40}, {"port": "b", "label": "乙", "percent": 60}]
    question = {"kind": "event_happened", "event": "lead.test_drive_booked"}
    told = described(at_work, node("split", arms=arms), node("branch", condition=question), node("wait"))["parts"]
    assert told[0]["ports"] == [{"port": "a", "label": "甲"}, {"port": "b", "label": "乙"}]
    assert told[0]["summary"] == "随机分成：甲 40%、乙 60%"
    assert [one["port"] for one in told[1]["ports"]] == ["yes", "no"]
    assert (told[2]["ports"], told[2]["summary"]) == (None, None)
    assert {one["field"] for one in told[2]["problems"]} == {"时长", "单位"}


def test_what_the_brand_has_not_is_told_beside_the_ways_out(session: Session, at_work: Any, marketer: Staff) -> None:
    (told,) = described(at_work, node("add_tag", tag="nowhere"))["parts"]
    assert (told["ports"], told["summary"]) == ([{"port": "done", "label": "完成后"}], None)
    assert [one["field"] for one in told["problems"]] == ["标签"]
    made = make_tags.of_brand(session, marketer.brand)
    session.commit()
    (told,) = described(at_work, node("add_tag", tag=made.free.key))["parts"]
    assert (told["problems"], told["summary"]) == ([], f"添加标签「{made.free.key}」")


@pytest.mark.parametrize("tree", [{}, {"kind": "moon"}, {"all": [[]]}, {"any": {"kind": []}}, {"not": None}])
def test_a_tree_that_nobody_can_read_is_told_and_never_put_in_words(at_work: Any, tree: dict[str, Any]) -> None:
    (told,) = described(at_work, {"part": "conditions", "kind": "audience", "config": {"tree": tree}})["parts"]
    assert told["problems"]
    assert told["summary"] is None


def test_triggers_and_questions_are_put_in_words_too(at_work: Any) -> None:
    trigger = {"part": "triggers", "kind": "schedule", "config": {"cron": "0 10 * * 1"}}
    question = {"part": "conditions", "kind": "event_happened", "config": {"event": "lead.test_drive_booked"}}
    unknown = {"part": "triggers", "kind": "segment", "config": {"segment_id": str(uuid.uuid4())}}
    told = described(at_work, trigger, question, unknown)["parts"]
    assert [one["summary"] is not None for one in told] == [True, True, False]
    assert "0 10 * * 1" in told[0]["summary"]
    assert told[2]["problems"][0]["field"] == "人群"


def test_a_kind_that_is_not_there_and_too_many_at_once_are_refused_by_name(at_work: Any) -> None:
    refused = described(at_work, node("moon"), status=422)
    assert (refused["error"], refused["details"]) == ("journeys.kind_unknown", {"kind": "moon"})
    assert "parts" in described(at_work, *[node("end")] * 251, status=422)["details"]
    assert "parts" in described(at_work, {"part": "moons", "kind": "end"}, status=422)["details"]
