"""Headquarters see what went wrong with money, an administrator deals with it, and nobody else does."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.dealers.models import Role
from app.payments.models import IncidentKind
from app.payments.service import incidents
from tests.factories import dealers
from tests.factories import orders as make


@pytest.fixture
def market(session: Session) -> make.Market:
    return make.market(session)


@pytest.fixture
def incident(session: Session, market: make.Market) -> Any:
    made = incidents.report(
        session,
        IncidentKind.mismatch,
        "4200",
        brand_id=market.brand.id,
        account_id=market.merchant.id,
        out_trade_no="X",
        amount_fen=99_999,
        details={"amount_fen": {"asked": 100_000, "told": 99_999}},
    )
    session.commit()
    return made


@pytest.fixture
def signed_in(session: Session, client: Any) -> Any:
    def sign_in(of: Any, role: Role) -> Any:
        staff = dealers.staff(session, of, role)
        session.commit()
        client.post("/api/public/staff/login", json={"username": staff.username, "password": dealers.PASSWORD})
        return client

    return sign_in


def post(who: Any, path: str, body: dict[str, str]) -> Any:
    return who.post(path, json=body, headers={"Idempotency-Key": uuid.uuid4().hex})


def test_an_administrator_sees_and_resolves_an_incident(market: make.Market, incident: Any, signed_in: Any) -> None:
    admin = signed_in(market.brand, Role.admin)
    (shown,) = admin.get("/api/staff/payments/incidents").json["items"]
    assert (shown["id"], shown["label"], shown["amount_fen"]) == (str(incident.id), "支付信息不符", 99_999)
    path = f"/api/staff/payments/incidents/{incident.id}/resolve"
    done = post(admin, path, {"action": "by_hand", "note": "已线下核对"})
    assert (done.status_code, done.json["resolution"], done.json["note"]) == (200, "by_hand", "已线下核对")
    assert admin.get("/api/staff/payments/incidents").json["items"] == []
    assert post(admin, path, {"action": "by_hand", "note": "再次"}).status_code == 409


def test_money_that_was_never_ours_cannot_be_sent_back(market: make.Market, incident: Any, signed_in: Any) -> None:
    admin = signed_in(market.brand, Role.admin)
    answer = post(admin, f"/api/staff/payments/incidents/{incident.id}/resolve", {"action": "refund", "note": "退回"})
    assert (answer.status_code, answer.json["error"]) == (409, "payments.incident_over")


def test_a_resolution_needs_a_note_and_a_known_action(market: make.Market, incident: Any, signed_in: Any) -> None:
    answer = post(
        signed_in(market.brand, Role.admin), f"/api/staff/payments/incidents/{incident.id}/resolve", {"action": "forget", "note": ""}
    )
    assert answer.status_code == 422
    assert set(answer.json["details"]) == {"action", "note"}


@pytest.mark.parametrize("action", ["refund", "by_hand"])
def test_a_marketer_looks_at_an_incident_and_does_not_move_its_money(
    session: Session, market: make.Market, incident: Any, signed_in: Any, action: str
) -> None:
    marketer = signed_in(market.brand, Role.marketer)
    (shown,) = marketer.get("/api/staff/payments/incidents").json["items"]
    assert shown["id"] == str(incident.id)
    answer = post(marketer, f"/api/staff/payments/incidents/{incident.id}/resolve", {"action": action, "note": "x"})
    assert (answer.status_code, answer.json["error"]) == (403, "payments.finance_only")
    assert answer.json["message"] == "只有财务人员和管理员可以处理资金，请联系他们"
    session.expire_all()
    assert incident.resolved_at is None


def test_a_dealers_people_do_not_deal_with_incidents(market: make.Market, incident: Any, signed_in: Any) -> None:
    manager = signed_in(market.dealer, Role.dealer_manager)
    assert manager.get("/api/staff/payments/incidents").status_code == 403
    answer = post(manager, f"/api/staff/payments/incidents/{incident.id}/resolve", {"action": "by_hand", "note": "x"})
    assert answer.status_code == 403


def test_another_brands_incident_does_not_exist(session: Session, incident: Any, signed_in: Any) -> None:
    stranger = signed_in(dealers.brand(session), Role.admin)
    assert stranger.get("/api/staff/payments/incidents").json["items"] == []
    answer = post(stranger, f"/api/staff/payments/incidents/{incident.id}/resolve", {"action": "by_hand", "note": "x"})
    assert answer.status_code == 404
