"""What a staff member can do with an order now, and why not where she cannot: decided here, so that its page only draws buttons."""

from __future__ import annotations

from typing import Any

from app.dealers.models import Role, Staff
from app.kit.texts import t
from app.orders.models import Order, OrderStatus, Reservation, ReservationStatus

LETTING_GO = ("decline", "sold-offline")
OF_THE_DEALER = ("confirm", "extend", "convert", *LETTING_GO)
EVERY_ACTION = (*OF_THE_DEALER, "refund")
DEALERS_ROLES = (Role.adviser, Role.dealer_manager, Role.admin)
MONEY_ROLES = (Role.finance, Role.admin)


def of(staff: Staff, order: Order, hold: Reservation | None, *, refundable_fen: int) -> list[dict[str, Any]]:
    """What her role may ever do, each with `refusal`: None where it can be done now, else in words why not. The doors decide again."""
    found: dict[str, str | None] = {}
    if staff.role in DEALERS_ROLES:
        found |= {action: _refusal(action, order, hold) for action in OF_THE_DEALER}
    if staff.role in MONEY_ROLES:
        found["refund"] = None if refundable_fen > 0 else "nothing_to_refund"
    return [{"action": action, "refusal": why and t(f"console.order_actions.{why}")} for action, why in found.items()]


def _refusal(action: str, order: Order, hold: Reservation | None) -> str | None:
    if order.status in (OrderStatus.closed, OrderStatus.converted) or hold is None:
        return "over"
    if hold.status == ReservationStatus.cancelling:
        return "ending"
    if action in LETTING_GO:
        return None
    if hold.status != ReservationStatus.hard_held:
        return "unpaid"
    if action == "confirm" and order.status == OrderStatus.confirmed:
        return "confirmed"
    if action == "extend" and order.extension_hours == 0:
        return "no_extension"
    if action == "extend" and order.extended_at is not None:
        return "extended"
    return None
