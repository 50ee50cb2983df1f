"""How a brand treats people, changed by people: quiet hours, caps, reserves, and senders that may go on."""

from __future__ import annotations

import uuid
from itertools import pairwise
from typing import Any
from zoneinfo import available_timezones

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.events import service as events
from app.kit import acting, clock
from app.kit.errors import Invalid
from app.messaging.errors import SenderUnknown
from app.messaging.models import MessagingPolicy, SenderStop
from app.messaging.service import claiming, limits
from app.messaging.service.sending import ring

FIELDS = (
    "quiet_from",
    "quiet_until",
    "quiet_drops",
    "time_zone",
    "most_per_day",
    "most_per_week",
    "most_per_month",
    "reserve_percent",
    "stop_at_percent",
)


def set_policy(session: Session, brand_id: uuid.UUID, **fields: Any) -> MessagingPolicy:
    """Change what is given of a brand's policy; what was and what is becomes a fact. From the next claim on it is obeyed.

    Raises:
        Invalid: names the fields that do not hold.
    """
    policy = session.get(MessagingPolicy, brand_id, with_for_update=True)
    if policy is None:
        policy = limits.policy_of(session, brand_id)
        session.add(policy)
    before = told(policy)
    for name, value in fields.items():
        setattr(policy, name, value)
    _must_hold(policy)
    after = told(policy)
    changed = {name: [before[name], after[name]] for name in FIELDS if before[name] != after[name]}
    if changed:
        policy.updated_at = clock.now(session)
        session.flush()
        events.record(
            session,
            "messaging.policy_changed",
            brand_id=brand_id,
            subject=("messaging_policy", brand_id),
            data={"changed": changed},
            actor=acting.now().actor,
        )
    return policy


def _must_hold(policy: MessagingPolicy) -> None:
    wrong: dict[str, str] = {}
    if (policy.quiet_from is None) != (policy.quiet_until is None):
        wrong["quiet_until" if policy.quiet_until is None else "quiet_from"] = "both or none"
    elif policy.quiet_from is not None and policy.quiet_from == policy.quiet_until:
        wrong["quiet_until"] = "not the same as quiet_from"
    if policy.time_zone not in available_timezones():
        wrong["time_zone"] = "an IANA name"
    caps = [(name, getattr(policy, name)) for name in ("most_per_day", "most_per_week", "most_per_month")]
    wrong |= {name: "at least 1" for name, most in caps if most is not None and most < 1}
    known = [(name, most) for name, most in caps if most is not None and name not in wrong]
    wrong |= {name: f"not less than {shorter}" for (shorter, less), (name, most) in pairwise(known) if most < less}
    wrong |= {name: "0 to 100" for name in ("reserve_percent", "stop_at_percent") if not 0 <= getattr(policy, name) <= 100}
    if wrong:
        raise Invalid(**wrong)


def told(policy: MessagingPolicy) -> dict[str, Any]:
    """The policy as JSON values; times of day are HH:MM."""
    values = {name: getattr(policy, name) for name in FIELDS}
    for name in ("quiet_from", "quiet_until"):
        values[name] = values[name] and values[name].strftime("%H:%M")
    return values


def let_sender_go_on(session: Session, brand_id: uuid.UUID, *, appid: str, channel: str) -> SenderStop:
    """A person says that a stopped sender of the brand may go on. One that is not stopped stays as it is. Raises `SenderUnknown`."""
    stop = session.execute(
        select(SenderStop).filter_by(brand_id=brand_id, appid=appid, channel=channel).with_for_update()
    ).scalar_one_or_none()
    if stop is None:
        raise SenderUnknown
    if stop.stopped_at is not None:
        was = {"reason": stop.reason, "stopped_at": stop.stopped_at.isoformat()}
        limits.let_go_on(session, appid, channel)
        ring(session, claiming.MANY_LANES)
        events.record(
            session,
            "messaging.sender_released",
            brand_id=brand_id,
            subject=("sender", f"{channel}:{appid}"),
            data={"channel": channel, "appid": appid} | was,
            actor=acting.now().actor,
        )
        session.refresh(stop)
    return stop
