"""Brands, dealers, stores, staff and their sessions."""

from __future__ import annotations

import uuid
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, String, UniqueConstraint, func
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.kit.crypto import EncryptedText
from app.kit.db import Base, Root, new_id


class Role(StrEnum):
    """What a staff member may see: the first three the whole brand, the others their dealer. Finance deals with money."""

    admin = "admin"
    marketer = "marketer"
    finance = "finance"
    dealer_manager = "dealer_manager"
    adviser = "adviser"


HEADQUARTERS = frozenset({Role.admin, Role.marketer, Role.finance})


class Brand(Base):
    """A manufacturer who sells through this platform."""

    __tablename__ = "brands"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    key: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.marque_now())


class Dealer(Root):
    """The legal entity that sells."""

    __tablename__ = "dealers"
    __table_args__ = (UniqueConstraint("brand_id", "name"),)

    name: Mapped[str]
    city: Mapped[str]
    # The dealer's own merchant number under the brand's service provider, where the dealer takes money itself
    sub_mchid: Mapped[str | None]


class Store(Root):
    """A place of a dealer that people can go to. Coordinates in degrees, in both datums; `datum_source` says which was given."""

    __tablename__ = "stores"
    __table_args__ = (
        UniqueConstraint("dealer_id", "name"),
        CheckConstraint("datum_source IN ('gcj02', 'wgs84', 'unknown')", name="datum_source"),
        CheckConstraint("lat_gcj02 BETWEEN -90 AND 90 AND lng_gcj02 BETWEEN -180 AND 180", name="on_earth"),
        Index("ix_stores_place", "brand_id", "lat_gcj02", "lng_gcj02"),
    )

    dealer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("dealers.id"), index=True)
    # Short and never changing: what the search index calls the store.
    number: Mapped[int] = mapped_column(BigInteger, Identity(always=True), unique=True)
    name: Mapped[str]
    city: Mapped[str]
    adcode: Mapped[str | None]
    address: Mapped[str]
    phone: Mapped[str | None]
    lat_gcj02: Mapped[float]
    lng_gcj02: Mapped[float]
    lat_wgs84: Mapped[float]
    lng_wgs84: Mapped[float]
    datum_source: Mapped[str]
    # {"mon": ["09:00", "18:00"], …}, in China Standard Time; a day that is not there is closed
    hours: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict, server_default="{}")
    capabilities: Mapped[list[str]] = mapped_column(ARRAY(String), default=list, server_default="{}")

    dealer: Mapped[Dealer] = relationship()


class Staff(Root):
    """A person who works for the brand (no dealer) or for one dealer.

    Since `totp_confirmed_at` a login needs a code of her authenticator app, too; `totp_last_step` is the one that was used last.
    """

    __tablename__ = "staff"
    __table_args__ = (
        UniqueConstraint("username"),
        UniqueConstraint("brand_id", "wecom_userid"),
        CheckConstraint("role IN ('admin', 'marketer', 'finance', 'dealer_manager', 'adviser')", name="role"),
        CheckConstraint("(dealer_id IS NULL) = (role IN ('admin', 'marketer', 'finance'))", name="dealer_of_role"),
    )

    dealer_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("dealers.id"), index=True)
    store_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("stores.id"))
    username: Mapped[str]
    password_hash: Mapped[str]
    name: Mapped[str]
    role: Mapped[str]
    wecom_userid: Mapped[str | None]
    active: Mapped[bool] = mapped_column(default=True, server_default="true")
    # Until when the password that somebody gave her is good for a login, at which she chooses her own
    must_choose_by: Mapped[datetime | None]
    totp_secret: Mapped[str | None] = mapped_column(EncryptedText)
    totp_confirmed_at: Mapped[datetime | None]
    totp_last_step: Mapped[int | None] = mapped_column(BigInteger)

    dealer: Mapped[Dealer | None] = relationship()
    brand: Mapped[Brand] = relationship()

    @property
    def sees_the_brand(self) -> bool:
        """Whether this person's view is the brand's and not one dealer's."""
        return self.role in HEADQUARTERS


class PartnerKey(Root):
    """What another system of the brand's shows to call our doors; only the hash of its token is kept, and `hint`, how it begins.

    `journeys` are the keys of those into which it may let people, and it may do nothing else; without them it is for all doors.
    """

    __tablename__ = "partner_keys"
    __table_args__ = (UniqueConstraint("token_hash"),)

    name: Mapped[str]
    hint: Mapped[str]
    token_hash: Mapped[str]
    journeys: Mapped[list[str] | None] = mapped_column(ARRAY(String))
    made_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"))
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class LoginFailure(Base):
    """Wrong passwords for one name from one address, whether anybody has that name or not."""

    __tablename__ = "staff_login_failures"

    key: Mapped[str] = mapped_column(primary_key=True)
    wrong: Mapped[int] = mapped_column(default=1, server_default="1")
    last_at: Mapped[datetime]


class RecoveryCode(Base):
    """A word that takes the place of a code, once; only its hash is kept."""

    __tablename__ = "staff_recovery_codes"

    staff_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"), primary_key=True)
    code_hash: Mapped[str] = mapped_column(primary_key=True)


class StaffSession(Base):
    """A signed-in browser; only the hash of its token is kept. `how` is "password" or "wecom"; `agent` is what it says it is."""

    __tablename__ = "staff_sessions"

    token_hash: Mapped[str] = mapped_column(primary_key=True)
    staff_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"), index=True)
    expires_at: Mapped[datetime]
    created_at: Mapped[datetime] = mapped_column(server_default=func.marque_now())
    id: Mapped[uuid.UUID] = mapped_column(default=new_id, server_default=func.gen_random_uuid(), unique=True)
    how: Mapped[str] = mapped_column(default="password", server_default="password")
    address: Mapped[str] = mapped_column(default="", server_default="")
    agent: Mapped[str] = mapped_column(default="", server_default="")
    last_seen_at: Mapped[datetime] = mapped_column(server_default=func.marque_now())
