"""Write a campaign, start it, end it, call it off."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.campaigns import form, queries
from app.campaigns.choices import column, known, told, wrong
from app.campaigns.errors import FieldsUnfit, FixedByNow, NotEditable, Outdated, StepImpossible
from app.campaigns.models import CAMPAIGN, Campaign, CampaignStatus
from app.dealers.models import Dealer, Staff, Store
from app.events import service as events
from app.kit import acting, states, texts
from app.vehicles.models import Vehicle

NO_FORM: dict[str, Any] = {"fields": [], "consent": None}
# What people were told or counted by cannot become something else while it runs.
FIXED = frozenset({"kind", "dealer_id", "store_id", "begins_on", "form"})


def create(session: Session, staff: Staff, **fields: Any) -> Campaign:
    """A new draft; that of a dealer's manager is the dealer's.

    Raises:
        FieldsUnfit, FormUnfit: name what does not hold.
    """
    made = Campaign(brand_id=staff.brand_id, created_by=staff.id, form=NO_FORM)
    _set(session, staff, made, fields)
    session.add(made)
    session.flush()
    states.arrive(session, made)
    _record(session, made, "campaign.created")
    return made


def change(session: Session, staff: Staff, campaign_id: uuid.UUID, *, version: int, **fields: Any) -> Campaign:
    """Change what is given. While it runs its name, words, cars, budget and last day may change, afterwards nothing.

    Raises:
        CampaignUnknown, ManagersOnly, NotEditable: for what they say.
        Outdated: it is not the version that was read.
        FixedByNow: this was for a draft only.
        FieldsUnfit, FormUnfit: name what does not hold.
    """
    campaign = queries.managed(session, staff, campaign_id, lock=True)
    if campaign.version != version:
        raise Outdated(version=campaign.version)
    if campaign.status not in (CampaignStatus.draft, CampaignStatus.running):
        raise NotEditable(status=campaign.status)
    if campaign.status == CampaignStatus.running and (late := sorted(FIXED & fields.keys())):
        raise FixedByNow(fields=texts.listed(map(column, late)))
    _set(session, staff, campaign, fields)
    if campaign.status == CampaignStatus.running:
        form.must_hold(session, campaign)
    campaign.version += 1
    session.flush()
    return campaign


def start(session: Session, staff: Staff, campaign_id: uuid.UUID) -> Campaign:
    """Its codes count from now on, and its form opens on its first day.

    Raises:
        CampaignUnknown, ManagersOnly, StepImpossible: for what they say.
        FieldsUnfit: its last day is past, or nobody would know which store is to call.
        FormUnfit: names what does not hold.
    """
    campaign = queries.managed(session, staff, campaign_id, lock=True)
    if campaign.ends_on < queries.today(session):
        raise FieldsUnfit(fields=told({"ends_on": wrong("past")}))
    form.must_hold(session, campaign)
    if campaign.form["fields"] and campaign.store_id is None and not form.asks_for_a_store(campaign):
        raise FieldsUnfit(fields=told({"store_id": wrong("needs_store")}))
    return _step(session, campaign, CampaignStatus.running, "campaign.started")


def end(session: Session, staff: Staff, campaign_id: uuid.UUID) -> Campaign:
    """End it before its last day is over. Raises `CampaignUnknown`, `ManagersOnly`, `StepImpossible`."""
    return _step(session, queries.managed(session, staff, campaign_id, lock=True), CampaignStatus.ended, "campaign.ended")


def cancel(session: Session, staff: Staff, campaign_id: uuid.UUID, *, reason: str) -> Campaign:
    """Call it off for good; `reason` stays in its trail. Raises `CampaignUnknown`, `ManagersOnly`, `StepImpossible`."""
    campaign = queries.managed(session, staff, campaign_id, lock=True)
    return _step(session, campaign, CampaignStatus.cancelled, "campaign.cancelled", reason=reason)


def end_past(session: Session) -> int:
    """End those whose last day is over; how many. Again, or by two at once, changes nothing more."""
    past = Campaign.ends_on < queries.today(session)
    moved = CAMPAIGN.move_all(
        session, Campaign, CampaignStatus.ended, past, since=[CampaignStatus.running], reason="over", returning=[Campaign.dealer_id]
    )
    facts = [{"brand_id": row.brand_id, **_about(row.id, row.dealer_id)} for row in moved]
    events.record_all(session, "campaign.ended", facts)
    return len(moved)


def _step(session: Session, campaign: Campaign, to: CampaignStatus, name: str, *, reason: str | None = None) -> Campaign:
    if to not in CAMPAIGN.table.get(campaign.status, frozenset()):
        raise StepImpossible(status=campaign.status)
    CAMPAIGN.move(session, campaign, to, reason=reason)
    _record(session, campaign, name)
    return campaign


def _record(session: Session, campaign: Campaign, name: str) -> None:
    events.record(session, name, brand_id=campaign.brand_id, **_about(campaign.id, campaign.dealer_id), actor=acting.now().actor)


def _about(campaign_id: uuid.UUID, dealer_id: uuid.UUID | None) -> dict[str, Any]:
    return {"subject": ("campaign", campaign_id), "data": {"campaign_id": campaign_id} | ({"dealer_id": dealer_id} if dealer_id else {})}


def _set(session: Session, staff: Staff, campaign: Campaign, fields: dict[str, Any]) -> None:
    for name, value in fields.items():
        setattr(campaign, name, value)
    if not staff.sees_the_brand:
        campaign.dealer_id = staff.dealer_id
    with session.no_autoflush:
        _must_fit(session, campaign)
    if "form" in fields:
        form.must_hold(session, campaign)


def _must_fit(session: Session, campaign: Campaign) -> None:
    problems: dict[str, str] = {}
    if campaign.kind not in known("kinds"):
        problems["kind"] = wrong("unknown")
    if campaign.ends_on < campaign.begins_on:
        problems["ends_on"] = wrong("days")
    if campaign.dealer_id and not _has(session, Dealer, id=campaign.dealer_id, brand_id=campaign.brand_id):
        problems["dealer_id"] = wrong("unknown")
    if campaign.store_id:
        of = {"dealer_id": campaign.dealer_id} if campaign.dealer_id else {"brand_id": campaign.brand_id}
        if not _has(session, Store, id=campaign.store_id, **of):
            problems["store_id"] = wrong("unknown")
    if campaign.vehicle_ids:
        wanted = select(func.count()).select_from(Vehicle).where(Vehicle.id.in_(map(uuid.UUID, campaign.vehicle_ids)))
        wanted = wanted.where(Vehicle.brand_id == campaign.brand_id)
        if campaign.dealer_id:
            wanted = wanted.where(Vehicle.dealer_id == campaign.dealer_id)
        if session.execute(wanted).scalar_one() != len(set(campaign.vehicle_ids)):
            problems["vehicle_ids"] = wrong("unknown")
    if problems:
        raise FieldsUnfit(fields=told(problems))


def _has(session: Session, model: Any, **of: Any) -> bool:
    return session.execute(select(model.id).filter_by(**of)).first() is not None
