"""What keeps a message from leaving now: the hours she sleeps, how many she had, the quota of the day, a sender that was stopped."""

from __future__ import annotations

import uuid
import zlib
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, tzinfo
from functools import cache
from zoneinfo import ZoneInfo

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.kit import db
from app.messaging.channels import Address, SendFailed
from app.messaging.models import MessagingPolicy, Purpose, QuotaDay, Send, SenderStop, SendStatus
from app.wechat import queries as wechat

CHINA = ZoneInfo("Asia/Shanghai")
LEFT_OR_MAY_HAVE = (SendStatus.claimed, SendStatus.accepted, SendStatus.unknown)
# What waits for the same moment leaves spread over so long.
SPREAD = timedelta(minutes=20)
STOPPED_LOOKS_AGAIN = timedelta(minutes=5)


def policy_of(session: Session, brand_id: uuid.UUID) -> MessagingPolicy:
    """How the brand treats people; one that has not decided has no quiet hours and no caps."""
    return session.get(MessagingPolicy, brand_id) or MessagingPolicy(
        brand_id=brand_id, time_zone="Asia/Shanghai", quiet_drops=False, reserve_percent=10, stop_at_percent=50
    )


@cache
def zone(name: str | None) -> tzinfo | None:
    """The time zone of this IANA name; None when there is none."""
    try:
        return ZoneInfo(name) if name else None
    except (KeyError, ValueError, OSError):
        return None


def quiet_until(policy: MessagingPolicy, time_zone: str | None, moment: datetime) -> datetime | None:
    """The end of her quiet hours when it is quiet where she is; None when it is not. An unknown or wrong zone is the brand's."""
    if policy.quiet_from is None or policy.quiet_until is None or policy.quiet_from == policy.quiet_until:
        return None
    here = moment.astimezone(zone(time_zone) or zone(policy.time_zone) or CHINA)
    begins, ends, clock = policy.quiet_from, policy.quiet_until, here.time()
    over_midnight = begins > ends
    if not (clock >= begins or clock < ends if over_midnight else begins <= clock < ends):
        return None
    day = here.date() + timedelta(days=1 if over_midnight and clock >= begins else 0)
    # By the clock on the wall, whatever a change to summer time does to the night; and never a moment that has passed.
    return max(datetime.combine(day, ends, here.tzinfo).astimezone(moment.tzinfo), moment + timedelta(minutes=1))


def spread(send_id: uuid.UUID, over: timedelta = SPREAD) -> timedelta:
    """A share of a time that is this send's own, so that many do not come at once."""
    return over * (zlib.crc32(send_id.bytes) / 2**32)


@dataclass
class Caps:
    """How many marketing messages each of these people may still get, by the ledger; counts along as they are given out.

    True as long as the people's rows are locked: nobody else claims a message to them.
    """

    most: Sequence[tuple[timedelta, int]]
    had: dict[tuple[uuid.UUID | None, timedelta], int] = field(default_factory=lambda: defaultdict(int))

    @classmethod
    def of(cls, session: Session, policy: MessagingPolicy, people: Collection[uuid.UUID], moment: datetime) -> Caps:
        limits = (("most_per_day", 1), ("most_per_week", 7), ("most_per_month", 30))
        most = [(timedelta(days=days), limit) for name, days in limits if (limit := getattr(policy, name)) is not None]
        caps = cls(most)
        if most and people:
            counts = [func.count().filter(Send.claimed_at > moment - length) for length, _ in most]
            rows = session.execute(
                select(Send.customer_id, *counts)
                .where(
                    db.among(Send.customer_id, people),
                    Send.purpose == Purpose.marketing,
                    Send.claimed_at > moment - max(length for length, _ in most),
                    Send.status.in_(LEFT_OR_MAY_HAVE),
                )
                .group_by(Send.customer_id)
            )
            for customer_id, *had in rows.all():
                for (length, _), number in zip(most, had, strict=True):
                    caps.had[customer_id, length] = number
        return caps

    def take(self, customer_id: uuid.UUID) -> bool:
        """Count one more; False when she has had enough."""
        if any(self.had[customer_id, length] >= limit for length, limit in self.most):
            return False
        for length, _ in self.most:
            self.had[customer_id, length] += 1
        return True


