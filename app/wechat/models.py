"""Accounts at Tencent, callbacks as they arrived, and the inbox of everything Tencent told us."""

from __future__ import annotations

import uuid
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.crypto import EncryptedJson
from app.kit.db import Root


class AccountKind(StrEnum):
    mini_program = "mini_program"
    service_account = "service_account"
    corp = "corp"
    merchant = "merchant"


class InboxKind(StrEnum):
    event = "event"
    payment = "payment"
    refund = "refund"


class CallbackState(StrEnum):
    received = "received"  # nobody has looked at it so far, or whoever did died over it
    taken = "taken"
    refused = "refused"


class WechatAccount(Root):
    """One account of a brand. `appid` is Tencent's name for it: an appid, a corpid or a mchid; `linked_appid` is the mini-program
    that a merchant takes payments for, or that a service account's messages open.

    `settings` holds what is no secret: original_id (service account), agentid (corp), subscribe_templates (mini-program: a list of
    {moment, template_id, title}; is_trade_managed: whether WeChat keeps what people pay until it was shipped); merchant:
    merchant_serial, public_key_id and public_key where it uses WeChat Pay's public key, platform_certificates (PEM, by serial) where it
    uses certificates, sub_mchids (a list of {sub_mchid, sub_appid, name}) where it
    takes payments for others, and is_payee where it is the one of several that the brand's own money goes to. `secrets` holds secret,
    token and aes_key, or merchant_private_key and apiv3_key.

    `certificates_asked_at` is when WeChat Pay was last asked for its certificates.
    """

    __tablename__ = "wechat_accounts"
    __table_args__ = (
        UniqueConstraint("appid"),
        CheckConstraint("kind IN ('mini_program', 'service_account', 'corp', 'merchant')", name="kind"),
        CheckConstraint("kind <> 'merchant' OR linked_appid IS NOT NULL", name="merchant_is_linked"),
    )

    kind: Mapped[str]
    appid: Mapped[str]
    name: Mapped[str]
    linked_appid: Mapped[str | None]
    settings: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict, server_default="{}")
    secrets: Mapped[dict[str, str]] = mapped_column(EncryptedJson)
    certificates_asked_at: Mapped[datetime | None]


class WechatCallback(Root):
    """A request to a callback address, kept as it arrived before anybody believed it. The very same request (`digest`) is kept once.

    `raw` is the signed part of the request: query, headers and body; of one that was refused, the beginning. `arrived_at` is real time,
    which signatures are compared with. While it is received, `due_at` is when to look at it again.
    """

    __tablename__ = "wechat_callbacks"
    __table_args__ = (
        UniqueConstraint("account_id", "digest"),
        CheckConstraint("kind IN ('event', 'payment', 'refund')", name="kind"),
        CheckConstraint("state IN ('received', 'taken', 'refused')", name="state"),
        CheckConstraint("(state = 'received') = (due_at IS NOT NULL)", name="received_is_due"),
        Index("ix_wechat_callbacks_due_at", "due_at", postgresql_where=text("due_at IS NOT NULL")),
        Index("ix_wechat_callbacks_doubtful", "account_id", "arrived_at", postgresql_where=text("state <> 'taken'")),
    )

    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("wechat_accounts.id"))
    kind: Mapped[str]
    digest: Mapped[str]
    state: Mapped[str]
    raw: Mapped[dict[str, Any]] = mapped_column(EncryptedJson)
    arrived_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    reason: Mapped[str | None]


class WechatInbox(Root):
    """What a verified callback told, kept before anybody worked on it. Told again in another request (`dedupe_key`), it is not kept twice.

    `payload` is the decrypted message: every element of an event, or the whole notification of WeChat Pay with its `resource` opened.
    """

    __tablename__ = "wechat_inbox"
    __table_args__ = (
        UniqueConstraint("account_id", "dedupe_key"),
        CheckConstraint("kind IN ('event', 'payment', 'refund')", name="kind"),
    )

    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("wechat_accounts.id"))
    kind: Mapped[str]
    dedupe_key: Mapped[str]
    payload: Mapped[dict[str, Any]] = mapped_column(EncryptedJson)
