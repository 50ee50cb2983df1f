"""Marketers help those who cannot go on: they see who it is and why, and let them try again or leave."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.dealers.models import Brand, Role, Staff
from app.journeys.models import Journey, Walk
from app.journeys.service import troubles
from app.kit.settings import settings
from tests.factories import dealers as make_dealers
from tests.factories import drawing
from tests.factories import identity as make_identity
from tests.factories import journeys as make
from tests.journeys.test_drafts import ask, signed_in


@pytest.fixture
def marketer(session: Session, brand: Brand) -> Staff:
    made = make_dealers.staff(session, brand, Role.marketer)
    session.commit()
    return made


@pytest.fixture
def at_work(client: Any, marketer: Staff) -> Any:
    return signed_in(client, marketer)


@pytest.fixture
def journey(session: Session, brand: Brand) -> Journey:
    made = make.journey(session, brand)
    session.commit()
    return made


def stuck(session: Session, brand: Brand, journey: Journey, *problems: str) -> list[Walk]:
    walks = []
    for problem in problems:
        walk = drawing.stuck(session, journey, make_identity.customer(session, brand))
        walk.problem = problem
        walks.append(walk)
    session.commit()
    return walks


def test_who_is_stuck_is_told_by_node_and_problem_whatever_the_error_says_of_each(
    session: Session, brand: Brand, journey: Journey, at_work: Any
) -> None:
    walks = stuck(session, brand, journey, "undecided", "DataError: one", "DataError: another")
    told = ask(at_work, "GET", f"/{journey.id}/stuck")
    assert told["pause"] is None
    assert [(one["node"], one["problem"], one["people"]) for one in told["groups"]] == [
        ("hello", "DataError", 2),
        ("hello", "undecided", 1),
    ]
    assert told["groups"][0]["words"] == "执行这一步时出错（DataError）"
    assert told["groups"][1]["words"].startswith("这一步没有得出结果")
    seen, after = [], ""
    while True:
        page = ask(at_work, "GET", f"/{journey.id}/stuck/walks?problem=DataError&node=hello&limit=1{after}")
        seen += [(one["customer_id"], one["told"]) for one in page["items"]]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    assert sorted(seen) == sorted((str(one.customer_id), one.problem) for one in walks[1:])
    assert ask(at_work, "GET", f"/{journey.id}/stuck/walks?node=again")["items"] == []


def test_those_of_one_problem_try_again_and_the_others_stay_as_they_are(
    session: Session, brand: Brand, journey: Journey, at_work: Any
) -> None:
    undecided, *failed = stuck(session, brand, journey, "undecided", "DataError: one", "DataError: another")
    assert ask(at_work, "POST", f"/{journey.id}/stuck/retry", {"problem": "DataError"}) == {"people": 2}
    session.expire_all()
    assert [one.status for one in (undecided, *failed)] == ["stuck", "active", "active"]
    assert ask(at_work, "POST", f"/{journey.id}/stuck/retry", {"problem": "DataError", "node": "hello"}) == {"people": 0}
    assert ask(at_work, "POST", f"/{journey.id}/stuck/retry", {"node": "again"}) == {"people": 0}
    assert ask(at_work, "POST", f"/{journey.id}/stuck/retry", {}) == {"people": 1}
    refused = ask(at_work, "POST", f"/{journey.id}/stuck/retry", {"problem": 1}, status=422)
    assert "problem" in refused["details"]


def test_one_person_tries_again_and_really_goes_on(
    session: Session, brand: Brand, journey: Journey, at_work: Any, sweep: Callable[[], int]
) -> None:
    (walk,) = stuck(session, brand, journey, "undecided")
    assert ask(at_work, "POST", f"/{journey.id}/walks/{walk.id}/retry", {})["status"] == "active"
    assert ask(at_work, "POST", f"/{journey.id}/walks/{walk.id}/retry", {}, status=409)["error"] == "journeys.not_stuck"
    sweep()
    assert (walk.status, walk.node_id, walk.problem) == ("active", "pause", None)


def test_one_person_is_let_out_once_and_never_goes_on(
    session: Session, brand: Brand, journey: Journey, at_work: Any, sweep: Callable[[], int]
) -> None:
    walk, other = stuck(session, brand, journey, "undecided", "undecided")
    assert ask(at_work, "POST", f"/{journey.id}/walks/{walk.id}/leave", {})["status"] == "exited"
    refused = ask(at_work, "POST", f"/{journey.id}/walks/{walk.id}/leave", {}, status=409)
    assert (refused["error"], refused["details"]["status"]) == ("journeys.not_inside", "exited")
    assert ask(at_work, "POST", f"/{journey.id}/stuck/retry", {}) == {"people": 1}
    sweep()
    assert (walk.status, walk.exit_reason, walk.node_id) == ("exited", "by_hand", "hello")
    assert other.node_id == "pause"


def test_another_journeys_walk_is_not_found_and_another_brands_neither(
    session: Session, brand: Brand, journey: Journey, at_work: Any
) -> None:
    elsewhere = make_dealers.brand(session)
    theirs = make.journey(session, elsewhere)
    (walk,) = stuck(session, elsewhere, theirs, "undecided")
    for path in (f"/{journey.id}/walks/{walk.id}/retry", f"/{journey.id}/walks/{walk.id}/leave"):
        assert ask(at_work, "POST", path, {}, status=404)["error"] == "journeys.walk_unknown"
    assert ask(at_work, "POST", f"/{theirs.id}/stuck/retry", {}, status=404)["error"] == "journeys.unknown"
    session.expire_all()
    assert walk.status == "stuck"


def test_a_journey_that_paused_itself_says_why_until_it_is_resumed(
    session: Session, brand: Brand, journey: Journey, at_work: Any, marketer: Staff
) -> None:
    troubles.note(journey.id, stuck=settings().journey_errors_least + 2)
    why = ask(at_work, "GET", f"/{journey.id}/stuck")["pause"]
    assert (why["by_itself"], why["reason"], why["by"]) == (True, "too_many_stuck", None)
    assert (why["stuck"], why["steps"]) == (settings().journey_errors_least + 2, 0)
    assert why["at"] >= why["since"]
    ask(at_work, "POST", f"/{journey.id}/resume")
    assert ask(at_work, "GET", f"/{journey.id}/stuck")["pause"] is None
    ask(at_work, "POST", f"/{journey.id}/pause")
    why = ask(at_work, "GET", f"/{journey.id}/stuck")["pause"]
    assert (why["by_itself"], why["by"], why["stuck"]) == (False, marketer.name, None)
