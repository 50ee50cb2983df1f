"""Whether a customer carries a tag, since when, and who gave it."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from typing import Any

from marshmallow import fields
from marshmallow.validate import Length
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audience.conditions import Answer, Condition, Facts, Form, Scope, days, one_of, span
from app.audience.models import CustomerTag, Source, Tag
from app.kit.texts import t

_SOURCES = {one.value: t(f"audience.conditions.tag.sources.{one.value}") for one in Source}


class HasTag(Condition):
    """The tag as it is decided now."""

    kind = "tag"
    label = t("audience.conditions.tag.label")

    class Config(Form):
        tag = fields.String(required=True, validate=Length(1, 64), metadata={"label": t("audience.conditions.tag.tag"), "type": "tag"})
        value = fields.String(
            load_default=None, allow_none=True, validate=Length(1, 200), metadata={"label": t("audience.conditions.tag.value")}
        )
        source = one_of("tag.source", _SOURCES)
        within_days = days()
        more_than_days = days("more_than_days")

    @staticmethod
    def summary(config: dict[str, Any]) -> str:
        said = t("audience.conditions.tag.summary", tag=config["tag"])
        if config["value"] is not None:
            said += t("audience.conditions.tag.is", value=config["value"])
        if config["source"]:
            said += t("audience.conditions.tag.by", source=_SOURCES[config["source"]])
        if config["within_days"]:
            said += t("audience.conditions.tag.within", days=config["within_days"])
        if config["more_than_days"]:
            said += t("audience.conditions.tag.more_than", days=config["more_than_days"])
        return said

    @staticmethod
    def answer(scope: Scope, config: dict[str, Any]) -> Answer:
        tag = select(Tag.id).where(Tag.brand_id == scope.brand_id, Tag.key == config["tag"]).scalar_subquery()
        rows = select(CustomerTag.customer_id, CustomerTag.decided_at).where(CustomerTag.tag_id == tag, CustomerTag.active)
        if config["source"]:
            rows = rows.where(CustomerTag.source == config["source"])
        if config["value"] is not None:
            rows = rows.where(CustomerTag.value == config["value"])
        return Facts(rows, within=span(config["within_days"]), ago=span(config["more_than_days"]))

    @staticmethod
    def listens(config: dict[str, Any]) -> Collection[str]:
        return {"tag.added", "tag.removed", "tag.changed"}

    @staticmethod
    def missing(session: Session, brand_id: uuid.UUID, config: dict[str, Any]) -> tuple[str, str] | None:
        known = session.execute(select(Tag.id).filter_by(brand_id=brand_id, key=config["tag"])).first()
        return None if known else ("tag", t("errors.audience.tag_unknown"))
