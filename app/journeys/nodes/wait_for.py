"""A step on which people stay until something has happened to them or holds of them, or until time is over."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from marshmallow import ValidationError, fields, validates_schema
from marshmallow.validate import OneOf, Range
from sqlalchemy import func
from sqlalchemy.orm import Session

from app.audience.service import compiling
from app.events.catalogue import NAMES
from app.journeys import asking, filters
from app.journeys.visits import Form, Node, Standing, event_label, standing
from app.kit.texts import t

UNITS = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1)}
# What may change without an event is looked at as often as this.
LOOKS_AGAIN = timedelta(hours=1)
SINCE = ("entry", "arrival")


def _choices(name: str, values: Any) -> dict[str, Any]:
    said = f"journeys.nodes.wait_for.{name}"
    return {"label": t(said), "choices": {one: t(f"{said}s.{one}") for one in values}}


class WaitFor(Node):
    """An event counts from her entry's cause on, so that what happened on the way here is not overlooked, or from her arrival."""

    kind = "wait_for"
    label = t("journeys.nodes.wait_for.label")
    group = "flow"
    rests = True

    class Config(Form):
        """Either an event or a tree of the audience's conditions."""

        event = fields.String(
            load_default=None,
            allow_none=True,
            validate=OneOf(NAMES),
            metadata={"label": t("journeys.nodes.wait_for.event"), "hint": t("journeys.problems.unknown_event"), "type": "event"},
        )
        where = filters.where()
        since = fields.String(load_default="entry", validate=OneOf(SINCE), metadata=_choices("since", SINCE))
        tree = fields.Dict(load_default=None, allow_none=True, metadata={"label": t("journeys.nodes.wait_for.tree"), "type": "tree"})
        amount = fields.Integer(
            required=True,
            strict=True,
            validate=Range(1, 366),
            metadata={"label": t("journeys.nodes.wait_for.amount"), "hint": t("journeys.nodes.wait.amount_hint")},
        )
        unit = fields.String(required=True, validate=OneOf(UNITS), metadata=_choices("unit", UNITS))

        @validates_schema
        def one_of_both(self, data: dict[str, Any], **_: Any) -> None:
            if (data["event"] is None) == (data["tree"] is None):
                raise ValidationError(t("journeys.nodes.wait_for.one_of_both"), "event")

    @staticmethod
    def summary(config: dict[str, Any]) -> str:
        what = event_label(config["event"]) if config["event"] else compiling.words(config["tree"])
        unit = t(f"journeys.nodes.wait_for.units.{config['unit']}")
        return t("journeys.nodes.wait_for.summary", what=what, amount=config["amount"], unit=unit)

    @staticmethod
    def ports(config: dict[str, Any]) -> dict[str, str]:
        return {"happened": t("journeys.ports.happened"), "timed_out": t("journeys.ports.timed_out")}

    @staticmethod
    def awaits(config: dict[str, Any]) -> list[str]:
        return [config["event"]] if config["event"] else sorted(asking.moved_by(config["tree"]))

    @staticmethod
    def missing(session: Session, brand_id: uuid.UUID, config: dict[str, Any]) -> list[tuple[str, str]]:
        wrong = asking.wrong_with(session, brand_id, config["tree"]) if config["tree"] is not None else []
        return [("tree", message) for message in wrong]

    @staticmethod
    def visit(here: Standing) -> None:
        config = here.config
        if config["event"]:
            since = standing.c.triggered_at if config["since"] == "entry" else standing.c.arrived_at
            has_come, unheard = asking.happened(here, config["event"], since=since, where=config["where"]), False
        else:
            has_come, unheard = asking.fulfils(here, config["tree"]), asking.moves_unheard(here, config["tree"])
        here.leave("happened", where=has_come)
        over = standing.c.arrived_at + config["amount"] * UNITS[config["unit"]]
        here.leave("timed_out", where=over <= here.now)
        here.stay(func.least(over, here.now + LOOKS_AGAIN) if unheard else over, awaits=WaitFor.awaits(config))
