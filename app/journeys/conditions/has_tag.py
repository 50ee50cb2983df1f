"""Whether the customer carries a tag."""

from __future__ import annotations

from typing import Any

from marshmallow import fields
from marshmallow.validate import Length
from sqlalchemy import ColumnElement

from app.audience import queries as audience
from app.journeys.visits import Condition, Form, Standing, standing
from app.kit.texts import has, t


class HasTag(Condition):
    """Asked at the moment of the visit."""

    kind = "has_tag"
    label = t("journeys.conditions.has_tag.label")

    class Config(Form):
        tag = fields.String(required=True, validate=Length(1, 64), metadata={"label": t("journeys.conditions.has_tag.tag"), "type": "tag"})

    @staticmethod
    def summary(config: dict[str, Any]) -> str:
        key = f"audience.tags.{config['tag']}"
        return t("journeys.conditions.has_tag.summary", tag=t(key) if has(key) else config["tag"])

    @staticmethod
    def holds(here: Standing, config: dict[str, Any]) -> ColumnElement[bool]:
        return standing.c.customer_id.in_(audience.carriers(here.version.brand_id, config["tag"]))
