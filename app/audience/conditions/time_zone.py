"""In which time zones a customer lives."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from app.audience.conditions import Answer, Condition, Form, Scope, keys
from app.identity.models import Customer
from app.kit.texts import listed, t


class TimeZone(Condition):
    """By IANA names; of whom nobody knows it, she lives in none of them."""

    kind = "time_zone"
    label = t("audience.conditions.time_zone.label")

    class Config(Form):
        zones = keys("time_zone.zones", "time_zone", required=True)

    @staticmethod
    def summary(config: dict[str, Any]) -> str:
        return t("audience.conditions.time_zone.summary", zones=listed(config["zones"]))

    @staticmethod
    def answer(scope: Scope, config: dict[str, Any]) -> Answer:
        return Customer.time_zone.in_(config["zones"])

    @staticmethod
    def listens(config: dict[str, Any]) -> Collection[str]:
        return {"customer.created", "customer.updated"}
