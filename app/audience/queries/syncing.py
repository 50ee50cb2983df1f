"""Looks at tags that WeCom and the service accounts know, too."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.audience.models import TagLink, TagMark
from app.wechat.models import AccountKind, WechatAccount


def accounts(session: Session, brand_id: uuid.UUID) -> Sequence[WechatAccount]:
    """Where a tag of the brand can be kept the same: its WeCom and its service accounts, by name."""
    known = (AccountKind.corp, AccountKind.service_account)
    wanted = select(WechatAccount).where(WechatAccount.brand_id == brand_id, WechatAccount.kind.in_(known))
    return session.execute(wanted.order_by(WechatAccount.name, WechatAccount.id)).scalars().all()


def links_of(session: Session, tag_id: uuid.UUID) -> list[dict[str, Any]]:
    """Where else a tag is known, and how far both sides agree."""
    rows = session.execute(
        select(TagLink, WechatAccount).join(WechatAccount, WechatAccount.id == TagLink.account_id).where(TagLink.tag_id == tag_id)
    ).all()
    counted = select(
        TagMark.link_id, func.count().filter(TagMark.due_at.is_not(None)), func.count().filter(TagMark.due_at.is_(None))
    ).where(TagMark.link_id.in_([link.id for link, _ in rows]), TagMark.wanted != TagMark.there)
    differing = {row[0]: (row[1], row[2]) for row in session.execute(counted.group_by(TagMark.link_id))}
    return [
        {
            "id": link.id,
            "account_id": account.id,
            "account_kind": account.kind,
            "account_name": account.name,
            "remote_id": link.remote_id,
            "waiting": differing.get(link.id, (0, 0))[0],
            "failed": differing.get(link.id, (0, 0))[1],
            "broken_at": link.broken_at,
            "error": link.error,
        }
        for link, account in rows
    ]
