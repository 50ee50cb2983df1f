"""Accounts at Tencent, and the inbox of everything Tencent told us."""

from __future__ import annotations

import uuid
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
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


class WechatAccount(Root):
    """One account of a brand. `appid` is Tencent's name for it: an appid, a corpid or a mchid; `linked_appid` is the mini-program
    that a merchant takes payments for, or that a service account's messages open.

    `settings` holds what is no secret: original_id (service account), agentid (corp), merchant_serial, public_key_id and public_key
    (merchant), subscribe_templates (mini-program: a list of {moment, template_id, title}). `secrets` holds secret, token and aes_key, or
    merchant_private_key and apiv3_key.
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


class WechatInbox(Root):
    """A callback that was verified, kept before anybody worked on it. The same one again (`dedupe_key`) is not kept twice.

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
