"""Which orders a customer has: where they stand, whether the deposit was paid, how much, and when."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from marshmallow import ValidationError, validates_schema
from sqlalchemy import select

from app.audience.conditions import Answer, Condition, Counted, Scope, counted, fen, how_often, one_of, some_of
from app.kit.money import yuan
from app.kit.texts import aside, t
from app.orders.models import Order, OrderStatus

_STATES = {one.value: t(f"audience.conditions.order.states.{one.value}") for one in OrderStatus}
_PAID = {one: t(f"audience.conditions.order.paid.{one}") for one in ("never", "paid", "kept", "refunded")}
# Every fact with which one of the columns that are asked about changes.
_CHANGES = frozenset(
    {
        "order.reserved", "deposit.paid", "order.cancelled", "order.expired", "order.closed", "deposit.refunded", "order.confirmed",
        "order.extended", "order.declined", "order.sold_offline", "order.converted",
    }
)  # fmt: skip


class HasOrder(Condition):
    """Each order counts once, by when it was made."""

    kind = "order"
    label = t("audience.conditions.order.label")

    class Config(Counted):
        status = some_of("order.status", _STATES)
        deposit = one_of("order.deposit", _PAID)
        amount_min_fen = fen("order.from")
        amount_max_fen = fen("order.to")

        @validates_schema
        def amounts(self, data: dict[str, Any], **_: Any) -> None:
            if None not in (data["amount_min_fen"], data["amount_max_fen"]) and data["amount_max_fen"] < data["amount_min_fen"]:
                raise ValidationError(t("audience.conditions.wrong_amounts"), "amount_max_fen")

    @staticmethod
    def summary(config: dict[str, Any]) -> str:
        about = [_STATES[one] for one in config["status"]]
        if config["deposit"]:
            about.append(_PAID[config["deposit"]])
        for key in ("amount_min_fen", "amount_max_fen"):
            if config[key] is not None:
                about.append(t(f"audience.conditions.order.{key}", yuan=yuan(config[key])))
        return how_often(config) + t("audience.conditions.order.made") + aside(about)

    @staticmethod
    def answer(scope: Scope, config: dict[str, Any]) -> Answer:
        rows = select(Order.customer_id, Order.created_at).where(Order.brand_id == scope.brand_id)
        if config["status"]:
            rows = rows.where(Order.status.in_(config["status"]))
        match config["deposit"]:
            case "never":
                rows = rows.where(Order.paid_at.is_(None))
            case "paid":
                rows = rows.where(Order.paid_at.is_not(None))
            case "kept":
                rows = rows.where(Order.paid_at.is_not(None), Order.refunded_at.is_(None))
            case "refunded":
                rows = rows.where(Order.refunded_at.is_not(None))
        if config["amount_min_fen"] is not None:
            rows = rows.where(Order.amount_fen >= config["amount_min_fen"])
        if config["amount_max_fen"] is not None:
            rows = rows.where(Order.amount_fen <= config["amount_max_fen"])
        return counted(rows, config)

    @staticmethod
    def listens(config: dict[str, Any]) -> Collection[str]:
        return _CHANGES
