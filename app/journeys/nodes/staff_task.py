"""A step that asks staff to do something, and waits until somebody confirms it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from typing import Any

from marshmallow import fields
from marshmallow.validate import Length, OneOf, Range

from app.journeys import staffing
from app.journeys.models import TaskStatus
from app.journeys.nodes.notify_staff import TO_WHOM
from app.journeys.tasks import DONE, ask, status_of, time_out
from app.journeys.visits import Form, Node, Standing, standing
from app.kit.texts import t

_LABEL = "journeys.nodes.staff_task"


class StaffTask(Node):
    """A card in WeCom with a button, and a line in the console. It is said again up to three times within a day; when whoever was asked
    has left, another is asked. Where there is nobody to ask, headquarters see the task.
    """

    kind = "staff_task"
    label = t(f"{_LABEL}.label")
    group = "staff"
    reaches_others = True
    acts = True
    rests = True

    class Config(Form):
        to = fields.String(
            load_default=staffing.OWNER,
            validate=OneOf(list(TO_WHOM)),
            metadata={"label": t(f"{_LABEL}.to"), "hint": t("journeys.nodes.notify_staff.to_hint"), "choices": TO_WHOM},
        )
        title = fields.String(
            required=True, validate=Length(1, 26), metadata={"label": t(f"{_LABEL}.title"), "hint": t(f"{_LABEL}.title_hint")}
        )
        hours = fields.Integer(
            load_default=24,
            strict=True,
            validate=Range(1, 24 * 30),
            metadata={"label": t(f"{_LABEL}.hours"), "hint": t(f"{_LABEL}.hours_hint")},
        )

    @staticmethod
    def summary(config: dict[str, Any]) -> str:
        return t(f"{_LABEL}.summary", to=TO_WHOM[config["to"]], title=config["title"], hours=config["hours"])

    @staticmethod
    def ports(config: dict[str, Any]) -> dict[str, str]:
        return {"confirmed": t("journeys.ports.confirmed"), "timed_out": t("journeys.ports.timed_out")}

    @staticmethod
    def visit(here: Standing) -> None:
        over = standing.c.arrived_at + timedelta(hours=here.config["hours"])
        ask(here, to_whom=here.config["to"], title=here.config["title"], ends_at=over)
        here.note_acted()
        time_out(here)
        status = status_of(here)
        here.leave("confirmed", where=status == TaskStatus.confirmed)
        here.leave("timed_out", where=status != TaskStatus.open)
        here.stay(over, awaits=DONE)

    @staticmethod
    def awaits(config: dict[str, Any]) -> Collection[str]:
        return DONE
