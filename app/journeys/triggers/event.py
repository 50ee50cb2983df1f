"""Anything that happened to her, with what the event has to tell."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from marshmallow import fields
from marshmallow.validate import OneOf

from app.events.catalogue import NAMES
from app.journeys import filters
from app.journeys.arrivals import Heard
from app.journeys.visits import Form, event_label
from app.kit.texts import has, t


class HappenedToHer(Heard):
    """Any event of the catalogue that is about a customer."""

    kind = "event"
    label = t("journeys.triggers.event.label")

    class Config(Form):
        event = fields.String(
            required=True,
            validate=OneOf(NAMES),
            metadata={"label": t("journeys.triggers.event.event"), "hint": t("journeys.problems.unknown_event"), "type": "event"},
        )
        where = filters.where()

    @staticmethod
    def summary(config: dict[str, Any]) -> str:
        event = event_label(config["event"])
        if not config["where"]:
            return event
        tag = config["where"].get("tag")
        key = f"audience.tags.{tag}"
        named = t(key) if isinstance(tag, str) and len(config["where"]) == 1 and has(key) else filters.summary(config["where"])
        return t("journeys.trigger_where", event=event, where=named)

    @staticmethod
    def hears(config: dict[str, Any]) -> Collection[str]:
        return {config["event"]}

    @staticmethod
    def asks(config: dict[str, Any]) -> filters.Where:
        where: filters.Where = config["where"]
        return where
