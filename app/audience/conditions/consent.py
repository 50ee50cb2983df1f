"""What a customer agreed to, and has neither taken back nor refused since."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from marshmallow import fields
from marshmallow.validate import Length
from sqlalchemy import ColumnElement, exists, or_, select

from app.audience.conditions import Answer, Condition, Facts, Form, Scope, one_of
from app.identity.models import Consent, Purpose, Refusal
from app.kit.texts import t

_PURPOSES = {one.value: t(f"audience.conditions.consent.purposes.{one.value}") for one in Purpose}


class Agreed(Condition):
    """As `identity.queries.Wish` weighs it: a refusal of the channel stands, and of what was said about every channel the last word."""

    kind = "consent"
    label = t("audience.conditions.consent.label")

    class Config(Form):
        purpose = one_of("consent.purpose", _PURPOSES, required=True)
        channel = fields.String(
            load_default=None,
            allow_none=True,
            validate=Length(1, 64),
            metadata={"label": t("audience.conditions.consent.channel"), "type": "channel"},
        )

    @staticmethod
    def summary(config: dict[str, Any]) -> str:
        return t("audience.conditions.consent.summary", purpose=_PURPOSES[config["purpose"]])

    @staticmethod
    def answer(scope: Scope, config: dict[str, Any]) -> Answer:
        in_force = Consent.brand_id == scope.brand_id, Consent.purpose == config["purpose"], Consent.withdrawn_at.is_(None)
        refused = exists().where(
            Refusal.customer_id == Consent.customer_id, Refusal.purpose == config["purpose"], Refusal.lifted_at.is_(None)
        )
        outweighs: ColumnElement[bool] = Refusal.channel.is_(None) & (Refusal.turn > Consent.turn)
        rows = select(Consent.customer_id).where(*in_force)
        if config["channel"]:
            rows = rows.where(or_(Consent.channel.is_(None), Consent.channel == config["channel"]))
            outweighs = or_(Refusal.channel == config["channel"], outweighs)
        return Facts(rows.where(~refused.where(outweighs)))

    @staticmethod
    def listens(config: dict[str, Any]) -> Collection[str]:
        return {"customer.consent_given", "customer.consent_withdrawn", "customer.refused", "customer.refusal_lifted"}
