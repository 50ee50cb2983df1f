"""Headquarters draft, publish and end finance plans; what was published is what consumers and dealers were told, for good."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.dealers.models import Role
from app.events.models import Event
from app.vehicles import queries
from app.vehicles.errors import PlanUnfit
from tests.console.conftest import Desk
from tests.factories import dealers, orders, vehicles
from tests.factories.vehicles import TERMS

PLANS = "finance-plans/"
LOAN = TERMS | {"name": "标准 36 期"}


class Office:
    """A brand's finance department and a car on sale."""

    def __init__(self, session: Session, app: Any) -> None:
        self.session, self.market = session, orders.market(session)
        self.brand = self.market.brand
        self.finance = dealers.staff(session, self.brand, Role.finance, name="何会计")
        self.car = self.market.vehicle
        self.car.price_fen = 300_000_00
        session.commit()
        self.desk = Desk(app, self.finance)

    def draft(self, **terms: Any) -> dict[str, Any]:
        answer = self.desk.post(PLANS, **LOAN | terms)
        assert answer.status_code == 201, answer.text
        return dict(answer.json)

    def publish(self, draft: dict[str, Any], **said: Any) -> Any:
        replaces = draft["replaces"] and draft["replaces"]["id"]
        return self.desk.post(f"{PLANS}{draft['id']}/publish", **{"revision": draft["revision"], "replaces_id": replaces} | said)

    def published(self, **terms: Any) -> dict[str, Any]:
        answer = self.publish(self.draft(**terms))
        assert answer.status_code == 200, answer.text
        return dict(answer.json)

    def read(self, plan_id: str | None = None, **said: Any) -> dict[str, Any]:
        """What a consumer reads of the car."""
        self.session.expire_all()
        return queries.calculated(self.session, self.car, plan_id=UUID(plan_id) if plan_id else None, **said)

    def names(self, **asked: Any) -> list[tuple[str, str]]:
        self.session.expire_all()
        return [(one["name"], one["state"]) for one in self.desk.get(PLANS, **asked).json["items"]]


@pytest.fixture
def office(session: Session, app: Any) -> Office:
    return Office(session, app)


def test_a_draft_is_nobodys_offer_until_it_is_published_and_an_ended_plan_no_more(office: Office, session: Session) -> None:
    draft = office.draft()
    assert (draft["state"], draft["cars"], draft["replaces"]) == ("draft", 1, None)
    assert queries.running_plans(session, office.brand.id) == []
    told = office.publish(draft).json
    assert (told["state"], told["version"], told["published_by"]) == ("running", 1, "何会计")
    assert office.read()["plan"]["id"] == draft["id"]
    assert office.desk.post(f"{PLANS}{draft['id']}/end").json["state"] == "ended"
    assert queries.running_plans(session, office.brand.id) == []
    again = office.desk.post(f"{PLANS}{draft['id']}/end")
    assert (again.status_code, again.json["error"]) == (409, "vehicles.plan_over")


def test_what_a_published_plan_promised_is_the_same_under_its_id_whatever_is_published_after_it(office: Office, session: Session) -> None:
    first = office.published()
    before = office.read(first["id"])
    second = office.published(annual_rate_bp=899)
    assert (second["version"], [one["version"] for one in second["versions"]]) == (2, [2, 1])
    assert [one["annual_rate_bp"] for one in second["versions"]] == [899, 399]
    # The phone that still shows the first is not answered with the figures of the second.
    with pytest.raises(PlanUnfit):
        office.read(first["id"])
    assert office.read()["monthly_fen"] > before["monthly_fen"]
    # Not even by hand.
    for values in ("annual_rate_bp = 1", "name = 'x'", "ended_at = NULL", "version = 9"):
        with pytest.raises(DBAPIError, match="stays as it was"), session.begin_nested():
            session.execute(text(f"UPDATE finance_plans SET {values} WHERE id = :id"), {"id": first["id"]})


def test_of_two_editors_the_second_is_told_and_nothing_of_the_first_is_lost(office: Office, session: Session) -> None:
    draft = office.draft()
    saved = office.desk.put(f"{PLANS}{draft['id']}", **LOAN | {"annual_rate_bp": 299, "revision": 1})
    assert (saved.json["revision"], saved.json["annual_rate_bp"]) == (2, 299)
    for late in (
        office.desk.put(f"{PLANS}{draft['id']}", **LOAN | {"revision": 1}),
        office.publish(draft),
        office.desk.post(f"{PLANS}{draft['id']}/discard", revision=1),
    ):
        assert (late.status_code, late.json["error"]) == (409, "vehicles.plan_changed"), late.text
    assert office.desk.get(f"{PLANS}{draft['id']}").json["annual_rate_bp"] == 299
    # Nor does somebody replace a version that she has not seen.
    office.publish(saved.json)
    other = office.draft()
    assert office.publish(other, replaces_id=None).json["error"] == "vehicles.plan_changed"
    fixed = office.desk.put(f"{PLANS}{draft['id']}", **LOAN | {"revision": 2})
    assert (fixed.status_code, fixed.json["error"]) == (409, "vehicles.plan_fixed")
    twice = office.desk.post(PLANS, **LOAN)
    assert (twice.status_code, twice.json["error"], twice.json["details"]["field"]) == (409, "vehicles.plan_draft_exists", "name")
    assert office.desk.post(f"{PLANS}{other['id']}/discard", revision=1).status_code == 204


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        ({"kind": "balloon"}, "final_percent"),
        ({"series": ["nowhere"]}, "series"),
        ({"min_down_payment_percent": 60, "max_down_payment_percent": 30}, "max_down_payment_percent"),
        ({"annual_rate_bp": 2401}, "annual_rate_bp"),
        ({"annual_rate_bp": "3.99"}, "annual_rate_bp"),
        ({"valid_from": "2026-13-01"}, "valid_from"),
        ({"name": ""}, "name"),
        ({"secret": 1}, "secret"),
    ],
)
def test_a_draft_that_does_not_hold_is_refused_and_its_field_named(office: Office, terms: dict[str, Any], field: str) -> None:
    answer = office.desk.post(PLANS, **LOAN | terms)
    assert answer.status_code == 422
    assert field in str(answer.json["details"])
    assert office.names() == []


