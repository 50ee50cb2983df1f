"""A step that writes down something about the customer."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any
from zoneinfo import available_timezones

from marshmallow import ValidationError, fields, validates_schema
from marshmallow.validate import Length, Regexp
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audience.values import LONGEST_VALUE
from app.identity import service as identity
from app.journeys import tagging
from app.journeys.visits import Form, Node, Standing, standing
from app.kit.texts import t

# What a tag says beside its name is the brand's own attribute: a text, a number, a date or one of several words.
OF_TAG, LONGEST_OF_PROFILE = "tag:", 60
ATTRIBUTES = {one: t(f"journeys.nodes.set_attribute.{one}") for one in identity.WRITABLE}


class SetAttribute(Node):
    """An erased customer stays empty; who was merged is written where she is now."""

    kind = "set_attribute"
    label = t("journeys.nodes.set_attribute.label")
    group = "people"

    class Config(Form):
        attribute = fields.String(
            required=True,
            validate=Regexp("(" + "|".join(ATTRIBUTES) + r"|tag:\w{1,60})\Z"),
            metadata={
                "type": "attribute",
                "label": t("journeys.nodes.set_attribute.attribute"),
                "hint": t("journeys.nodes.set_attribute.attribute_hint"),
                "choices": ATTRIBUTES,
            },
        )
        value = fields.String(required=True, validate=Length(1, LONGEST_VALUE), metadata={"label": t("journeys.nodes.set_attribute.value")})

        @validates_schema(skip_on_field_errors=True)
        def _fits(self, data: dict[str, Any], **_: Any) -> None:
            if data["attribute"] == "time_zone" and data["value"] not in available_timezones():
                raise ValidationError(t("journeys.nodes.set_attribute.no_zone"), "value")
            if not data["attribute"].startswith(OF_TAG) and len(data["value"]) > LONGEST_OF_PROFILE:
                raise ValidationError(t("forms.wrong"), "value")

    @staticmethod
    def summary(config: dict[str, Any]) -> str:
        name = config["attribute"]
        label = ATTRIBUTES.get(name) or t("journeys.nodes.set_attribute.of_tag", tag=name.removeprefix(OF_TAG))
        return t("journeys.nodes.set_attribute.summary", attribute=label, value=config["value"])

    @staticmethod
    def ports(config: dict[str, Any]) -> dict[str, str]:
        return {"done": t("journeys.ports.done")}

    @staticmethod
    def visit(here: Standing) -> None:
        if own := _of_tag(here.config):
            tagging.decide(here, active=True, config=own)
            return
        whom = select(standing.c.customer_id).where(here.here)
        identity.write_down(here.session, here.version.brand_id, whom, **here.config)
        here.leave("done")

    @staticmethod
    def missing(session: Session, brand_id: uuid.UUID, config: dict[str, Any]) -> Sequence[tuple[str, str]]:
        own = _of_tag(config)
        return [("attribute" if name == "tag" else name, wrong) for name, wrong in tagging.problems(session, brand_id, own)] if own else []


def _of_tag(config: dict[str, Any]) -> dict[str, Any] | None:
    """The settings of a step that gives a tag with this value, where a tag is named."""
    name = config["attribute"]
    return {"tag": name.removeprefix(OF_TAG), "value": config["value"]} if name.startswith(OF_TAG) else None
