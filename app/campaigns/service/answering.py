"""Take what somebody filled in, once per campaign, and let a dealer call her."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.campaigns import form, queries
from app.campaigns.errors import ConsentNeeded, NotBegun, Over
from app.campaigns.models import Campaign, CampaignAnswer, CampaignCode, CampaignStatus, How
from app.campaigns.service.touching import touch
from app.events import service as events
from app.identity import queries as identity
from app.identity import service as people
from app.identity.models import Customer, Purpose
from app.kit import clock, texts
from app.leads import service as leads
from app.leads.errors import PhoneNeeded
from app.vehicles import queries as vehicles


def must_be_open(session: Session, campaign: Campaign) -> None:
    """Raises `NotBegun` before its first day, `Over` after its last or when it was ended or called off."""
    if campaign.status == CampaignStatus.running and queries.today(session) < campaign.begins_on:
        raise NotBegun(begins_on=campaign.begins_on.isoformat())
    if not queries.is_open(session, campaign):
        raise Over


def answer(
    session: Session,
    customer: Customer,
    campaign: Campaign,
    *,
    given: dict[str, Any],
    code: CampaignCode | None = None,
    consent_version: str | None = None,
) -> CampaignAnswer:
    """Keep what she filled in, and have the store that she chose call her, else the code's, else the campaign's. The same again changes
    nothing; something else brings her answer up to date and is asked of the dealer again.

    Raises:
        NotBegun, Over: for what they say.
        PhoneNeeded: the form asks for her number, and she has bound none.
        AnswerUnfit: names what is missing or does not hold.
        ConsentNeeded: the form shows a text, and it is not this version that she agreed to.
    """
    must_be_open(session, campaign)
    # Alone: of two taps the second finds the answer of the first.
    customer = identity.standing_still(session, customer, alone=True)
    if customer.phone is None and any(one["kind"] == "phone" and one["required"] for one in campaign.form["fields"]):
        raise PhoneNeeded
    given = form.checked(session, campaign, customer, given)
    consent = campaign.form.get("consent")
    if consent is not None:
        if consent_version != consent["version"]:
            raise ConsentNeeded(version=consent["version"])
        evidence = people.Evidence(scene=f"campaign:{campaign.id}")
        people.give_consent(session, customer, purpose=Purpose(consent["purpose"]), text_version=consent["version"], evidence=evidence)
    known = select(CampaignAnswer).filter_by(campaign_id=campaign.id, customer_id=customer.id)
    kept = session.execute(known).scalar_one_or_none()
    if kept is not None and kept.given == given:
        return kept
    is_new = kept is None
    if kept is None:
        kept = CampaignAnswer(brand_id=campaign.brand_id, campaign_id=campaign.id, customer_id=customer.id)
        kept.code_id = code.id if code else queries.last_code(session, campaign.id, customer.id)
        session.add(kept)
    kept.given, kept.consent_version, kept.updated_at = given, consent and consent["version"], clock.now(session)
    # Before the lead: it is this touch that a new one comes from.
    touch(session, campaign, how=How.answered, customer=customer, code_id=kept.code_id)
    _have_her_called(session, customer, campaign, kept)
    session.flush()
    if is_new:
        data = {"campaign_id": campaign.id, "code_id": kept.code_id, "lead_id": kept.lead_id}
        events.record(
            session,
            "campaign.answered",
            brand_id=campaign.brand_id,
            customer_id=customer.id,
            subject=("campaign", campaign.id),
            data={key: value for key, value in data.items() if value is not None},
            actor=("customer", customer.id),
        )
    return kept


def _have_her_called(session: Session, customer: Customer, campaign: Campaign, kept: CampaignAnswer) -> None:
    assert kept.given is not None
    code = queries.code_by_id(session, campaign.brand_id, kept.code_id) if kept.code_id else None
    chosen = {kind: form.chosen(campaign, kept.given, kind) for kind in ("store", "vehicle")}
    store_id = chosen["store"] or (code.store_id if code else None) or campaign.store_id
    if customer.phone is None or not (store_id or chosen["vehicle"]):
        return
    # The store that she named calls her, also about a car that stands elsewhere: that is in her words.
    about = {"store_id": store_id} if store_id else {"vehicle_id": chosen["vehicle"]}
    source = {"campaign_id": campaign.id, "code_id": kept.code_id}
    lead = leads.contact(session, customer, **about, message=_in_words(session, campaign, code, kept.given), source=source)
    kept.lead_id = lead.id


def _in_words(session: Session, campaign: Campaign, code: CampaignCode | None, given: dict[str, Any]) -> str:
    lines = [texts.t("campaigns.lead_message", campaign=campaign.name)]
    if code is not None:
        lines.append(texts.t("campaigns.lead_code", label=code.label))
    for one in campaign.form["fields"]:
        if one["key"] in given and one["kind"] not in ("phone", "store"):
            value = given[one["key"]]
            if one["kind"] == "vehicle":
                value = vehicles.card(session, form.chosen(campaign, given, "vehicle"))["title"]  # type: ignore[arg-type]  # it is given
            lines.append(f"{one['label']}：{value}")
    return "\n".join(lines)
