"""Campaigns for tests."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from app.campaigns import queries, service
from app.campaigns.models import Campaign, CampaignCode, CampaignCost
from app.dealers.models import Brand, Dealer, Role, Staff
from tests.factories import dealers

# Its doors, for the law about requests that come twice.
NEEDED = {
    "POST /api/customer/campaigns/<uuid:campaign_id>/answers",
    "POST /api/staff/campaigns/",
    "POST /api/staff/campaigns/<uuid:campaign_id>/cancel",
    "POST /api/staff/campaigns/<uuid:campaign_id>/codes",
    "POST /api/staff/campaigns/<uuid:campaign_id>/costs",
    "POST /api/staff/campaigns/<uuid:campaign_id>/costs/<uuid:cost_id>/reverse",
    "POST /api/staff/campaigns/<uuid:campaign_id>/end",
    "POST /api/staff/campaigns/<uuid:campaign_id>/start",
}
HONOURED = {"PATCH /api/staff/campaigns/<uuid:campaign_id>", "POST /api/staff/campaigns/<uuid:campaign_id>/check-ins"}
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


def cost(session: Session, of: Campaign, by: Staff, amount_fen: int = 500_00, **fields: Any) -> CampaignCost:
    given = {"spent_on": queries.today(session), "category": "venue", "amount_fen": amount_fen}
    return service.enter_cost(session, by, of.id, **given | fields)


def ids(session: Session, of: Dealer | Brand) -> dict[str, Any]:
    """A running campaign with a code, whose pictures are there, and a cost: by the names of the doors' arguments."""
    by = manager(session, of)
    campaign = running(session, by)
    made = code(session, campaign, by)
    made.code_image, made.picture_url = b"a picture", "https://mp.weixin.qq.com/"
    return {"campaign_id": campaign.id, "code_id": made.id, "cost_id": cost(session, campaign, by).id}


def doors(session: Session, of: Dealer | Brand) -> dict[str, dict[str, Any]]:
    """For the step that takes one a draft."""
    return {"/campaigns/<uuid:campaign_id>/start": {"campaign_id": draft(session, manager(session, of)).id}}


def bodies(store_id: Any) -> dict[str, dict[str, Any]]:
    """What each door of campaigns wants to read, by its end."""
    return {
        "POST /api/staff/campaigns/": {
            "name": "试驾日",
            "kind": "test_drive_day",
            "begins_on": "2026-05-01",
            "ends_on": "2026-05-03",
            "budget_fen": 100,
        },
        "PATCH /api/staff/campaigns/<uuid:campaign_id>": {"version": 1, "name": "另一个"},
        "/campaigns/<uuid:campaign_id>/cancel": {"reason": "场地取消"},
        "/campaigns/<uuid:campaign_id>/costs": {"spent_on": "2026-05-01", "category": "venue", "amount_fen": 100},
        "/costs/<uuid:cost_id>/reverse": {"note": "金额有误"},
        "/campaigns/<uuid:campaign_id>/codes": {"label": "二号展台", "channel": "stand"},
        "/campaigns/<uuid:campaign_id>/check-ins": {"phone": "13900001111"},
        "/campaigns/<uuid:campaign_id>/answers": {"given": {"name": "林小姐", "store": str(store_id)}},
    }
