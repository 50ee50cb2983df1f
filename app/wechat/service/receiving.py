"""Take a callback: keep it as it arrived, then believe it or not, then keep what it tells. Nothing is lost wherever a process dies.

1. The request is kept before anybody looks at it, and that is committed.
2. It is verified, from its own bytes and the moment it arrived, so that this may be done again at any time.
3. What it tells is kept in the inbox and recorded as an event in one transaction, which also marks the request as taken.

Whatever died between these steps is taken up by the sweep. A flood of strangers fills no disk: of requests that were not verified, so many
a minute are kept as `wechat_doubtful_per_minute` says, and only their beginning; beyond that a request is verified first, so that a flood
keeps nobody's true callback out.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from prometheus_client import Counter
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.kit import clock, db
from app.kit.logging import logger
from app.kit.settings import settings
from app.wechat import callbacks, queries
from app.wechat.callbacks import CallbackRequest
from app.wechat.errors import AccountUnknown, NotificationUnreadable, SignatureRefused
from app.wechat.models import AccountKind, CallbackState, InboxKind, WechatAccount, WechatCallback
from app.wechat.pay_keys import PROBE, SerialUnknown
from app.wechat.service.accounts import want_certificates
from app.wechat.service.inbox import receive_message, receive_notification

log = logger(__name__)

_CALLBACKS = Counter(
    "marque_wechat_callbacks", "Callbacks of Tencent, or of somebody who says so, by what came of them.", ("kind", "outcome")
)

# Longer than anybody takes over a callback; whoever takes one up a second time finds it taken, or keeps the same thing once.
LEASE = timedelta(seconds=10)
_LONGEST_PAUSE_SECONDS = 3600
SWEEP = 100
# Of a request that was refused: enough to see what it was, and whole notifications, which are shorter.
_BEGINNING = 4096
_MINUTE = timedelta(minutes=1)


def receive(appid: str, kinds: Collection[AccountKind], kind: InboxKind, request: CallbackRequest) -> None:
    """Take a request to the callback address of `appid`. The same again, or the same told in another request, changes nothing.

    Returns when it may be answered with success: it is taken, or it is verified and the sweep will take it.

    Raises:
        AccountUnknown: there is no such account of these kinds.
        SignatureRefused: in any doubt that it is Tencent's.
        NotificationUnreadable: WeChat Pay's, but not about a payment or a refund.
    """
    with db.transaction() as session:
        account = queries.by_appid(session, appid)
        if account is None or account.kind not in kinds:
            raise AccountUnknown
        now = clock.wall(session)
        kept, is_new = (None, False) if _is_flooded(session, account, now) else _keep(session, account, kind, request, now=now)
    try:
        told = _opened(account, kind, request, now)
    except SignatureRefused as refused:
        _CALLBACKS.labels(kind, "probe" if refused.reason == PROBE else "refused").inc()
        if kept is not None and refused.reason != PROBE:
            # Beyond that a flood would fill the logs.
            log.warning("callback refused", account=appid, kind=kind.value, reason=refused.reason)
        with db.transaction() as session:
            # A copy of an earlier request says nothing about that one, which may be waiting for the sweep.
            if kept is not None and is_new:
                _refuse(session, kept, refused.reason)
            if isinstance(refused, SerialUnknown):
                want_certificates(session, account)
        raise
    if kept is None:
        with db.transaction() as session:
            kept, _ = _keep(session, account, kind, request, now=now, verified=True)
    assert kept is not None
    try:
        _take(account, kept, kind, told)
        _CALLBACKS.labels(kind, "taken").inc()
    except NotificationUnreadable:
        _CALLBACKS.labels(kind, "unreadable").inc()
        raise
    except Exception:
        # It is kept and it is Tencent's: the sweep takes it, and Tencent need not repeat it.
        _CALLBACKS.labels(kind, "left").inc()
        log.exception("callback not taken yet", callback_id=str(kept))


def take_left_over() -> int:
    """Take what was received but neither taken nor refused, because somebody died over it; returns how many were looked at."""
    for done in range(SWEEP):
        with db.transaction() as session:
            callback = _claim(session)
            if callback is None:
                return done
            account = session.get_one(WechatAccount, callback.account_id)
        try:
            kind = InboxKind(callback.kind)
            told = _opened(account, kind, CallbackRequest.from_json(callback.raw), callback.arrived_at)
            _take(account, callback.id, kind, told)
        except SignatureRefused as refused:
            with db.transaction() as session:
                _refuse(session, callback.id, refused.reason)
        except NotificationUnreadable:
            pass  # marked as refused already
        except Exception:
            log.exception("callback not taken yet", callback_id=str(callback.id), attempts=callback.attempts)
    return SWEEP


def _is_flooded(session: Session, account: WechatAccount, now: datetime) -> bool:
    doubtful = select(func.count()).where(
        WechatCallback.account_id == account.id, WechatCallback.state != CallbackState.taken, WechatCallback.arrived_at > now - _MINUTE
    )
    return session.execute(doubtful).scalar_one() >= settings().wechat_doubtful_per_minute


def _keep(
    session: Session, account: WechatAccount, kind: InboxKind, request: CallbackRequest, *, now: datetime, verified: bool = False
) -> tuple[uuid.UUID | None, bool]:
    """The id of the kept request, and whether it is new. None for a copy of a refused one: until it is verified it is worth no row."""
    fresh = {
        "state": CallbackState.received.value,
        "raw": request.as_json(),
        "arrived_at": now,
        "due_at": clock.now(session) + LEASE,
    }
    row = {"id": db.new_id(), "brand_id": account.brand_id, "account_id": account.id, "kind": kind.value, "digest": request.digest}
    new = insert(WechatCallback).values(**row, **fresh)
    if verified:
        refused = WechatCallback.state == CallbackState.refused
        statement = new.on_conflict_do_update(constraint="uq_wechat_callbacks_account_id_digest", set_=fresh, where=refused)
    else:
        statement = new.on_conflict_do_nothing()
    made = session.execute(statement.returning(WechatCallback.id)).scalar_one_or_none()
    if made is not None:
        return made, True
    same = select(WechatCallback.id).filter_by(account_id=account.id, digest=request.digest)
    return session.execute(same.where(WechatCallback.state != CallbackState.refused)).scalar_one_or_none(), False


def _opened(account: WechatAccount, kind: InboxKind, request: CallbackRequest, now: datetime) -> str | dict[str, Any]:
    """The text of a message push, or the notification."""
    return (callbacks.open_message if kind is InboxKind.event else callbacks.open_notification)(account, request, now)


def _take(account: WechatAccount, callback_id: uuid.UUID, kind: InboxKind, told: str | dict[str, Any]) -> None:
    try:
        with db.transaction() as session:
            callback = session.get_one(WechatCallback, callback_id, with_for_update=True)
            if callback.state == CallbackState.taken:
                return
            if isinstance(told, str):
                receive_message(session, account, told)
            else:
                receive_notification(session, account, kind, told)
            callback.state, callback.due_at, callback.reason = CallbackState.taken, None, None
    except NotificationUnreadable:
        with db.transaction() as session:
            _refuse(session, callback_id, "unreadable")
        raise


def _refuse(session: Session, callback_id: uuid.UUID, reason: str) -> None:
    callback = session.get_one(WechatCallback, callback_id, with_for_update=True)
    if callback.state == CallbackState.received:
        callback.state, callback.due_at, callback.reason = CallbackState.refused, None, reason
        callback.raw = CallbackRequest.from_json(callback.raw).as_json(longest=_BEGINNING)


def _claim(session: Session) -> WechatCallback | None:
    """The next one that is due, put off first: should it kill this process as well, the others have their turn."""
    due = (
        select(WechatCallback)
        .where(WechatCallback.due_at <= func.marque_now())
        .order_by(WechatCallback.due_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    callback = session.execute(due).scalar_one_or_none()
    if callback is not None:
        callback.attempts += 1
        pause = min(LEASE.total_seconds() * 2 ** min(callback.attempts, 10), _LONGEST_PAUSE_SECONDS)
        callback.due_at = clock.now(session) + timedelta(seconds=pause)
    return callback
