"""Customers, the WeChat identities they are known by, their sessions and what they agreed to."""

from __future__ import annotations

import uuid
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, Sequence, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.crypto import EncryptedText
from app.kit.db import Base, Root


class Purpose(StrEnum):
    """What a consumer may agree to, each for itself."""

    location = "location"
    phone = "phone"
    marketing = "marketing"
    dealer_sharing = "dealer_sharing"


class Customer(Root):
    """One person of one brand. A customer merged into another stays as a tombstone, and keeps the keys that the other did not need,
    so that whoever looks one of them up is led on. An erased customer keeps nothing but her id. `time_zone` is an IANA name, None where
    nobody knows. `external_id` is what the brand's CRM calls her.
    """

    __tablename__ = "customers"
    __table_args__ = (
        UniqueConstraint("brand_id", "unionid"),
        UniqueConstraint("brand_id", "phone_hash"),
        CheckConstraint("(phone IS NULL) = (phone_hash IS NULL)", name="phone_can_be_found"),
        CheckConstraint("merged_into_id <> id", name="merged_into_another"),
        CheckConstraint(
            "erased_at IS NULL OR "
            "(unionid IS NULL AND phone IS NULL AND nickname IS NULL AND external_id IS NULL AND city IS NULL AND time_zone IS NULL)",
            name="erased_holds_nothing",
        ),
        Index("ix_customers_merged_into_id", "merged_into_id", postgresql_where=text("merged_into_id IS NOT NULL")),
        Index("uq_customers_external_id", "brand_id", "external_id", unique=True, postgresql_where=text("external_id IS NOT NULL")),
    )

    # Without an index of its own: the one with `unionid` begins with it. Nobody deletes a brand, so it is no foreign key either.
    brand_id: Mapped[uuid.UUID] = mapped_column(sort_order=-2)
    unionid: Mapped[str | None]
    phone: Mapped[str | None] = mapped_column(EncryptedText)
    phone_hash: Mapped[str | None]
    nickname: Mapped[str | None]
    time_zone: Mapped[str | None]
    city: Mapped[str | None]
    external_id: Mapped[str | None]
    merged_into_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("customers.id"))
    erased_at: Mapped[datetime | None]


class CustomerMerge(Root):
    """That two customers were made one, by whom or by what, and whether they were made two again."""

    __tablename__ = "customer_merges"

    kept_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("customers.id"), index=True)
    merged_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("customers.id"), index=True)
    cause: Mapped[str]
    # Which others hear; while one has not heard, what is the merged one's is still on its way.
    event_id: Mapped[uuid.UUID | None]
    staff_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))


class CustomerMergeChange(Base):
    """A row that a merge made, changed or took away, as it was before and after: written by triggers of the database, for every table that
    says whose something is. Gone with whoever is forgotten.
    """

    __tablename__ = "customer_merge_changes"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    merge_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("customer_merges.id"), index=True)
    table_name: Mapped[str]
    before: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    after: Mapped[dict[str, Any] | None] = mapped_column(JSONB)


class WechatIdentity(Root):
    """What one account of Tencent calls a person; a follower who has not been looked up yet is no customer so far.

    `followed` is None for accounts that cannot be followed, and `follow_told_at` is when Tencent last told us of a change.
    `look_up_at` is when to ask the service account who she is. `signed_in_at` tells which of several is the one in her hand.
    """

    __tablename__ = "wechat_identities"
    __table_args__ = (
        UniqueConstraint("appid", "openid"),
        Index("ix_wechat_identities_unionid", "brand_id", "unionid"),
        Index("ix_wechat_identities_look_up_at", "look_up_at", postgresql_where=text("look_up_at IS NOT NULL")),
    )

    appid: Mapped[str]
    openid: Mapped[str]
    unionid: Mapped[str | None]
    customer_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("customers.id"), index=True)
    session_key: Mapped[str | None] = mapped_column(EncryptedText)
    followed: Mapped[bool | None]
    follow_told_at: Mapped[datetime | None]
    look_up_at: Mapped[datetime | None]
    signed_in_at: Mapped[datetime | None]


