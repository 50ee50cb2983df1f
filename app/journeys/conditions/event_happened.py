"""Whether something happened to the customer since the cause of her entry."""

from __future__ import annotations

from typing import Any

from marshmallow import fields
from marshmallow.validate import OneOf
from sqlalchemy import ColumnElement, exists, or_, select

from app.events.catalogue import NAMES
from app.events.models import Event
from app.identity.models import Customer
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
            metadata={"label": t("journeys.conditions.event_happened.event"), "hint": t("journeys.problems.unknown_event")},
        )

    @staticmethod
    def summary(config: dict[str, Any]) -> str:
        return t("journeys.conditions.event_happened.summary", event=event_label(config["event"]))

    @staticmethod
    def holds(here: Standing, config: dict[str, Any]) -> ColumnElement[bool]:
        # What she did under a profile that was merged into this one is hers.
        herself = or_(Customer.id == standing.c.customer_id, Customer.merged_into_id == standing.c.customer_id)
        return exists().where(
            Event.customer_id.in_(select(Customer.id).where(herself).correlate(standing)),
            Event.name == config["event"],
            Event.recorded_at >= standing.c.triggered_at,
        )
