"""A step on which time passes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from marshmallow import fields
from marshmallow.validate import OneOf, Range
from sqlalchemy import ColumnElement, func

from app.journeys import zones
from app.journeys.chance import spread, spread_field
from app.journeys.visits import Form, Node, Standing, standing
from app.kit.texts import t

UNITS = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1)}
CALENDAR_DAY = "calendar_day"


class Wait(Node):
    """Counts from the arrival, by the database's clock. A day is 24 hours; after a day of the calendar her clock shows the same time."""

    kind = "wait"
    label = t("journeys.nodes.wait.label")
    group = "flow"
    rests = True

    class Config(Form):
        amount = fields.Integer(
            required=True,
            strict=True,
            validate=Range(1, 366),
            metadata={"label": t("journeys.nodes.wait.amount"), "hint": t("journeys.nodes.wait.amount_hint")},
        )
        unit = fields.String(
            required=True,
            validate=OneOf([*UNITS, CALENDAR_DAY]),
            metadata={
                "label": t("journeys.nodes.wait.unit"),
                "hint": t("journeys.nodes.wait.unit_hint"),
                "choices": {one: t(f"journeys.nodes.wait.units.{one}") for one in (*UNITS, CALENDAR_DAY)},
            },
        )
        spread_minutes = spread_field()

    @staticmethod
    def summary(config: dict[str, Any]) -> str:
        return t("journeys.nodes.wait.summary", amount=config["amount"], unit=t(f"journeys.nodes.wait.units.{config['unit']}"))

    @staticmethod
    def ports(config: dict[str, Any]) -> dict[str, str]:
        return {"done": t("journeys.ports.done")}

    @staticmethod
    def visit(here: Standing) -> None:
        if here.config["unit"] != CALENDAR_DAY:
            until = standing.c.arrived_at + here.config["amount"] * UNITS[here.config["unit"]] + spread(here)
            here.leave("done", where=until <= here.now)
            here.stay(until)
            return
        zones.ask(here)
        later: ColumnElement[Any] = zones.wall(standing.c.arrived_at) + timedelta(days=here.config["amount"])
        until = func.timezone(standing.c.zone, later) + spread(here)
        zones.note(here, where=until <= here.now)
        here.leave("done", where=until <= here.now)
        here.stay(until)