class FollowerSync(Base):
    """How far the followers of a service account have been read, for those who followed before they could be told of."""

    __tablename__ = "follower_syncs"

    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("wechat_accounts.id"), primary_key=True)
    last_openid: Mapped[str] = mapped_column(default="", server_default="")
    due_at: Mapped[datetime] = mapped_column(server_default=func.marque_now())


class CustomerSession(Base):
    """A signed-in mini-program; only the hash of its token is kept."""

    __tablename__ = "customer_sessions"

    token_hash: Mapped[str] = mapped_column(primary_key=True)
    customer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("customers.id"), index=True)
    appid: Mapped[str]
    expires_at: Mapped[datetime]
    created_at: Mapped[datetime] = mapped_column(server_default=func.marque_now())


class ConsentText(Root):
    """The words of one version of what consumers agree to for a purpose; never changed once it is published."""

    __tablename__ = "consent_texts"
    __table_args__ = (
        UniqueConstraint("brand_id", "purpose", "version"),
        CheckConstraint("purpose IN ('location', 'phone', 'marketing', 'dealer_sharing')", name="purpose"),
    )

    purpose: Mapped[str]
    version: Mapped[str]
    words: Mapped[str]
    published_at: Mapped[datetime] = mapped_column(server_default=func.marque_now())


# What somebody said last counts, and her row is locked when she says it: whatever clocks do, a later word has the higher number.
WISH_TURNS = Sequence("wish_turns", metadata=Base.metadata)


class Consent(Root):
    """That a customer agreed to a purpose in the words of one text version; in force until it is withdrawn.

    `channel` is a kind of messaging's, None means every channel. `source` is who told us ("customer", "staff", "link", …), `scene` where
    she was asked, `recorded_by` the staff member who wrote it down for her.
    """

    __tablename__ = "consents"
    __table_args__ = (
        CheckConstraint("purpose IN ('location', 'phone', 'marketing', 'dealer_sharing')", name="purpose"),
        Index(
            "uq_consents_in_force",
            "customer_id",
            "purpose",
            text("coalesce(channel, '')"),
            "text_version",
            unique=True,
            postgresql_where=text("withdrawn_at IS NULL"),
        ),
    )

    customer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("customers.id"), index=True)
    purpose: Mapped[str]
    channel: Mapped[str | None]
    text_version: Mapped[str]
    given_at: Mapped[datetime] = mapped_column(server_default=func.marque_now())
    withdrawn_at: Mapped[datetime | None]
    ip: Mapped[str | None]
    scene: Mapped[str | None]
    source: Mapped[str] = mapped_column(default="customer", server_default="customer")
    recorded_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    turn: Mapped[int] = mapped_column(BigInteger, server_default=WISH_TURNS.next_value())


class Refusal(Root):
    """That a customer wants no messages of a purpose over a channel (None: over any); in force until it is lifted."""

    __tablename__ = "refusals"
    __table_args__ = (
        CheckConstraint("purpose IN ('location', 'phone', 'marketing', 'dealer_sharing')", name="purpose"),
        Index(
            "uq_refusals_in_force",
            "customer_id",
            "purpose",
            text("coalesce(channel, '')"),
            unique=True,
            postgresql_where=text("lifted_at IS NULL"),
        ),
    )

    customer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("customers.id"), index=True)
    purpose: Mapped[str]
    channel: Mapped[str | None]
    refused_at: Mapped[datetime] = mapped_column(server_default=func.marque_now())
    lifted_at: Mapped[datetime | None]
    source: Mapped[str] = mapped_column(default="customer", server_default="customer")
    recorded_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    turn: Mapped[int] = mapped_column(BigInteger, server_default=WISH_TURNS.next_value())
