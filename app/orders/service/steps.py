"""The small steps that every verb of orders is made of."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.events import service as events
from app.kit import clock
from app.kit.texts import t
from app.orders import queries
from app.orders.models import (
    ORDER,
    RESERVATION,
    CloseReason,
    DepositType,
    Order,
    OrderStatus,
    Reservation,
    ReservationStatus,
)
from app.orders.service import waiting
from app.payments import queries as payment_queries
from app.payments import service as payments
from app.payments.models import Account, IncidentKind
from app.vehicles import service as vehicles

Actor = tuple[str, Any]
SYSTEM: Actor = ("system", None)

# What becomes of a hold that the dealer ends.
OF_THE_DEALER = {
    CloseReason.declined_by_dealer: ReservationStatus.cancelled_by_dealer,
    CloseReason.sold_offline: ReservationStatus.sold_elsewhere,
}
# What ends because she wanted it, or did nothing.
_HERS = (CloseReason.cancelled_by_customer, CloseReason.hold_ended)
# How an end is told besides `order.closed`; what the dealer does is told when he does it.
_TOLD = {
    CloseReason.cancelled_by_customer: "order.cancelled",
    CloseReason.expired: "order.expired",
    CloseReason.hold_ended: "order.expired",
}


def locked(session: Session, order_id: uuid.UUID) -> tuple[Order, Reservation]:
    """The order as it is now, locked until the end of the transaction, and its latest reservation."""
    order = session.execute(
        select(Order).filter_by(id=order_id).with_for_update(key_share=True).execution_options(populate_existing=True)
    ).scalar_one()
    hold = queries.hold(session, order_id)
    session.refresh(hold)
    return order, hold


def record(session: Session, name: str, order: Order, *, actor: Actor = SYSTEM, **more: Any) -> None:
    """An event of this order, with the keys that every event of orders carries."""
    data = {
        "order_id": order.id,
        "vehicle_id": order.vehicle_id,
        "dealer_id": order.dealer_id,
        "store_id": order.store_id,
        "amount_fen": order.amount_fen,
    }
    events.record(
        session, name, brand_id=order.brand_id, customer_id=order.customer_id, subject=("order", order.id), data=data | more, actor=actor
    )


def begin_ending(session: Session, order: Order, hold: Reservation, *, reason: CloseReason, actor: Actor, note: str | None = None) -> None:
    """Nobody has paid, as far as we know: WeChat is told to take no more money, and until it has answered the hold is `cancelling`."""
    assert order.intent_id is not None
    RESERVATION.move(session, hold, ReservationStatus.cancelling, actor=actor, reason=note or reason)
    order.close_reason = reason
    payments.start_closing(session, order.intent_id)


def end_begun(session: Session, order: Order, hold: Reservation, *, was_paid: bool) -> None:
    """WeChat has answered: the end that somebody wanted comes to pass, for the reason that was kept."""
    reason = CloseReason(str(order.close_reason))
    if reason in OF_THE_DEALER:
        end(session, order, hold, to=OF_THE_DEALER[reason], reason=reason)
    else:
        to = ReservationStatus.cancelled_by_user if was_paid else ReservationStatus.cancelled
        end(session, order, hold, to=to, reason=reason, actor=("customer", order.customer_id))


def end(
    session: Session,
    order: Order,
    hold: Reservation,
    *,
    to: ReservationStatus,
    reason: CloseReason,
    actor: Actor = SYSTEM,
    note: str | None = None,
) -> None:
    """The hold and the order end, the money goes where it belongs, and the vehicle too: all of it or nothing.

    The vehicle does not wait for the refund to be settled: from here on the money is the customer's again, and nobody holds the car.
    `note`, a staff member's own words, goes into the trail instead of the reason's code.
    """
    moment = clock.now(session)
    was_firm = hold.status == ReservationStatus.hard_held
    is_forfeited = was_firm and reason in _HERS and not order.goes_back
    RESERVATION.move(session, hold, to, actor=actor, reason=note or reason, ended_at=moment)
    ORDER.move(session, order, OrderStatus.closed, actor=actor, reason=note or reason, closed_at=moment, close_reason=reason)
    assert order.intent_id is not None
    if is_forfeited:
        # The car was kept for her, and she let it go.
        was_paid = payments.recognise(session, order.intent_id, to=Account.deposits_forfeited) > 0
    else:
        was_paid = send_back(session, order, reason=reason) > 0
    if was_firm and reason in OF_THE_DEALER and order.deposit_type == DepositType.earnest_money:
        # Civil Code, art. 587: who took earnest money and does not keep the deal returns it double. The second half is paid by hand.
        payments.report_on(session, IncidentKind.double_return_owed, order.intent_id)
    if reason == CloseReason.sold_offline:
        vehicles.sell(session, order.vehicle_id, actor=actor)
    else:
        waiting.hand_on(session, order.vehicle_id)
    money = {"was_paid": was_paid, "is_forfeited": is_forfeited}
    if reason in _TOLD:
        record(session, _TOLD[reason], order, actor=actor, **money)
    record(session, "order.closed", order, actor=actor, close_reason=reason, **money)


def send_back(session: Session, order: Order, *, reason: CloseReason) -> int:
    """Ask for everything back that she paid and nobody has asked back yet; how much that is."""
    assert order.intent_id is not None
    amount_fen = payment_queries.refundable_fen(session, order.intent_id)
    if amount_fen > 0:
        told = t(f"orders.refund_reasons.{reason}", deposit=t(f"orders.deposit_types.{order.deposit_type}"))
        payments.request_refund(session, order.intent_id, amount_fen=amount_fen, reason=told)
    return amount_fen
