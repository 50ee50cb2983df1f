"""A segment into which she came, or out of which she went."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from typing import Any

from marshmallow import fields
from marshmallow.validate import OneOf
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audience.models import Segment
from app.journeys import filters
from app.journeys.arrivals import Heard
from app.journeys.visits import Form
from app.kit.texts import t

CHANGES = {one: t(f"journeys.triggers.segment.changes.{one}") for one in ("entered", "left")}


class SegmentChanged(Heard):
    """With `now` whoever is in the segment when the journey is published enters as well."""

    kind = "segment"
    label = t("journeys.triggers.segment.label")

    class Config(Form):
        segment_id = fields.UUID(required=True, metadata={"label": t("journeys.triggers.segment.segment"), "type": "segment"})
        change = fields.String(
            load_default="entered",
            validate=OneOf(list(CHANGES)),
            metadata={"label": t("journeys.triggers.segment.change"), "choices": CHANGES},
        )
        now = fields.Boolean(load_default=False, metadata={"label": t("journeys.triggers.segment.now")})

    @staticmethod
    def summary(config: dict[str, Any]) -> str:
        return CHANGES[config["change"]] + (t("journeys.triggers.segment.and_now") if config["now"] else "")

    @staticmethod
    def hears(config: dict[str, Any]) -> Collection[str]:
        return {f"segment.{config['change']}"}

    @staticmethod
    def asks(config: dict[str, Any]) -> filters.Where:
        return {"segment_id": str(config["segment_id"])}

    @staticmethod
    def at_publish(config: dict[str, Any]) -> dict[str, Any] | None:
        return {"kind": "segment", "segment_id": str(config["segment_id"])} if config["now"] and config["change"] == "entered" else None

    @staticmethod
    def missing(session: Session, brand_id: uuid.UUID, config: dict[str, Any]) -> tuple[str, str] | None:
        known = select(Segment.id).filter_by(brand_id=brand_id, id=config["segment_id"], archived_at=None)
        return None if session.execute(known).first() else ("segment_id", t("errors.audience.segment_unknown"))
