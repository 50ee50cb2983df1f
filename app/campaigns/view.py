"""How campaigns are shown: to staff, as a report, and as the landing page."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from typing import Any

import segno
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.campaigns import form, queries
from app.campaigns.choices import CONSENTS, GROUPS, known, label
from app.campaigns.models import Campaign, CampaignAnswer, CampaignCheckIn, CampaignCode, CampaignCost, CampaignStatus
from app.campaigns.queries import Figures
from app.dealers.models import Dealer, Staff, Store
from app.identity import queries as identity
from app.identity.models import ConsentText, Customer
from app.kit import phone
from app.kit.rows import excel_line
from app.kit.texts import t
from app.vehicles import queries as vehicles
from app.vehicles.models import VISIBLE, Vehicle

PAGE = "pages/campaigns/detail"


def code_of(token: str) -> str:
    """The QR code of a ticket, as the address of an image that holds it."""
    return segno.make_qr(token, error="m").png_data_uri(scale=8, border=2)


def choices_out(session: Session, brand_id: uuid.UUID) -> dict[str, Any]:
    picked = {group: [{"value": key, "label": label(group, key)} for key in known(group)] for group in GROUPS}
    texts = [text for purpose in CONSENTS if (text := identity.consent_text(session, brand_id, purpose))]
    names = ("purpose", "version", "words")
    return picked | {"consents": [{name: getattr(one, name) for name in names} | {"label": t(f"consents.{one.purpose}")} for one in texts]}


def campaigns_out(session: Session, staff: Staff, campaigns: Sequence[Campaign]) -> list[dict[str, Any]]:
    """Money only of campaigns whose money is theirs."""
    spent = queries.spent(session, [one.id for one in campaigns])
    dealers = _names(session, Dealer.name, (one.dealer_id for one in campaigns))
    stores = _names(session, Store.name, (one.store_id for one in campaigns))
    titles = _names(session, Vehicle.title, (uuid.UUID(vehicle) for one in campaigns for vehicle in one.vehicle_ids))
    return [
        _campaign(one, spent.get(one.id, 0) if staff.sees_the_brand or one.dealer_id else None)
        | {"dealer_name": dealers.get(one.dealer_id), "store_name": stores.get(one.store_id)}
        | {"vehicles": [{"id": vehicle, "name": titles[uuid.UUID(vehicle)]} for vehicle in one.vehicle_ids]}
        for one in campaigns
    ]


def _names(session: Session, name: Any, ids: Iterable[uuid.UUID | None]) -> dict[uuid.UUID | None, str]:
    """What things are called, by id, in one look."""
    of = name.class_.id
    return {row[0]: row[1] for row in session.execute(select(of, name).where(of.in_({one for one in ids if one is not None})))}


def _campaign(campaign: Campaign, spent: int | None) -> dict[str, Any]:
    names = ("name", "kind", "status", "introduction", "begins_on", "ends_on", "vehicle_ids", "form", "version", "created_at")
    return {name: getattr(campaign, name) for name in names} | {
        "id": str(campaign.id),
        "kind_label": label("kinds", campaign.kind),
        "status_label": t(f"campaigns.status.{campaign.status}"),
        "dealer_id": campaign.dealer_id and str(campaign.dealer_id),
        "store_id": campaign.store_id and str(campaign.store_id),
        "budget_fen": None if spent is None else campaign.budget_fen,
        "spent_fen": spent,
        "left_fen": None if spent is None else campaign.budget_fen - spent,
    }


def costs_out(session: Session, costs: Sequence[CampaignCost]) -> list[dict[str, Any]]:
    names = _names(session, Staff.name, (one.staff_id for one in costs))
    plain = ("spent_on", "category", "amount_fen", "note", "code_id", "created_at")
    return [
        {name: getattr(one, name) for name in plain}
        | {
            "id": str(one.id),
            "category_label": label("categories", one.category),
            "staff_name": names[one.staff_id],
            "reverses_id": one.reverses_id and str(one.reverses_id),
        }
        for one in costs
    ]


def codes_out(session: Session, codes: Sequence[CampaignCode]) -> list[dict[str, Any]]:
    stores = _names(session, Store.name, (one.store_id for one in codes))
    people = _names(session, Staff.name, (one.staff_id for one in codes))
    return [
        {
            "id": one.id,
            "label": one.label,
            "channel": one.channel,
            "channel_label": label("channels", one.channel),
            "store_id": one.store_id and str(one.store_id),
            "store_name": stores.get(one.store_id),
            "staff_id": one.staff_id and str(one.staff_id),
            "staff_name": people.get(one.staff_id),
            "path": f"{PAGE}?scene={one.id}",
        }
        for one in codes
    ]


def _person(row: CampaignAnswer | CampaignCheckIn, customer: Customer) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "customer_id": str(customer.id),
        "nickname": customer.nickname,
        "phone_masked": phone.mask(customer.phone),
        "code_id": row.code_id,
        "created_at": row.created_at,
    }


def answer_out(answer: CampaignAnswer, customer: Customer) -> dict[str, Any]:
    told = {"given": answer.given, "consent_version": answer.consent_version, "updated_at": answer.updated_at}
    return _person(answer, customer) | told | {"lead_id": answer.lead_id and str(answer.lead_id)}


def check_in_out(check_in: CampaignCheckIn, customer: Customer) -> dict[str, Any]:
    return _person(check_in, customer) | {"day": check_in.day, "how": check_in.how, "how_label": t(f"campaigns.how.{check_in.how}")}


def report_of_brand(session: Session, staff: Staff, found: dict[Any, Figures], touch: str) -> dict[str, Any]:
    """A row for each campaign that she may see, one for what others brought, and one for what none did; together they are everything."""
    wanted = select(Campaign).where(Campaign.id.in_([key for key in found if key is not None]))
    known_ = {one.id: one for one in session.execute(wanted.order_by(Campaign.begins_on, Campaign.id)).scalars()}
    rows, others = [], Figures()
    for campaign in known_.values():
        figures = found[campaign.id]
        if not staff.sees_the_brand and campaign.dealer_id != staff.dealer_id:
            # Of what others put on a dealer sees what it brought, and not what it cost.
            figures = Figures(**{name: getattr(figures, name) for name in _BROUGHT})
            if campaign.dealer_id is not None:
                others.add(figures)
                continue
        rows.append(_row(campaign.id, campaign.name, figures))
    if any(vars(others).values()):
        rows.append(_row(None, t("campaigns.report.others"), others))
    rows.append(_row(None, t("campaigns.report.none"), found.get(None, Figures())))
    return _summed(rows, touch)


def report_of_campaign(codes: Sequence[CampaignCode], found: dict[Any, Figures], touch: str) -> dict[str, Any]:
    """A row for each of its codes, and one for what came by none of them."""
    rows = [_row(code.id, code.label, found.get(code.id, Figures())) for code in codes]
    rows.append(_row(None, t("campaigns.report.no_code"), found.get(None, Figures())))
    return _summed(rows, touch)


_SUMS = tuple(vars(Figures()))
_BROUGHT = ("leads", "test_drives", "deposits", "deposit_fen", "refunds", "refund_fen", "orders", "value_fen")


def _row(row_id: Any, name: str, figures: Figures) -> dict[str, Any]:
    return {
        "id": None if row_id is None else str(row_id),
        "name": name,
        **vars(figures),
        "cost_per_lead_fen": figures.cost_per(figures.leads),
        "cost_per_check_in_fen": figures.cost_per(figures.check_ins),
        "cost_per_deposit_fen": figures.cost_per(figures.deposits),
        "roi": figures.roi,
    }


def _summed(rows: list[dict[str, Any]], touch: str) -> dict[str, Any]:
    total = Figures(**{name: sum(row[name] for row in rows) for name in _SUMS})
    return {"touch": touch, "rows": rows, "total": _row(None, t("campaigns.report.total"), total)}


def report_lines(report: dict[str, Any]) -> list[str]:
    """Lines of the file of a report, money in yuan."""
    names = ("name", *_SUMS, "cost_per_lead_fen", "cost_per_check_in_fen", "cost_per_deposit_fen", "roi")
    lines = [excel_line(t("campaigns.report.columns").split(","))]
    for row in [*report["rows"], report["total"]]:
        lines.append(excel_line(_in_yuan(row[name]) if name.endswith("_fen") else row[name] for name in names))
    return lines


def _in_yuan(fen: int | None) -> str | None:
    return None if fen is None else f"{fen / 100:.2f}"


def page_out(session: Session, campaign: Campaign, customer: Customer | None) -> dict[str, Any]:
    """The landing page: open, or with the reason why not."""
    fields = campaign.form["fields"]
    state = "open" if queries.is_open(session, campaign) else "over"
    if campaign.status == CampaignStatus.running and queries.today(session) < campaign.begins_on:
        state = "not_begun"
    message = {"not_begun": "errors.campaigns.not_begun", "over": "errors.campaigns.over"}.get(state)
    offers_stores = any(one["kind"] == "store" for one in fields)
    stores = form.stores(session, campaign) if offers_stores else []
    return {
        "id": str(campaign.id),
        "name": campaign.name,
        "kind_label": label("kinds", campaign.kind),
        "introduction": campaign.introduction,
        "begins_on": campaign.begins_on,
        "ends_on": campaign.ends_on,
        "state": state,
        "message": message and t(message, begins_on=campaign.begins_on.isoformat()),
        "fields": fields,
        "consent": _consent(session, campaign),
        "stores": [{"id": str(one.id), "name": one.name, "city": one.city, "address": one.address} for one in stores],
        "vehicles": _cards(session, campaign),
        "mine": None if customer is None else _mine(session, campaign, customer),
    }


def _consent(session: Session, campaign: Campaign) -> dict[str, Any] | None:
    asked = campaign.form.get("consent")
    if asked is None:
        return None
    wanted = select(ConsentText.words).filter_by(brand_id=campaign.brand_id, purpose=asked["purpose"], version=asked["version"])
    return asked | {"words": session.execute(wanted).scalar_one_or_none()}


def _cards(session: Session, campaign: Campaign) -> list[dict[str, Any]]:
    ids = [uuid.UUID(one) for one in campaign.vehicle_ids]
    wanted = select(Vehicle).where(Vehicle.id.in_(ids), Vehicle.status.in_(VISIBLE))
    found = {one.id: one for one in session.execute(wanted).scalars()} if ids else {}
    return [vehicles.list_card(found[one]) for one in ids if one in found]


def _mine(session: Session, campaign: Campaign, customer: Customer) -> dict[str, bool]:
    hers = {"campaign_id": campaign.id, "customer_id": identity.current(session, customer).id}
    today = select(CampaignCheckIn.id).filter_by(**hers, day=queries.today(session))
    return {
        "answered": session.execute(select(CampaignAnswer.id).filter_by(**hers)).first() is not None,
        "checked_in_today": session.execute(today).first() is not None,
    }
