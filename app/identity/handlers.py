"""What identity does when Tencent told of something."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy.orm import Session

from app.events.models import Event
from app.events.service import on
from app.identity import service
from app.wechat import queries as wechat
from app.wechat.models import WechatAccount


# One handler for both, so that following and unfollowing are heard in their order.
@on("wechat.followed", "wechat.unfollowed")
def keep_up_with_followers(session: Session, events: Sequence[Event]) -> None:
    for event in events:
        kept = wechat.inbox(session, event.data["inbox_id"])
        service.follow(
            session,
            session.get_one(WechatAccount, kept.account_id),
            kept.payload["FromUserName"],
            followed=event.name == "wechat.followed",
            told_at=datetime.fromtimestamp(int(kept.payload["CreateTime"]), UTC),
        )
