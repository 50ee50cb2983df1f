"""Whether a customer is in another segment."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from typing import Any

from marshmallow import fields
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audience.conditions import Answer, Condition, Facts, Form, Scope
from app.audience.models import Segment, SegmentMember
from app.kit.texts import t


class InSegment(Condition):
    """As the other segment stands now."""

    kind = "in_segment"
    label = t("audience.conditions.in_segment.label")

    class Config(Form):
        segment_id = fields.UUID(required=True, metadata={"label": t("audience.conditions.in_segment.segment"), "type": "segment"})

    @staticmethod
    def summary(config: dict[str, Any]) -> str:
        return t("audience.conditions.in_segment.summary")

    @staticmethod
    def answer(scope: Scope, config: dict[str, Any]) -> Answer:
        ours = select(Segment.id).where(Segment.brand_id == scope.brand_id, Segment.id == config["segment_id"]).scalar_subquery()
        return Facts(select(SegmentMember.customer_id).where(SegmentMember.segment_id == ours))

    @staticmethod
    def listens(config: dict[str, Any]) -> Collection[str]:
        return {"segment.entered", "segment.left"}

    @staticmethod
    def missing(session: Session, brand_id: uuid.UUID, config: dict[str, Any]) -> tuple[str, str] | None:
        known = select(Segment.id).filter_by(brand_id=brand_id, id=config["segment_id"], archived_at=None)
        return None if session.execute(known).first() else ("segment_id", t("errors.audience.segment_unknown"))
