"""She applies for a finance plan: with her agreement, the dealer's adviser reads which one and what it comes to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.identity import service as identity
from app.identity.models import Customer, Purpose
from app.leads.models import Lead, LeadAssignment, LeadInterest
from app.vehicles import service
from app.vehicles.models import FinancePlan
from tests.factories import identity as people
from tests.factories import messaging as make
from tests.factories import vehicles

Ask = Callable[..., Any]


@pytest.fixture
def buyer(session: Session, town: make.Town) -> Customer:
    return make.follower(session, town)


@pytest.fixture
def plan(session: Session, town: make.Town) -> FinancePlan:
    town.market.vehicle.price_fen = 300_000_00
    return vehicles.plan(session, town.market.brand, name="标准贷")


@pytest.fixture
def apply(session: Session, town: make.Town, plan: FinancePlan, buyer: Customer, client: Any) -> Ask:
    """POST as the buyer, for the car of the town unless told otherwise."""
    headers = people.signed_in(session, buyer, town.market.mini)

    def post(*, down_payment_fen: int = 60_000_00, plan_id: Any = None, **body: Any) -> Any:
        session.commit()
        finance = {"plan_id": str(plan_id or plan.id), "down_payment_fen": down_payment_fen}
        given = {"vehicle_id": str(town.market.vehicle.id), "finance": finance} | body
        return client.post("/api/customer/leads/", json={key: value for key, value in given.items() if value}, headers=headers)

    return post


def agreed(session: Session, buyer: Customer) -> None:
    identity.give_consent(session, buyer, purpose=Purpose.dealer_sharing, text_version="1", ip=None)


def test_the_adviser_reads_the_plan_and_her_words(session: Session, buyer: Customer, apply: Ask) -> None:
    agreed(session, buyer)
    assert apply(message="请尽快联系").status_code == 201
    kept = session.execute(select(LeadInterest)).scalar_one()
    assert (kept.kind, kept.message) == ("finance", "标准贷（36 期）：首付 ¥60,000，月供 ¥7,084.69\n请尽快联系")
    assert session.execute(select(Lead)).scalar_one().grade == "A"
    assert session.execute(select(LeadAssignment)).scalar_one().cause == "contact"


def test_without_her_agreement_nobody_is_told(session: Session, buyer: Customer, apply: Ask) -> None:
    refused = apply()
    assert (refused.status_code, refused.json["error"], refused.json["details"]) == (
        409,
        "leads.consent_needed",
        {"purpose": "dealer_sharing"},
    )
    agreed(session, buyer)
    identity.withdraw_consent(session, buyer, purpose=Purpose.dealer_sharing)
    assert apply().status_code == 409
    assert session.execute(select(Lead)).first() is None


def test_a_wish_that_no_plan_grants_is_refused_by_name(session: Session, town: make.Town, buyer: Customer, apply: Ask) -> None:
    agreed(session, buyer)
    narrow = vehicles.plan(session, town.market.brand, conditions=["new"])
    for asked, status, code in (
        ({"down_payment_fen": 1_00}, 422, "vehicles.finance_impossible"),
        ({"plan_id": narrow.id}, 422, "vehicles.plan_unfit"),
        ({"plan_id": town.market.vehicle.id}, 404, "vehicles.plan_unknown"),
        ({"vehicle_id": None, "store_id": str(town.market.store.id)}, 422, "leads.nothing_to_ask_about"),
    ):
        refused = apply(**asked)
        assert (refused.status_code, refused.json["error"]) == (status, code)
    assert session.execute(select(Lead)).first() is None


def test_what_she_asked_for_stays_in_the_lead_though_the_plan_has_another_version(
    session: Session, town: make.Town, plan: FinancePlan, buyer: Customer, apply: Ask
) -> None:
    agreed(session, buyer)
    assert apply().status_code == 201
    dearer = {"name": plan.name, "term_months": 36, "annual_rate_bp": 899, "min_down_payment_percent": 20}
    assert service.install_plans(session, town.market.brand.id, [dearer]) == 1
    late = apply()
    assert (late.status_code, late.json["details"]["field"]) == (422, "plan_id"), "no other figures under the id that she read"
    session.expire_all()
    assert session.execute(select(LeadInterest)).scalar_one().message == "标准贷（36 期）：首付 ¥60,000，月供 ¥7,084.69"
