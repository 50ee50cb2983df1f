"""Whether something happened to the customer since the cause of her entry."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from marshmallow import fields
from marshmallow.validate import OneOf
from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from app.events.catalogue import NAMES
from app.events.models import Event
from app.identity.models import Customer
from app.journeys.models import Walk
from app.journeys.visits import Form, event_label
from app.kit.texts import t


class EventHappened:
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
    def holds(session: Session, walks: Sequence[Walk], config: dict[str, Any]) -> set[uuid.UUID]:
        # What she did under a profile that was merged into this one is hers.
        herself = or_(Customer.id == Walk.customer_id, Customer.merged_into_id == Walk.customer_id)
        happened = exists().where(
            Event.customer_id.in_(select(Customer.id).where(herself).correlate(Walk)),
            Event.name == config["event"],
            Event.recorded_at >= Walk.triggered_at,
        )
        return set(session.execute(select(Walk.id).where(Walk.id.in_([walk.id for walk in walks]), happened)).scalars())
