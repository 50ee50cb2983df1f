"""Campaigns for tests."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from app.campaigns import queries, service
from app.campaigns.models import Campaign, CampaignCode
from app.dealers.models import Brand, Dealer, Role, Staff
from tests.factories import dealers

NAME = {"key": "name", "kind": "name", "label": "姓名", "required": True}
PHONE = {"key": "phone", "kind": "phone", "label": "手机号", "required": True}
STORE = {"key": "store", "kind": "store", "label": "到店门店", "required": True}
FORM: dict[str, Any] = {"fields": [NAME | {"choices": []}, PHONE | {"choices": []}, STORE | {"choices": []}], "consent": None}


def manager(session: Session, of: Dealer | Brand) -> Staff:
    """Whoever runs the campaigns of a dealer, or of the brand."""
    return dealers.staff(session, of, Role.dealer_manager if isinstance(of, Dealer) else Role.marketer)


def draft(session: Session, by: Staff, **fields: Any) -> Campaign:
    """A campaign that begins yesterday and ends in five days."""
    day = queries.today(session)
    given: dict[str, Any] = {
        "name": "春季车展",
        "kind": "auto_show",
        "begins_on": day - timedelta(days=1),
        "ends_on": day + timedelta(days=5),
        "budget_fen": 10_000_00,
        "form": FORM,
    }
    return service.create(session, by, **given | fields)


def running(session: Session, by: Staff, **fields: Any) -> Campaign:
    return service.start(session, by, draft(session, by, **fields).id)


def code(session: Session, of: Campaign, by: Staff, label: str = "一号展台", **fields: Any) -> CampaignCode:
    return service.add_code(session, by, of.id, **{"label": label, "channel": "stand"} | fields)
