"""Marketers see what a journey led to, who is behind it, and why somebody is in it or not; nobody else does."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.dealers.models import Brand, Role, Staff
from app.identity.models import Customer
from app.journeys import proportions, service
from app.journeys.models import Journey, Walk
from app.journeys.service import converting
from app.kit.crypto import blind_index
from tests.factories import dealers as make_dealers
from tests.factories import identity as make_identity
from tests.factories import journeys as make
from tests.journeys.test_drafts import ask, signed_in
from tests.journeys.test_results import GOAL, enter, fail, graph


@pytest.fixture
def marketer(session: Session, brand: Brand) -> Staff:
    made = make_dealers.staff(session, brand, Role.marketer)
    session.commit()
    return made


@pytest.fixture
def at_work(client: Any, marketer: Staff) -> Any:
    return signed_in(client, marketer)


@pytest.fixture
def crowd(session: Session, brand: Brand) -> list[Customer]:
    return [make_identity.customer(session, brand) for _ in range(7)]


@pytest.fixture
def journey(session: Session, brand: Brand, crowd: list[Customer], sweep: Any) -> Journey:
    """Seven entered; two are stuck at the pause, one reached the goal, one left."""
    made = make.journey(session, brand, graph(goal=GOAL, exit_on=["deposit.refunded"]))
    enter(session, crowd, sweep)
    fail(session, made, 2)
    told = make.triggered(session, crowd[5], name="order.cancelled")
    make.triggered(session, crowd[6], name="deposit.refunded")
    session.commit()
    converting.convert(session, [told])
    session.commit()
    sweep()
    return made


def test_each_node_tells_how_many_came_stand_there_and_left_and_the_goal_is_told_with_its_interval(at_work: Any, journey: Journey) -> None:
    told = ask(at_work, "GET", f"/{journey.id}/results")
    nodes = {one["node"]: one for one in told["nodes"]}
    assert nodes["trigger"]["entered"] == 7
    assert {key: nodes["pause"][key] for key in ("entered", "waiting", "stuck", "exited", "passed")} == {
        "entered": 7,
        "waiting": 4,
        "stuck": 2,
        "exited": 1,
        "passed": 0,
    }
    assert {"figure": "exited", "detail": "deposit.refunded", "label": "意向金已退回", "times": 1} in nodes["pause"]["by"]
    low, high = proportions.share(1, 7)
    assert told["goal"]["walked"] == {
        "happened": 1,
        "people": 7,
        "share": pytest.approx(1 / 7),
        "low": pytest.approx(low),
        "high": pytest.approx(high),
        "enough": False,
    }
    assert (told["goal"]["label"], told["goal"]["lift"]) == ("取消订单", None)
    assert ask(at_work, "GET", f"/{journey.id}/results?version=1")["nodes"] == told["nodes"]
    ask(at_work, "GET", f"/{journey.id}/results?version=2", status=404)
    assert "version" in str(ask(at_work, "GET", f"/{journey.id}/results?version=nine", status=422))


@pytest.mark.parametrize(
    ("node", "figure", "people"),
    [("pause", "waiting", 4), ("pause", "stuck", 2), ("pause", "exited", 1), ("trigger", "converted", 1), ("end", "finished", 0)],
)
def test_behind_a_figure_are_as_many_people_as_it_says_each_once_and_her_number_is_masked(
    at_work: Any, journey: Journey, node: str, figure: str, people: int
) -> None:
    seen, after = [], ""
    while True:
        page = ask(at_work, "GET", f"/{journey.id}/people?node={node}&figure={figure}&limit=1{after}")
        seen += page["items"]
        if page["next_cursor"] is None:
            break
        after = f"&cursor={page['next_cursor']}"
    assert len({one["walk_id"] for one in seen}) == len(seen) == people
    assert all(one["phone_masked"] is None or "*" in one["phone_masked"] for one in seen)


def test_among_those_behind_a_figure_one_is_found_by_her_name_or_her_whole_number(
    session: Session, at_work: Any, journey: Journey, crowd: list[Customer]
) -> None:
    waiting = ask(at_work, "GET", f"/{journey.id}/people?node=pause&figure=waiting")["items"]
    her = session.get_one(Customer, uuid.UUID(waiting[0]["customer_id"]))
    her.nickname, her.phone, her.phone_hash = "50%的好奇", "+8613812345678", blind_index("+8613812345678")
    session.commit()

    def found(q: str) -> list[str]:
        return [one["customer_id"] for one in ask(at_work, "GET", f"/{journey.id}/people?node=pause&figure=waiting&q={q}")["items"]]

    assert found("50%25") == found("13812345678") == [str(her.id)]
    assert found("1381234567") == found("50%25%25") == []


def test_a_figure_that_is_not_told_by_people_is_refused_by_name(at_work: Any, journey: Journey) -> None:
    assert "figure" in str(ask(at_work, "GET", f"/{journey.id}/people?node=pause&figure=everything", status=422))
    assert ask(at_work, "GET", f"/{journey.id}/people?node=pause&figure=stuck&cursor=nonsense", status=422)


def test_one_persons_way_says_where_she_stands_and_why_she_left(
    session: Session, at_work: Any, journey: Journey, crowd: list[Customer]
) -> None:
    gone = session.execute(select(Walk).filter_by(customer_id=crowd[6].id)).scalar_one()
    told = ask(at_work, "GET", f"/{journey.id}/walks/{gone.id}")
    assert (told["status"], told["why"], [one["node"] for one in told["visits"]]) == ("exited", "意向金已退回", ["pause"])
    ask(at_work, "GET", f"/{journey.id}/walks/{uuid.uuid4()}", status=404)


def test_her_messages_stand_at_the_step_that_planned_them(
    session: Session, brand: Brand, at_work: Any, sweep: Any, walker: Customer
) -> None:
    journey = make.journey(session, brand)
    enter(session, [walker], sweep)
    walk = session.execute(select(Walk).filter_by(customer_id=walker.id)).scalar_one()
    first, second = ask(at_work, "GET", f"/{journey.id}/walks/{walk.id}")["visits"]
    assert (first["node"], second["node"], second["left_at"], second["message"]) == ("hello", "pause", None, None)
    assert first["message"]["status"] == "planned"


def test_why_says_inside_left_or_never_triggered(
    session: Session, brand: Brand, at_work: Any, journey: Journey, crowd: list[Customer]
) -> None:
    stranger, early = make_identity.customer(session, brand), make_identity.customer(session, brand)
    elsewhere = make_identity.customer(session, make_dealers.brand(session))
    # It happened to her and nobody has heard of it yet.
    make.triggered(session, early)
    session.commit()

    def why(customer: Customer) -> Any:
        return ask(at_work, "GET", f"/{journey.id}/why?customer_id={customer.id}")

    assert why(crowd[5])["answer"] == "inside"
    assert (why(crowd[6])["answer"], why(crowd[6])["words"]) == ("exited", "已提前离开旅程：意向金已退回")
    assert why(stranger)["answer"] == why(elsewhere)["answer"] == "not_triggered"
    assert why(early)["answer"] == "not_let_in"
    assert "customer_id" in str(ask(at_work, "GET", f"/{journey.id}/why", status=422))


def test_each_version_tells_how_many_stand_in_it_what_it_changed_and_how_it_was_drawn(
    session: Session, at_work: Any, brand: Brand, journey: Journey, sweep: Any
) -> None:
    service.publish(session, journey, graph(pause="other", goal=GOAL))
    enter(session, [make_identity.customer(session, brand)], sweep)
    now, first = ask(at_work, "GET", f"/{journey.id}/versions")["items"]
    # Of the seven one has left; two are stuck and stand there all the same.
    assert [(one["number"], one["inside"]) for one in (now, first)] == [(2, 1), (1, 6)]
    for one, other in ((now, first), (first, now)):
        path = f"/{journey.id}/versions/{one['id']}/difference?against={other['number']}"
        told = ask(at_work, "GET", path)["difference"]
        old, new = ("pause", "other") if one is now else ("other", "pause")
        assert [node["id"] for node in told["added"] + told["removed"]] == [new, old]
    assert ask(at_work, "GET", path.replace("against=2", "against=1"))["difference"]["added"] == []
    ask(at_work, "GET", path.replace("against=2", "against=3"), status=404)
    drawn = [node["id"] for node in ask(at_work, "GET", f"/{journey.id}?version=1")["graph"]["nodes"]]
    assert drawn == ["trigger", "pause", "end"]
    ask(at_work, "GET", f"/{journey.id}?version=3", status=404)


def test_an_adviser_and_another_brands_marketer_see_none_of_it(session: Session, client: Any, brand: Brand, journey: Journey) -> None:
    paths = ("results", "people?node=pause&figure=stuck", f"walks/{uuid.uuid4()}", f"why?customer_id={uuid.uuid4()}")
    adviser = make_dealers.staff(session, make_dealers.dealer(session, brand), Role.adviser)
    for other, status in ((adviser, 403), (None, 404)):
        staff = other or make_dealers.staff(session, make_dealers.brand(session), Role.marketer)
        session.commit()
        signed_in(client, staff)
        for path in paths:
            ask(client, "GET", f"/{journey.id}/{path}", status=status)


def test_the_list_is_searched_filtered_sorted_and_paged_without_losing_one(
    session: Session, brand: Brand, journey: Journey, at_work: Any
) -> None:
    others = [make.journey(session, brand, graph()) for _ in range(4)]
    others[0].name = "100%的关怀"
    session.commit()
    every = {str(one.id) for one in (journey, *others)}
    for sort in ("name", "updated", "entered", "active", "converted"):
        seen: list[str] = []
        after = ""
        while True:
            page = ask(at_work, "GET", f"/?sort={sort}&limit=2{after}")
            seen += [one["id"] for one in page["items"]]
            if "next_cursor" not in page:
                break
            after = f"&cursor={page['next_cursor']}"
        assert len(seen) == len(every)
        assert set(seen) == every
        if sort in ("entered", "active", "converted"):
            assert seen[0] == str(journey.id)
    assert [one["id"] for one in ask(at_work, "GET", "/?search=100%25")["items"]] == [str(others[0].id)]
    assert ask(at_work, "GET", "/?status=paused")["items"] == []
    ask(at_work, "GET", "/?status=nothing", status=422)
    first = ask(at_work, "GET", "/?sort=name&limit=1")["next_cursor"]
    ask(at_work, "GET", f"/?sort=entered&cursor={first}", status=422)
