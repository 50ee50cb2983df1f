"""A step that writes down something about the customer."""

from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

from marshmallow import ValidationError, fields, validates_schema
from marshmallow.validate import Length, OneOf
from sqlalchemy import select

from app.identity import service as identity
from app.journeys.visits import Form, Node, Standing, standing
from app.kit.texts import t

ATTRIBUTES = {one: t(f"journeys.nodes.set_attribute.{one}") for one in identity.WRITABLE}


class SetAttribute(Node):
    """An erased customer stays empty; who was merged is written where she is now."""

    kind = "set_attribute"
    label = t("journeys.nodes.set_attribute.label")
    group = "people"

    class Config(Form):
        attribute = fields.String(
            required=True,
            validate=OneOf(list(ATTRIBUTES)),
            metadata={
                "label": t("journeys.nodes.set_attribute.attribute"),
                "hint": t("journeys.nodes.set_attribute.attribute_hint"),
                "choices": ATTRIBUTES,
            },
        )
        value = fields.String(required=True, validate=Length(1, 60), metadata={"label": t("journeys.nodes.set_attribute.value")})

        @validates_schema(skip_on_field_errors=True)
        def _fits(self, data: dict[str, Any], **_: Any) -> None:
            if data["attribute"] == "time_zone" and data["value"] not in available_timezones():
                raise ValidationError(t("journeys.nodes.set_attribute.no_zone"), "value")

    @staticmethod
    def summary(config: dict[str, Any]) -> str:
        return t("journeys.nodes.set_attribute.summary", attribute=ATTRIBUTES[config["attribute"]], value=config["value"])

    @staticmethod
    def ports(config: dict[str, Any]) -> dict[str, str]:
        return {"done": t("journeys.ports.done")}

    @staticmethod
    def visit(here: Standing) -> None:
        whom = select(standing.c.customer_id).where(here.here)
        identity.write_down(here.session, here.version.brand_id, whom, **here.config)
        here.leave("done")
