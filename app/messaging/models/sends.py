"""The ledger of sends, and what decides whether a message may leave."""

from __future__ import annotations

import uuid
from datetime import date, datetime, time
from enum import IntEnum, StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.crypto import EncryptedJson, EncryptedText
from app.kit.db import Base, Root


class SendStatus(StrEnum):
    """planned → claimed (written before the call) → accepted | rejected | unknown; planned → cancelled | skipped.

    `rejected` is the platform's word, `skipped` is ours: nothing was called, and `error_code` says why.
    """

    planned = "planned"
    claimed = "claimed"
    accepted = "accepted"
    rejected = "rejected"
    unknown = "unknown"
    cancelled = "cancelled"
    skipped = "skipped"


class Lane(IntEnum):
    """Whose turn it is first where quota or time is short; a journey may have any place from `journey` to 9."""

    transactional = 0
    journey = 4
    broadcast = 7


LANES = 10


class Delivery(StrEnum):
    """What the platform said later about an accepted message."""

    success = "success"
    failed = "failed"


class Purpose(StrEnum):
    """Marketing needs the customer's consent; what belongs to her own order does not."""

    transactional = "transactional"
    marketing = "marketing"


class Send(Root):
    """One message to one person over one channel.

    `context` holds ids and figures that the message is about (order_id, vehicle_id, lead_id, assignment_id, …), never personal data;
    `walk_id` is the journey's walk that planned it. `payload` is what was rendered at the first claim: a retry sends exactly this again,
    because the platforms recognise a repeated message by its content. `maybe_sent_since` is the first claim whose call may have reached
    the platform: from then on the platform's own window for repeated messages runs. `fence` counts the claims, so that an outcome that
    comes too late is known as such. `withdrawn` was taken back when it was claimed already: the call may succeed, but is not made again.

    `ladder` is the ways to reach her, best first ({channel, template_key}); which one is taken the claim decides, and writes it into
    `channel`, `template_key` and `appid` (the account that sends). `tried` tells why the ways before it were not open: {channel, reason}.
    While it is planned `error_code` says what it waits for; after `expires_at` it is skipped. `claimed_at` is the first claim whose call
    was made, which frequency caps count from; a message that certainly did not leave has none. `answer` is what a system that was called
    said, where that was JSON and short.
    """

    __tablename__ = "sends"
    __table_args__ = (
        UniqueConstraint("brand_id", "dedupe_key"),
        CheckConstraint("(customer_id IS NULL) <> (staff_id IS NULL)", name="one_recipient"),
        CheckConstraint("status IN ('planned', 'claimed', 'accepted', 'rejected', 'unknown', 'cancelled', 'skipped')", name="status"),
        CheckConstraint("lane BETWEEN 0 AND 9", name="lane"),
        CheckConstraint("delivery IN ('success', 'failed')", name="delivery"),
        CheckConstraint("purpose IN ('transactional', 'marketing')", name="purpose"),
        CheckConstraint("(status = 'claimed') = (lease_until IS NOT NULL)", name="lease_while_claimed"),
        Index("ix_sends_brand_id_created_at", "brand_id", "created_at"),
        # The log, narrowed: each of these turns its pages without looking at what it does not show.
        Index("ix_sends_template_key", "brand_id", "template_key", "created_at", "id"),
        Index("ix_sends_channel", "brand_id", "channel", "created_at", "id"),
        Index("ix_sends_reason", "brand_id", "error_code", "created_at", "id", postgresql_where=text("error_code IS NOT NULL")),
        Index("ix_sends_journey", text("(context ->> 'journey_id')"), "created_at", "id", postgresql_where=text("walk_id IS NOT NULL")),
        # Whom the messages of a node of a journey are for, by what became of them.
        Index(
            "ix_sends_node",
            text("(context ->> 'version_id')"),
            text("(context ->> 'node_id')"),
            "status",
            "id",
            postgresql_where=text("walk_id IS NOT NULL"),
            postgresql_include=["delivery", "error_code"],
        ),
        Index("ix_sends_due", "lane", "due_at", postgresql_where=text("status = 'planned'")),
        Index("ix_sends_leases", "lease_until", postgresql_where=text("status = 'claimed'")),
        Index("ix_sends_walk_id", "walk_id", postgresql_where=text("walk_id IS NOT NULL")),
        Index(
            "ix_sends_about_customer",
            text("(context ->> 'customer_id')"),
            postgresql_where=text("payload IS NOT NULL AND (context ->> 'customer_id') IS NOT NULL"),
        ),
        Index("ix_sends_msgid", "brand_id", "msgid", postgresql_where=text("msgid IS NOT NULL")),
        Index("ix_sends_broadcast", "broadcast_id", "customer_id", postgresql_where=text("broadcast_id IS NOT NULL")),
        # How far a broadcast is, is counted from the index alone; people of one outcome are paged through by it.
        Index(
            "ix_sends_broadcast_outcome",
            "broadcast_id",
            "status",
            "error_code",
            "id",
            postgresql_where=text("broadcast_id IS NOT NULL"),
            postgresql_include=["delivery"],
        ),
        # What a member of the corp had lately.
        Index("ix_sends_staff", "staff_id", "settled_at", postgresql_where=text("staff_id IS NOT NULL")),
        Index("ix_sends_capped", "customer_id", "claimed_at", postgresql_where=text("purpose = 'marketing' AND claimed_at IS NOT NULL")),
    )

    # Without a foreign key, as that of an event; three indexes begin with it.
    brand_id: Mapped[uuid.UUID] = mapped_column(sort_order=-2)
    channel: Mapped[str]
    customer_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("customers.id"), index=True)
    staff_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    template_key: Mapped[str]
    purpose: Mapped[str]
    dedupe_key: Mapped[str]
    context: Mapped[dict[str, Any]] = mapped_column(JSONB)
    walk_id: Mapped[uuid.UUID | None]
    broadcast_id: Mapped[uuid.UUID | None]
    lane: Mapped[int] = mapped_column(SmallInteger, default=Lane.transactional, server_default="0")
    ladder: Mapped[list[dict[str, str]] | None] = mapped_column(JSONB(none_as_null=True))
    tried: Mapped[list[dict[str, str]] | None] = mapped_column(JSONB(none_as_null=True))
    appid: Mapped[str | None]
    expires_at: Mapped[datetime | None]
    claimed_at: Mapped[datetime | None]
    status: Mapped[str] = mapped_column(default=SendStatus.planned, server_default="planned")
    delivery: Mapped[str | None]
    due_at: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    fence: Mapped[int] = mapped_column(default=0, server_default="0")
    maybe_sent_since: Mapped[datetime | None]
    payload: Mapped[dict[str, Any] | None] = mapped_column(EncryptedJson)
    msgid: Mapped[str | None]
    response_code: Mapped[str | None] = mapped_column(EncryptedText)
    answer: Mapped[Any | None] = mapped_column(JSONB(none_as_null=True))
    error_code: Mapped[str | None]
    error_message: Mapped[str | None]
    settled_at: Mapped[datetime | None]
    withdrawn: Mapped[bool] = mapped_column(default=False, server_default="false")

    @property
    def client_msg_id(self) -> str:
        """The name by which WeChat and WeCom know this message, whatever becomes of us: 32 hex digits."""
        return self.id.hex

    @property
    def about_customer_id(self) -> uuid.UUID | None:
        """Whose timeline this message belongs to: its recipient's, or hers whom an adviser is told about."""
        return about_whom(self)

    @property
    def facts(self) -> dict[str, Any]:
        """What every event about this message carries; by order, lead and dealer it is known who may see it."""
        return facts_of(self)


