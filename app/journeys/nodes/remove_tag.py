"""A step that takes a tag from the customer."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from marshmallow import fields
from marshmallow.validate import Length
from sqlalchemy.orm import Session

from app.journeys import tagging
from app.journeys.visits import Form, Node, Standing
from app.kit.texts import t


class RemoveTag(Node):
    """For who does not carry it nothing changes."""

    kind = "remove_tag"
    label = t("journeys.nodes.remove_tag.label")
    group = "people"

    class Config(Form):
        tag = fields.String(required=True, validate=Length(1, 64), metadata={"label": t("journeys.nodes.remove_tag.tag"), "type": "tag"})

    @staticmethod
    def summary(config: dict[str, Any]) -> str:
        return t("journeys.nodes.remove_tag.summary", tag=config["tag"])

    @staticmethod
    def ports(config: dict[str, Any]) -> dict[str, str]:
        return {"done": t("journeys.ports.done")}

    @staticmethod
    def visit(here: Standing) -> None:
        tagging.decide(here, active=False)

    @staticmethod
    def missing(session: Session, brand_id: uuid.UUID, config: dict[str, Any]) -> Sequence[tuple[str, str]]:
        return tagging.problems(session, brand_id, config)
