"""Why somebody got a message, or did not: the story of one send, told in order from what the ledger kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from string import Formatter
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.events.models import Event
from app.kit.texts import catalogue, has, t
from app.messaging.models import Delivery, MessageTemplate, Send, SendStatus
from app.messaging.models.waits import SendWait
from app.wechat.models import WechatAccount

CHINA = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True)
class Line:
    """One sentence of a story: when it was so (None: it holds now, or nobody knows), what it tells of, and its words in Chinese."""

    at: datetime | None
    what: str
    sentence: str


Teller = Callable[[Session, Send], Iterable[Line]]
_tellers: list[Teller] = []


def also_tells(teller: Teller) -> Teller:
    """Let a domain above tell what it knows of a message: who planned it, when it was paused."""
    _tellers.append(teller)
    return teller


def story(session: Session, send: Send) -> list[Line]:
    """Everything that is known about a message, in the order in which it happened."""
    lines = [line for teller in _tellers for line in teller(session, send)]
    lines.append(_planned(session, send))
    waits = session.execute(select(SendWait).filter_by(send_id=send.id).order_by(SendWait.first_at)).scalars().all()
    lines += [_waited(wait) for wait in waits]
    lines += _tried(send, waits)
    lines += _left(session, send)
    lines += _heard(session, send)
    # The sort keeps the order of telling where several things were of one moment; what holds now comes last.
    told = sorted((line for line in lines if line.at), key=lambda line: line.at or send.created_at)
    return [*told, *(line for line in lines if line.at is None)]


def reason_text(code: str, message: str | None = None, **values: str) -> str:
    """The sentence for a reason: ours from the catalogue, the platform's in its own words."""
    key = f"messaging.reasons.{code}"
    if message and not code.startswith("wechat."):
        return message
    if has(key):
        # What was filled in when it happened is not kept for every way that was tried.
        wanted = {name for _, name, _, _ in Formatter().parse(catalogue()[key]) if name}
        return t(key, **{name: values.get(name, "…") for name in wanted})
    if code.startswith("wechat."):
        return t("messaging.why.platform", code=code.removeprefix("wechat."), message=message or t("messaging.why.no_words"))
    return t("messaging.why.other", code=code)


def moment(at: datetime) -> str:
    """A moment as people in China speak of it."""
    here = at.astimezone(CHINA)
    return t("messaging.why.moment", month=here.month, day=here.day, time=here.strftime("%H:%M"))


def _planned(session: Session, send: Send) -> Line:
    rungs = send.ladder or [{"channel": send.channel}]
    ways = t("messaging.why.then").join(channel_label(rung["channel"]) for rung in rungs)
    purpose = t(f"messaging.purposes.{send.purpose}")
    is_trial = "trial_of" in send.context
    journey, other = ("journey_test", "trial") if is_trial else ("journey", "broadcast" if send.broadcast_id else "platform")
    whose = journey if send.walk_id else other
    told = {"by": t(f"messaging.why.by.{whose}"), "template": template_title(session, send), "purpose": purpose, "ways": ways}
    return Line(send.created_at, "planned", t("messaging.why.planned", **told))


def _waited(wait: SendWait) -> Line:
    reason = reason_text(wait.reason)
    if wait.times == 1:
        return Line(wait.first_at, "waited", t("messaging.why.waited", reason=reason, until=moment(wait.until)))
    return Line(wait.first_at, "waited", t("messaging.why.waited_often", reason=reason, times=wait.times, until=moment(wait.until)))


def _tried(send: Send, waits: Sequence[SendWait]) -> list[Line]:
    """The ways that were not open, as the last look at the message found them."""
    at = send.claimed_at or send.settled_at or max((wait.last_at for wait in waits), default=send.created_at)
    keys = {rung["channel"]: rung.get("template_key", "") for rung in send.ladder or ()}
    lines = []
    for one in send.tried or ():
        reason = reason_text(one["reason"], key=keys.get(one["channel"], send.template_key))
        lines.append(Line(at, "tried", t("messaging.why.tried", channel=channel_label(one["channel"]), reason=reason)))
    return lines


def _left(session: Session, send: Send) -> list[Line]:
    """That it was taken for sending, and what became of that; what it waits for, while it waits."""
    lines = []
    reason = reason_text(send.error_code, send.error_message) if send.error_code else ""
    if send.claimed_at is not None:
        way = {"channel": channel_label(send.channel), "account": _account_name(session, send)}
        lines.append(Line(send.claimed_at, "claimed", t("messaging.why.claimed", **way)))
    if send.status == SendStatus.planned:
        waits = reason and send.due_at.year < 9999
        key = "waits_until" if waits else "waits_for" if reason else "due"
        lines.append(Line(None, "waits", t(f"messaging.why.{key}", reason=reason, until=moment(send.due_at))))
    elif send.status == SendStatus.claimed:
        lines.append(Line(None, "claimed", t("messaging.why.being_sent")))
    elif send.status == SendStatus.accepted:
        lines.append(Line(send.settled_at, "accepted", t("messaging.why.accepted", msgid=send.msgid or "—")))
    else:
        lines.append(Line(send.settled_at, send.status, t(f"messaging.why.{send.status}", reason=reason)))
    if send.withdrawn and send.status != SendStatus.cancelled:
        lines.append(Line(None, "withdrawn", t("messaging.why.withdrawn")))
    return lines


def _heard(session: Session, send: Send) -> list[Line]:
    """What the platform and the person said later."""
    names = {"message.delivered": "delivered", "message.undelivered": "undelivered", "message.button_pressed": "pressed"}
    rows = session.execute(
        select(Event.name, Event.recorded_at)
        .where(Event.subject_id == str(send.id), Event.name.in_(names), Event.recorded_at >= send.created_at)
        .order_by(Event.recorded_at)
    ).all()
    told = send.error_message or "" if send.delivery == Delivery.failed else ""
    return [Line(at, names[name], t(f"messaging.why.{names[name]}", status=told)) for name, at in rows]


def channel_label(kind: str) -> str:
    """What people call a channel; a kind that is gone keeps its name."""
    return t(f"messaging.channels.{kind}") if has(f"messaging.channels.{kind}") else kind


def template_title(session: Session, send: Send) -> str:
    """What people call the message's template."""
    found = session.execute(
        select(MessageTemplate.title).filter_by(brand_id=send.brand_id, channel=send.channel, key=send.template_key).limit(1)
    ).scalar()
    return found or send.template_key


def _account_name(session: Session, send: Send) -> str:
    if send.appid is None:
        return t("messaging.why.no_account_between")
    return session.execute(select(WechatAccount.name).filter_by(appid=send.appid).limit(1)).scalar() or send.appid
