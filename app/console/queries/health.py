"""How the brand's accounts at Tencent are: when they spoke to us last, what of it we refused, and whose messages stopped."""

from __future__ import annotations

import uuid
from collections import defaultdict
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.kit import clock
from app.messaging import queries as messaging
from app.wechat.models import CallbackState, WechatAccount, WechatCallback, WechatInbox

LOOKED_BACK = timedelta(days=1)


def accounts(session: Session, brand_id: uuid.UUID) -> list[dict[str, Any]]:
    """Every account by kind and name; figures are of the last day."""
    found = (
        session.execute(select(WechatAccount).filter_by(brand_id=brand_id).order_by(WechatAccount.kind, WechatAccount.name)).scalars().all()
    )
    stopped = defaultdict(list)
    for stop in messaging.senders_stopped(session, brand_id):
        stopped[stop.appid].append(_stop(stop))
    return [_told(session, one) | {"stopped": stopped[one.appid]} for one in found]


def _told(session: Session, account: WechatAccount) -> dict[str, Any]:
    since = clock.wall(session) - LOOKED_BACK
    heard = select(func.max(WechatInbox.created_at)).filter_by(account_id=account.id)
    doubtful = (
        select(WechatCallback.state, func.count(), func.max(WechatCallback.arrived_at))
        .where(WechatCallback.account_id == account.id, WechatCallback.state != CallbackState.taken, WechatCallback.arrived_at > since)
        .group_by(WechatCallback.state)
    )
    counts = {state: (n, last) for state, n, last in session.execute(doubtful)}
    refused, refused_at = counts.get(CallbackState.refused, (0, None))
    why = select(WechatCallback.reason).filter_by(account_id=account.id, state=CallbackState.refused, arrived_at=refused_at)
    return {
        "id": account.id,
        "kind": account.kind,
        "name": account.name,
        "appid": account.appid,
        "heard_at": session.execute(heard).scalar_one(),
        "waiting": counts.get(CallbackState.received, (0, None))[0],
        "refused": refused,
        "refused_at": refused_at,
        "refused_for": session.execute(why.limit(1)).scalar_one_or_none() if refused_at else None,
    }


def _stop(stop: Any) -> dict[str, Any]:
    names = ("channel", "appid", "stopped_at", "reason", "answers", "errors")
    return {name: getattr(stop, name) for name in names} | {"channel_label": messaging.channel_label(stop.channel)}
