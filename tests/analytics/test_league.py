"""Stores are compared by what was really asked of them, and a dealer learns nothing of another's."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.analytics.models import NONE, FunnelStep
from app.console.queries.league import _ANSWERS, _DRIVES, FEW
from app.dealers.models import Role, Store
from app.exports import lists
from app.kit import db
from app.leads.models import LeadActivity, LeadAssignment, LeadInterest
from app.payments.models import PaymentAttempt, Refund
from app.vehicles.queries import CHINA
from tests.console.conftest import Desk
from tests.factories import dealers, leads, orders, vehicles

DAY = date(2026, 6, 10)
PERIOD = {"since": "2026-06-10", "until": "2026-06-16"}
NOON = datetime(2026, 6, 10, 12, tzinfo=CHINA)


class Town:
    """Two dealers; the first has two stores."""

    def __init__(self, session: Session, app: Any) -> None:
        self.session = session
        self.market = orders.market(session)
        self.one, self.other = (dealers.dealer(session, self.market.brand, name=name) for name in ("甲", "乙"))
        self.near, self.far = (dealers.store(session, self.one, name=name) for name in ("甲东店", "甲西店"))
        self.theirs = dealers.store(session, self.other, name="乙店")
        self.marketer = dealers.staff(session, self.market.brand, Role.marketer)
        self.adviser = dealers.staff(session, self.one)
        session.commit()
        self.desk, self.dealers_desk = Desk(app, self.marketer), Desk(app, self.adviser)

    def asked(self, store: Store, *, at: datetime = NOON, answered_after: timedelta | None = None, drives: bool = False) -> None:
        """Somebody asks about a car of the store: its dealer is to answer."""
        buyer = orders.buyer(self.session, self.market)
        lead = leads.lead(self.session, buyer, dealer_id=store.dealer_id, grade="A", created_at=at)
        car = vehicles.vehicle(self.session, store)
        self.session.add(LeadInterest(lead_id=lead.id, kind="contact", vehicle_id=car.id, latest_at=at))
        answer: dict[str, Any] = {"answer": "accepted", "answered_at": at + answered_after} if answered_after is not None else {}
        known = {"lead_id": lead.id, "cause": "contact", "rule": "nobody", "dealer_id": store.dealer_id, "candidates": []}
        self.session.add(LeadAssignment(**known, reference=str(db.new_id()), created_at=at, **answer))
        if drives:
            self.session.add(LeadActivity(lead_id=lead.id, kind="test_drive_booked", reference=str(db.new_id()), created_at=at))
        self.took("lead", store, on=at.date(), who=buyer.id)

    def took(self, step: str, store: Store, *, on: date = DAY, who: Any = None) -> None:
        row = {"brand_id": self.market.brand.id, "taken_on": on, "step": step, "customer_id": who or db.new_id(), "series_id": NONE}
        self.session.add(FunnelStep(**row, dealer_id=store.dealer_id, store_id=store.id, channel=""))
        self.session.flush()

    def league(self, desk: Desk | None = None, **asked: Any) -> dict[str, Any]:
        self.session.commit()
        answer = (desk or self.desk).get("insight/league", **PERIOD | asked)
        assert answer.status_code == 200, answer.text
        return dict(answer.json)

    def now(self, **asked: Any) -> dict[str, dict[str, Any]]:
        return {one["name"]: one["now"] for one in self.league(**asked)["items"]}


@pytest.fixture
def town(session: Session, app: Any) -> Town:
    return Town(session, app)


def test_each_request_is_of_the_store_whose_car_it_was_about_and_late_only_when_its_time_is_over(town: Town, session: Session) -> None:
    for minutes in (1, 2, 3, 4, 5, 6, 7, 8, 29, 31):
        town.asked(town.near, answered_after=timedelta(minutes=minutes), drives=minutes < 3)
    town.asked(town.far, answered_after=timedelta(hours=3))
    assert town.now()["甲东店"] | {"sales_of_leads": None} == {
        "leads": 10,
        "asked": 10,
        "in_time": 0.9,
        "answer_seconds": 330,
        "test_drives": 2,
        "deposits": 0,
        "sales": 0,
        "refunds": 0,
        "sales_of_leads": None,
    }
    assert town.now()["甲西店"]["asked"] == 1

    just = session.execute(text("SELECT marque_now()")).scalar_one()
    town.asked(town.theirs, at=just - timedelta(minutes=29))
    town.asked(town.theirs, at=just - timedelta(minutes=31))
    around = {"since": str((just - timedelta(days=1)).date()), "until": str((just + timedelta(days=1)).date())}
    assert town.now(**around)["乙店"]["asked"] == 1, "who still has time to answer is not late"


def test_too_few_requests_are_no_share_and_no_rank_and_equals_share_one(town: Town) -> None:
    for _ in range(FEW - 1):
        town.asked(town.far, answered_after=timedelta(minutes=1))
    for store in (town.near, town.theirs):
        for _ in range(FEW):
            town.asked(store, answered_after=timedelta(minutes=1))
    found = {one["name"]: (one["rank"], one["now"]["in_time"]) for one in town.league(sort="in_time")["items"]}
    assert found.items() >= {"甲东店": (1, 1.0), "乙店": (1, 1.0), "甲西店": (None, None)}.items()
    quick = town.league(sort="answer_seconds")
    assert (quick["ranked"], [one["name"] for one in quick["items"]][-1]) != (3, "甲东店")


def test_the_days_before_stand_beside_and_the_last_hour_of_a_day_in_china_is_that_days(town: Town) -> None:
    town.asked(town.near, at=datetime(2026, 6, 16, 23, 30, tzinfo=CHINA), answered_after=timedelta(minutes=1))
    town.asked(town.near, at=datetime(2026, 6, 9, 23, 30, tzinfo=CHINA), answered_after=timedelta(minutes=1))
    town.asked(town.near, at=datetime(2026, 6, 2, 23, 30, tzinfo=CHINA), answered_after=timedelta(minutes=1))
    found = town.league()
    assert found["before"] == {"since": "2026-06-03", "until": "2026-06-09"}
    (near,) = (one for one in found["items"] if one["name"] == "甲东店")
    assert (near["now"]["asked"], near["before"]["asked"]) == (1, 1)


def test_money_that_went_back_is_counted_once_an_order_on_the_day_it_was_back_and_what_was_paid_twice_is_not(town: Town) -> None:
    buyer = orders.buyer(town.session, town.market)
    order = orders.order(town.session, town.market, buyer, vehicle_id=vehicles.vehicle(town.session, town.near).id)
    asked = town.session.execute(select(PaymentAttempt).filter_by(intent_id=order.intent_id)).scalar_one()
    asked.status, asked.certain_at = "succeeded", NOON
    kept = {name: getattr(asked, name) for name in ("brand_id", "intent_id", "account_id", "amount_fen", "currency", "appid", "mchid")}
    again = PaymentAttempt(**kept, out_trade_no="twice", status="succeeded", certain_at=NOON, expires_at=NOON, due_at=NOON, is_surplus=True)
    town.session.add(again)
    town.session.flush()
    for number, attempt in enumerate((again, again, asked, asked)):
        back = {"paid_fen": asked.amount_fen, "amount_fen": 1, "reason": "", "source": "deposits", "status": "succeeded", "due_at": NOON}
        sent = {"account_id": asked.account_id, "out_trade_no": attempt.out_trade_no, "out_refund_no": f"r{number}", "settled_at": NOON}
        town.session.add(Refund(brand_id=order.brand_id, intent_id=order.intent_id, attempt_id=attempt.id, **back, **sent))
        town.session.flush()
        assert town.now()["甲东店"]["refunds"] == (0 if number < 2 else 1)


def test_a_dealer_reads_of_its_own_stores_and_where_they_stand_on_the_page_and_in_the_file(town: Town, session: Session) -> None:
    for store, sales in ((town.near, 1), (town.theirs, 3)):
        for _ in range(sales):
            town.took("sale", store)
    found = town.league(town.dealers_desk)
    assert [(one["name"], one["rank"]) for one in found["items"]] == [("甲东店", 2), ("甲西店", None)]
    assert (found["total"], found["ranked"]) == (2, 2)
    assert "乙" not in str(found)
    offer = lists.offered("console.league")
    asked = {"since": DAY, "until": DAY, "sort": "sales"}
    rows = offer.page(session, town.adviser, asked, cursor=None, limit=10).rows
    assert [row[1] for row in rows] == ["甲东店", "甲西店"]
    assert {row[1] for row in offer.page(session, town.marketer, asked, cursor=None, limit=10).rows} > {"乙店", "甲东店"}


def test_pages_of_the_league_have_every_store_once(town: Town) -> None:
    names = {one["name"] for one in town.league(limit=100)["items"]}
    pages = [town.league(limit=1, page=number)["items"] for number in range(1, len(names) + 2)]
    assert [len(page) for page in pages] == [1] * len(names) + [0]
    assert {page[0]["name"] for page in pages[:-1]} == names


def test_what_no_league_can_be_asked_is_refused_by_name(town: Town) -> None:
    for wrong in ({"sort": "luck"}, {"until": "2026-06-01"}, {"page": 0}):
        answer = town.desk.get("insight/league", **PERIOD | wrong)
        assert answer.status_code == 422
        assert next(iter(wrong)) in str(answer.json["details"])


def test_a_league_reads_the_days_it_is_asked_for_and_not_all_that_ever_were(town: Town, session: Session) -> None:
    buyer = orders.buyer(session, town.market)
    given = {"brand_id": town.market.brand.id, "dealer_id": town.one.id, "customer_id": buyer.id, "now": NOON}
    session.execute(
        text(
            "INSERT INTO leads (id, brand_id, customer_id, dealer_id, business_line, status, grade, version, created_at) SELECT "
            "marque_new_id(), :brand_id, :customer_id, :dealer_id, 'vehicle_sales', 'defeated', 'A', 1, :now - n * interval '1 hour' "
            "FROM generate_series(1, 20000) n"
        ),
        given,
    )
    of_each = "SELECT marque_new_id(), id, created_at, {} FROM leads"
    columns = "cause, reference, rule, dealer_id, candidates"
    asked = of_each.format("'contact', '', 'nobody', dealer_id, '[]'")
    session.execute(text(f"INSERT INTO lead_assignments (id, lead_id, created_at, {columns}) {asked}"))
    drives = of_each.format("CASE WHEN random() < 0.1 THEN 'test_drive_booked' ELSE 'note' END, ''")
    session.execute(text(f"INSERT INTO lead_activities (id, lead_id, created_at, kind, reference) {drives}"))
    wished = "SELECT marque_new_id(), id, 'contact', :store_id, created_at FROM leads WHERE dealer_id = :dealer_id"
    interests = text(f"INSERT INTO lead_interests (id, lead_id, kind, store_id, latest_at) {wished} ON CONFLICT DO NOTHING")
    session.execute(interests, given | {"store_id": town.near.id})
    for table in ("leads", "lead_assignments", "lead_activities", "lead_interests"):
        session.execute(text(f"ANALYZE {table}"))
    asked_for = given | {"since": NOON - timedelta(days=7), "until": NOON, "grades": ["A"], "times": [timedelta(0)]}
    for statement, index in ((_ANSWERS, "ix_lead_assignments_dealer"), (_DRIVES, "ix_lead_activities_test_drives")):
        plan = "\n".join(session.execute(text(f"EXPLAIN {statement}"), asked_for).scalars())
        assert index in plan, plan
        assert "Seq Scan on lead" not in plan, plan
