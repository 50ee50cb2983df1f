"""In which cities a customer lives."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from app.audience.conditions import Answer, Condition, Form, Scope, keys
from app.identity.models import Customer
from app.kit.texts import listed, t


class City(Condition):
    """Of whom nobody knows it, she lives in none of them."""

    kind = "city"
    label = t("audience.conditions.city.label")

    class Config(Form):
        cities = keys("city.cities", "city", required=True)

    @staticmethod
    def summary(config: dict[str, Any]) -> str:
        return t("audience.conditions.city.summary", cities=listed(config["cities"]))

    @staticmethod
    def answer(scope: Scope, config: dict[str, Any]) -> Answer:
        return Customer.city.in_(config["cities"])

    @staticmethod
    def listens(config: dict[str, Any]) -> Collection[str]:
        return {"customer.created", "customer.updated"}
