"""What becomes of whoever comes too late to a node that acts: after an outage, yesterday's message may be worse than none.

Too late is also who was let in too late, and comes straight here: what brought her in happened hours ago.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from marshmallow import fields
from marshmallow.validate import OneOf, Range
from sqlalchemy import ColumnElement, DateTime, Interval, cast, func, literal, or_, select

from app.journeys import zones
from app.journeys.models import Walk
from app.journeys.visits import Standing, standing
from app.kit.forms import Form
from app.kit.texts import t

SKIP, SEND, NEXT_WINDOW = "skip", "send", "next_window"
A_DAY = timedelta(days=1)


class Late(Form):
    """`late` of a node: a walk that is visited more than so many minutes after it was due skips what the node does, has it done all the
    same, or comes back at the time of day at which it was due.
    """

    after_minutes = fields.Integer(
        required=True,
        strict=True,
        validate=Range(1, 60 * 24 * 30),
        metadata={"label": t("journeys.late.after_minutes"), "hint": t("journeys.late.after_minutes_hint")},
    )
    then = fields.String(
        required=True,
        validate=OneOf([SKIP, SEND, NEXT_WINDOW]),
        metadata={
            "label": t("journeys.late.then"),
            "hint": t("journeys.late.then_hint"),
            "choices": {one: t(f"journeys.late.{one}") for one in (SKIP, SEND, NEXT_WINDOW)},
        },
    )


def obey(here: Standing, late: dict[str, Any], *, skipped_port: str) -> None:
    """Decide about those who stand here and come too late; nothing is decided about who is to be acted for after all."""
    due = standing.c.was_due_at - _let_in_late()
    too_late = ~here.has_acted & (due < here.now - timedelta(minutes=late["after_minutes"]))
    if late["then"] == SKIP:
        here.leave(skipped_port, where=too_late, skipped="late")
    elif late["then"] == NEXT_WINDOW:
        zones.ask(here)
        days = func.ceil(func.extract("epoch", here.now - due) / A_DAY.total_seconds())
        # A day of hers may have 23 hours or 25: the clock on her wall is moved, not the time.
        on_her_wall = func.timezone(standing.c.zone, due) + days * A_DAY
        here.stay(cast(func.timezone(standing.c.zone, on_her_wall), DateTime(timezone=True)), where=too_late)


def _let_in_late() -> ColumnElement[timedelta]:
    """How long it was from what brought her in until she was in; nothing once time has passed on a node. Who came out of another journey
    was brought there by what is long ago. Until the turn ends the walk is as that has found it.
    """
    has_just_come = or_((Walk.visit_no == 1) & (Walk.due_at == Walk.arrived_at), Walk.due_at == Walk.created_at)
    lag = select(Walk.created_at - Walk.triggered_at).where(Walk.id == standing.c.walk_id, Walk.parent_id.is_(None), has_just_come)
    return func.greatest(lag.correlate(standing).scalar_subquery(), literal(timedelta(0), Interval))
