"""Send what is due: claim, commit, call, write down what became of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from app.events import service as events
from app.kit import clock, db, queue
from app.kit.logging import logger
from app.messaging.channels import Letter, Receipt, SendFailed, channel
from app.messaging.models import Send, SendStatus
from app.wechat import queries as wechat
from app.wechat.errors import AccountMissing

log = logger(__name__)

# Longer than one call may take (connect 3 s, read 10 s), so one claim is one call; several workers make it fast.
LEASE = timedelta(seconds=15)
GIVE_UP_AFTER = timedelta(hours=6)
# One run ends well before its worker would end it.
MOST_CALLS = 100
_LONGEST_PAUSE_SECONDS = 60


def send_due() -> int:
    """Send what is due now, one message after the other, and ring again when there is more; returns how many calls were made.

    Many may do this at once. What dies between the claim and the outcome is claimed again when its lease ends, and sent again with the
    same content and key as long as the platform recognises it; after that it is `unknown` and a person has to look.
    """
    calls = 0
    while calls < MOST_CALLS:
        with db.transaction() as session:
            send = _next(session)
            if send is None:
                return calls
            letter = _claim(session, send)
        if letter is not None:
            calls += 1
            (outcome,) = channel(send.channel).send([letter])
            with db.transaction() as session:
                _settle(session, letter, outcome)
    with db.transaction() as session:
        queue.enqueue(session, "messaging.send_due")
    return calls


def _next(session: Session) -> Send | None:
    ended = (Send.status == SendStatus.claimed) & (Send.lease_until <= func.marque_now())
    due = (Send.status == SendStatus.planned) & (Send.due_at <= func.marque_now())
    return _first(session, ended, Send.lease_until) or _first(session, due, Send.due_at)


def _first(session: Session, which: ColumnElement[bool], order: Any) -> Send | None:
    wanted = select(Send).where(which).order_by(order).limit(1).with_for_update(skip_locked=True)
    return session.execute(wanted).scalar_one_or_none()


def _claim(session: Session, send: Send) -> Letter | None:
    """Take the send for one call; None when it ends here, because the call cannot be made or may not be repeated."""
    way, moment = channel(send.channel), clock.now(session)
    first = send.maybe_sent_since is None
    if send.maybe_sent_since is not None and (send.withdrawn or moment - send.maybe_sent_since >= way.dedupe_window):
        _end(session, send, SendStatus.unknown)
        return None
    send.maybe_sent_since = send.maybe_sent_since or moment
    send.status, send.lease_until, send.fence = SendStatus.claimed, moment + LEASE, send.fence + 1
    try:
        account = wechat.account(session, send.brand_id, way.account_kind)
        if send.payload is None:
            with session.begin_nested():
                send.payload = way.prepare(session, send, account)
    except AccountMissing:
        _failed(session, send, SendFailed.because("no_account"), first=first)
        return None
    except SendFailed as failed:
        _failed(session, send, failed, first=first)
        return None
    except Exception as error:
        # One message that cannot be rendered must not stand in the way of all others.
        log.exception("message cannot be prepared", send_id=str(send.id))
        _failed(session, send, SendFailed("bug", type(error).__name__, permanent=False), first=first)
        return None
    return Letter(send.id, send.fence, send.client_msg_id, account, send.payload, first)


def _settle(session: Session, letter: Letter, outcome: Receipt | SendFailed) -> None:
    send = session.get_one(Send, letter.send_id, with_for_update=True)
    # Somebody else claimed it meanwhile and will hear the same answer; but an answer that comes after we gave up is welcome.
    if send.fence != letter.fence or send.status not in (SendStatus.claimed, SendStatus.unknown):
        return
    if isinstance(outcome, SendFailed):
        if send.status == SendStatus.claimed:
            _failed(session, send, outcome, first=letter.first)
        return
    send.msgid, send.error_code, send.error_message = outcome.msgid, None, None
    # A press that came before this answer brought a newer code.
    send.response_code = send.response_code or outcome.response_code
    _end(session, send, SendStatus.accepted)


def _failed(session: Session, send: Send, failed: SendFailed, *, first: bool) -> None:
    """`first`: this attempt is the only one that can have reached the platform."""
    send.error_code, send.error_message = failed.code, failed.message or None
    # What waits for its quota waits for a moment that will come.
    waits_for_quota = failed.code == "wechat.quota"
    over = failed.permanent or (clock.now(session) - send.created_at >= GIVE_UP_AFTER and not waits_for_quota)
    if first and not failed.maybe_sent:
        send.payload = None
        if send.withdrawn:
            send.status, send.lease_until, send.settled_at = SendStatus.cancelled, None, clock.now(session)
        elif over:
            _end(session, send, SendStatus.rejected)
        else:
            send.status, send.lease_until, send.maybe_sent_since = SendStatus.planned, None, None
            send.due_at = clock.now(session) + max(_pause(send), timedelta(seconds=failed.retry_after or 0))
    elif over or send.withdrawn:
        # Refused now, but an earlier attempt may have arrived.
        _end(session, send, SendStatus.unknown)
    else:
        send.lease_until = clock.now(session) + _pause(send)


def _pause(send: Send) -> timedelta:
    return timedelta(seconds=min(2 ** min(send.fence, 10), _LONGEST_PAUSE_SECONDS))


def _end(session: Session, send: Send, status: SendStatus) -> None:
    send.status, send.lease_until, send.settled_at = status, None, clock.now(session)
    events.record(
        session,
        f"message.{status}",
        brand_id=send.brand_id,
        customer_id=send.about_customer_id,
        subject=("send", send.id),
        data=send.facts | ({"error": send.error_code} if send.error_code else {}),
    )
