"""Tasks of staff as nodes see them: asked for, timed out, and how each stands, of all who are on a node."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, String, Uuid, cast, func, insert, literal, null, select, update
from sqlalchemy.orm import Session

from app.events.masses import record_selected
from app.journeys import staffing
from app.journeys.models import StaffTask, TaskStatus
from app.journeys.visits import Standing, standing
from app.messaging import service as messaging
from app.messaging.models import Lane, Purpose, Send, SendStatus

DONE = ("task.confirmed",)
CHANNEL, CARD, BUTTON = "wecom_card", "journey_task", "confirm"
# After how long a task that nobody confirmed is said again; between that, and after it, it is looked whether he is still there.
REMINDED_AFTER = (timedelta(hours=2), timedelta(hours=8), timedelta(hours=20))
LOOKED_AT_EVERY = timedelta(hours=1)
CHANGEABLE = timedelta(hours=72)
MAY_BE_THERE = (SendStatus.claimed, SendStatus.accepted, SendStatus.unknown)
_FACTS = """
    SELECT customer_id, jsonb_strip_nulls(jsonb_build_object('task_id', id, 'journey_id', journey_id, 'walk_id', walk_id,
        'node_id', node_id, 'lead_id', lead_id, 'dealer_id', dealer_id, 'staff_id', coalesce(done_by_id, staff_id))) AS data
    FROM staff_tasks WHERE id = ANY(CAST(:ids AS uuid[]))
"""


def ask(here: Standing, *, to_whom: str, title: str, ends_at: ColumnElement[datetime]) -> None:
    """A task about each who stands here and has none of this step yet, and a card to whoever is to do it."""
    who = here.here & ~here.has_acted
    told = staffing.one_each(to_whom, who).subquery("told")
    fixed = {"to_whom": to_whom, "title": title, "created_at": here.now, "remind_at": here.now + LOOKED_AT_EVERY}
    of_walk = ("brand_id", "journey_id", "walk_id", "node_id", "visit_no", "customer_id")
    rows = (
        select(
            func.marque_new_id(),
            *(standing.c[name] for name in of_walk),
            ends_at,
            told.c.lead_id,
            told.c.dealer_id,
            told.c.staff_id,
            *(literal(value, StaffTask.__table__.c[name].type) for name, value in fixed.items()),
        )
        .select_from(standing.outerjoin(told, told.c.walk_id == standing.c.walk_id))
        .where(who)
    )
    names = ["id", *of_walk, "ends_at", "lead_id", "dealer_id", "staff_id", *fixed]
    made = here.session.execute(insert(StaffTask).from_select(names, rows, include_defaults=False).returning(StaffTask.id)).scalars().all()
    if made:
        tell(here.session, "task.created", here.version.brand_id, made)
        send_cards(here.session, made)


def send_cards(session: Session, ids: Any) -> None:
    """A card about each of these open tasks to whoever is to do it; one for each person and reminder, however often it is asked for."""
    told = func.concat("task:", StaffTask.id, ":", StaffTask.staff_id, ":", StaffTask.reminders)
    named = ("task_id", StaffTask.id, "title", StaffTask.title, "customer_id", StaffTask.customer_id, "lead_id", StaffTask.lead_id)
    dealer = ("dealer_id", StaffTask.dealer_id, "journey_id", StaffTask.journey_id, "walk_id", StaffTask.walk_id)
    rows = select(
        func.marque_new_id(),
        StaffTask.brand_id,
        null().cast(Uuid).label("customer_id"),
        StaffTask.staff_id,
        told.label("dedupe_key"),
        func.jsonb_build_object(*named, *dealer, "node_id", StaffTask.node_id).label("context"),
        StaffTask.walk_id,
    ).where(StaffTask.id.in_(ids), StaffTask.status == TaskStatus.open, StaffTask.staff_id.is_not(None))
    said: dict[str, Any] = {"channel": CHANNEL, "template_key": CARD, "purpose": Purpose.transactional, "lane": Lane.transactional}
    messaging.plan_selected(session, rows, **said)


def show_outcome(session: Session, ids: Any) -> None:
    """The cards about these tasks, which are open no more, say what became of them; what nobody has claimed is taken back.

    WeCom changes a card for 72 hours after it was sent; older ones stay as they are.
    """
    of_task = (Send.walk_id == StaffTask.walk_id) & (Send.context["task_id"].astext == cast(StaffTask.id, String))
    cards = (Send.channel == CHANNEL) & (Send.template_key == CARD) & StaffTask.id.in_(ids)
    waiting = select(Send.id).join(StaffTask, of_task).where(cards, Send.status == SendStatus.planned)
    if taken_back := session.execute(waiting).scalars().all():
        messaging.cancel_planned(session, send_ids=taken_back)
    became = ("task", StaffTask.title, "answer", StaffTask.status, "answered_by", StaffTask.done_by_id, "replaces", Send.id)
    rows = (
        select(
            func.marque_new_id(),
            Send.brand_id,
            null().cast(Uuid).label("customer_id"),
            Send.staff_id,
            func.concat("card_update:", Send.id, ":", StaffTask.status).label("dedupe_key"),
            func.jsonb_strip_nulls(Send.context.op("-")("title").op("||")(func.jsonb_build_object(*became))).label("context"),
            # Not of the walk: whoever ends that takes back what it has planned.
            null().cast(Uuid).label("walk_id"),
        )
        .join(StaffTask, of_task)
        .where(cards, Send.status.in_(MAY_BE_THERE), Send.created_at > func.marque_now() - CHANGEABLE)
    )
    said: dict[str, Any] = {"purpose": Purpose.transactional, "lane": Lane.transactional}
    messaging.plan_selected(session, rows, channel="wecom_card_update", template_key="task_answered", **said)


def tell(session: Session, name: str, brand_id: Any, ids: Any, *, actor: tuple[str, Any] = ("system", None)) -> None:
    """The same fact about each of these tasks."""
    record_selected(session, name, _FACTS, brand_id=brand_id, actor=actor, params={"ids": list(ids)})


def time_out(here: Standing) -> None:
    """The open tasks of those who stand here end when their time is over; their cards are taken back where nobody has claimed them."""
    over = update(StaffTask).where(here.here, _of_step(here), StaffTask.status == TaskStatus.open, StaffTask.ends_at <= here.now)
    ended = here.session.execute(
        over.values(status=TaskStatus.timed_out, done_at=here.now, remind_at=None)
        .returning(StaffTask.id)
        .execution_options(synchronize_session=False)
    )
    ids = ended.scalars().all()
    if ids:
        tell(here.session, "task.timed_out", here.version.brand_id, ids)
        show_outcome(here.session, ids)


def status_of(here: Standing) -> ColumnElement[str]:
    """How the task of this step stands, of each who is here."""
    return select(StaffTask.status).where(_of_step(here)).correlate(standing).scalar_subquery()


def _of_step(here: Standing) -> ColumnElement[bool]:
    of_walk = (StaffTask.walk_id == standing.c.walk_id) & (StaffTask.visit_no == standing.c.visit_no)
    return of_walk & (StaffTask.node_id == here.node_id)
