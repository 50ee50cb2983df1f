"""Drawings, files and looks ahead that somebody made to do harm."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from app.dealers.models import Brand, Role, Staff
from app.identity.models import Customer
from app.journeys.errors import FileUnfit
from app.journeys.graph import problems
from app.journeys.models import Journey, Walk
from app.journeys.service import files, publishing, simulating
from app.journeys.service.simulating import Assumed, simulate
from app.kit import db
from tests.factories import dealers as make_dealers
from tests.factories import drawing
from tests.factories import journeys as make
from tests.factories import tags as make_tags


@pytest.fixture
def marketer(session: Session, brand: Brand) -> Staff:
    return make_dealers.staff(session, brand, Role.marketer)


def test_a_drawing_of_countless_lines_is_told_so_without_following_them() -> None:
    graph = make.message_wait_message()
    began = time.monotonic()
    told = problems(graph | {"edges": graph["edges"] * 20_000})
    assert len(told) == 1
    assert "4000" in str(told[0]["message"])
    assert time.monotonic() - began < 2


def test_a_drawing_within_a_drawing_within_a_drawing_is_refused() -> None:
    tree: Any = {"kind": "tag", "config": {"tag": "a"}}
    for _ in range(900):
        tree = {"not": tree}
    condition = {"kind": "audience", "tree": tree}
    nodes = [make.node("ask", "branch", condition=condition), make.node("end", "end")]
    graph = make.graph(nodes, ways="ask.yes>end ask.no>end", exit_if=tree)
    problems(graph)


@pytest.mark.parametrize("at", ["9999-12-31T23:59:00-14:00", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:00+00:00"])
def test_a_moment_that_has_no_year_somewhere_is_refused(at: str) -> None:
    end = make.node("end", "end")
    moment = make.node("wait", "wait_until", mode="moment", at=at)
    assert problems(make.graph([moment, end], ways="wait>end"))
    assert problems(make.graph([end], ways="", trigger={"kind": "schedule", "config": {"at": at}}))
    assert problems(make.graph([end], ways="", starts_at=at))
    assert problems(make.graph([end], ways="", ends_at=at))


def test_a_file_that_names_a_thousand_things_is_refused_before_they_are_looked_up(session: Session, marketer: Staff) -> None:
    graph = drawing.only_end() | {"notes": [f"@segment:s{number}" for number in range(5_000)]}
    asked: list[str] = []
    event.listen(db.engine(), "before_cursor_execute", listen := lambda _c, _u, said, *_: asked.append(said))
    try:
        with pytest.raises(FileUnfit):
            files.read(session, marketer, {"form": 1, "name": "大文件", "graph": graph})
    finally:
        event.remove(db.engine(), "before_cursor_execute", listen)
    assert len(asked) < 10


def test_the_rule_who_leaves_is_read_before_publishing_and_speaks_of_the_own_brand_only(session: Session, brand: Brand) -> None:
    foreign = make_tags.tag(session, make_dealers.brand(session))
    for rule in ({"kind": "moon"}, {"all": 5}, {"kind": "tag", "config": {"tag": foreign.key}}, {}):
        found = publishing.check(session, brand.id, make.graph([make.node("end", "end")], ways="", exit_if=rule))
        assert found.errors, rule


def test_a_look_ahead_obeys_the_rule_who_leaves_and_hears_its_own_deeds(session: Session, brand: Brand, walker: Customer) -> None:
    owner = make_tags.tag(session, brand)
    journey = make.journey(session, brand)
    session.commit()
    nodes = [
        make.node("give", "add_tag", tag=owner.key),
        make.node("pause", "wait", amount=1, unit="day"),
        make.node("end", "end"),
    ]
    rules: dict[str, dict[str, Any]] = {
        "exit_if": {"exit_if": {"kind": "tag", "config": {"tag": owner.key}}},
        "tag.added": {"exit_on": [{"event": "tag.added", "where": {"tag": owner.key}}]},
    }
    for rule in rules.values():
        told = simulate(journey.id, make.graph(nodes, ways="give>pause pause>end", **rule), walker.id)
        assert (told["status"], [step["node_id"] for step in told["steps"]]) == ("exited", ["give"])
        assert told["ended_at"] == told["began_at"]
    waits = [
        make.node("give", "add_tag", tag=owner.key),
        make.node("pause", "wait_for", event="tag.added", amount=9, unit="day"),
        nodes[-1],
    ]
    told = simulate(journey.id, make.graph(waits, ways="give>pause pause.happened>end pause.timed_out>end"), walker.id)
    assert (told["status"], told["steps"][1]["port"]) == ("completed", "happened")
    assert session.execute(select(Walk)).first() is None


def test_a_look_ahead_that_would_take_for_ever_is_cut(
    session: Session, brand: Brand, walker: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    inner = make.journey(
        session, brand, make.graph([make.node("long", "wait", amount=366, unit="day"), make.node("end", "end")], ways="long>end")
    )
    journey: Journey = make.journey(session, brand)
    session.commit()
    monkeypatch.setattr(simulating, "MOST_SECONDS", 0.5)
    nodes = [make.node("within", "sub_journey", journey=inner.key), make.node("end", "end")]
    began = time.monotonic()
    told = simulate(
        journey.id,
        make.graph(nodes, ways="within.ended>end within.not_entered>end"),
        walker.id,
        assumed=[Assumed(timedelta(minutes=minute), "vehicle.viewed", {}) for minute in range(20)],
    )
    assert told["is_cut"]
    assert time.monotonic() - began < 5
