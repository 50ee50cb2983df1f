"""A step that gives the customer a tag."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from marshmallow import fields
from marshmallow.validate import Length, Range
from sqlalchemy.orm import Session

from app.audience.values import LONGEST_VALUE
from app.journeys import tagging
from app.journeys.visits import Form, Node, Standing
from app.kit.texts import t


class AddTag(Node):
    """Who carries it already keeps it, with the new value and the new end where they are given."""

    kind = "add_tag"
    label = t("journeys.nodes.add_tag.label")
    group = "people"

    class Config(Form):
        tag = fields.String(required=True, validate=Length(1, 64), metadata={"label": t("journeys.nodes.add_tag.tag"), "type": "tag"})
        value = fields.String(
            load_default=None, allow_none=True, validate=Length(1, LONGEST_VALUE), metadata={"label": t("journeys.nodes.add_tag.value")}
        )
        ttl_days = fields.Integer(
            load_default=None,
            allow_none=True,
            strict=True,
            validate=Range(1, 3650),
            metadata={"label": t("journeys.nodes.add_tag.ttl_days"), "hint": t("journeys.nodes.add_tag.ttl_days_hint")},
        )

    @staticmethod
    def summary(config: dict[str, Any]) -> str:
        more = t("journeys.nodes.add_tag.for_days", days=config["ttl_days"]) if config["ttl_days"] else ""
        return t("journeys.nodes.add_tag.summary", tag=config["tag"]) + more

    @staticmethod
    def ports(config: dict[str, Any]) -> dict[str, str]:
        return {"done": t("journeys.ports.done")}

    @staticmethod
    def visit(here: Standing) -> None:
        tagging.decide(here, active=True)

    @staticmethod
    def missing(session: Session, brand_id: uuid.UUID, config: dict[str, Any]) -> Sequence[tuple[str, str]]:
        return tagging.problems(session, brand_id, config)
