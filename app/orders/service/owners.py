"""No money without an owner: find what should not be, mend it with the verbs that everybody uses, and show a person the rest."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from app.kit import clock, db
from app.kit.logging import logger
from app.kit.states import Transition
from app.orders.models import ACTIVE, RESERVATION, Order, OrderStatus, Reservation, ReservationStatus
from app.orders.service import ending, following, steps, waiting
from app.orders.waiting_models import WaitlistEntry, WaitlistStatus
from app.payments import service as payments
from app.payments.models import Account, IncidentKind, IntentStatus, LedgerEntry, LedgerLine, PaymentIncident, PaymentIntent
from app.vehicles import service as vehicles
from app.vehicles.models import Status, Vehicle

log = logger(__name__)

# What happened is known everywhere within seconds; earlier nothing is out of order.
GRACE = timedelta(seconds=60)
# How long a hold may be on its way from one state to the next: WeChat is asked every 45 s.
STUCK = timedelta(minutes=10)
AT_ONCE = 200

_LIVE = (OrderStatus.created, OrderStatus.awaiting_payment, OrderStatus.paid, OrderStatus.confirmed)
_MOVING = (ReservationStatus.expiring, ReservationStatus.cancelling)
# Where a hold ends whose order has ended without it.
_ENDS = {
    ReservationStatus.soft_held: ReservationStatus.failed,
    ReservationStatus.expiring: ReservationStatus.expired,
    ReservationStatus.cancelling: ReservationStatus.cancelled,
    ReservationStatus.hard_held: ReservationStatus.expired,
}


@dataclass(frozen=True)
class Check:
    """`find` gives the ids of what is out of order, `heal` mends one; what is left is raised as `raises`."""

    find: Callable[[Session], Sequence[uuid.UUID]]
    heal: Callable[[Session, uuid.UUID], Any] | None = None
    raises: IncidentKind | None = None


def find_owners() -> dict[str, int]:
    """Look at everything once, mend what can be mended, raise the rest; how much is left of each kind. Each step is a transaction."""
    return {name: _do(name, check) for name, check in CHECKS.items()}


def _do(name: str, check: Check) -> int:
    with db.transaction() as session:
        found = check.find(session)
    if not found:
        return 0
    log.warning("money or a vehicle without its owner", kind=name, ids=[str(one) for one in found])
    for one in found if check.heal else ():
        try:
            with db.transaction() as session:
                assert check.heal is not None
                check.heal(session, one)
        except Exception:
            log.exception("what is out of order could not be mended", kind=name, id=str(one))
    with db.transaction() as session:
        left = check.find(session)
        for one in left if check.raises else ():
            assert check.raises is not None
            _raise(session, check.raises, one)
    return len(left)


def _raise(session: Session, kind: IncidentKind, order_or_intent_id: uuid.UUID) -> None:
    order = session.get(Order, order_or_intent_id)
    intent_id = order.intent_id if order else order_or_intent_id
    if intent_id is not None:
        payments.report_on(session, kind, intent_id)


def _ids(session: Session, wanted: Any) -> Sequence[uuid.UUID]:
    return session.execute(wanted.limit(AT_ONCE)).scalars().all()


def _ago(span: timedelta) -> Any:
    return func.marque_now() - span


def _unheard(session: Session) -> Sequence[uuid.UUID]:
    """Orders that have not heard that they are paid."""
    wanted = select(Order.id).join(PaymentIntent, PaymentIntent.id == Order.intent_id)
    return _ids(session, wanted.where(*_unheard_of(), Order.paid_at.is_(None)))


def _orderless(session: Session) -> Sequence[uuid.UUID]:
    """Paid intents for an order that there is not."""
    of_order = select(Order.id).where(Order.intent_id == PaymentIntent.id).exists()
    return _ids(session, select(PaymentIntent.id).where(PaymentIntent.subject_type == "order", *_unheard_of(), ~of_order))


def _unheard_of() -> tuple[Any, ...]:
    """Money that came a while ago, and that its subject has not heard of."""
    return PaymentIntent.status == IntentStatus.paid, ~PaymentIntent.is_heard, PaymentIntent.paid_at < _ago(GRACE)


def _kept_of_closed(session: Session) -> Sequence[uuid.UUID]:
    """Closed orders whose money is neither back, nor on its way, nor ours, nor with a person already (a refund that WeChat closed)."""
    kept = (
        select(func.coalesce(func.sum(LedgerLine.credit_fen - LedgerLine.debit_fen), 0))
        .join(LedgerEntry, LedgerEntry.id == LedgerLine.entry_id)
        .where(LedgerEntry.intent_id == Order.intent_id, LedgerLine.account == Account.customer_deposits)
        .scalar_subquery()
    )
    with_a_person = (
        select(PaymentIncident.id)
        .where(
            PaymentIncident.intent_id == Order.intent_id,
            PaymentIncident.kind == IncidentKind.refund_closed,
            PaymentIncident.resolved_at.is_(None),
        )
        .exists()
    )
    was_paid = and_(Order.status == OrderStatus.closed, Order.paid_at.is_not(None), Order.refunded_at.is_(None))
    return _ids(session, select(Order.id).where(was_paid, Order.closed_at < _ago(GRACE), kept > 0, ~with_a_person))


def _send_back(session: Session, order_id: uuid.UUID) -> None:
    order, _ = steps.locked(session, order_id)
    if order.status == OrderStatus.closed and order.close_reason:
        steps.send_back(session, order, reason=steps.CloseReason(order.close_reason))


def _hold_of_ended(session: Session) -> Sequence[uuid.UUID]:
    """Orders that have ended, and still hold a vehicle."""
    live = select(Order.id).where(Order.id == Reservation.order_id, Order.status.in_(_LIVE)).exists()
    return _ids(session, select(Reservation.order_id).where(Reservation.status.in_(ACTIVE), ~live))


def _end_hold(session: Session, order_id: uuid.UUID) -> None:
    order, hold = steps.locked(session, order_id)
    if order.status in _LIVE or hold.status not in ACTIVE:
        return
    is_sold = order.status == OrderStatus.converted and hold.status == ReservationStatus.hard_held
    to = ReservationStatus.converted if is_sold else _ENDS[ReservationStatus(hold.status)]
    RESERVATION.move(session, hold, to, reason="order_has_ended", ended_at=clock.now(session))
    waiting.hand_on(session, order.vehicle_id)


def _order_without_hold(session: Session) -> Sequence[uuid.UUID]:
    """Orders under way that hold no vehicle."""
    held = select(Reservation.id).where(Reservation.order_id == Order.id, Reservation.status.in_(ACTIVE)).exists()
    return _ids(session, select(Order.id).where(Order.status.in_(_LIVE), ~held))


def _stuck(session: Session) -> Sequence[uuid.UUID]:
    """Orders whose hold is between two states, or past its end, for longer than it can be."""
    began = (
        select(func.max(Transition.created_at))
        .where(
            Transition.subject_type == Reservation.__tablename__,
            Transition.subject_id == Reservation.id,
            Transition.after == Reservation.status,
        )
        .scalar_subquery()
    )
    between = Reservation.status.in_(_MOVING) & (func.coalesce(began, Reservation.created_at) < _ago(STUCK))
    past = Reservation.status.in_(ACTIVE) & Reservation.status.not_in(_MOVING) & (Reservation.expires_at < _ago(STUCK))
    return _ids(session, select(Reservation.order_id).where(or_(between, past)))


def _push_on(session: Session, order_id: uuid.UUID) -> None:
    order, hold = steps.locked(session, order_id)
    assert order.intent_id is not None
    if hold.status in _MOVING:
        payments.start_closing(session, order.intent_id)
    ending.expire(session, order_id)


def _free_while_held(session: Session) -> Sequence[uuid.UUID]:
    """Vehicles on sale that somebody holds."""
    return _ids(session, _held_vehicles(Vehicle.id).where(Vehicle.status == Status.listed))


def _gone_while_held(session: Session) -> Sequence[uuid.UUID]:
    """Orders that hold a vehicle which was sold or withdrawn."""
    wanted = _held_vehicles(Order.id).where(Vehicle.status.not_in((Status.listed, Status.reserved)))
    return _ids(session, wanted)


def _held_vehicles(what: Any) -> Any:
    """Holds, with their orders under way and their vehicles, of vehicles that are not reserved: first those alone, by indexes of what is
    held and what is reserved, which are small however large the tables are.
    """
    reserved = select(Vehicle.id).where(Vehicle.id == Reservation.vehicle_id, Vehicle.status == Status.reserved).exists()
    alone = select(Reservation.order_id, Reservation.vehicle_id).where(Reservation.status.in_(ACTIVE), ~reserved)
    astray = alone.cte("astray").prefix_with("MATERIALIZED")
    held = select(what).select_from(astray).join(Order, Order.id == astray.c.order_id).join(Vehicle, Vehicle.id == astray.c.vehicle_id)
    return held.where(Order.status.in_(_LIVE))


def _reserved_for_nobody(session: Session) -> Sequence[uuid.UUID]:
    """Vehicles off the market that nobody holds, and that are offered to nobody."""
    held = select(Reservation.id).where(Reservation.vehicle_id == Vehicle.id, Reservation.status.in_(ACTIVE)).exists()
    offered = (
        select(WaitlistEntry.id).where(WaitlistEntry.vehicle_id == Vehicle.id, WaitlistEntry.status == WaitlistStatus.offered).exists()
    )
    return _ids(session, select(Vehicle.id).where(Vehicle.status == Status.reserved, ~held, ~offered))


# In this order: what one mends, the next need not find.
CHECKS = {
    "unheard_payment": Check(_unheard, following.follow_payment, IncidentKind.money_without_order),
    "orderless_payment": Check(_orderless, None, IncidentKind.money_without_order),
    "money_of_closed_order": Check(_kept_of_closed, _send_back, IncidentKind.money_without_order),
    "hold_of_ended_order": Check(_hold_of_ended, _end_hold, IncidentKind.stuck_order),
    "stuck_order": Check(_stuck, _push_on, IncidentKind.stuck_order),
    "order_without_hold": Check(_order_without_hold, None, IncidentKind.order_without_hold),
    "listed_while_held": Check(_free_while_held, vehicles.reserve),
    "gone_while_held": Check(_gone_while_held, None, IncidentKind.sold_while_held),
    "reserved_for_nobody": Check(_reserved_for_nobody, waiting.hand_on),
}
