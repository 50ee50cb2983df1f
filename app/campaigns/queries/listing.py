"""Which campaigns there are and who may see them; their codes, costs, answers and check-ins."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, or_, select, tuple_
from sqlalchemy.orm import Session

from app.campaigns.errors import CampaignUnknown, CodeUnknown, ManagersOnly
from app.campaigns.models import Campaign, CampaignAnswer, CampaignCheckIn, CampaignCode, CampaignCost, CampaignStatus, CampaignTouch
from app.dealers.models import Role, Staff
from app.identity import queries as identity
from app.identity.models import Customer
from app.kit import clock
from app.vehicles.queries import CHINA

Before = tuple[datetime, uuid.UUID]


def today(session: Session) -> date:
    """The day that people in China speak of."""
    return clock.now(session).astimezone(CHINA).date()


def by_id(session: Session, brand_id: uuid.UUID, campaign_id: uuid.UUID) -> Campaign:
    """A campaign that people may know of: no draft. Raises `CampaignUnknown`."""
    found = session.execute(select(Campaign).filter_by(id=campaign_id, brand_id=brand_id)).scalar_one_or_none()
    if found is None or found.status == CampaignStatus.draft:
        raise CampaignUnknown
    return found


def visible(session: Session, staff: Staff, campaign_id: uuid.UUID, *, lock: bool = False) -> Campaign:
    """A campaign, as far as this staff member may see it: headquarters all, a dealer's people their own and what the brand put on.

    Raises `CampaignUnknown`.
    """
    wanted = select(Campaign).filter_by(id=campaign_id, brand_id=staff.brand_id)
    if lock:
        wanted = wanted.with_for_update(key_share=True).execution_options(populate_existing=True)
    found = session.execute(wanted).scalar_one_or_none()
    if found is None or not (staff.sees_the_brand or found.dealer_id == staff.dealer_id or _is_for_everybody(found)):
        raise CampaignUnknown
    return found


def _is_for_everybody(campaign: Campaign) -> bool:
    return campaign.dealer_id is None and campaign.status != CampaignStatus.draft


def managed(session: Session, staff: Staff, campaign_id: uuid.UUID, *, lock: bool = False, looking: bool = False) -> Campaign:
    """A campaign that this staff member runs, or whose money she may look at: headquarters all, a dealer's manager the dealer's own.

    Raises `CampaignUnknown`; `ManagersOnly` where she sees it and may no more.
    """
    found = visible(session, staff, campaign_id, lock=lock)
    roles = (Role.admin, Role.marketer, Role.dealer_manager, *((Role.finance,) if looking else ()))
    if staff.role not in roles or (staff.dealer_id is not None and found.dealer_id != staff.dealer_id):
        raise ManagersOnly
    return found


def listing(
    session: Session,
    staff: Staff,
    *,
    q: str | None = None,
    status: str | None = None,
    kind: str | None = None,
    before: Before | None = None,
    limit: int = 20,
) -> Sequence[Campaign]:
    """The campaigns that a staff member sees, newest first, continuing before (created_at, id)."""
    wanted = select(Campaign).where(Campaign.brand_id == staff.brand_id)
    if not staff.sees_the_brand:
        brands = Campaign.dealer_id.is_(None) & (Campaign.status != CampaignStatus.draft)
        wanted = wanted.where(or_(Campaign.dealer_id == staff.dealer_id, brands))
    if q:
        wanted = wanted.where(Campaign.name.icontains(q, autoescape=True))
    if status:
        wanted = wanted.where(Campaign.status == status)
    if kind:
        wanted = wanted.where(Campaign.kind == kind)
    return _newest(session, wanted, Campaign, before=before, limit=limit)


def is_open(session: Session, campaign: Campaign) -> bool:
    """Whether it runs and today is one of its days."""
    return campaign.status == CampaignStatus.running and campaign.begins_on <= today(session) <= campaign.ends_on


def code_by_id(session: Session, brand_id: uuid.UUID, code_id: str) -> CampaignCode:
    """A code of the brand. Raises `CodeUnknown`."""
    found = session.execute(select(CampaignCode).filter_by(id=code_id, brand_id=brand_id)).scalar_one_or_none()
    if found is None:
        raise CodeUnknown
    return found


def code(session: Session, campaign: Campaign, code_id: str) -> CampaignCode:
    """A code of the campaign. Raises `CodeUnknown`."""
    found = code_by_id(session, campaign.brand_id, code_id)
    if found.campaign_id != campaign.id:
        raise CodeUnknown
    return found


def codes(session: Session, campaign_id: uuid.UUID) -> Sequence[CampaignCode]:
    """The codes of a campaign in the order in which they were made."""
    wanted = select(CampaignCode).filter_by(campaign_id=campaign_id)
    return session.execute(wanted.order_by(CampaignCode.created_at, CampaignCode.id)).scalars().all()


def last_code(session: Session, campaign_id: uuid.UUID, customer_id: uuid.UUID) -> str | None:
    """The code of a campaign by which she came last."""
    wanted = select(CampaignTouch.code_id).filter_by(campaign_id=campaign_id, customer_id=customer_id)
    latest = wanted.where(CampaignTouch.code_id.is_not(None)).order_by(CampaignTouch.at.desc(), CampaignTouch.id.desc())
    return session.execute(latest.limit(1)).scalar_one_or_none()


def costs(session: Session, campaign_id: uuid.UUID, *, before: Before | None = None, limit: int = 50) -> Sequence[CampaignCost]:
    """What was entered, newest first, continuing before (created_at, id)."""
    return _newest(session, select(CampaignCost).filter_by(campaign_id=campaign_id), CampaignCost, before=before, limit=limit)


def spent(session: Session, campaign_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, int]:
    """Fen spent so far, by campaign; one that is not there has spent nothing."""
    wanted = select(CampaignCost.campaign_id, func.sum(CampaignCost.amount_fen)).where(CampaignCost.campaign_id.in_(campaign_ids))
    return {row[0]: int(row[1]) for row in session.execute(wanted.group_by(CampaignCost.campaign_id))}


def answers(
    session: Session, campaign_id: uuid.UUID, *, before: Before | None = None, limit: int = 50
) -> Sequence[tuple[CampaignAnswer, Customer]]:
    """Who answered, newest first, continuing before (created_at, id)."""
    return _with_people(session, CampaignAnswer, campaign_id, before=before, limit=limit)


def check_ins(
    session: Session, campaign_id: uuid.UUID, *, before: Before | None = None, limit: int = 50
) -> Sequence[tuple[CampaignCheckIn, Customer]]:
    """Who was there, newest first, continuing before (created_at, id)."""
    return _with_people(session, CampaignCheckIn, campaign_id, before=before, limit=limit)


def person(session: Session, row: CampaignAnswer | CampaignCheckIn) -> Customer:
    """Whose answer or check-in it is."""
    return session.get_one(Customer, row.customer_id)


def _with_people(session: Session, model: Any, campaign_id: uuid.UUID, *, before: Before | None, limit: int) -> Sequence[Any]:
    wanted = select(model, Customer).join(Customer, Customer.id == model.customer_id).where(model.campaign_id == campaign_id)
    if before is not None:
        wanted = wanted.where(tuple_(model.created_at, model.id) < tuple_(*before))
    rows = session.execute(wanted.order_by(model.created_at.desc(), model.id.desc()).limit(limit))
    return [(row[0], row[1]) for row in rows]


def _newest(session: Session, wanted: Any, model: Any, *, before: Before | None, limit: int) -> Sequence[Any]:
    if before is not None:
        wanted = wanted.where(tuple_(model.created_at, model.id) < tuple_(*before))
    return session.execute(wanted.order_by(model.created_at.desc(), model.id.desc()).limit(limit)).scalars().all()


@identity.also_holds("campaigns")
def _held(session: Session, ids: Sequence[uuid.UUID]) -> dict[str, Any]:
    """For her export: what she answered, when she was there, and by which campaigns we know her."""

    def of(model: Any) -> Any:
        wanted = select(model, Campaign.name).join(Campaign, Campaign.id == model.campaign_id)
        return session.execute(wanted.where(model.customer_id.in_(ids)).order_by(model.id)).all()

    return {
        "answers": [{"campaign": name, "at": one.created_at.isoformat(), "given": one.given} for one, name in of(CampaignAnswer)],
        "check_ins": [{"campaign": name, "day": one.day.isoformat()} for one, name in of(CampaignCheckIn)],
        "touches": [{"campaign": name, "how": one.how, "at": one.at.isoformat()} for one, name in of(CampaignTouch)],
    }
