"""Doors: anybody opens a campaign; a customer answers, and shows her code at the door."""

from __future__ import annotations

import uuid
from typing import Any

from flask import request
from sqlalchemy.orm import Session

from app.campaigns import queries, schemas, service, view
from app.campaigns.errors import AnswerUnfit, CampaignUnknown, CodeUnknown, ConsentNeeded, NotBegun, Over
from app.campaigns.models import CampaignStatus
from app.identity.errors import ConsentTextUnknown
from app.kit.idempotency import idempotent
from app.kit.limits import limited
from app.kit.web import Caller, blueprint, raises, transactional
from app.leads.errors import PhoneNeeded

visitor = blueprint("campaigns", audience="visitor")
customer = blueprint("campaigns", audience="customer")


@visitor.get("/codes/<code_id>")
@raises(CodeUnknown, CampaignUnknown)
@visitor.input(schemas.OpenIn, location="query")
@visitor.output(schemas.PageOut)
@transactional
def open_code(session: Session, who: Caller, code_id: str, query_data: dict[str, Any]) -> Any:
    """What a code leads to, without a login. While the campaign runs it counts once per person or device, and not for machines."""
    assert who.brand_id is not None
    code = queries.code_by_id(session, who.brand_id, code_id)
    campaign = queries.by_id(session, who.brand_id, code.campaign_id)
    if campaign.status == CampaignStatus.running:
        agent = request.headers.get("User-Agent", "")
        service.open(session, code, customer=who.customer, visitor_id=query_data.get("visitor_id"), user_agent=agent)
    return view.page_out(session, campaign, who.customer)


@visitor.get("/<uuid:campaign_id>")
@raises(CampaignUnknown)
@visitor.output(schemas.PageOut)
@transactional
def page(session: Session, who: Caller, campaign_id: uuid.UUID) -> Any:
    """The landing page of a campaign, and whether she who is signed in has answered."""
    assert who.brand_id is not None
    return view.page_out(session, queries.by_id(session, who.brand_id, campaign_id), who.customer)


@customer.post("/<uuid:campaign_id>/answers")
@idempotent
@raises(CampaignUnknown, CodeUnknown, NotBegun, Over, AnswerUnfit, ConsentNeeded, ConsentTextUnknown, PhoneNeeded)
@limited("interests_per_minute")
@customer.input(schemas.AnswerIn)
@customer.output(schemas.AnsweredOut)
@transactional
def answer(session: Session, who: Caller, campaign_id: uuid.UUID, json_data: dict[str, Any]) -> Any:
    """Fill in the form. The same person has one answer: another one takes its place."""
    campaign = queries.by_id(session, who.customer.brand_id, campaign_id)
    code_id = json_data.pop("code_id", None)
    code = queries.code(session, campaign, code_id) if code_id else None
    kept = service.answer(session, who.customer, campaign, code=code, **json_data)
    return {"id": str(kept.id), "lead_id": kept.lead_id and str(kept.lead_id), "updated_at": kept.updated_at}


@customer.get("/<uuid:campaign_id>/ticket")
@raises(CampaignUnknown, NotBegun, Over)
@customer.output(schemas.TicketOut)
@transactional
def ticket(session: Session, who: Caller, campaign_id: uuid.UUID) -> Any:
    """The code that she shows at the door, good for some minutes."""
    campaign = queries.by_id(session, who.customer.brand_id, campaign_id)
    token, made = service.ticket(session, who.customer, campaign)
    return {"ticket": token, "picture": view.code_of(token), "expires_at": made.expires_at}
