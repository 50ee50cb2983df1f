"""Write a broadcast: whom it is for, by which ways, when; and try it on a few people."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.audience import queries as audience
from app.broadcasts import queries
from app.broadcasts.errors import AudienceUnfit, LadderUnfit, NobodyToTell, NotEditable, TimeUnfit
from app.broadcasts.models import Broadcast, BroadcastPerson, BroadcastStatus
from app.broadcasts.service.running import step
from app.kit import clock, queue, states
from app.kit.db import new_id
from app.messaging import service as messaging
from app.messaging.channels import channel
from app.messaging.models import MessageTemplate, Purpose, Send
from app.messaging.models.templates import TemplateState

FIELDS = frozenset(("name", "purpose", "audience", "ladder", "context", "scheduled_at", "expires_hours", "per_minute"))


def create(session: Session, brand_id: uuid.UUID, *, staff_id: uuid.UUID | None, **fields: Any) -> Broadcast:
    """A new draft. `audience` is {kind: segment, segment_id} | {kind: tag, tag} | {kind: list, customer_ids}.

    Raises:
        LadderUnfit, AudienceUnfit: name what does not hold.
    """
    broadcast = Broadcast(brand_id=brand_id, created_by=staff_id, name="", purpose="", audience={}, ladder=[])
    broadcast.id = new_id()
    _set(session, broadcast, fields)
    states.arrive(session, broadcast)
    return broadcast


def change(session: Session, brand_id: uuid.UUID, broadcast_id: uuid.UUID, **fields: Any) -> Broadcast:
    """Change what is given of a draft. Raises `BroadcastUnknown`, `NotEditable`, and what `create` raises."""
    broadcast = queries.locked(session, brand_id, broadcast_id)
    if broadcast.status != BroadcastStatus.draft:
        raise NotEditable(status=broadcast.status)
    _set(session, broadcast, fields)
    broadcast.updated_at = clock.now(session)
    return broadcast


def schedule(session: Session, brand_id: uuid.UUID, broadcast_id: uuid.UUID, *, at: datetime | None = None) -> Broadcast:
    """It begins at a moment, or now.

    Raises:
        BroadcastUnknown, StepImpossible: for what they say.
        TimeUnfit: the moment has passed.
        NobodyToTell: nobody is in its audience.
    """
    moment = clock.now(session)
    if at is not None and at < moment:
        raise TimeUnfit(scheduled_at="has passed")
    broadcast = queries.locked(session, brand_id, broadcast_id)
    # What it names may have gone since it was written.
    _must_fit(session, broadcast)
    if not queries.has_members(session, broadcast):
        raise NobodyToTell
    step(session, brand_id, broadcast_id, BroadcastStatus.scheduled, scheduled_at=at or moment)
    queue.enqueue(session, "broadcasts.begin")
    return broadcast


def unschedule(session: Session, brand_id: uuid.UUID, broadcast_id: uuid.UUID) -> Broadcast:
    """A scheduled one that has not begun is a draft again. Raises `BroadcastUnknown`, `StepImpossible`."""
    return step(session, brand_id, broadcast_id, BroadcastStatus.draft, since=(BroadcastStatus.scheduled,))


def test_send(session: Session, brand_id: uuid.UUID, broadcast_id: uuid.UUID, customer_ids: Collection[uuid.UUID]) -> Sequence[Send]:
    """Send it to a few chosen people now, as it would reach them; it counts for nothing of the broadcast.

    Raises:
        BroadcastUnknown, LadderUnfit: for what they say.
        AudienceUnfit: names people who are not the brand's.
    """
    broadcast = queries.by_id(session, brand_id, broadcast_id)
    _must_fit(session, broadcast)
    people = _known(session, brand_id, customer_ids)
    first, trial = broadcast.ladder[0], new_id()
    return messaging.plan_all(
        session,
        [
            {
                "brand_id": brand_id,
                "channel": first["channel"],
                "template_key": first["template_key"],
                "ladder": broadcast.ladder,
                "purpose": broadcast.purpose,
                "context": broadcast.context | {"trial_of": str(broadcast.id)},
                "recipient": ("customer", one),
                "dedupe_key": f"trial:{trial}:{one}",
            }
            for one in people
        ],
    )


def _set(session: Session, broadcast: Broadcast, fields: dict[str, Any]) -> None:
    if unknown := fields.keys() - FIELDS:
        raise TypeError(f"a broadcast has no {sorted(unknown)}")
    of = dict(fields.pop("audience", None) or broadcast.audience)
    listed = of.pop("customer_ids", None)
    for name, value in fields.items():
        setattr(broadcast, name, value)
    broadcast.audience = of
    _must_fit(session, broadcast)
    session.add(broadcast)
    session.flush()
    if of["kind"] != "list" or listed is not None:
        session.execute(delete(BroadcastPerson).where(BroadcastPerson.broadcast_id == broadcast.id))
    if of["kind"] == "list" and listed is not None:
        people = _known(session, broadcast.brand_id, listed)
        rows = [{"broadcast_id": broadcast.id, "customer_id": one} for one in people]
        if rows:
            session.execute(insert(BroadcastPerson).on_conflict_do_nothing(), rows)


def _known(session: Session, brand_id: uuid.UUID, customer_ids: Collection[uuid.UUID]) -> list[uuid.UUID]:
    """Who these people are now, each once. Raises `AudienceUnfit` with those that are not the brand's, or live no more."""
    now = audience.who_now(session, customer_ids)
    strangers = [one for one in customer_ids if one not in now or now[one].brand_id != brand_id]
    if strangers:
        raise AudienceUnfit(customer_ids=[str(one) for one in strangers[:20]])
    return sorted({one.id for one in now.values()})


def _must_fit(session: Session, broadcast: Broadcast) -> None:
    if not broadcast.ladder:
        raise LadderUnfit(ladder="at least one way")
    wrong: dict[str, str] = {}
    for number, rung in enumerate(broadcast.ladder):
        if (why := _unfit(session, broadcast, rung)) is not None:
            wrong[f"ladder.{number}"] = why
    if len({rung["channel"] for rung in broadcast.ladder}) < len(broadcast.ladder):
        wrong["ladder"] = "each channel once"
    if wrong:
        raise LadderUnfit(**wrong)
    of = broadcast.audience
    if of["kind"] == "tag" and not queries.tag_exists(session, broadcast.brand_id, of["tag"]):
        raise AudienceUnfit(tag="unknown")
    if of["kind"] == "segment" and not queries.segment_exists(session, broadcast.brand_id, uuid.UUID(of["segment_id"])):
        raise AudienceUnfit(segment_id="unknown")


def _unfit(session: Session, broadcast: Broadcast, rung: dict[str, str]) -> str | None:
    try:
        way = channel(rung["channel"])
    except KeyError:
        return "no such channel"
    if way.to != "customer":
        return "reaches staff"
    template = session.execute(
        select(MessageTemplate).filter_by(brand_id=broadcast.brand_id, channel=rung["channel"], key=rung["template_key"])
    ).scalar_one_or_none()
    if template is None:
        return "no such template"
    if template.state != TemplateState.active:
        return "the template is not active"
    # Else nobody's consent would be asked for.
    if template.purpose == Purpose.marketing and broadcast.purpose != Purpose.marketing:
        return "the template is for marketing"
    return None
