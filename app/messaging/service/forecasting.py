"""Foresee: whom a ladder of channels reaches now and why it does not reach the others, and on which day a quota lets a number be done."""

from __future__ import annotations

import math
import uuid
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.identity import queries as identity
from app.kit import clock
from app.kit.db import new_id
from app.kit.registry import kinds
from app.kit.texts import t
from app.messaging import channels
from app.messaging.channels import Address, Channel, SendFailed, channel
from app.messaging.models import Purpose, QuotaDay, Send, SendStatus
from app.messaging.service import limits
from app.messaging.service.planning import NEVER
from app.wechat import queries as wechat
from app.wechat.models import WechatAccount

Sender = tuple[str, str]


@dataclass(frozen=True)
class Quota:
    """What marketing may use of a sender's quota: today's rest, and a whole day. None where nobody counts."""

    free_today: int | None = None
    per_day: int | None = None


@dataclass(frozen=True)
class SenderDay:
    """One sender (a channel of an account) today. `planned` are the messages that are due by the end of the day, `waiting` all
    that are planned for whatever day, `done_on` the day on which the quota has let the last of those leave, None if it never does.
    """

    channel: str
    appid: str
    account_name: str
    limit: int | None
    used: int
    used_by_marketing: int
    reserve: int
    exhausted: bool
    planned: int
    waiting: int
    done_on: date | None
    quota: Quota


@dataclass(frozen=True)
class Reach:
    """How many each way (channel, appid) takes now, and how many none takes, by the reason of the last way."""

    ways: Counter[Sender] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)

    @property
    def reached(self) -> int:
        return self.ways.total()


def finishes_on(count: int, quota: Quota, today: date) -> date | None:
    """The day on which `count` more marketing messages are done; None if never. Days are Tencent's, which are China's."""
    if quota.per_day is None or quota.free_today is None or count <= quota.free_today:
        return today
    if quota.per_day <= 0:
        return None
    return today + timedelta(days=math.ceil((count - quota.free_today) / quota.per_day))


def for_marketing(limit: int | None, reserve_percent: int, *, used: int, used_by_marketing: int) -> Quota:
    """What is left for marketing of a day's limit, as the claim counts it: of the reserve it gets nothing, whoever else comes late."""
    if limit is None:
        return Quota()
    reserve = limit * reserve_percent // 100
    reserved = max(0, reserve - (used - used_by_marketing))
    return Quota(max(0, limit - used - reserved), limit - reserve)


def board(session: Session, brand_id: uuid.UUID) -> list[SenderDay]:
    """Every sender of the brand whose calls are counted, as it stands today."""
    moment = clock.now(session)
    today, policy = limits.quota_day(moment), limits.policy_of(session, brand_id)
    senders = [
        (kind, account, way)
        for kind, way in sorted(kinds(channels.__name__).items())
        if way.account_kind
        for account in wechat.accounts(session, brand_id, way.account_kind)
    ]
    appids = {account.appid for _, account, _ in senders}
    rows = session.execute(select(QuotaDay).where(QuotaDay.appid.in_(appids), QuotaDay.day == today)).scalars()
    days = {(one.appid, one.channel): one for one in rows}
    due, waiting = _waiting(session, brand_id, limits.next_quota_day(moment))
    told = []
    for kind, account, way in senders:
        sender = account.appid, kind
        day = days.get(sender)
        used, used_by_marketing = (day.used, day.used_by_marketing) if day else (0, 0)
        limit = limits.most_of_a_day(Address(account, ""), way.endpoint)
        quota = for_marketing(limit, policy.reserve_percent, used=used, used_by_marketing=used_by_marketing)
        exhausted = day is not None and day.exhausted_at is not None
        if exhausted and limit is not None:
            quota = Quota(0, quota.per_day)
        told.append(
            SenderDay(
                channel=kind,
                appid=account.appid,
                account_name=account.name,
                limit=limit,
                used=used,
                used_by_marketing=used_by_marketing,
                reserve=(limit or 0) * policy.reserve_percent // 100,
                exhausted=exhausted,
                planned=due[sender],
                waiting=waiting[sender],
                done_on=finishes_on(waiting[sender], quota, today),
                quota=quota,
            )
        )
    return told


def history(session: Session, brand_id: uuid.UUID, days: int) -> Sequence[QuotaDay]:
    """What the brand's accounts used on the last days, the latest first."""
    today = limits.quota_day(clock.now(session))
    appids = select(WechatAccount.appid).where(WechatAccount.brand_id == brand_id)
    wanted = select(QuotaDay).where(QuotaDay.appid.in_(appids), QuotaDay.day > today - timedelta(days=days))
    return session.execute(wanted.order_by(QuotaDay.day.desc(), QuotaDay.appid, QuotaDay.channel)).scalars().all()


