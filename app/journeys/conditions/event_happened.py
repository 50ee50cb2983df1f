"""Whether something happened to the customer since the cause of her entry."""

from __future__ import annotations

from typing import Any

from marshmallow import fields
from marshmallow.validate import OneOf
from sqlalchemy import ColumnElement

from app.events.catalogue import NAMES
from app.journeys import asking, filters
from app.journeys.visits import Condition, Form, Standing, event_label, standing
from app.kit.texts import t


class EventHappened(Condition):
    """Counts from what caused the entry, not from the entry, so that what happened in between is not overlooked."""

    kind = "event_happened"
    label = t("journeys.conditions.event_happened.label")

    class Config(Form):
        event = fields.String(
            required=True,
            validate=OneOf(NAMES),
            metadata={
                "label": t("journeys.conditions.event_happened.event"),
                "hint": t("journeys.problems.unknown_event"),
                "type": "event",
            },
        )
        where = filters.where()

    @staticmethod
    def summary(config: dict[str, Any]) -> str:
        return t("journeys.conditions.event_happened.summary", event=event_label(config["event"]))

    @staticmethod
    def holds(here: Standing, config: dict[str, Any]) -> ColumnElement[bool]:
        return asking.happened(here, config["event"], since=standing.c.triggered_at, where=config["where"])
