"""Keep what a verified callback tells, tell the platform of it, and forget both in time."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any

import orjson
from sqlalchemy import String, and_, cast, delete, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.events import service as events
from app.events.models import Event, EventDelivery
from app.kit import db
from app.kit.settings import settings
from app.wechat import messages
from app.wechat.callbacks import elements_of
from app.wechat.client import RefundState, Trade
from app.wechat.errors import NotificationUnreadable
from app.wechat.models import CallbackState, InboxKind, WechatAccount, WechatCallback, WechatInbox

REFUSED_KEPT = timedelta(days=1)


def receive_message(session: Session, account: WechatAccount, text: str) -> WechatInbox | None:
    """Keep a decrypted message push and record its event; None when it was told before."""
    # Verified, so it is Tencent's, however it looks: kept for somebody to read.
    payload = elements_of(text) or {"raw": text}
    kept = _keep(session, account, kind=InboxKind.event, dedupe_key=_key_of_message(payload), payload=payload)
    if kept is not None:
        message = messages.read(account.kind, payload)
        _record(session, kept, message.event, message.facts)
    return kept


def receive_notification(session: Session, account: WechatAccount, kind: InboxKind, notification: dict[str, Any]) -> WechatInbox | None:
    """Keep an opened notification of WeChat Pay and record its event, whether we know the order or not; None when it was told before.

    Raises:
        NotificationUnreadable: it is not about a payment or a refund.
    """
    name, number_key, id_key, read = {
        InboxKind.payment: ("wechat.payment_notified", "out_trade_no", "transaction_id", Trade.read),
        InboxKind.refund: ("wechat.refund_notified", "out_refund_no", "refund_id", RefundState.read),
    }[kind]
    resource = notification["resource"]
    try:
        read(resource)
    except (AttributeError, KeyError, TypeError, ValueError):
        raise NotificationUnreadable from None
    key = f"{notification.get('id')}:{notification.get('event_type')}:{resource.get(id_key)}"
    kept = _keep(session, account, kind=kind, dedupe_key=key, payload=notification)
    if kept is not None:
        _record(session, kept, name, {number_key: resource[number_key]})
    return kept


def forget_callbacks(session: Session) -> None:
    """Drop what was told longer than `wechat_inbox_days` ago: it names people, also those who were erased since. And the requests
    that told it after `wechat_raw_days`, those that were refused after a day.

    What somebody has yet to hear the event of, be it a dead delivery that may be revived, stays; so does a request that nobody took so
    far. Nothing that old comes again: a signature holds for minutes, and WeChat Pay repeats itself for a day.
    """
    unheard = (
        select(EventDelivery.event_id)
        .join(Event, and_(Event.id == EventDelivery.event_id, Event.recorded_at == EventDelivery.recorded_at))
        .where(
            EventDelivery.delivered_at.is_(None),
            Event.subject_type == WechatInbox.__tablename__,
            Event.subject_id == cast(WechatInbox.id, String),
        )
    )
    old = WechatInbox.created_at < func.marque_now() - timedelta(days=settings().wechat_inbox_days)
    session.execute(delete(WechatInbox).where(old, ~unheard.exists()).execution_options(synchronize_session=False))
    age = func.marque_now() - WechatCallback.created_at
    refused = and_(WechatCallback.state == CallbackState.refused, age > REFUSED_KEPT)
    taken = and_(WechatCallback.state == CallbackState.taken, age > timedelta(days=settings().wechat_raw_days))
    session.execute(delete(WechatCallback).where(or_(refused, taken)).execution_options(synchronize_session=False))


def _keep(session: Session, account: WechatAccount, *, kind: InboxKind, dedupe_key: str, payload: dict[str, Any]) -> WechatInbox | None:
    row = {
        "id": db.new_id(),
        "brand_id": account.brand_id,
        "account_id": account.id,
        "kind": kind.value,
        # Hashed, because some of its parts name a person.
        "dedupe_key": hashlib.sha256(dedupe_key.encode()).hexdigest(),
        "payload": payload,
    }
    return session.execute(insert(WechatInbox).values(row).on_conflict_do_nothing().returning(WechatInbox)).scalar_one_or_none()


def _record(session: Session, kept: WechatInbox, name: str, facts: dict[str, Any]) -> None:
    told = {key: value for key, value in facts.items() if value not in (None, "")}
    events.record(
        session,
        name,
        brand_id=kept.brand_id,
        subject=("wechat_inbox", kept.id),
        data={**told, "account_id": kept.account_id, "inbox_id": kept.id},
        actor=("wechat", kept.account_id),
    )


def _key_of_message(payload: dict[str, Any]) -> str:
    """What people write has a number of its own. An event is told apart from others of the same second by everything it says: Tencent
    advises sender, time and name only, but two customers added in one second have those in common.
    """
    if payload.get("MsgId"):
        return f"message:{payload['MsgId']}"
    return "event:" + orjson.dumps(_same_in_every_form(payload), option=orjson.OPT_SORT_KEYS).decode()


def _same_in_every_form(value: Any) -> Any:
    """XML has only text, and neither an empty list nor one of a single element."""
    if isinstance(value, dict):
        return {key: told for key, one in value.items() if (told := _same_in_every_form(one)) is not None}
    if isinstance(value, list):
        told = [_same_in_every_form(one) for one in value]
        return told if len(told) > 1 else next(iter(told), None)
    return None if value in (None, "") else str(value)
