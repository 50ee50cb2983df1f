"""A step on which time passes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from marshmallow import fields
from marshmallow.validate import OneOf, Range

from app.journeys.visits import Form, Node, Standing, standing
from app.kit.texts import t

UNITS = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1)}


class Wait(Node):
    """Counts from the arrival, by the database's clock; a day is 24 hours."""

    kind = "wait"
    label = t("journeys.nodes.wait.label")
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
            validate=OneOf(UNITS),
            metadata={"label": t("journeys.nodes.wait.unit"), "hint": t("journeys.nodes.wait.unit_hint")},
        )

    @staticmethod
    def summary(config: dict[str, Any]) -> str:
        return t("journeys.nodes.wait.summary", amount=config["amount"], unit=t(f"journeys.nodes.wait.units.{config['unit']}"))

    @staticmethod
    def ports(config: dict[str, Any]) -> dict[str, str]:
        return {"done": t("journeys.ports.done")}

    @staticmethod
    def visit(here: Standing) -> None:
        until = standing.c.arrived_at + here.config["amount"] * UNITS[here.config["unit"]]
        here.leave("done", where=until <= here.now)
        here.stay(until)
