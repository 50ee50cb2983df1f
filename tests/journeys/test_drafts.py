"""Marketers draw journeys: two at once do not overwrite each other, everything wrong is told at once, and files carry them elsewhere."""

from __future__ import annotations

import copy
import uuid
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audience.models import Segment
from app.audience.service import segments
from app.dealers.models import Brand, Role, Staff
from app.events.models import Event
from app.journeys.graph import problems
from app.journeys.models import Journey, JourneyVersion
from app.journeys.service import palette
from app.journeys.service.definitions import demo_graph
from app.kit.states import Transition
from tests.factories import dealers as make_dealers
from tests.factories import drawing
from tests.factories import journeys as make
from tests.factories import tags as make_tags

DOORS = "/api/staff/journeys"


@pytest.fixture
def marketer(session: Session) -> Staff:
    made = make_dealers.staff(session, make_dealers.brand(session), Role.marketer)
    session.commit()
    return made


@pytest.fixture
def at_work(client: Any, marketer: Staff) -> Any:
    """The marketer's browser."""
    return signed_in(client, marketer)


def signed_in(client: Any, staff: Staff) -> Any:
    body = {"username": staff.username, "password": make_dealers.PASSWORD}
    assert client.post("/api/public/staff/login", json=body).status_code == 200
    return client


def ask(client: Any, method: str, path: str, body: Any = None, *, status: int = 200) -> Any:
    answer = client.open(f"{DOORS}{path}", method=method, json=body, headers={"Idempotency-Key": uuid.uuid4().hex})
    assert answer.status_code == status, answer.text[:500]
    return answer.json


def begun(client: Any, graph: dict[str, Any] | None = None) -> dict[str, Any]:
    made: dict[str, Any] = ask(client, "POST", "/", {"name": "首保提醒"}, status=201)
    if graph is None:
        return made
    saved: dict[str, Any] = ask(client, "PUT", f"/{made['id']}/draft", {"revision": 1, "graph": graph})
    return saved


def test_a_save_against_an_older_revision_is_refused_and_says_who_saved_and_when(at_work: Any, marketer: Staff) -> None:
    journey = begun(at_work)
    assert (journey["revision"], journey["status"], journey["graph"]["nodes"]) == (1, "draft", [])
    note = {"notes": [{"text": "先别发布", "x": 1, "y": 2}]}
    saved = ask(at_work, "PUT", f"/{journey['id']}/draft", {"revision": 1, "graph": note, "name": "改名"})
    assert (saved["revision"], saved["name"], saved["graph"]) == (2, "改名", note)
    refused = ask(at_work, "PUT", f"/{journey['id']}/draft", {"revision": 1, "graph": {}}, status=409)
    assert refused["error"] == "journeys.draft_changed"
    assert (refused["details"]["revision"], refused["details"]["saved_by"]) == (2, marketer.name)
    assert datetime.fromisoformat(refused["details"]["saved_at"]) == datetime.fromisoformat(saved["saved_at"])
    assert ask(at_work, "GET", f"/{journey['id']}/draft")["graph"] == note


@pytest.mark.parametrize("graph", [{"nodes": ["\u0000"]}, {"notes": "x" * 600_000}], ids=["a character nobody keeps", "too long"])
def test_what_cannot_be_kept_is_refused_and_the_draft_stays(at_work: Any, graph: dict[str, Any]) -> None:
    journey = begun(at_work)
    refused = ask(at_work, "PUT", f"/{journey['id']}/draft", {"revision": 1, "graph": graph}, status=422)
    assert refused["error"] == "journeys.draft_unfit"
    assert ask(at_work, "GET", f"/{journey['id']}/draft")["revision"] == 1


