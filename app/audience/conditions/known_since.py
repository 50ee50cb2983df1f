"""How long ago a customer came to be."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from marshmallow import ValidationError, validates_schema
from sqlalchemy import select

from app.audience.conditions import Answer, Condition, Facts, Form, Scope, days, span
from app.identity.models import Customer
from app.kit.texts import t


class KnownSince(Condition):
    """Within so many days, or longer ago than that. Of two who were merged, the older counts."""

    kind = "known_since"
    label = t("audience.conditions.known_since.label")

    class Config(Form):
        within_days = days()
        more_than_days = days("more_than_days")

        @validates_schema
        def one_of_them(self, data: dict[str, Any], **_: Any) -> None:
            if (data["within_days"] is None) == (data["more_than_days"] is None):
                raise ValidationError(t("audience.conditions.known_since.one"), "within_days")

    @staticmethod
    def summary(config: dict[str, Any]) -> str:
        if config["within_days"]:
            return t("audience.conditions.known_since.within", days=config["within_days"])
        return t("audience.conditions.known_since.more_than", days=config["more_than_days"])

    @staticmethod
    def answer(scope: Scope, config: dict[str, Any]) -> Answer:
        rows = select(Customer.id, Customer.created_at).where(Customer.brand_id == scope.brand_id)
        if config["within_days"]:
            # Of whom anything is older, she is.
            return Facts(rows, at_least=0, at_most=0, ago=span(config["within_days"]))
        return Facts(rows, ago=span(config["more_than_days"]))

    @staticmethod
    def listens(config: dict[str, Any]) -> Collection[str]:
        return {"customer.created"}
