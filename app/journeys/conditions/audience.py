"""Whether the customer is one of whom a tree of the audience's conditions holds."""

from __future__ import annotations

import uuid
from typing import Any

from marshmallow import fields
from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from app.audience.service import compiling
from app.journeys import asking
from app.journeys.visits import Condition, Form, Standing
from app.kit.texts import t


class OfAudience(Condition):
    """All that a segment can ask, asked at the moment of the visit: attributes, segments, what she did, whether she can be reached."""

    kind = "audience"
    label = t("journeys.conditions.audience.label")

    class Config(Form):
        tree = fields.Dict(required=True, metadata={"label": t("journeys.conditions.audience.tree"), "type": "tree"})

    @staticmethod
    def summary(config: dict[str, Any]) -> str:
        return t("journeys.conditions.audience.summary", tree=compiling.words(config["tree"]))

    @staticmethod
    def holds(here: Standing, config: dict[str, Any]) -> ColumnElement[bool]:
        return asking.fulfils(here, config["tree"])

    @staticmethod
    def missing(session: Session, brand_id: uuid.UUID, config: dict[str, Any]) -> list[tuple[str, str]]:
        return [("tree", message) for message in asking.wrong_with(session, brand_id, config["tree"])]