def test_a_check_tells_everything_at_once_and_what_the_brand_has_not(at_work: Any) -> None:
    unsound = copy.deepcopy(demo_graph())
    nodes = {node["id"]: node for node in unsound["nodes"]}
    nodes["one_day"]["config"]["amount"] = 0
    nodes["booked"]["config"]["condition"] = {"kind": "moon"}
    journey = begun(at_work, unsound)
    wrong = ask(at_work, "POST", f"/{journey['id']}/check", {})["errors"]
    assert [one["node"] for one in wrong] == ["等一天（one_day）", "约试驾了吗（booked）"]
    # Sound by itself, but this brand has no such templates.
    lacking = ask(at_work, "POST", f"/{journey['id']}/check", {"graph": demo_graph()})["errors"]
    assert [(one["node"], one["field"]) for one in lacking] == [("感谢并确认（thanks）", "模板"), ("邀请试驾（invitation）", "模板")]
    for hostile in ([], "x", {"nodes": 1}, {"nodes": [{"id": [], "kind": {}}], "edges": [[]]}):
        assert ask(at_work, "POST", f"/{journey['id']}/check", {"graph": hostile})["errors"]


def test_what_is_published_is_numbered_with_who_and_why_and_told_of(session: Session, at_work: Any, marketer: Staff) -> None:
    journey = begun(at_work, drawing.only_end())
    looked = ask(at_work, "POST", f"/{journey['id']}/preview", {})
    assert (looked["revision"], looked["errors"], looked["places"]) == (2, [], [])
    stale = ask(at_work, "POST", f"/{journey['id']}/publish", {"revision": 1}, status=409)
    assert stale["error"] == "journeys.draft_changed"
    done = ask(at_work, "POST", f"/{journey['id']}/publish", {"revision": 2, "note": "第一版"}, status=201)
    assert (done["version"], done["status"], done["move"]) == (1, "active", None)
    (version,) = ask(at_work, "GET", f"/{journey['id']}/versions")["items"]
    assert (version["number"], version["is_live"], version["note"], version["published_by"]) == (1, True, "第一版", marketer.name)
    again = ask(at_work, "POST", f"/{journey['id']}/versions/{version['id']}/publish", {"note": "再来"}, status=201)
    assert again["version"] == 2
    assert [one["copy_of"] for one in ask(at_work, "GET", f"/{journey['id']}/versions")["items"]] == [1, None]
    for step, status in (("pause", "paused"), ("resume", "active"), ("cancel", "cancelled"), ("archive", "cancelled")):
        assert ask(at_work, "POST", f"/{journey['id']}/{step}", {})["status"] == status
    assert ask(at_work, "POST", f"/{journey['id']}/pause", {}, status=409)["error"] == "journeys.not_running"
    assert ask(at_work, "POST", f"/{journey['id']}/publish", {"revision": 2}, status=409)["error"] == "journeys.over"
    told = select(Event.name, Event.actor_id).where(Event.subject_id == journey["id"]).order_by(Event.recorded_at, Event.id)
    steps = ("published", "published", "paused", "resumed", "cancelled", "archived")
    assert session.execute(told).all() == [(f"journey.{step}", str(marketer.id)) for step in steps]
    trail = select(Transition.after).where(Transition.subject_id == uuid.UUID(journey["id"])).order_by(Transition.id)
    assert list(session.execute(trail).scalars()) == ["draft", "active", "paused", "active", "cancelled"]


def test_what_was_put_away_is_told_of_only_to_who_asks_for_it_and_comes_back(at_work: Any) -> None:
    journey = begun(at_work, drawing.only_end())

    def seen(archived: str = "") -> list[tuple[str, bool]]:
        return [(one["id"], one["archived_at"] is not None) for one in ask(at_work, "GET", f"/{archived}")["items"]]

    for _ in range(2):
        ask(at_work, "POST", f"/{journey['id']}/archive", {})
        assert (seen(), seen("?archived=true")) == ([], [(journey["id"], True)])
    for _ in range(2):
        assert ask(at_work, "POST", f"/{journey['id']}/restore", {})["archived_at"] is None
        assert (seen(), seen("?archived=true")) == ([(journey["id"], False)], [])


def test_only_what_was_never_published_is_deleted(session: Session, at_work: Any) -> None:
    journey, other = begun(at_work), begun(at_work, drawing.only_end())
    at_work.delete(f"{DOORS}/{journey['id']}")
    ask(at_work, "GET", f"/{journey['id']}/draft", status=404)
    ask(at_work, "POST", f"/{other['id']}/publish", {"revision": 2}, status=201)
    assert ask(at_work, "DELETE", f"/{other['id']}", status=409)["error"] == "journeys.not_deletable"
    assert session.execute(select(Journey.id)).scalars().all() == [uuid.UUID(other["id"])]


