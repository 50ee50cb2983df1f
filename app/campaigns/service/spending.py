"""Keep what a campaign costs, and the codes that lead into it."""

from __future__ import annotations

import uuid
from datetime import date

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.campaigns import queries
from app.campaigns.choices import known, told, wrong
from app.campaigns.errors import AlreadyReversed, CostUnknown, FieldsUnfit, LabelTaken, NotEditable
from app.campaigns.models import Campaign, CampaignCode, CampaignCost, CampaignStatus
from app.dealers.models import Staff, Store
from app.sharing.models import new_share_id


def enter_cost(
    session: Session,
    staff: Staff,
    campaign_id: uuid.UUID,
    *,
    spent_on: date,
    category: str,
    amount_fen: int,
    note: str = "",
    code_id: str | None = None,
) -> CampaignCost:
    """Write down what was spent, in fen; also after the campaign, when the bills come.

    Raises:
        CampaignUnknown, ManagersOnly, CodeUnknown: for what they say.
        FieldsUnfit: there is no such category.
    """
    campaign = queries.managed(session, staff, campaign_id)
    if category not in known("categories"):
        raise FieldsUnfit(fields=told({"category": wrong("unknown")}))
    if code_id is not None:
        queries.code(session, campaign, code_id)
    return _enter(session, campaign, staff, spent_on=spent_on, category=category, amount_fen=amount_fen, note=note, code_id=code_id)


def reverse(session: Session, staff: Staff, campaign_id: uuid.UUID, cost_id: uuid.UUID, *, note: str) -> CampaignCost:
    """Take a cost back by an entry of the opposite amount on the same day. Of two at once one does it.

    Raises:
        CampaignUnknown, ManagersOnly, CostUnknown: for what they say.
        AlreadyReversed: it was taken back, or takes another back itself.
    """
    campaign = queries.managed(session, staff, campaign_id, lock=True)
    cost = session.execute(select(CampaignCost).filter_by(id=cost_id, campaign_id=campaign.id)).scalar_one_or_none()
    if cost is None:
        raise CostUnknown
    if cost.reverses_id or session.execute(select(CampaignCost.id).filter_by(reverses_id=cost.id)).first():
        raise AlreadyReversed
    same = {"spent_on": cost.spent_on, "category": cost.category, "code_id": cost.code_id}
    return _enter(session, campaign, staff, **same, amount_fen=-cost.amount_fen, note=note, reverses_id=cost.id)


def _enter(session: Session, campaign: Campaign, staff: Staff, **fields: object) -> CampaignCost:
    cost = CampaignCost(brand_id=campaign.brand_id, campaign_id=campaign.id, staff_id=staff.id, **fields)
    session.add(cost)
    session.flush()
    session.refresh(cost)
    return cost


def add_code(
    session: Session,
    staff: Staff,
    campaign_id: uuid.UUID,
    *,
    label: str,
    channel: str,
    store_id: uuid.UUID | None = None,
    staff_id: uuid.UUID | None = None,
) -> CampaignCode:
    """Another way in. Whoever comes by it and names no store is for `store_id`; `staff_id` is the adviser whose code it is.

    Raises:
        CampaignUnknown, ManagersOnly, LabelTaken: for what they say.
        NotEditable: the campaign is over.
        FieldsUnfit: names what there is not.
    """
    campaign = queries.managed(session, staff, campaign_id)
    if campaign.status not in (CampaignStatus.draft, CampaignStatus.running):
        raise NotEditable(status=campaign.status)
    of = {"brand_id": campaign.brand_id} | ({"dealer_id": campaign.dealer_id} if campaign.dealer_id else {})
    problems = {} if channel in known("channels") else {"channel": wrong("unknown")}
    for name, model, given in (("store_id", Store, store_id), ("staff_id", Staff, staff_id)):
        if given and not session.execute(select(model.id).filter_by(id=given, **of)).first():
            problems[name] = wrong("unknown")
    if problems:
        raise FieldsUnfit(fields=told(problems))
    row = {"id": new_share_id(), "brand_id": campaign.brand_id, "campaign_id": campaign.id, "label": label, "channel": channel}
    made = session.execute(
        insert(CampaignCode)
        .values(**row, store_id=store_id, staff_id=staff_id)
        .on_conflict_do_nothing(index_elements=["campaign_id", "label"])
        .returning(CampaignCode.id)
    ).scalar_one_or_none()
    if made is None:
        raise LabelTaken
    return session.get_one(CampaignCode, made)


def keep_image(session: Session, code_id: str, image: bytes) -> None:
    """Remember a code's mini-program code, which never changes."""
    session.get_one(CampaignCode, code_id).code_image = image


def keep_picture(session: Session, code_id: str, url: str) -> None:
    """Remember the address of a code's picture for the service account, which never changes."""
    session.get_one(CampaignCode, code_id).picture_url = url
