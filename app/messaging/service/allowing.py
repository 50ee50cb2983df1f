"""What people let our accounts send them, as Tencent tells it: subscriptions, and the time in which we may answer."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.events.models import Event
from app.identity.models import WechatIdentity
from app.messaging import credits, windows
from app.messaging.models import Send, SendStatus
from app.messaging.service.hearing import delivered
from app.wechat import queries as wechat
from app.wechat.messages import (
    Followed,
    MenuPressed,
    PersonWrote,
    Scanned,
    SessionEntered,
    SubscribeAnswered,
    SubscribeSent,
    Unfollowed,
)
from app.wechat.models import AccountKind, WechatAccount

# Only what asks the account for an answer opens a window: a button that leads to a page does not.
_ASKS = "CLICK"
# Tencent tells within moments whether a message arrived, by a clock that is not ours.
_TOLD_WITHIN, _CLOCKS_DIFFER = timedelta(minutes=10), timedelta(minutes=1)


def subscriptions_answered(session: Session, event: Event) -> None:
    """She allowed messages, or took back what she had allowed. Told twice, it counts once."""
    told = wechat.message(session, event.data["inbox_id"])
    assert isinstance(told, SubscribeAnswered)
    account = _account(session, event)
    said_at = told.sent_at or event.recorded_at
    # Tencent tells the same in XML and in JSON, which differ in more than their brackets: her answer is known by its second.
    key = said_at.isoformat() if told.sent_at else f"inbox:{event.data['inbox_id']}"
    for answer in told.answers:
        if told.place == "dialog" and answer.answer == "accept":
            credits.grant(session, account, told.sender, answer.template_id, key=key, said_at=said_at)
        elif told.place == "settings":
            credits.revoke(session, credits.of_person(session, account, told.sender, answer.template_id), said_at=said_at)


def subscriptions_sent(session: Session, event: Event) -> None:
    """Tencent says which subscribe messages reached the person. Raises `ReceiptTooEarly`."""
    told = wechat.message(session, event.data["inbox_id"])
    assert isinstance(told, SubscribeSent)
    account, at = _account(session, event), told.sent_at or event.recorded_at
    for one in told.results:
        if one.msgid:
            status = "success" if one.status.startswith("success") else f"failed: {one.status}"
            unheard = partial(_unheard, session, account, (told.sender, one.template_id), at)
            delivered(session, event.brand_id, msgid=one.msgid, status=status, heard_at=event.recorded_at, unheard=unheard)


def _unheard(session: Session, account: WechatAccount, whose: tuple[str, str], at: datetime) -> Send | None:
    """The message of a template to a person (`whose`) that left just before and whose msgid nobody was told: the answer was lost, or
    gives none. Of two nobody can say which it is.
    """
    openid, template_id = whose
    her = select(WechatIdentity.customer_id).filter_by(appid=account.appid, openid=openid).scalar_subquery()
    wanted = select(Send).where(
        Send.customer_id == her,
        Send.appid == account.appid,
        Send.status.in_((SendStatus.unknown, SendStatus.accepted)),
        Send.msgid.is_(None),
        Send.delivery.is_(None),
        Send.claimed_at.between(at - _TOLD_WITHIN, at + _CLOCKS_DIFFER),
    )
    sends = session.execute(wanted.order_by(Send.id).with_for_update()).scalars()
    found = [one for one in sends if one.payload and one.payload.get("template_id") == template_id]
    return found[0] if len(found) == 1 else None


def did_something(session: Session, event: Event) -> None:
    """She did something in a mini-program or service account: for a while it may answer her. When she leaves it, no longer."""
    account = _account(session, event)
    if account.kind not in (AccountKind.mini_program, AccountKind.service_account):
        return
    told = wechat.message(session, event.data["inbox_id"])
    at = told.sent_at or event.recorded_at
    match told:
        case PersonWrote():
            opened_by = "wrote"
        case MenuPressed() if told.name.upper() == _ASKS:
            opened_by = "menu"
        case Followed():
            opened_by = "followed"
        case Scanned():
            opened_by = "scanned"
        case SessionEntered():
            opened_by = "entered"
        case Unfollowed():
            windows.close(session, account, told.sender)
            return
        case _:
            return
    windows.open_for(session, account, told.sender, opened_by, at=at)


def _account(session: Session, event: Event) -> WechatAccount:
    return session.get_one(WechatAccount, uuid.UUID(str(event.data["account_id"])))
