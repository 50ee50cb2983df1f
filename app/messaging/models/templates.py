"""Message templates: what stands in a message of ours, what the platforms call it, and what the platforms themselves have."""

from __future__ import annotations

import uuid
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.crypto import EncryptedJson
from app.kit.db import Base, Root


class TemplateState(StrEnum):
    """draft → active ⇄ archived. Only active ones are sent."""

    draft = "draft"
    active = "active"
    archived = "archived"


class MessageTemplate(Root):
    """What a message says over one channel, by a `key` that journeys, broadcasts and handlers name.

    `fields` are forms in Liquid (`app/messaging/rendering.py`) over the facts of `app/messaging/facts.py`, by the platform's typed keys
    (`{"thing1": "{{ vehicle_title }}"}`) or by what the channel calls its parts (`content`, `title`, …). `page` is where a tap leads, a
    form too; None leads nowhere. `template_ids` is what a platform calls it, by the account's appid, "" where no account stands between.
    `target` is where a webhook goes and what it is signed with ({url, secret}). `override` says who let marketing words of it pass:
    {words, reason, staff_id, at}. `version` counts its changes, all of which `TemplateVersion` keeps.
    """

    __tablename__ = "message_templates"
    __table_args__ = (
        UniqueConstraint("brand_id", "channel", "key"),
        CheckConstraint("state IN ('draft', 'active', 'archived')", name="state"),
        CheckConstraint("purpose IN ('transactional', 'marketing')", name="purpose"),
    )

    channel: Mapped[str]
    key: Mapped[str]
    title: Mapped[str] = mapped_column(default="", server_default="")
    purpose: Mapped[str] = mapped_column(default="transactional", server_default="transactional")
    state: Mapped[str] = mapped_column(default=TemplateState.active, server_default="active")
    template_ids: Mapped[dict[str, str]] = mapped_column(JSONB, default=dict, server_default="{}")
    fields: Mapped[dict[str, str]] = mapped_column(JSONB)
    page: Mapped[str | None]
    target: Mapped[dict[str, str] | None] = mapped_column(EncryptedJson)
    override: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    version: Mapped[int] = mapped_column(default=1, server_default="1")
    updated_at: Mapped[datetime] = mapped_column(server_default=func.marque_now())


class TemplateVersion(Base):
    """A template as somebody left it; what it signs with is not in here."""

    __tablename__ = "message_template_versions"

    template_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("message_templates.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    content: Mapped[dict[str, Any]] = mapped_column(JSONB)
    changed_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    changed_at: Mapped[datetime] = mapped_column(server_default=func.marque_now())


class WechatTemplate(Root):
    """A template as an account at WeChat has it. `keys` are its typed keys in their order: {key, label}. `gone_at`: it is no longer there,
    and what is sent with it is refused.
    """

    __tablename__ = "wechat_templates"
    __table_args__ = (UniqueConstraint("appid", "template_id"),)

    appid: Mapped[str]
    template_id: Mapped[str]
    title: Mapped[str]
    content: Mapped[str]
    keys: Mapped[list[dict[str, str]]] = mapped_column(JSONB)
    read_at: Mapped[datetime] = mapped_column(server_default=func.marque_now())
    gone_at: Mapped[datetime | None]


class TemplateSync(Base):
    """When the templates of an account are read next, and what came of the last time. `asked_at` is when somebody wanted them read at once,
    `tried_at` when that was tried last, with or without success.
    """

    __tablename__ = "wechat_template_syncs"

    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("wechat_accounts.id"), primary_key=True)
    due_at: Mapped[datetime] = mapped_column(server_default=func.marque_now())
    asked_at: Mapped[datetime | None]
    tried_at: Mapped[datetime | None]
    read_at: Mapped[datetime | None]
    error: Mapped[str | None]