def facts_of(send: Any) -> dict[str, Any]:
    """`Send.facts`, of a row with the same names, too."""
    scope = {name: send.context[name] for name in ("order_id", "lead_id", "dealer_id") if name in send.context}
    return {"send_id": send.id, "key": send.template_key, "channel": send.channel, "context": send.context} | scope


def about_whom(send: Any) -> uuid.UUID | None:
    """`Send.about_customer_id`, of a row with the same names, too."""
    if send.customer_id is not None:
        known: uuid.UUID = send.customer_id
        return known
    return uuid.UUID(send.context["customer_id"]) if "customer_id" in send.context else None


class QuotaDay(Base):
    """How many calls of a channel an account has claimed on one of Tencent's days (China's). `exhausted_at`: WeChat itself said so."""

    __tablename__ = "quota_days"

    appid: Mapped[str] = mapped_column(primary_key=True)
    channel: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    used: Mapped[int] = mapped_column(default=0, server_default="0")
    used_by_marketing: Mapped[int] = mapped_column(default=0, server_default="0")
    exhausted_at: Mapped[datetime | None]


class SenderStop(Base):
    """How the calls of one sender (a channel of an account) end lately; `stopped_at`: too many failed, and nothing leaves until a person
    lets it go on.
    """

    __tablename__ = "sender_stops"

    channel: Mapped[str] = mapped_column(primary_key=True)
    appid: Mapped[str] = mapped_column(primary_key=True)
    brand_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("brands.id"))
    answers: Mapped[int] = mapped_column(default=0, server_default="0")
    errors: Mapped[int] = mapped_column(default=0, server_default="0")
    window_began_at: Mapped[datetime]
    stopped_at: Mapped[datetime | None]
    reason: Mapped[str | None]


class MessagingPolicy(Base):
    """How a brand treats people: its quiet hours (None: none; each in her own time zone, `time_zone` where hers is unknown), at most how
    many marketing messages a person gets, the share of each quota that only transactional messages use, and at which share of errors a
    sender stops by itself. `quiet_drops`: what falls into quiet hours is skipped, else it waits for their end.
    """

    __tablename__ = "messaging_policies"

    brand_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("brands.id"), primary_key=True)
    quiet_from: Mapped[time | None]
    quiet_until: Mapped[time | None]
    quiet_drops: Mapped[bool] = mapped_column(default=False, server_default="false")
    time_zone: Mapped[str] = mapped_column(default="Asia/Shanghai", server_default="Asia/Shanghai")
    most_per_day: Mapped[int | None]
    most_per_week: Mapped[int | None]
    most_per_month: Mapped[int | None]
    reserve_percent: Mapped[int] = mapped_column(default=10, server_default="10")
    stop_at_percent: Mapped[int] = mapped_column(default=50, server_default="50")
    updated_at: Mapped[datetime] = mapped_column(server_default=func.marque_now())
