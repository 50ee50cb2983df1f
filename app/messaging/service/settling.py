"""Hear what became of calls: what arrived, what may have, what certainly did not; and stop a sender that fails too often."""

from __future__ import annotations

import uuid
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import case, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.events import service as events
from app.kit import clock
from app.kit.logging import logger
from app.messaging.channels import Letter, Receipt, SendFailed, channel
from app.messaging.models import Send, SenderStop, SendStatus
from app.messaging.service import limits, writing
from app.messaging.service.claiming import GIVE_UP_AFTER, pause, waiting_since

log = logger(__name__)

Outcome = Receipt | SendFailed
# What waits for its quota waits for a moment that will come.
_QUOTA = frozenset(("wechat.quota", "wechat.45009"))
# WeChat closed the tap for the day; `wechat.quota` is our own count of the minute or the day.
_DAY_IS_OVER = "wechat.45009"
# The lease would have ended during the call, so it was not made.
NO_TIME = "no_time"
# Reasons of ours for which nothing was called say nothing about a sender either.
_OURS = frozenset((NO_TIME, "group_of_one"))
# Nothing reached WeChat, which has counted nothing.
_NEVER_CALLED = frozenset((NO_TIME, "wechat.connection", "wechat.breaker", "wechat.quota"))
# What a person's own state refuses says nothing about the sender; a value, a text or a template that is refused does.
_HERS = frozenset(
    (
        *(f"wechat.{code}" for code in (40003, 40226, 41048, 43004, 43019, 43101, 45015, 45047, 48002, 81013, 85437)),
        *("erased", "invalid_userid", "no_contact"),
    )
)
_HER_NUMBER = (
    "sms.FailedOperation.PhoneNumberInBlacklist",
    "sms.InvalidParameterValue.IncorrectPhoneNumber",
    "sms.LimitExceeded.PhoneNumber",
    "sms.UnsupportedOperation.",
)
_NOT_ITS_FAULT = _QUOTA | _OURS | _HERS
# A sender is judged by what it did within so long, and not before it has made so many calls: one that makes few is given more time.
JUDGED_OVER, JUDGED_FROM, JUDGED_AT_MOST_OVER = timedelta(minutes=1), 50, timedelta(hours=1)


def settle(session: Session, kind: str, letters: Sequence[Letter], outcomes: Sequence[Outcome]) -> None:
    """Write down what became of the letters of one channel."""
    arrived = [(letter, told) for letter, told in zip(letters, outcomes, strict=True) if isinstance(told, Receipt)]
    failures = {letter.send_id: (letter, told) for letter, told in zip(letters, outcomes, strict=True) if isinstance(told, SendFailed)}
    writing.accepted(session, arrived)
    rows = select(Send).where(Send.id.in_(failures)).order_by(Send.id).with_for_update()
    sends = {send.id: send for send in session.execute(rows).scalars()} if failures else {}
    refused: list[Send] = []
    unsent: list[Send] = []
    uncounted: Counter[tuple[str, str, date]] = Counter()
    now = clock.now(session)
    since = waiting_since(session, list(sends.values()), now)
    for send_id, (letter, failed) in failures.items():
        send = sends[send_id]
        # Who claimed it meanwhile will hear the same answer; what was given up stays so.
        if send.fence != letter.fence or send.status != SendStatus.claimed:
            continue
        if failed.code in _NEVER_CALLED and letter.account is not None and send.claimed_at is not None:
            uncounted[letter.account.appid, send.purpose, limits.quota_day(send.claimed_at)] += 1
        _fail(session, send, failed, first=letter.first, waited=(since[send_id], now))
        if letter.first and not failed.maybe_sent:
            (refused if send.status == SendStatus.rejected else unsent).append(send)
    session.flush()
    way = channel(kind)
    if unsent:
        writing.waited(session, [send.id for send in unsent])
        way.give_back(session, unsent)
    if refused:
        way.refused(session, refused)
    # The day's counts are locked last, as in a claim.
    for over in sorted({letter.sender for letter, failed in failures.values() if failed.code == _DAY_IS_OVER}):
        limits.used_up(session, over, kind, clock.now(session))
    limits.uncount(session, kind, uncounted)
    _judge(session, kind, letters, outcomes)


