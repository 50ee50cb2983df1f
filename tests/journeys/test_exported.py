"""The files of a journey hold what its pages show: every figure, and everybody behind one, each once and to nobody else."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.dealers.models import Brand, Role, Staff
from app.exports import lists
from app.identity.models import Customer
from app.journeys import service
from app.journeys.errors import JourneyUnknown, VersionUnknown
from app.journeys.models import Journey
from app.journeys.results import FIGURES
from app.kit.crypto import blind_index
from app.kit.errors import Forbidden
from app.kit.texts import t
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
def crowd(session: Session, brand: Brand) -> list[Customer]:
    return [make_identity.customer(session, brand) for _ in range(7)]


@pytest.fixture
def journey(session: Session, brand: Brand, crowd: list[Customer], sweep: Any) -> Journey:
    """Seven entered; two are stuck at the pause, and one has left."""
    made = make.journey(session, brand, graph(goal=GOAL, exit_on=["deposit.refunded"]))
    enter(session, crowd, sweep)
    fail(session, made, 2)
    make.triggered(session, crowd[6], name="deposit.refunded")
    session.commit()
    sweep()
    session.commit()
    return made


def loaded(key: str, asked: dict[str, Any]) -> Any:
    return lists.offered(key).asked().load({name: str(value) for name, value in asked.items()})


def written(session: Session, staff: Staff, key: str, *, limit: int = 2, **asked: Any) -> list[list[Any]]:
    """All rows of a file, page by page."""
    offer, given = lists.offered(key), loaded(key, asked)
    offer.may(session, staff, given)
    rows: list[list[Any]] = []
    cursor: str | None = None
    while True:
        page = offer.page(session, staff, given, cursor=cursor, limit=limit)
        rows += [list(row) for row in page.rows]
        assert all(len(row) == len(offer.columns) for row in rows)
        if page.cursor is None:
            return rows
        cursor = page.cursor


def test_the_file_of_figures_has_each_that_the_page_shows(session: Session, client: Any, marketer: Staff, journey: Journey) -> None:
    told = ask(signed_in(client, marketer), "GET", f"/{journey.id}/results")
    shown = [
        row
        for node in told["nodes"]
        for row in (
            *([node["node"], node["label"], t(f"journeys.figures.{figure}"), None, node[figure]] for figure in FIGURES),
            *([node["node"], node["label"], t(f"journeys.figures.{one['figure']}"), one["label"], one["times"]] for one in node["by"]),
        )
    ]
    assert written(session, marketer, "journeys.results", journey_id=journey.id) == shown
    counted = {(row[0], row[2], row[3]): row[4] for row in shown}
    assert counted["pause", t("journeys.figures.stuck"), None] == 2
    assert counted["pause", t("journeys.figures.exited"), "意向金已退回"] == 1


@pytest.mark.parametrize(("figure", "people"), [("waiting", 4), ("stuck", 2), ("exited", 1)])
def test_the_file_of_people_has_those_of_the_page_in_its_order_each_once(
    session: Session, client: Any, marketer: Staff, journey: Journey, figure: str, people: int
) -> None:
    shown = ask(signed_in(client, marketer), "GET", f"/{journey.id}/people?node=pause&figure={figure}")["items"]
    asked = {"journey_id": journey.id, "node": "pause", "figure": figure}
    rows = written(session, marketer, "journeys.people", **asked)
    assert [str(row[0]) for row in rows] == [one["customer_id"] for one in shown]
    assert [(row[1], row[6]) for row in rows] == [(one["nickname"], one["why"]) for one in shown]
    assert {row[3] for row in rows} == {t(f"journeys.walk_status.{shown[0]['status']}")}
    count = lists.offered("journeys.people").count
    assert count is not None
    assert count(session, marketer, loaded("journeys.people", asked)) == len(rows) == people


def test_a_number_is_whole_for_administrators_alone(session: Session, marketer: Staff, journey: Journey, crowd: list[Customer]) -> None:
    for at, her in enumerate(crowd):
        her.phone = f"+861381234567{at}"
        her.phone_hash = blind_index(her.phone)
    session.commit()
    rows = written(session, marketer, "journeys.people", journey_id=journey.id, node="pause", figure="exited")
    columns = lists.offered("journeys.people").columns
    (masked,) = ([column.mask(row[at]) for at, column in enumerate(columns) if column.mask] for row in rows)
    assert len(masked) == 1
    assert "*" in str(masked[0])
    assert "1381234567" not in str(masked[0])


def test_nobody_has_the_file_of_a_journey_that_he_does_not_see(session: Session, brand: Brand, marketer: Staff, journey: Journey) -> None:
    adviser = make_dealers.staff(session, make_dealers.dealer(session, brand))
    stranger = make_dealers.staff(session, make_dealers.brand(session), Role.marketer)
    session.commit()
    for key, more in (("journeys.results", {}), ("journeys.people", {"node": "pause", "figure": "stuck"})):
        asked = {"journey_id": journey.id} | more
        with pytest.raises(Forbidden):
            written(session, adviser, key, **asked)
        with pytest.raises(JourneyUnknown):
            written(session, stranger, key, **asked)
        # Also where he was let ask, and is of another brand by the time that it is written.
        with pytest.raises(JourneyUnknown):
            lists.offered(key).page(session, stranger, loaded(key, asked), cursor=None, limit=10)
        with pytest.raises(JourneyUnknown):
            written(session, marketer, key, **asked | {"journey_id": uuid.uuid4()})
        with pytest.raises(VersionUnknown):
            written(session, marketer, key, **asked, version=9)


def test_who_came_into_a_later_version_is_in_its_file_and_not_in_the_firsts(
    session: Session, brand: Brand, marketer: Staff, journey: Journey, sweep: Any
) -> None:
    service.publish(session, journey, graph(pause="other", goal=GOAL))
    late = make_identity.customer(session, brand)
    enter(session, [late], sweep)
    session.commit()
    asked = {"journey_id": journey.id, "figure": "waiting"}
    assert [row[0] for row in written(session, marketer, "journeys.people", **asked, node="other", version=2)] == [late.id]
    assert late.id not in [row[0] for row in written(session, marketer, "journeys.people", **asked, node="pause", version=1)]
