"""What is known about a customer: a name, a phone number, a time zone, and since when she is one."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from marshmallow import fields

from app.audience.conditions import Answer, Condition, Form, Scope, one_of
from app.identity.models import Customer
from app.kit.texts import t

_KNOWN = {
    "nickname": Customer.nickname,
    "phone": Customer.phone_hash,
    "unionid": Customer.unionid,
    "city": Customer.city,
    "time_zone": Customer.time_zone,
}
_LABELS = {one: t(f"audience.conditions.profile.{one}") for one in _KNOWN}


class Profile(Condition):
    """Whether something is known about her."""

    kind = "profile"
    label = t("audience.conditions.profile.label")

    class Config(Form):
        attribute = one_of("profile.attribute", _LABELS, required=True)
        present = fields.Boolean(load_default=True, metadata={"label": t("audience.conditions.profile.present")})

    @staticmethod
    def summary(config: dict[str, Any]) -> str:
        key = "known" if config["present"] else "unknown"
        return t(f"audience.conditions.profile.{key}", what=_LABELS[config["attribute"]])

    @staticmethod
    def answer(scope: Scope, config: dict[str, Any]) -> Answer:
        column = _KNOWN[config["attribute"]]
        return column.is_not(None) if config["present"] else column.is_(None)

    @staticmethod
    def listens(config: dict[str, Any]) -> Collection[str]:
        return {"customer.created", "customer.logged_in", "customer.phone_bound", "customer.updated"}
