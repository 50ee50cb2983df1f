"""Campaigns, their costs and codes, whom they touched, what people answered, and who came."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.crypto import EncryptedJson
from app.kit.db import Base, Root, new_id
from app.kit.states import Machine
from app.sharing.models import new_share_id


class CampaignStatus(StrEnum):
    """draft → running → ended; a draft or a running one may be cancelled."""

    draft = "draft"
    running = "running"
    ended = "ended"
    cancelled = "cancelled"


CAMPAIGN = Machine({"draft": frozenset({"running", "cancelled"}), "running": frozenset({"ended", "cancelled"})})


class How(StrEnum):
    """By what a campaign touched somebody."""

    opened = "opened"
    scanned = "scanned"
    answered = "answered"
    checked_in = "checked_in"


class Campaign(Root):
    """Something put on by the brand, or by the one dealer named. Its days are China's, both of them in it.

    `form` is the landing form: {fields: [{key, kind, label, required, choices}], consent: {purpose, version} or None}. `version` counts
    changes of what staff wrote.
    """

    __tablename__ = "campaigns"
    __table_args__ = (
        CheckConstraint("status IN ('draft', 'running', 'ended', 'cancelled')", name="status"),
        CheckConstraint("begins_on <= ends_on", name="days"),
        CheckConstraint("budget_fen >= 0", name="budget"),
        Index("ix_campaigns_running", "ends_on", postgresql_where=text("status = 'running'")),
    )

    dealer_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("dealers.id"), index=True)
    store_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("stores.id"))
    name: Mapped[str]
    kind: Mapped[str]
    introduction: Mapped[str] = mapped_column(default="", server_default="")
    status: Mapped[str] = mapped_column(default=CampaignStatus.draft, server_default="draft")
    begins_on: Mapped[date]
    ends_on: Mapped[date]
    budget_fen: Mapped[int] = mapped_column(BigInteger)
    vehicle_ids: Mapped[list[str]] = mapped_column(JSONB, default=list, server_default=text("'[]'"))
    form: Mapped[dict[str, Any]] = mapped_column(JSONB)
    version: Mapped[int] = mapped_column(default=1, server_default="1")
    created_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))


class CampaignCode(Base):
    """One way in: a stand, an adviser, a medium. Its id is the scene of a mini-program code and of a service account's code.

    `code_image` is the mini-program code and `picture_url` the address of the service account's, once somebody asked for them.
    """

    __tablename__ = "campaign_codes"
    __table_args__ = (UniqueConstraint("campaign_id", "label"), CheckConstraint("id ~ '^[0-9A-Za-z]{1,32}$'", name="fits_a_scene"))

    id: Mapped[str] = mapped_column(primary_key=True, default=new_share_id)
    brand_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("brands.id"))
    campaign_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("campaigns.id"))
    label: Mapped[str]
    channel: Mapped[str]
    store_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("stores.id"))
    staff_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    code_image: Mapped[bytes | None] = mapped_column(deferred=True)
    picture_url: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.marque_now())


class CampaignCost(Root):
    """What was spent, for the whole campaign or for one code. Never changed, by a trigger of the database: what was wrong is reversed by an
    entry of the opposite amount, once.
    """

    __tablename__ = "campaign_costs"
    __table_args__ = (
        UniqueConstraint("reverses_id"),
        CheckConstraint("amount_fen <> 0 AND (amount_fen < 0) = (reverses_id IS NOT NULL)", name="amount"),
        Index("ix_campaign_costs_campaign_id", "campaign_id", "spent_on", "id"),
    )

    campaign_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("campaigns.id"))
    code_id: Mapped[str | None] = mapped_column(ForeignKey("campaign_codes.id"))
    spent_on: Mapped[date]
    category: Mapped[str]
    amount_fen: Mapped[int] = mapped_column(BigInteger)
    note: Mapped[str]
    staff_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"))
    reverses_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("campaign_costs.id"))


class CampaignTouch(Base):
    """A campaign reached somebody: a customer, or a visitor whom only her device names until she signs in on it.

    Attribution is a look at these rows and at nothing else.
    """

    __tablename__ = "campaign_touches"
    __table_args__ = (
        CheckConstraint("customer_id IS NOT NULL OR visitor_id IS NOT NULL", name="somebody"),
        CheckConstraint("how IN ('opened', 'scanned', 'answered', 'checked_in')", name="how"),
        Index("ix_campaign_touches_customer", "customer_id", "at", "id", postgresql_where=text("customer_id IS NOT NULL")),
        Index("ix_campaign_touches_campaign", "campaign_id", "code_id", "customer_id"),
        Index("ix_campaign_touches_brand", "brand_id", "at"),
        Index(
            "ix_campaign_touches_visitor",
            "brand_id",
            "visitor_id",
            postgresql_where=text("visitor_id IS NOT NULL AND customer_id IS NULL"),
        ),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    brand_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("brands.id"))
    campaign_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("campaigns.id"))
    code_id: Mapped[str | None] = mapped_column(ForeignKey("campaign_codes.id"))
    customer_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("customers.id"))
    visitor_id: Mapped[str | None]
    how: Mapped[str]
    at: Mapped[datetime] = mapped_column(server_default=func.marque_now())


class CampaignAnswer(Root):
    """What one person filled in, once per campaign: again it is brought up to date. `given` is by the keys of the form, None once she is
    forgotten. Without a telephone number there is no lead.
    """

    __tablename__ = "campaign_answers"
    __table_args__ = (
        UniqueConstraint("campaign_id", "customer_id"),
        Index("ix_campaign_answers_newest", "campaign_id", "created_at", "id"),
    )

    campaign_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("campaigns.id"))
    customer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("customers.id"), index=True)
    code_id: Mapped[str | None] = mapped_column(ForeignKey("campaign_codes.id"))
    given: Mapped[dict[str, Any] | None] = mapped_column(EncryptedJson)
    lead_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("leads.id"))
    consent_version: Mapped[str | None]
    updated_at: Mapped[datetime] = mapped_column(server_default=func.marque_now())


class CampaignCheckIn(Root):
    """She was there on a day: by the code on her phone, or by her number."""

    __tablename__ = "campaign_check_ins"
    __table_args__ = (
        UniqueConstraint("campaign_id", "customer_id", "day"),
        CheckConstraint("how IN ('ticket', 'phone')", name="how"),
        Index("ix_campaign_check_ins_newest", "campaign_id", "created_at", "id"),
    )

    campaign_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("campaigns.id"))
    customer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("customers.id"), index=True)
    code_id: Mapped[str | None] = mapped_column(ForeignKey("campaign_codes.id"))
    day: Mapped[date]
    how: Mapped[str]
    staff_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"))
