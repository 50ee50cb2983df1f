"""Whether the customer carries a tag."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from marshmallow import fields
from marshmallow.validate import Length
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audience import queries as audience
from app.journeys.models import Walk
from app.journeys.visits import Form
from app.kit.texts import has, t


class HasTag:
    """Asked at the moment of the visit."""

    kind = "has_tag"
    label = t("journeys.conditions.has_tag.label")

    class Config(Form):
        tag = fields.String(required=True, validate=Length(1, 64), metadata={"label": t("journeys.conditions.has_tag.tag")})

    @staticmethod
    def summary(config: dict[str, Any]) -> str:
        key = f"audience.tags.{config['tag']}"
        return t("journeys.conditions.has_tag.summary", tag=t(key) if has(key) else config["tag"])

    @staticmethod
    def holds(session: Session, walks: Sequence[Walk], config: dict[str, Any]) -> set[uuid.UUID]:
        carriers = audience.carriers(walks[0].brand_id, config["tag"])
        ids = [walk.id for walk in walks]
        return set(session.execute(select(Walk.id).where(Walk.id.in_(ids), Walk.customer_id.in_(carriers))).scalars())
