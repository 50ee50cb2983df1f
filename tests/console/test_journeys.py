"""Journeys show headquarters their map and the people on it."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.dealers.models import Role
from app.journeys import service
from tests.console.conftest import Desk
from tests.factories import dealers as make
from tests.factories import journeys as journey


@pytest.fixture
def walked(session: Session, world: Any, deliver: Any) -> Any:
    """A journey that both dealers' customers entered; both wait on its second step."""
    made = journey.journey(session, world.brand)
    for customer in (world.our_customer, world.their_customer):
        journey.triggered(session, customer)
    deliver()
    service.advance_all()
    session.expire_all()
    return made


def _people(answer: Any) -> set[str]:
    assert answer.status_code == 200, answer.text
    return {item["customer"]["nickname"] for item in answer.json["items"]}


def test_the_map_holds_its_steps_and_how_many_stand_on_each(walked: Any, marketer: Any) -> None:
    shown = marketer.get(f"journeys/{walked.id}").json
    assert [node["id"] for node in shown["graph"]["nodes"]] == ["trigger", "hello", "pause", "again", "end"]
    assert {"from": "hello", "port": "done", "port_label": "", "to": "pause"} in shown["graph"]["edges"]
    assert set(shown["exit_on"]) == {"取消订单", "意向金已退回"}
    assert shown["numbers"]["trigger"]["entered"] == 2
    assert shown["numbers"]["pause"]["waiting"] == 2
    (row,) = marketer.get("journeys/").json["items"]
    assert (row["entered"], row["active"], row["completed"], row["exited"], row["stuck"]) == (2, 2, 0, 0, 0)


@pytest.mark.parametrize(("query", "both"), [({}, True), ({"node": "pause"}, True), ({"node": "trigger"}, True), ({"node": "end"}, False)])
def test_a_step_leads_to_the_people_on_it(walked: Any, marketer: Any, query: Any, both: bool) -> None:
    assert _people(marketer.get(f"journeys/{walked.id}/walks", **query)) == ({"林晓雯", "周宇航"} if both else set())


def test_who_left_early_is_found_by_that_with_the_reason(session: Session, world: Any, walked: Any, marketer: Any) -> None:
    service.leave(session, {world.our_customer.id}, reason="order.cancelled")
    session.commit()
    (gone,) = marketer.get(f"journeys/{walked.id}/walks", status="exited").json["items"]
    assert (gone["customer"]["nickname"], gone["exit_reason"], gone["due_at"]) == ("林晓雯", "取消订单", None)


@pytest.mark.parametrize("role", [Role.adviser, Role.dealer_manager])
def test_a_dealers_people_see_neither_the_journeys_of_the_brand_nor_their_numbers(
    session: Session, app: Any, world: Any, walked: Any, role: Role
) -> None:
    staff = make.staff(session, world.ours, role)
    session.commit()
    for path in ("journeys/", f"journeys/{walked.id}", f"journeys/{walked.id}/walks"):
        answer = Desk(app, staff).get(path)
        assert (answer.status_code, answer.json["error"], answer.json["message"]) == (403, "auth.forbidden", "您没有权限这样做")


def test_another_brands_journey_is_not_there(session: Session, marketer: Any) -> None:
    other = journey.journey(session, make.brand(session))
    session.commit()
    assert marketer.get(f"journeys/{other.id}").status_code == 404
    assert marketer.get(f"journeys/{other.id}/walks").status_code == 404
    assert marketer.get("journeys/").json == {"items": []}
