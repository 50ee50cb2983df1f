"""An order as people look at it: all its axes at once, and one word for the customer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from app.orders.models import Order, OrderStatus, Reservation, ReservationStatus
from app.payments.models import Refund
from app.payments.queries import PaymentStatus, Standing


@dataclass(frozen=True)
class View:
    """An order with everything that people look at with it. `refund` is the latest; `vehicle` is `vehicles.queries.card`."""

    order: Order
    hold: Reservation
    standing: Standing
    refund: Refund | None
    vehicle: dict[str, Any]

    @property
    def is_ending(self) -> bool:
        """Whether WeChat is being asked before the vehicle is let go."""
        return self.hold.status in (ReservationStatus.expiring, ReservationStatus.cancelling)

    @property
    def state(self) -> str:
        """One word for the customer, out of all three axes; its text is `orders.states.<word>`."""
        if self.order.status == OrderStatus.closed:
            if self.standing.status == PaymentStatus.refunding:
                return "refunding"
            if self.standing.status == PaymentStatus.refunded:
                return "refunded"
            if self.standing.kept_fen > 0 and not self.order.goes_back:
                return "forfeited"
            return str(self.order.close_reason)
        if self.is_ending:
            return "ending"
        return self.order.status