def test_a_copy_is_drawn_alike_and_goes_its_own_way(at_work: Any) -> None:
    journey = begun(at_work, drawing.only_end())
    made = ask(at_work, "POST", f"/{journey['id']}/copy", {"name": "副本"}, status=201)
    assert (made["name"], made["graph"], made["status"]) == ("副本", journey["graph"], "draft")
    ask(at_work, "PUT", f"/{made['id']}/draft", {"revision": 1, "graph": {}})
    assert ask(at_work, "GET", f"/{journey['id']}/draft")["graph"] == journey["graph"]


def _asking(segment: Segment) -> dict[str, Any]:
    tree = {"all": [{"kind": "in_segment", "segment_id": str(segment.id)}]}
    nodes = [make.node("ask", "branch", condition={"kind": "audience", "tree": tree}), make.node("end", "end")]
    return make.graph(nodes, ways="ask.yes>end ask.no>end")


def test_a_file_names_segments_by_key_and_another_brand_reads_it_as_its_own(session: Session, app: Any) -> None:
    ours, theirs = (make_dealers.staff(session, make_dealers.brand(session), Role.marketer) for _ in range(2))
    one, other = (segments.create(session, by, name="老客户", tree={"all": []}, key="old_friends") for by in (ours, theirs))
    session.commit()
    here, there = signed_in(app.test_client(), ours), signed_in(app.test_client(), theirs)
    graph = _asking(one)
    journey = begun(here, graph)
    file = ask(here, "GET", f"/{journey['id']}/file")
    assert str(one.id) not in str(file)
    assert file["needs"] == [{"kind": "segment", "key": "old_friends"}]
    read = ask(there, "POST", "/files", {"file": file}, status=201)
    assert read["needs"] == [{"kind": "segment", "key": "old_friends", "found": True}]
    assert read["journey"]["graph"] == _asking(other)
    assert ask(there, "GET", f"/{read['journey']['id']}/file") == file
    # A brand without it is told so, and its draft cannot be published.
    third = make_dealers.staff(session, make_dealers.brand(session), Role.marketer)
    session.commit()
    stranger = signed_in(app.test_client(), third)
    lacking = ask(stranger, "POST", "/files", {"file": file}, status=201)
    assert [one["found"] for one in lacking["needs"]] == [False]
    assert ask(stranger, "POST", f"/{lacking['journey']['id']}/check", {})["errors"]
    assert ask(stranger, "GET", f"/{lacking['journey']['id']}/file") == file


def test_whoever_reads_a_file_is_told_of_everything_that_it_names_and_he_has_not(session: Session, app: Any) -> None:
    ours, theirs = (make_dealers.staff(session, make_dealers.brand(session), Role.marketer) for _ in range(2))
    store = make_dealers.store(session, make_dealers.dealer(session, session.get_one(Brand, ours.brand_id)))
    for name in ("owner", "insured_until", "budget"):
        make_tags.tag(session, session.get_one(Brand, ours.brand_id), key=name)
    inner = make.journey(session, session.get_one(Brand, ours.brand_id))
    session.commit()
    config = {"date": "tag:insured_until", "days": 30}
    nodes = [
        make.node("lead", "create_lead", reason="保险到期", store_id=str(store.id)),
        make.node("know", "set_attribute", attribute="tag:budget", value="1"),
        make.node("give", "add_tag", tag="owner"),
        make.node("go", "sub_journey", journey=inner.key, wait=False),
        make.node("end", "end"),
    ]
    ways = "lead>know know>give give>go go.entered>end go.not_entered>end"
    graph = make.graph(nodes, ways=ways, trigger={"kind": "date", "config": config})
    here, there = signed_in(app.test_client(), ours), signed_in(app.test_client(), theirs)
    file = ask(here, "GET", f"/{begun(here, graph)['id']}/file")
    named = {("journey", inner.key), ("store", str(store.id)), ("tag", "budget"), ("tag", "insured_until"), ("tag", "owner")}
    assert {(one["kind"], one["key"]) for one in file["needs"]} == named
    for at_work, found in ((here, True), (there, False)):
        needs = ask(at_work, "POST", "/files", {"file": file}, status=201)["needs"]
        assert {(one["kind"], one["key"], one["found"]) for one in needs} == {(*one, found) for one in named}