def done_on(session: Session, brand_id: uuid.UUID, counts: Mapping[Sender, int], *, ahead: Mapping[str, int] | None = None) -> date | None:
    """When so many marketing messages by sender are done, behind those that are planned already; None if one of them never is.

    `ahead` are messages by channel that stand before them, too, and are not planned so far.
    """
    today = limits.quota_day(clock.now(session))
    senders = {(one.appid, one.channel): one for one in board(session, brand_id)}
    last = today
    for sender, count in counts.items():
        known = senders.get(sender)
        day = finishes_on(count + known.waiting + (ahead or {}).get(sender[1], 0), known.quota, today) if known and count else today
        if day is None:
            return None
        last = max(last, day)
    return last


def sentence(session: Session, done_on: date | None) -> str:
    """When it is done, as people say it."""
    if done_on is None:
        return t("messaging.forecast.never")
    if done_on == limits.quota_day(clock.now(session)):
        return t("messaging.forecast.today")
    return t("messaging.forecast.on", month=done_on.month, day=done_on.day)


def reach(
    session: Session, brand_id: uuid.UUID, people: Collection[uuid.UUID], *, ladder: Sequence[Mapping[str, str]], purpose: str
) -> Reach:
    """Which way each of these people would be reached by if the claim were now; nothing is taken, and nothing written.

    Quota and the hours of the day only delay, and are left out; whether a text can be filled with her facts is seen when it is made.
    """
    found = Reach()
    wishes = identity.wishes(session, people) if purpose == Purpose.marketing else {}
    moment = clock.now(session)
    left = {one: _draft(brand_id, one, purpose, moment) for one in people}
    if purpose == Purpose.marketing:
        caps = limits.Caps.of(session, limits.policy_of(session, brand_id), left.keys(), moment)
        for person in [one for one in left if not caps.take(one)]:
            del left[person]
            found.skipped["frequency_capped"] += 1
    why: dict[uuid.UUID, str] = {}
    for rung in ladder:
        way = channel(rung["channel"])
        asked = {}
        for person, send in left.items():
            send.channel, send.template_key = way.kind, rung.get("template_key", "")
            reason = wishes[person].allows(way.kind) if person in wishes else None
            if reason is None:
                asked[send.id] = person
            else:
                why[person] = reason
        for send_id, answer in _asked(session, brand_id, way, [left[person] for person in asked.values()]).items():
            if isinstance(answer, SendFailed):
                why[asked[send_id]] = answer.code
            else:
                found.ways[answer.account.appid if answer.account else "", way.kind] += 1
                del left[asked[send_id]]
    found.skipped.update(why[person] for person in left)
    return found


def _draft(brand_id: uuid.UUID, customer_id: uuid.UUID, purpose: str, moment: datetime) -> Send:
    """A message that is never written."""
    return Send(id=new_id(), brand_id=brand_id, customer_id=customer_id, purpose=purpose, context={}, created_at=moment, fence=0)


def _asked(session: Session, brand_id: uuid.UUID, way: Channel, sends: Sequence[Send]) -> Mapping[uuid.UUID, Address | SendFailed]:
    accounts = wechat.accounts(session, brand_id, way.account_kind) if way.account_kind else ()
    if way.account_kind and not accounts:
        return {send.id: SendFailed.because("no_account") for send in sends}
    return way.reach(session, sends, accounts) if sends else {}


def _waiting(session: Session, brand_id: uuid.UUID, until: datetime) -> tuple[dict[Sender, int], dict[Sender, int]]:
    """Planned messages by sender: those that are due before a moment, and all that are not set aside. One that no claim has looked at yet
    is its channel's first account's.
    """
    due: dict[Sender, int] = defaultdict(int)
    waiting: dict[Sender, int] = defaultdict(int)
    firsts: dict[str, str | None] = {}
    rows = session.execute(
        select(Send.appid, Send.channel, func.count().filter(Send.due_at < until), func.count())
        .where(Send.brand_id == brand_id, Send.status == SendStatus.planned, Send.due_at < NEVER)
        .group_by(Send.appid, Send.channel)
    )
    for appid, kind, today, count in rows:
        if appid is None and kind not in firsts:
            account_kind = channel(kind).account_kind
            accounts = wechat.accounts(session, brand_id, account_kind) if account_kind else ()
            firsts[kind] = accounts[0].appid if accounts else None
        sender = appid or firsts.get(kind)
        if sender is not None:
            due[sender, kind] += today
            waiting[sender, kind] += count
    return due, waiting