def quota_day(moment: datetime) -> date:
    """Tencent's day, which begins at midnight in China."""
    return moment.astimezone(CHINA).date()


def next_quota_day(moment: datetime) -> datetime:
    """When that day ends."""
    return datetime.combine(quota_day(moment) + timedelta(days=1), time(), CHINA).astimezone(moment.tzinfo)


def most_of_a_day(address: Address, endpoint: str | None) -> int | None:
    """How many messages a sender may send a day; None where nobody counts."""
    return wechat.daily_quota(address.account, endpoint) if address.account is not None and endpoint else None


def take_quota(
    session: Session,
    policy: MessagingPolicy,
    asked: Mapping[tuple[str, str], Counter[str]],
    *,
    limits: Mapping[tuple[str, str], int],
    moment: datetime,
) -> dict[tuple[str, str], Counter[str]]:
    """Count calls of senders (appid, channel) against the day, by purpose, and give how many of each were free.

    The row stays locked until the transaction ends, so this is the last thing that a claim does. Transactional messages come first; of the
    reserve nobody else gets anything.
    """
    day, granted = quota_day(moment), {}
    for sender in sorted(asked):
        appid, channel = sender
        wanted, limit = asked[sender], limits.get(sender)
        session.execute(insert(QuotaDay).values(appid=appid, channel=channel, day=day).on_conflict_do_nothing())
        row = session.execute(
            select(QuotaDay).filter_by(appid=appid, channel=channel, day=day).with_for_update().execution_options(populate_existing=True)
        ).scalar_one()
        got: Counter[str] = Counter(wanted)
        if limit is not None:
            left = 0 if row.exhausted_at else max(0, limit - row.used)
            got[Purpose.transactional] = min(wanted[Purpose.transactional], left)
            # The reserve is for what is still to come, so what transactional messages used of it counts.
            reserve = limit * policy.reserve_percent // 100
            reserved = max(0, reserve - (row.used - row.used_by_marketing) - got[Purpose.transactional])
            got[Purpose.marketing] = min(wanted[Purpose.marketing], max(0, left - got[Purpose.transactional] - reserved))
        row.used += got.total()
        row.used_by_marketing += got[Purpose.marketing]
        granted[sender] = got
    session.flush()
    return granted


def used_up(session: Session, appid: str, channel: str, moment: datetime) -> None:
    """WeChat says that the quota of the day is used up: nobody asks again before the next one."""
    row = {"appid": appid, "channel": channel, "day": quota_day(moment)}
    session.execute(
        insert(QuotaDay).values(**row, exhausted_at=moment).on_conflict_do_update(index_elements=list(row), set_={"exhausted_at": moment})
    )


def uncount(session: Session, channel: str, calls: Mapping[tuple[str, str, date], int]) -> None:
    """So many calls, by account, purpose and day, were claimed and never made."""
    for (appid, purpose, day), number in sorted(calls.items()):
        marketing = number if purpose == Purpose.marketing else 0
        session.execute(
            update(QuotaDay)
            .filter_by(appid=appid, channel=channel, day=day)
            .values(
                used=func.greatest(0, QuotaDay.used - number), used_by_marketing=func.greatest(0, QuotaDay.used_by_marketing - marketing)
            )
        )


def stopped(session: Session, senders: Collection[tuple[str, str]]) -> set[tuple[str, str]]:
    """Which of these senders (appid, channel) were stopped."""
    rows = session.execute(
        select(SenderStop.appid, SenderStop.channel).where(
            SenderStop.appid.in_({appid for appid, _ in senders}), SenderStop.stopped_at.is_not(None)
        )
    )
    return {(appid, channel) for appid, channel in rows} & set(senders)


def wait_for(reason: str) -> SendFailed:
    """A message that may leave later, and why not now."""
    return SendFailed.because(reason, permanent=False)


def let_go_on(session: Session, appid: str, channel: str) -> None:
    """A person says that a stopped sender may go on; what waited for it leaves now."""
    session.execute(
        update(SenderStop)
        .filter_by(appid=appid, channel=channel)
        .values(stopped_at=None, reason=None, answers=0, errors=0, window_began_at=func.marque_now())
    )
    session.execute(
        update(Send)
        .where(Send.status == SendStatus.planned, Send.appid == appid, Send.channel == channel, Send.error_code == "sender_stopped")
        .values(due_at=func.marque_now())
    )
