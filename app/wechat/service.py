"""Keep what Tencent called back with, tell the platform of it, and take accounts in."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import String, and_, cast, delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.events import service as events
from app.events.models import Event, EventDelivery
from app.kit import db
from app.kit.settings import settings
from app.wechat import callbacks
from app.wechat.client import RefundState, Trade
from app.wechat.errors import NotificationUnreadable
from app.wechat.models import AccountKind, InboxKind, WechatAccount, WechatInbox

# What an operator copies out of Tencent's consoles, per kind: the fields that are no secret, and those that are.
_FIELDS: dict[AccountKind, tuple[tuple[str, ...], tuple[str, ...]]] = {
    AccountKind.mini_program: ((), ("secret", "token", "aes_key")),
    AccountKind.service_account: (("original_id",), ("secret", "token", "aes_key")),
    AccountKind.corp: (("agentid",), ("secret", "token", "aes_key")),
    AccountKind.merchant: (("merchant_serial", "public_key_id", "public_key"), ("merchant_private_key", "apiv3_key")),
}
# What an account may have besides.
_OPTIONAL: dict[AccountKind, tuple[str, ...]] = {AccountKind.mini_program: ("subscribe_templates",)}
_SUBSCRIBE_TEMPLATE = frozenset({"moment", "template_id", "title"})
# Where subscribe messages say what they are about: the first three in XML, the last in JSON.
_LISTS = ("SubscribeMsgPopupEvent", "SubscribeMsgChangeEvent", "SubscribeMsgSentEvent", "List")
_APPID = {AccountKind.corp: "corpid", AccountKind.merchant: "mchid"}


def receive_message(session: Session, account: WechatAccount, text: str) -> WechatInbox | None:
    """Keep a decrypted message push and record its event; None when it was kept before."""
    message = callbacks.parse(text)
    # Verified, so it is Tencent's, however it looks: kept for somebody to read.
    payload = message if message is not None else {"raw": text}
    kept = _keep(session, account, kind=InboxKind.event, dedupe_key=_key_of_message(payload), payload=payload)
    if kept is not None:
        name, data = _event_of(account, payload)
        _record(session, kept, name, data)
    return kept


def receive_notification(session: Session, account: WechatAccount, kind: InboxKind, notification: dict[str, Any]) -> WechatInbox | None:
    """Keep an opened notification of WeChat Pay and record its event, whether we know the order or not; None when it was kept before.

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
    """Drop the callbacks that are older than `wechat_inbox_days`: they name people, also those who were erased since.

    One whose event somebody has yet to hear, be it a dead delivery that may be revived, stays. Nothing that old comes again: a signature
    holds for minutes, and WeChat Pay repeats itself for a day.
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


def import_accounts(session: Session, brand_id: uuid.UUID, entries: Sequence[dict[str, Any]]) -> list[WechatAccount]:
    """Take a brand's accounts in, or bring those it has up to date; the same list again changes nothing.

    An entry is what Tencent's consoles show: kind, name, appid (corpid, mchid), secret, token, aes_key and so on; a merchant's `appid`
    is the mini-program it takes payments for. A service account opens the list's mini-program when there is exactly one.

    Raises:
        ValueError: an entry lacks a field, which is named, or an account belongs to another brand.
    """
    mini_programs = [entry.get("appid") for entry in entries if entry.get("kind") == AccountKind.mini_program]
    return [_import_account(session, brand_id, entry, mini_programs[0] if len(mini_programs) == 1 else None) for entry in entries]


def _import_account(session: Session, brand_id: uuid.UUID, entry: dict[str, Any], only_mini_program: str | None) -> WechatAccount:
    kind = AccountKind(entry.get("kind", ""))
    appid_field = _APPID.get(kind, "appid")
    open_fields, secret_fields = _FIELDS[kind]
    wanted = {"name", appid_field, *open_fields, *secret_fields} | ({"appid"} if kind is AccountKind.merchant else set())
    missing = sorted(field for field in wanted if entry.get(field) in (None, ""))
    if missing:
        raise ValueError(f"{kind} {entry.get('name', '')}: {', '.join(missing)} missing")
    wrong = [one for one in entry.get("subscribe_templates", []) if not (isinstance(one, dict) and one.keys() >= _SUBSCRIBE_TEMPLATE)]
    if wrong:
        raise ValueError(f"{kind} {entry['name']}: a subscribe template has {', '.join(sorted(_SUBSCRIBE_TEMPLATE))}")
    appid = str(entry[appid_field])
    account = session.execute(select(WechatAccount).filter_by(appid=appid).with_for_update()).scalar_one_or_none()
    if account is None:
        account = WechatAccount(brand_id=brand_id, kind=kind, appid=appid)
        session.add(account)
    elif account.brand_id != brand_id:
        raise ValueError(f"{kind} {appid} belongs to another brand")
    account.name = entry["name"]
    account.settings = {field: entry[field] for field in (*open_fields, *_OPTIONAL.get(kind, ())) if field in entry}
    account.secrets = {field: entry[field] for field in secret_fields}
    if kind is AccountKind.merchant:
        account.linked_appid = entry["appid"]
    elif kind is AccountKind.service_account:
        account.linked_appid = only_mini_program
    session.flush()
    return account


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


def _record(session: Session, kept: WechatInbox, name: str, data: dict[str, Any]) -> None:
    events.record(
        session,
        name,
        brand_id=kept.brand_id,
        subject=("wechat_inbox", kept.id),
        data={**data, "inbox_id": kept.id},
        actor=("wechat", kept.account_id),
    )


def _key_of_message(payload: dict[str, Any]) -> str:
    if payload.get("MsgId"):
        return f"message:{payload['MsgId']}"
    if "raw" in payload:
        return f"raw:{payload['raw']}"
    # From the fourth on: what tells apart what one person may bring about within one second.
    parts = ("FromUserName", "CreateTime", "Event", "MsgID", "TaskId", "EventKey")
    listed = [str(payload[part]) for part in _LISTS if part in payload]
    return "event:" + ":".join([*(str(payload.get(part) or "") for part in parts), *listed])


def _event_of(account: WechatAccount, payload: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The event that a message push is, and its data: ids only, no person's."""
    match (account.kind, payload.get("Event")):
        case (AccountKind.service_account, "subscribe"):
            return "wechat.followed", {"account_id": account.id}
        case (AccountKind.service_account, "unsubscribe"):
            return "wechat.unfollowed", {"account_id": account.id}
        case (AccountKind.service_account, "TEMPLATESENDJOBFINISH"):
            return "wechat.template_delivered", {"msgid": str(payload.get("MsgID")), "status": payload.get("Status")}
        case (AccountKind.corp, "template_card_event"):
            data = {"task_id": payload.get("TaskId"), "key": payload.get("EventKey"), "userid": payload.get("FromUserName")}
            return "wechat.card_pressed", data
        case _:
            return "wechat.message_received", {"account_id": account.id, "event": payload.get("Event")}