def _fail(session: Session, send: Send, failed: SendFailed, *, first: bool, waited: tuple[datetime, datetime]) -> None:
    """`first`: this attempt is the only one that can have reached the platform. `waited`: since when, and until now."""
    since, now = waited
    send.error_code, send.error_message = failed.code, failed.message or None
    over = failed.permanent or (now - since >= GIVE_UP_AFTER and failed.code not in _QUOTA)
    if first and not failed.maybe_sent:
        # It did not leave: it counts for nothing, and is rendered anew.
        send.payload = send.claimed_at = None
        if send.withdrawn:
            send.status, send.lease_until, send.settled_at = SendStatus.cancelled, None, now
        elif over:
            writing.end(session, send, SendStatus.rejected)
        else:
            send.status, send.lease_until, send.maybe_sent_since = SendStatus.planned, None, None
            send.due_at = now + pause(send.fence, failed)
    elif over or send.withdrawn:
        # Refused now, but an earlier attempt may have arrived.
        writing.end(session, send, SendStatus.unknown)
    elif channel(send.channel).dedupe_window is None:
        # Nobody would know it again: to ask once more would be to send once more.
        writing.end(session, send, SendStatus.unknown)
    else:
        send.lease_until = now + pause(send.fence, failed)


def _judge(session: Session, kind: str, letters: Sequence[Letter], outcomes: Sequence[Outcome]) -> None:
    """Count how the calls of each account ended, and stop what fails too often: marketing waits until a person lets it go on, while what
    belongs to people's own orders goes on trying.
    """
    counts: dict[tuple[uuid.UUID, str], list[int]] = defaultdict(lambda: [0, 0])
    for letter, told in zip(letters, outcomes, strict=True):
        counts[letter.brand_id, letter.sender][0] += 1
        counts[letter.brand_id, letter.sender][1] += _blames(told)
    now = clock.now(session)
    for brand_id, appid in sorted(counts):
        answers, errors = counts[brand_id, appid]
        row = {"channel": kind, "appid": appid}
        table = SenderStop.__table__.c
        age = func.marque_now() - table.window_began_at
        over = ((age > JUDGED_OVER) & (table.answers >= JUDGED_FROM)) | (age > JUDGED_AT_MOST_OVER)
        add = insert(SenderStop).values(**row, brand_id=brand_id, answers=answers, errors=errors, window_began_at=now)
        judged = session.execute(
            add.on_conflict_do_update(
                index_elements=list(row),
                set_={
                    "answers": case((over, 0), else_=table.answers) + answers,
                    "errors": case((over, 0), else_=table.errors) + errors,
                    "window_began_at": case((over, now), else_=table.window_began_at),
                },
            ).returning(SenderStop)
        ).scalar_one()
        most = limits.policy_of(session, brand_id).stop_at_percent
        if errors and judged.stopped_at is None and judged.answers >= JUDGED_FROM and judged.errors * 100 >= most * judged.answers:
            judged.stopped_at = now
            judged.reason = next(told.code for told in outcomes if isinstance(told, SendFailed) and _blames(told))
            log.error("sender stopped itself", channel=kind, appid=appid, answers=judged.answers, errors=judged.errors)
            data = {"channel": kind, "appid": appid, "answers": judged.answers, "errors": judged.errors, "error": judged.reason}
            events.record(session, "sender.stopped", brand_id=brand_id, subject=("sender", appid), data=data)


def _blames(told: Outcome) -> bool:
    """Whether the outcome speaks against the sender."""
    return isinstance(told, SendFailed) and told.code not in _NOT_ITS_FAULT and not told.code.startswith(_HER_NUMBER)
