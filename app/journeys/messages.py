"""How nodes send: one statement plans the messages of all who stand on a node, and later ones tell what became of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Uuid, case, func, null, select, update
from sqlalchemy.orm import Session

from app.journeys.visits import Standing, standing
from app.kit.texts import t
from app.messaging import service as messaging
from app.messaging.channels import channel
from app.messaging.models import Lane, MessageTemplate, Purpose, Send, SendStatus
from app.messaging.models.templates import TemplateState

# What ends the wait for a message that was planned.
OUTCOMES = ("message.accepted", "message.rejected", "message.skipped", "message.unknown")
# Once it may have left nobody says that it did not: whoever goes on by another way would write to her twice.
LEFT = (SendStatus.accepted, SendStatus.unknown)
OPEN = (SendStatus.planned, SendStatus.claimed)
LOOKS_AGAIN = timedelta(seconds=30)
DEFAULT_PRIORITY, LAST_PRIORITY = 5, 9


def lane(here: Standing, purpose: str) -> int:
    """Whose turn it is first: what belongs to people's own orders, then journeys by their priority (1 first, 9 last)."""
    if purpose == Purpose.transactional:
        return Lane.transactional
    priority = here.version.graph.get("rules", {}).get("priority", DEFAULT_PRIORITY)
    return Lane.journey + (priority - 1) * (LAST_PRIORITY - Lane.journey) // (LAST_PRIORITY - 1)


def step_key(here: Standing) -> ColumnElement[str]:
    """The name of the step that is taken here: the same whenever it is taken, and another's never."""
    return func.concat("walk:", standing.c.walk_id, ":", here.node_id, ":", standing.c.visit_no)


def context(here: Standing, *more: Any) -> ColumnElement[Any]:
    """What a message of this step is about: what the walk knows, which version it is on, and `more` (name, value, …)."""
    version = ("journey_id", standing.c.journey_id, "version_id", standing.c.version_id, "version", here.version.number)
    walk: tuple[Any, ...] = ("walk_id", standing.c.walk_id, "node_id", here.node_id)
    if here.is_test:
        walk = (*walk, "trial_of", here.version.journey.test_of)
    # What others answered stays with the walk: the context of a message stands in the facts about it.
    known = standing.c.context.op("-")("acted").op("-")("answers")
    return known.op("||")(func.jsonb_build_object(*version, *walk, *more))


def plan(here: Standing, where: ColumnElement[bool], *, about: Sequence[Any] = (), **message: Any) -> None:
    """Plan a message to each customer who stands here undecided and for whom `where` holds; `standing.send_id` is hers then.

    `about` goes into its context (name, value, …); `message` is what `messaging.plan_selected` takes: channel, template_key, purpose,
    ladder, lane, expires_at.
    """
    who = here.here & where
    named = update(standing).where(who).values(send_id=func.marque_new_id())
    asked: int = here.session.execute(named.execution_options(synchronize_session=False)).rowcount  # type: ignore[attr-defined]
    if not asked:
        return
    rows = select(
        standing.c.send_id,
        standing.c.brand_id,
        standing.c.customer_id,
        null().cast(Uuid).label("staff_id"),
        step_key(here).label("dedupe_key"),
        context(here, *about).label("context"),
        standing.c.walk_id,
    ).where(who)
    if messaging.plan_selected(here.session, rows, **message) < asked:
        find(here, where)


def find(here: Standing, where: ColumnElement[bool]) -> None:
    """Let `standing.send_id` be the message that this step planned for her, on an earlier visit or when it was taken before."""
    of_step = (Send.walk_id == standing.c.walk_id) & (Send.brand_id == standing.c.brand_id) & (Send.dedupe_key == step_key(here))
    found = update(standing).where(here.here & where, of_step).values(send_id=Send.id)
    here.session.execute(found.execution_options(synchronize_session=False))


def await_outcome(here: Standing, *, sent: str, not_sent: str, hours: int) -> None:
    """Those whose message has left go through one port, those whose message never will through the other; the rest wait for it.

    What has not left after so many hours since her arrival is taken back. What is on its way at that moment is waited for.
    """
    find(here, here.has_acted & standing.c.send_id.is_(None))
    became = select(Send.status).where(Send.id == standing.c.send_id).scalar_subquery()
    over = standing.c.arrived_at + timedelta(hours=hours)
    waited = select(standing.c.send_id).where(here.here, here.has_acted, over <= here.now, became == SendStatus.planned)
    late = here.session.execute(waited).scalars().all()
    if late:
        messaging.cancel_planned(here.session, send_ids=late)
    here.leave(case((became.in_(LEFT), sent), else_=not_sent), where=here.has_acted & became.not_in(OPEN))
    here.stay(func.greatest(over, here.now + LOOKS_AGAIN), awaits=OUTCOMES)


def template_problem(session: Session, brand_id: Any, rungs: Sequence[Mapping[str, str]], purpose: str, *, to: str) -> str | None:
    """Why one of these ways ({channel, template_key}) cannot be taken by a brand's messages of a purpose; None: each can."""
    for rung in rungs:
        named = {"channel": rung["channel"], "template": rung["template_key"]}
        try:
            way = channel(rung["channel"])
        except KeyError:
            return t("journeys.problems.unknown_channel", **named)
        if way.to != to:
            return t("journeys.problems.wrong_recipient", **named, label=way.label)
        if not way.written:
            continue
        wanted = select(MessageTemplate).filter_by(brand_id=brand_id, channel=rung["channel"], key=rung["template_key"])
        template = session.execute(wanted).scalar_one_or_none()
        named["label"] = way.label
        if template is None:
            return t("journeys.problems.no_template", **named)
        if template.state != TemplateState.active:
            return t("journeys.problems.template_not_active", **named)
        if template.purpose == Purpose.marketing and purpose != Purpose.marketing:
            return t("journeys.problems.purpose_differs", **named)
    return None
