"""A step on which time passes."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from marshmallow import fields
from marshmallow.validate import OneOf, Range
from sqlalchemy.orm import Session

from app.journeys.visits import Form, Leave, Outcome, Stay, Visit
from app.kit.texts import t

UNITS = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1)}


class Wait:
    """Counts from the arrival, by the database's clock; a day is 24 hours."""

    kind = "wait"
    label = t("journeys.nodes.wait.label")
    ports = {"done": t("journeys.ports.done")}
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
    def visit(session: Session, visit: Visit) -> dict[uuid.UUID, Outcome]:
        length = visit.config["amount"] * UNITS[visit.config["unit"]]
        outcomes: dict[uuid.UUID, Outcome] = {}
        for walk in visit.walks:
            until = walk.arrived_at + length
            outcomes[walk.id] = Stay(until) if until > visit.now else Leave("done")
        return outcomes