def _nested(depth: int) -> Any:
    value: Any = "x"
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("file", "field"),
    [
        ("x", "_schema"),
        ([1], "_schema"),
        ({"form": 2, "name": "x", "graph": {}}, "form"),
        ({"form": 1, "graph": {}}, "name"),
        ({"form": 1, "name": "x" * 81, "graph": {}}, "name"),
        ({"form": 1, "name": "x", "graph": []}, "graph"),
        ({"form": 1, "name": "x", "graph": {"a": _nested(200)}}, "graph"),
        ({"form": 1, "name": "x", "graph": {}, "password": "x"}, "password"),
        ({"form": 1, "name": "x", "graph": {"nodes": ["\u0000"]}}, "graph"),
    ],
)
def test_a_hostile_file_is_refused_with_the_field(session: Session, at_work: Any, file: Any, field: str) -> None:
    refused = ask(at_work, "POST", "/files", {"file": file}, status=422)
    assert refused["error"] in ("journeys.file_unfit", "journeys.draft_unfit")
    assert list(refused["details"]) == [field]
    assert session.execute(select(Journey.id)).first() is None


def test_the_palette_draws_a_form_for_every_kind(at_work: Any) -> None:
    told = ask(at_work, "GET", "/palette")
    assert {"send_message", "wait", "branch", "end"} <= {one["kind"] for one in told["nodes"]}
    wait = next(one for one in told["nodes"] if one["kind"] == "wait")
    assert {"name": "amount", "label": "时长"}.items() <= wait["form"][0].items()
    for group in ("nodes", "triggers", "conditions"):
        assert all(one["label"] for one in told[group])


def test_only_marketers_draw(session: Session, app: Any, marketer: Staff) -> None:
    journey = make.journey(session, marketer.brand)
    viewer = make_dealers.staff(session, make_dealers.dealer(session, marketer.brand))
    session.commit()
    client = signed_in(app.test_client(), viewer)
    assert ask(client, "GET", f"/{journey.id}/draft", status=403)["error"] == "journeys.marketers_only"
    stranger = make_dealers.staff(session, make_dealers.brand(session), Role.marketer)
    session.commit()
    elsewhere = signed_in(app.test_client(), stranger)
    for method, path in (("GET", "draft"), ("GET", "file"), ("GET", "versions"), ("POST", "preview"), ("POST", "cancel")):
        ask(elsewhere, method, f"/{journey.id}/{path}", {} if method == "POST" else None, status=404)
    assert session.execute(select(JourneyVersion.number)).scalars().all() == [1]


@pytest.mark.parametrize("key", sorted(palette.templates()))
def test_every_ready_made_journey_is_sound(key: str) -> None:
    """What it names of the brand's own, templates and tags, is told when it is checked there."""
    made = palette.template(key)
    assert problems(made["graph"]) == []
    assert made["name"]
    assert made["description"]


def test_a_journey_is_begun_from_a_ready_made_one(at_work: Any) -> None:
    offered = [one["key"] for one in ask(at_work, "GET", "/templates")["items"]]
    assert len(offered) == 8
    made = ask(at_work, "POST", "/", {"name": "降价", "template": "price_drop", "key": "price_drop"}, status=201)
    assert made["graph"] == palette.template("price_drop")["graph"]
    assert ask(at_work, "POST", "/", {"name": "再来", "key": "price_drop"}, status=409)["error"] == "journeys.key_taken"
    assert ask(at_work, "POST", "/", {"name": "无", "template": "moon"}, status=404)["error"] == "journeys.template_unknown"
    lacking = ask(at_work, "POST", f"/{made['id']}/check", {})["errors"]
    assert [one["node"] for one in lacking] == ["告知降价（tell）"]
