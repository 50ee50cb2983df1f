"""What publishing a journey would set going is foreseen: who enters now and on a day, whom its messages reach, and until which day."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.dealers.models import Role
from app.journeys import service as journeys
from app.journeys.models import Walk
from app.journeys.service import fanning_out
from app.journeys.service.estimating import estimate
from app.kit import clock
from app.messaging.models import Send
from app.messaging.service import limits
from tests.factories import broadcasts
from tests.factories import dealers as make_dealers
from tests.factories import identity as make_identity
from tests.factories import journeys as make
from tests.factories import messaging as towns
from tests.factories import segments as make_segments
from tests.journeys.test_drafts import ask, begun, signed_in

A_DAY = timedelta(days=1)


@pytest.fixture
def town(session: Session) -> towns.Town:
    return towns.town(session)


@pytest.fixture
def at_work(session: Session, client: Any, town: towns.Town) -> Any:
    marketer = make_dealers.staff(session, town.market.brand, Role.marketer)
    session.commit()
    return signed_in(client, marketer)


def estimated(session: Session, town: towns.Town, graph: dict[str, Any]) -> dict[str, Any]:
    journey = journeys.create(session, town.brand_id, key=f"j{uuid.uuid4().hex[:8]}", name="估算")
    session.flush()
    told = estimate(session, journey, graph)
    assert told is not None
    return told


def only_end(trigger: Any, **rules: Any) -> dict[str, Any]:
    return make.graph([make.node("end", "end")], ways="", trigger=trigger, **rules)


def of_segment(session: Session, town: towns.Town) -> dict[str, Any]:
    """Everybody of the brand is in it, and enters when the journey is published."""
    made = make_segments.segment(session, town.market.brand, {"all": []})
    return {"kind": "segment", "config": {"segment_id": str(made.id), "now": True}}


def test_who_would_enter_now_is_as_many_as_really_enter(session: Session, town: towns.Town, at_work: Any) -> None:
    for _ in range(7):
        make_identity.customer(session, town.market.brand)
    graph = only_end(of_segment(session, town))
    session.commit()
    journey = begun(at_work, graph)
    looked = ask(at_work, "POST", f"/{journey['id']}/preview", {})["estimate"]
    assert (looked["now"], looked["triggers"][0]["now"], looked["done_on"]) == (7, 7, None)
    ask(at_work, "POST", f"/{journey['id']}/publish", {"revision": 2, "accepted": ["no_exit"]}, status=201)
    session.commit()
    fanning_out.sweep()
    session.expire_all()
    assert session.execute(select(func.count()).select_from(Walk)).scalar_one() == 7
    # Whoever is inside already does not enter again, and once in a life is once.
    assert ask(at_work, "POST", f"/{journey['id']}/estimate", {})["estimate"]["now"] == 0
    journeys.advance_all()
    once = graph | {"rules": {"reentry": {"mode": "once"}}}
    assert ask(at_work, "POST", f"/{journey['id']}/estimate", {"graph": once})["estimate"]["now"] == 0
    assert ask(at_work, "POST", f"/{journey['id']}/estimate", {"graph": graph})["estimate"]["now"] == 7


def test_those_of_the_control_group_are_not_counted_among_who_walks(session: Session, town: towns.Town) -> None:
    for _ in range(10):
        make_identity.customer(session, town.market.brand)
    assert estimated(session, town, only_end(of_segment(session, town), holdout_percent=20))["now"] == 8


def test_a_throttle_says_when_the_last_one_begins(session: Session, town: towns.Town) -> None:
    for _ in range(10):
        make_identity.customer(session, town.market.brand)
    told = estimated(session, town, only_end(of_segment(session, town), throttle={"people": 2, "per": "hour"}))
    assert told["begun_at"] - clock.now(session) == timedelta(hours=5)


def test_a_day_is_what_the_last_thirty_were_and_only_what_fits_the_trigger_counts(session: Session, town: towns.Town) -> None:
    people = [make_identity.customer(session, town.market.brand) for _ in range(3)]
    for who in people:
        for ago in (1, 10, 20):
            make_segments.did(session, who, "share.opened", ago=ago * A_DAY, channel="friend")
        make_segments.did(session, who, "share.opened", ago=2 * A_DAY, channel="group")
        make_segments.did(session, who, "share.opened", ago=40 * A_DAY, channel="friend")
    stranger = make_identity.customer(session, make_dealers.brand(session))
    make_segments.did(session, stranger, "share.opened", ago=A_DAY, channel="friend")
    session.flush()
    graph = only_end(make.event("share.opened", channel="friend"))
    assert estimated(session, town, graph)["per_day"] == 0.3
    assert estimated(session, town, only_end("share.opened"))["per_day"] == 0.4
    assert estimated(session, town, graph | {"rules": {"reentry": {"mode": "once"}}})["per_day"] == 0.1


def test_very_many_facts_are_not_all_counted_and_the_day_is_still_the_same(
    session: Session, town: towns.Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.journeys.service.estimating.MOST_FACTS", 10)
    who = make_identity.customer(session, town.market.brand)
    for hours in range(1, 49):
        make_segments.did(session, who, "share.opened", ago=timedelta(hours=hours))
    session.flush()
    assert estimated(session, town, only_end("share.opened"))["per_day"] == 24.0


def test_a_planned_time_says_when_it_is_and_for_how_many(session: Session, town: towns.Town) -> None:
    for _ in range(4):
        make_identity.customer(session, town.market.brand)
    told = estimated(session, town, only_end({"kind": "schedule", "config": {"cron": "0 10 * * 1"}}))
    (monday,) = told["triggers"]
    assert monday["next_at"].isoweekday() == 1
    assert (monday["next"], told["now"]) == (4, 0)
    # Four or five Mondays in thirty days.
    assert told["per_day"] in (round(4 * 4 / 30, 1), round(4 * 5 / 30, 1))
    each_hour = estimated(session, town, only_end({"kind": "schedule", "config": {"cron": "0 * * * *"}}))
    assert each_hour["per_day"] == pytest.approx(96, rel=0.05)
    past = {"kind": "schedule", "config": {"at": (clock.now(session) - A_DAY).isoformat()}}
    assert estimated(session, town, only_end(past))["per_day"] == 0.0


def test_what_others_decide_is_not_guessed(session: Session, town: towns.Town) -> None:
    told = estimated(session, town, only_end({"kind": "api"}))
    assert (told["now"], told["per_day"], told["triggers"][0]["per_day"]) == (0, None, None)


def test_the_messages_say_whom_they_reach_why_not_the_others_and_the_day_on_which_the_quota_lets_them_finish(
    session: Session, town: towns.Town, at_work: Any
) -> None:
    broadcasts.news(session, town)
    readers = broadcasts.readers(session, town, 20)
    towns.follower(session, town, followed=False)
    town.service_account.settings = town.service_account.settings | {"quotas": {"service_account.send_template": 10}}
    nodes = [make.node("news", "send_message", template=broadcasts.NEWS, purpose="marketing"), make.node("end", "end")]
    graph = make.graph(nodes, ways="news>end", trigger=of_segment(session, town))
    session.commit()
    journey = begun(at_work, graph)
    told = ask(at_work, "POST", f"/{journey['id']}/preview", {})["estimate"]
    (news,) = told["messages"]
    assert (told["now"], news["asked"], news["reached"]) == (21, 21, len(readers))
    assert [(one["channel"], one["people"]) for one in news["ways"]] == [("service_template", 20)]
    assert sum(one["people"] for one in news["skipped"]) == 1
    assert all(one["label"] for one in news["skipped"])
    (quota,) = told["quota"]
    assert (quota["messages"], quota["free_today"], quota["per_day"]) == (20, 9, 9)
    # Nine today and nine on each day after it: twenty are done on the day after tomorrow.
    day = limits.quota_day(clock.now(session)) + 2 * A_DAY
    assert (told["done_on"], told["words"]) == (day.isoformat(), f"这批消息预计 {day.month} 月 {day.day} 日发完")
    # It was only looked.
    assert session.execute(select(func.count()).select_from(Send)).scalar_one() == 0
    assert session.execute(select(func.count()).select_from(Walk)).scalar_one() == 0


def test_an_unsound_graph_has_no_estimate_and_its_preview_still_tells_what_is_wrong(at_work: Any) -> None:
    journey = begun(at_work, make.graph([make.node("hello", "wait")], ways=""))
    looked = ask(at_work, "POST", f"/{journey['id']}/preview", {})
    assert (looked["estimate"], bool(looked["errors"])) == (None, True)
    for graph in ({}, [], "x", {"nodes": 1}):
        assert ask(at_work, "POST", f"/{journey['id']}/estimate", {"graph": graph}) == {"estimate": None}


def test_who_is_gone_is_counted_nowhere(session: Session, town: towns.Town) -> None:
    kept, gone = (make_identity.customer(session, town.market.brand) for _ in range(2))
    trigger = of_segment(session, town)
    session.flush()
    gone.merged_into_id = kept.id
    session.flush()
    assert estimated(session, town, only_end(trigger))["now"] == 1
