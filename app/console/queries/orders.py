"""Orders with their payment axis and the ledger lines behind them."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.console.queries import actions
from app.console.queries.names import named, people, vehicles
from app.console.queries.paging import Page, page_of
from app.console.queries.scope import Scope
from app.dealers.models import Dealer, Staff, Store
from app.dealers.queries import moves_in_words
from app.kit.texts import t
from app.orders import queries, shipping_queries
from app.orders.models import Order, Reservation
from app.payments import queries as payments
from app.payments.models import LedgerEntry, LedgerLine
from app.payments.queries import PaymentStatus


def search(
    session: Session, scope: Scope, *, q: str | None, status: str | None, cursor: str | None, limit: int, counted: bool = True
) -> Page:
    """Orders by a part of their number and by status, the newest first."""
    wanted = [scope.covers(Order)]
    if q:
        wanted.append(Order.number.icontains(q, autoescape=True))
    if status:
        wanted.append(Order.status == status)
    page = page_of(session, Order, wanted, cursor=cursor, limit=limit, counted=counted)
    return page.of(_rows(session, page.items))


def of_customer(session: Session, scope: Scope, customer_id: uuid.UUID) -> list[dict[str, Any]]:
    """All orders of a customer that the scope reaches, the newest first."""
    found = session.execute(select(Order).where(Order.customer_id == customer_id, scope.covers(Order)).order_by(Order.id.desc()))
    return _rows(session, found.scalars().all())


def _rows(session: Session, orders: Sequence[Order]) -> list[dict[str, Any]]:
    cars = vehicles(session, (order.vehicle_id for order in orders))
    buyers = people(session, (order.customer_id for order in orders))
    dealers = named(session, Dealer, (order.dealer_id for order in orders))
    standings = payments.standings(session, [order.intent_id for order in orders if order.intent_id])
    return [
        {
            "id": order.id,
            "number": order.number,
            "status": order.status,
            "payment_status": standings[order.intent_id].status if order.intent_id else PaymentStatus.none,
            "amount_fen": order.amount_fen,
            "vehicle": cars.get(order.vehicle_id),
            "customer": buyers[order.customer_id],
            "dealer": dealers.get(order.dealer_id),
            "created_at": order.created_at,
        }
        for order in orders
    ]


def show(session: Session, staff: Staff, order_id: uuid.UUID) -> dict[str, Any]:
    """One order with its hold, attempts, refunds, ledger lines and trail, and what this staff member can do now. Raises `OrderUnknown`."""
    scope = Scope.of(staff)
    order = queries.get(session, scope.brand_id, order_id, dealer_id=scope.dealer_id)
    hold = session.execute(select(Reservation).filter_by(order_id=order.id).order_by(Reservation.id.desc()).limit(1)).scalar_one_or_none()
    (row,) = _rows(session, [order])
    intent_id = order.intent_id
    attempts = payments.attempts_of(session, intent_id)[::-1] if intent_id else []
    refunds = payments.refunds_of(session, intent_id)[::-1] if intent_id else []
    refundable_fen = payments.refundable_fen(session, intent_id) if intent_id else 0
    return row | {
        "deposit_type": order.deposit_type,
        "terms_version": order.terms_version,
        "terms_accepted_at": order.terms_accepted_at,
        "refundable_until": order.refundable_until,
        "close_reason": order.close_reason,
        "cancel_reason": order.cancel_reason,
        "dealer_note": order.dealer_note,
        "payee_name": order.payee_name,
        "refund_rule": order.refund_rule,
        "hold_hours": order.hold_hours,
        "extension_hours": order.extension_hours,
        "confirmed_at": order.confirmed_at,
        "extended_at": order.extended_at,
        "store": named(session, Store, [order.store_id])[order.store_id],
        "reservation": hold and {"status": hold.status, "expires_at": hold.expires_at},
        "attempts": attempts,
        "refunds": refunds,
        "refundable_fen": refundable_fen,
        "shipping": _shipping(session, order.id),
        "ledger": [_line(entry, line) for entry in payments.ledger_of(session, intent_id) for line in entry.lines] if intent_id else [],
        "trail": moves_in_words(session, queries.trail(session, order)[::-1]),
        "actions": actions.of(staff, order, hold, refundable_fen=refundable_fen),
    }


def _shipping(session: Session, order_id: uuid.UUID) -> dict[str, Any] | None:
    """What WeChat was told last about the hand-over of what was paid; None where it keeps no money."""
    uploads = shipping_queries.of_order(session, order_id)
    if not uploads:
        return None
    last = uploads[-1]
    return {
        "status": last.status,
        "label": t(f"orders.shipping.{last.status}"),
        "told_at": last.told_at,
        "settled_at": last.settled_at,
        "reminded_at": last.reminded_at,
        "error_code": last.error_code,
    }


def _line(entry: LedgerEntry, line: LedgerLine) -> dict[str, Any]:
    return {
        "id": line.id,
        "at": entry.created_at,
        "entry": t(f"payments.entries.{entry.kind.replace(' ', '_')}"),
        "account": t(f"payments.accounts.{line.account}"),
        "debit_fen": line.debit_fen,
        "credit_fen": line.credit_fen,
    }