def test_a_preview_is_to_the_fen_what_a_consumer_reads_once_the_plan_is_published(office: Office, session: Session) -> None:
    asked = {"price_fen": office.car.price_fen, "down_payment_fen": 90_000_00}
    for terms in (
        {"name": "贷"},
        {"name": "气球", "kind": "balloon", "final_percent": 40, "final_separately": True, "fee_bp": 100},
        {"name": "免息", "kind": "zero_rate", "annual_rate_bp": 0, "subsidised_rate_bp": 459},
        {"name": "租", "kind": "lease", "final_percent": 30, "in_advance": True},
    ):
        shown = office.desk.post(f"{PLANS}preview", **LOAN | terms | asked).json
        published = office.published(**terms)
        read = office.read(published["id"], down_payment_fen=90_000_00)
        assert {
            name: shown[name] for name in ("monthly_fen", "total_fen", "apr_percent", "subsidy_fen", "note", "last_instalment_fen")
        } == {name: read[name] for name in ("monthly_fen", "total_fen", "apr_percent", "subsidy_fen", "note", "last_instalment_fen")}
        assert [one["payment_fen"] for one in shown["schedule"]] == [one.payment_fen for one in read["schedule"]]
    too_dear = office.desk.post(f"{PLANS}preview", **LOAN | {"price_max_fen": 100} | asked)
    assert (too_dear.status_code, too_dear.json["details"]["field"]) == (422, "price_fen")
    assert office.desk.post(f"{PLANS}preview", **LOAN | asked | {"down_payment_fen": 1}).json["details"]["field"] == "down_payment_fen"


def test_the_list_says_what_each_plan_is_today_and_finds_it_by_state_kind_and_series(office: Office, session: Session) -> None:
    day = queries.today(session)
    key = office.car.series.key
    vehicles.plan(session, office.brand, name="过期", valid_until=day - timedelta(1))
    vehicles.plan(session, office.brand, name="明天", valid_from=day + timedelta(1), kind="lease", final_percent=30)
    session.commit()
    office.published(name="换过", series=[key])
    office.published(name="换过")
    office.draft(name="草稿", series=[key])
    assert office.names() == [("草稿", "draft"), ("换过", "running"), ("明天", "upcoming"), ("过期", "over")]
    for state in ("draft", "running", "upcoming", "over"):
        assert [one for _, one in office.names(state=state)] == [state]
    assert office.names(kind="lease") == [("明天", "upcoming")]
    assert office.names(series="another") == [("换过", "running"), ("明天", "upcoming"), ("过期", "over")]
    assert office.names(q="草") == [("草稿", "draft")]
    first = office.desk.get(PLANS, limit=3).json
    assert (first["total"], len(first["items"])) == (4, 3)
    assert [one["name"] for one in office.desk.get(PLANS, limit=3, cursor=first["next_cursor"]).json["items"]] == ["过期"]
    gone = office.draft(name="来不及", valid_until=str(day - timedelta(1)))
    assert (office.publish(gone).status_code, office.publish(gone).json["details"]["field"]) == (422, "valid_until")


def test_who_does_not_answer_for_money_reads_plans_and_changes_none_and_another_brand_sees_nothing(
    office: Office, session: Session, app: Any
) -> None:
    draft = office.draft()
    marketer, stranger = (
        dealers.staff(session, office.brand, Role.marketer),
        dealers.staff(session, dealers.brand(session), Role.finance),
    )
    session.commit()
    desk, outside = Desk(app, marketer), Desk(app, stranger)
    assert [one["name"] for one in desk.get(PLANS).json["items"]] == [LOAN["name"]]
    body = {"revision": 1, "replaces_id": None}
    assert desk.post(PLANS, **LOAN | {"name": "x"}).status_code == 403
    assert desk.post(f"{PLANS}{draft['id']}/publish", **body).status_code == 403
    assert outside.get(PLANS).json["items"] == []
    for answer in (outside.get(f"{PLANS}{draft['id']}"), outside.post(f"{PLANS}{draft['id']}/publish", **body)):
        assert answer.status_code == 404


def test_every_publication_says_who_did_it_and_from_what_to_what(office: Office, session: Session) -> None:
    office.published()
    office.published(annual_rate_bp=299, valid_until="2099-01-01")
    first, second = session.execute(select(Event).filter_by(name="finance_plan.published").order_by(Event.id)).scalars()
    assert (first.data["changed"]["annual_rate_bp"], "price_min_fen" in first.data["changed"]) == ([None, 399], False)
    assert second.data["changed"] == {"version": [1, 2], "annual_rate_bp": [399, 299], "valid_until": [None, "2099-01-01"]}
    assert (second.actor_type, second.actor_id) == ("staff", str(office.finance.id))
    history = office.desk.get("settings/history", of="plans").json["items"]
    assert [(one["about"], one["actor"]["name"]) for one in history] == [(LOAN["name"], "何会计")] * 2
