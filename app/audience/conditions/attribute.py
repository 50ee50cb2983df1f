"""What was computed about a customer, such as her budget or the series at which she looked last."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from marshmallow import ValidationError, fields, validates_schema
from sqlalchemy import select, true

from app.audience.conditions import Answer, Condition, Facts, Form, Scope, days, keys, number, one_of, span
from app.audience.models import CustomerAttribute
from app.audience.queries.attributes import ATTRIBUTES
from app.kit.texts import listed, t

_LABELS = {name: one.label for name, one in ATTRIBUTES.items()}
# Which settings ask about a value of which type.
_ASKS = {"word": ("words",), "number": ("from_number", "to_number"), "moment": ("within_days", "more_than_days")}


def _of(type_: str, field: fields.Field[Any]) -> fields.Field[Any]:
    """Asked only of attributes of this type."""
    field.metadata = {**field.metadata, "when": {"attribute": [name for name, one in ATTRIBUTES.items() if one.type == type_]}}
    return field


class HasAttribute(Condition):
    """Of whom nothing was computed, nothing holds; but a number of hers is 0."""

    kind = "attribute"
    label = t("audience.conditions.attribute.label")

    class Config(Form):
        attribute = one_of("attribute.attribute", _LABELS, required=True)
        words = _of("word", keys("attribute.words", "word"))
        from_number = _of("number", number("attribute.from_number", 0, 2**53))
        to_number = _of("number", number("attribute.to_number", 0, 2**53))
        within_days = _of("moment", days())
        more_than_days = _of("moment", days("more_than_days"))

        @validates_schema
        def fits(self, data: dict[str, Any], **_: Any) -> None:
            asks = _ASKS[ATTRIBUTES[data["attribute"]].type]
            given = [name for names in _ASKS.values() for name in names if data[name] not in (None, [])]
            wrong = next((name for name in given if name not in asks), None)
            if wrong or not given:
                raise ValidationError(t("audience.conditions.attribute.misfit"), wrong or asks[0])
            if len(given) > 1 and data["to_number"] is not None and data["to_number"] < data["from_number"]:
                raise ValidationError(t("audience.conditions.wrong_times"), "to_number")
            if len(given) > 1 and asks == _ASKS["moment"]:
                raise ValidationError(t("audience.conditions.one_window"), "more_than_days")

    @staticmethod
    def summary(config: dict[str, Any]) -> str:
        attribute = ATTRIBUTES[config["attribute"]]
        told = [attribute.choices().get(one, one) for one in config["words"]]
        for name in ("from_number", "to_number", "within_days", "more_than_days"):
            if config[name] is not None:
                told.append(t(f"audience.conditions.attribute.words_of.{name}", value=config[name]))
        return t("audience.conditions.attribute.summary", attribute=attribute.label, value=listed(told))

    @staticmethod
    def answer(scope: Scope, config: dict[str, Any]) -> Answer:
        rows = select(CustomerAttribute.customer_id, CustomerAttribute.moment).where(CustomerAttribute.name == config["attribute"])
        low, high = config["from_number"], config["to_number"]
        if config["words"]:
            return Facts(rows.where(CustomerAttribute.word.in_(config["words"])))
        if low:
            rows = rows.where(CustomerAttribute.number >= low)
            return Facts(rows if high is None else rows.where(CustomerAttribute.number <= high))
        if high is not None:
            return Facts(rows.where(CustomerAttribute.number > high), at_least=0, at_most=0)
        if low is not None:
            return true()
        return Facts(rows, within=span(config["within_days"]), ago=span(config["more_than_days"]))

    @staticmethod
    def listens(config: dict[str, Any]) -> Collection[str]:
        # No event: who computes the attribute tells of it.
        return {f"attribute:{config['attribute']}"}
