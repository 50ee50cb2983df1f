"""What identity does when Tencent told of something."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from app.events.models import Event
from app.events.service import on
from app.identity import service
from app.wechat import queries as wechat
from app.wechat.messages import AuthorizationCancelled, AuthorizationRevoked, Revoked
from app.wechat.models import WechatAccount


# One handler for both, so that following and unfollowing are heard in their order.
@on("wechat.followed", "wechat.unfollowed")
def keep_up_with_followers(session: Session, events: Sequence[Event]) -> None:
    for event in events:
        message = wechat.message(session, event.data["inbox_id"])
        service.follow(
            session,
            _account(session, event),
            message.sender,
            followed=event.name == "wechat.followed",
            told_at=message.sent_at or event.recorded_at,
        )


@on("wechat.authorization_revoked", "wechat.authorization_cancelled", "wechat.profile_modified")
def follow_decisions(session: Session, events: Sequence[Event]) -> None:
    for event in events:
        message, account = wechat.message(session, event.data["inbox_id"]), _account(session, event)
        if isinstance(message, AuthorizationCancelled):
            service.close(session, account, message.sender)
        elif isinstance(message, AuthorizationRevoked):
            service.take_back(session, account, message.sender, message.scopes)
        else:
            service.take_back(session, account, message.sender, {Revoked.profile})


def _account(session: Session, event: Event) -> WechatAccount:
    return session.get_one(WechatAccount, wechat.inbox(session, event.data["inbox_id"]).account_id)
