"""The landing form: what marketers may ask for, and whether what somebody filled in holds."""

from __future__ import annotations

import uuid
from collections import Counter
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.campaigns.choices import told, wrong
from app.campaigns.errors import AnswerUnfit, FormUnfit
from app.campaigns.models import Campaign
from app.dealers.models import Store
from app.identity import queries as identity
from app.identity.models import Customer

LONGEST = {"name": 40, "text": 500}
# Of each of these a form asks once at most: they are the lead's, not the form's.
ONCE = ("name", "phone", "store", "vehicle")


def must_hold(session: Session, campaign: Campaign) -> None:
    """Raises `FormUnfit` with what of the form does not hold, by the labels that marketers gave."""
    fields = campaign.form["fields"]
    problems: dict[str, str] = {}
    keys, kinds = Counter(one["key"] for one in fields), Counter(one["kind"] for one in fields)
    for one in fields:
        if keys[one["key"]] > 1 or (one["kind"] in ONCE and kinds[one["kind"]] > 1):
            problems[one["label"]] = wrong("twice")
        elif one["kind"] == "choice" and len(set(one["choices"])) < 2:
            problems[one["label"]] = wrong("needs_choices")
        elif one["kind"] == "vehicle" and not campaign.vehicle_ids:
            problems[one["label"]] = wrong("needs_vehicles")
    consent = campaign.form.get("consent")
    if consent is not None:
        text = [one.version for one in identity.consent_texts(session, campaign.brand_id) if one.purpose == consent["purpose"]]
        if text and consent["version"] not in text:
            problems[consent["version"]] = wrong("consent_version")
    if problems:
        raise FormUnfit(fields=told(problems))


def asks_for_a_store(campaign: Campaign) -> bool:
    """Whether everybody who answers names a store: else the campaign needs one of its own, for nobody would call her."""
    return any(one["kind"] == "store" and one["required"] for one in campaign.form["fields"])


def checked(session: Session, campaign: Campaign, customer: Customer, given: dict[str, Any]) -> dict[str, Any]:
    """What she filled in, by the keys of the form: texts stripped, nothing that is empty.

    Raises:
        AnswerUnfit: what is missing or does not hold, by the labels of the form.
    """
    found: dict[str, Any] = {}
    problems: dict[str, str] = {}
    for one in campaign.form["fields"]:
        value = str(given.get(one["key"]) or "").strip()
        if one["kind"] == "phone":
            value = "bound" if customer.phone else ""
        why = "required" if one["required"] and not value else _wrong(session, campaign, one, value) if value else None
        if why:
            problems[one["label"]] = wrong(why)
        elif value:
            found[one["key"]] = value
    for strange in given.keys() - {one["key"] for one in campaign.form["fields"]}:
        problems[strange] = wrong("not_asked")
    if problems:
        raise AnswerUnfit(fields=told(problems))
    return found


def _wrong(session: Session, campaign: Campaign, field: dict[str, Any], value: str) -> str | None:
    kind = field["kind"]
    if kind in LONGEST:
        return "too_long" if len(value) > LONGEST[kind] or "\x00" in value else None
    if kind == "phone":
        return None
    offered = {"choice": field["choices"], "vehicle": campaign.vehicle_ids}.get(kind)
    if offered is None:
        offered = [str(one.id) for one in stores(session, campaign)]
    return None if value in offered else "not_offered"


def stores(session: Session, campaign: Campaign) -> list[Store]:
    """The stores that she may choose from: the dealer's, or all of the brand's."""
    wanted = select(Store).where(Store.brand_id == campaign.brand_id)
    if campaign.dealer_id is not None:
        wanted = wanted.where(Store.dealer_id == campaign.dealer_id)
    return list(session.execute(wanted.order_by(Store.city, Store.name, Store.id)).scalars())


def chosen(campaign: Campaign, given: dict[str, Any], kind: str) -> uuid.UUID | None:
    """The store or vehicle that she chose."""
    key = next((one["key"] for one in campaign.form["fields"] if one["kind"] == kind), None)
    return uuid.UUID(given[key]) if key in given else None
