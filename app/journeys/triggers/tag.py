"""A tag that she got, lost, or that says something else now."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from typing import Any

from marshmallow import ValidationError, fields, validates_schema
from marshmallow.validate import Length, OneOf
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audience.models import Tag
from app.journeys import filters
from app.journeys.arrivals import Heard
from app.journeys.visits import Form
from app.kit.texts import has, t

CHANGES = {one: t(f"journeys.triggers.tag.changes.{one}") for one in ("added", "removed", "changed")}


class TagDecided(Heard):
    """A value is known only of tags that tell it with their events: numbers, dates and choices, not free words."""

    kind = "tag"
    label = t("journeys.triggers.tag.label")

    class Config(Form):
        tag = fields.String(required=True, validate=Length(1, 64), metadata={"label": t("journeys.triggers.tag.tag"), "type": "tag"})
        change = fields.String(
            load_default="added",
            validate=OneOf(list(CHANGES)),
            metadata={"label": t("journeys.triggers.tag.change"), "choices": CHANGES},
        )
        value = fields.Raw(load_default=None, allow_none=True, metadata={"label": t("journeys.triggers.tag.value"), "type": "where_value"})

        @validates_schema
        def can_be_asked(self, data: dict[str, Any], **_: Any) -> None:
            if data.get("value") is not None and not filters.is_sound({"value": data["value"]}):
                raise ValidationError(t("forms.wrong"), "value")

    @staticmethod
    def summary(config: dict[str, Any]) -> str:
        key = f"audience.tags.{config['tag']}"
        told = [t(key) if has(key) else config["tag"]]
        if config["value"] is not None:
            told.append(filters.summary({"value": config["value"]}))
        return t("journeys.trigger_where", event=CHANGES[config["change"]], where=" ".join(told))

    @staticmethod
    def hears(config: dict[str, Any]) -> Collection[str]:
        return {f"tag.{config['change']}"}

    @staticmethod
    def asks(config: dict[str, Any]) -> filters.Where:
        return {"tag": config["tag"]} | ({} if config["value"] is None else {"value": config["value"]})

    @staticmethod
    def missing(session: Session, brand_id: uuid.UUID, config: dict[str, Any]) -> tuple[str, str] | None:
        known = select(Tag.id).filter_by(brand_id=brand_id, key=config["tag"], archived_at=None)
        return None if session.execute(known).first() else ("tag", t("errors.audience.tag_unknown"))
