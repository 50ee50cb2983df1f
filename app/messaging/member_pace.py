"""How many messages a member of the corp may get at a time: WeCom drops what is beyond without a word, so it waits with us."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import func, or_, select, text
from sqlalchemy.orm import Session

from app.kit import clock
from app.kit.settings import settings
from app.messaging.channels import SendFailed
from app.messaging.models import Send, SendStatus

# The channels whose messages WeCom counts; a card that is changed is none.
COUNTED = ("wecom_card", "wecom_text")
_MINUTE, _HOUR = timedelta(minutes=1), timedelta(hours=1)
_LEFT_OR_MAY_HAVE = (SendStatus.claimed, SendStatus.accepted, SendStatus.unknown)


def beyond(session: Session, sends: Sequence[Send]) -> dict[uuid.UUID, SendFailed]:
    """For which of these messages of one brand their members have no room now (developer.work.weixin.qq.com/document/path/90236).

    WeCom has counted a message before we hear its answer, so what is under way counts, however long it is, and what was answered counts
    from its answer on. Whoever claims for the same brand waits here until this transaction ends.
    """
    session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": f"members of {sends[0].brand_id}"})
    moment, most = clock.now(session), (settings().member_messages_per_minute, settings().member_messages_per_hour)
    lately = or_(Send.settled_at.is_(None), Send.settled_at > moment - _HOUR)
    in_minute = func.count().filter(or_(Send.settled_at.is_(None), Send.settled_at > moment - _MINUTE))
    rows = session.execute(
        select(Send.staff_id, in_minute, func.count())
        .where(Send.staff_id.in_({send.staff_id for send in sends}), lately)
        .where(Send.channel.in_(COUNTED), Send.status.in_(_LEFT_OR_MAY_HAVE))
        .group_by(Send.staff_id)
    )
    had: dict[uuid.UUID | None, tuple[int, int]] = {staff_id: (minute, hour) for staff_id, minute, hour in rows}
    given: Counter[uuid.UUID | None] = Counter()
    failed = {}
    for send in sends:
        before = had.get(send.staff_id, (0, 0))
        if any(count + given[send.staff_id] >= limit for count, limit in zip(before, most, strict=True)):
            failed[send.id] = SendFailed.because("member_pace", permanent=False)
            failed[send.id].retry_after = _MINUTE.total_seconds()
        else:
            given[send.staff_id] += 1
    return failed
