"""Looks at templates: ours, their versions, and those that our accounts have at WeChat."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select, tuple_
from sqlalchemy.orm import Session

from app.dealers.models import Staff
from app.messaging.errors import TemplateUnknown
from app.messaging.models import MessageTemplate, TemplateState, TemplateSync, TemplateVersion, WechatTemplate
from app.messaging.queries.explaining import reason_text
from app.wechat.models import WechatAccount


def template(session: Session, brand_id: uuid.UUID, template_id: uuid.UUID) -> MessageTemplate:
    """One template of the brand. Raises `TemplateUnknown`, also for another brand's."""
    found = session.execute(select(MessageTemplate).filter_by(id=template_id, brand_id=brand_id)).scalar_one_or_none()
    if found is None:
        raise TemplateUnknown
    return found


def templates(
    session: Session,
    brand_id: uuid.UUID,
    *,
    channel: str | None = None,
    state: str | None = None,
    q: str | None = None,
    before: tuple[datetime, uuid.UUID] | None = None,
    limit: int = 50,
) -> Sequence[MessageTemplate]:
    """Templates of the brand, newest first, continuing before (created_at, id); `q` is a part of title or key."""
    wanted = select(MessageTemplate).filter_by(brand_id=brand_id)
    if channel:
        wanted = wanted.filter_by(channel=channel)
    if state:
        wanted = wanted.filter_by(state=state)
    if q:
        wanted = wanted.where(or_(MessageTemplate.title.icontains(q, autoescape=True), MessageTemplate.key.icontains(q, autoescape=True)))
    if before:
        wanted = wanted.where(tuple_(MessageTemplate.created_at, MessageTemplate.id) < tuple_(*before))
    return session.execute(wanted.order_by(MessageTemplate.created_at.desc(), MessageTemplate.id.desc()).limit(limit)).scalars().all()


def versions(session: Session, of: MessageTemplate) -> list[dict[str, Any]]:
    """Every version of a template, newest first, with who left it like this; None where nobody of ours did."""
    rows = session.execute(
        select(TemplateVersion, Staff.name)
        .outerjoin(Staff, Staff.id == TemplateVersion.changed_by)
        .where(TemplateVersion.template_id == of.id)
        .order_by(TemplateVersion.version.desc())
    )
    return [{"version": one.version, "content": one.content, "changed_at": one.changed_at, "changed_by": name} for one, name in rows.all()]


def at_wechat(session: Session, brand_id: uuid.UUID) -> list[dict[str, Any]]:
    """The templates that the brand's accounts have at WeChat, or had, and which of ours in use stand on each."""
    used: dict[tuple[str, str], list[dict[str, Any]]] = {}
    ours = select(MessageTemplate).where(MessageTemplate.brand_id == brand_id, MessageTemplate.state != TemplateState.archived)
    for one in session.execute(ours.order_by(MessageTemplate.key)).scalars():
        for appid, template_id in one.template_ids.items():
            used.setdefault((appid, template_id), []).append({"id": one.id, "key": one.key, "channel": one.channel, "title": one.title})
    rows = select(WechatTemplate).filter_by(brand_id=brand_id).order_by(WechatTemplate.appid, WechatTemplate.title, WechatTemplate.id)
    return [
        {
            "appid": one.appid,
            "template_id": one.template_id,
            "title": one.title,
            "keys": one.keys,
            "read_at": one.read_at,
            "gone_at": one.gone_at,
            "used_by": used.get((one.appid, one.template_id), []),
        }
        for one in session.execute(rows).scalars()
    ]


def syncs(session: Session, brand_id: uuid.UUID) -> list[dict[str, Any]]:
    """When each account was read or tried last, what went wrong, and whether it is still to be read because somebody asked."""
    rows = session.execute(
        select(WechatAccount, TemplateSync)
        .join(TemplateSync, TemplateSync.account_id == WechatAccount.id)
        .where(WechatAccount.brand_id == brand_id)
        .order_by(WechatAccount.appid)
    )
    return [
        {
            "appid": account.appid,
            "name": account.name,
            "kind": account.kind,
            "read_at": one.read_at,
            "tried_at": one.tried_at,
            "is_asked": one.asked_at is not None and (one.tried_at is None or one.tried_at < one.asked_at),
            "error": one.error,
            "error_text": one.error and reason_text(one.error),
        }
        for account, one in rows
    ]
