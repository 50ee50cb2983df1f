"""What a message may speak of: facts about its customer, order, vehicle and store, looked up when it is rendered."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta, timezone
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.dealers.models import Store
from app.identity import queries as identity
from app.kit import clock
from app.kit.phone import mask
from app.kit.texts import t
from app.messaging.models import Send
from app.orders.models import Order
from app.vehicles import queries as vehicles

CHINA = timezone(timedelta(hours=8))
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def of(session: Session, send: Send) -> dict[str, str]:
    """Facts by name; one that there is not has no entry.

    customer_phone (masked), order_id, order_number, amount (¥1000, as WeChat's `amount` wants it), paid_at, cancel_reason, dealer_note,
    vehicle_id, vehicle_title, store_name, store_phone, visit_time (the store's next whole day, `2026年11月22日 09:00~18:00`),
    order_outcome and held_until (what the dealer made of an order), offered_until and waitlist_outcome (of a place in a waiting list).
    Times are China's.
    A context that names no order, vehicle or store, such as that of a journey which a tag started, means the customer's latest order.
    """
    context = send.context
    customer_id = send.customer_id or _id(context.get("customer_id"))
    order_id, vehicle_id, store_id = (_id(context.get(name)) for name in ("order_id", "vehicle_id", "store_id"))
    order = _order(session, send.brand_id, order_id, None if vehicle_id or store_id else customer_id)
    vehicle_id = vehicle_id or (order.vehicle_id if order else None)
    facts: dict[str, str | None] = {}
    if customer_id:
        facts["customer_phone"] = mask(identity.get(session, send.brand_id, customer_id).phone)
    if order:
        facts |= {
            "order_id": str(order.id),
            "order_number": order.number,
            "amount": amount(order.amount_fen),
            "paid_at": minute(order.paid_at) if order.paid_at else None,
            "cancel_reason": order.cancel_reason,
            "dealer_note": order.dealer_note,
        }
    if context.get("order_outcome"):
        facts["order_outcome"] = t(f"messaging.order.{context['order_outcome']}")
    if context.get("held_until"):
        facts["held_until"] = minute(datetime.fromisoformat(context["held_until"]))
    if context.get("offered_until"):
        facts["offered_until"] = minute(datetime.fromisoformat(context["offered_until"]))
    if context.get("outcome"):
        facts["waitlist_outcome"] = t(f"messaging.waitlist.{context['outcome']}")
    store = session.get(Store, store_id) if store_id else None
    if vehicle_id:
        vehicle = vehicles.get(session, send.brand_id, vehicle_id)
        store = store or vehicle.store
        facts |= {"vehicle_id": str(vehicle.id), "vehicle_title": vehicle.title}
    if store:
        facts |= {"store_name": store.name, "store_phone": store.phone, "visit_time": _next_day(store.hours, clock.now(session))}
    return {name: value for name, value in facts.items() if value}


def amount(fen: int) -> str:
    """¥1000 or ¥1000.50: WeChat's `amount` knows no thousands separator."""
    whole, cents = divmod(fen, 100)
    return f"¥{whole}" + (f".{cents:02d}" if cents else "")


def minute(moment: datetime) -> str:
    """2026年11月22日 09:05, in China."""
    here = moment.astimezone(CHINA)
    return f"{here.year}年{here.month}月{here.day}日 {here:%H:%M}"


def _id(value: Any) -> uuid.UUID | None:
    return uuid.UUID(str(value)) if value else None


def _order(session: Session, brand_id: uuid.UUID, order_id: uuid.UUID | None, customer_id: uuid.UUID | None) -> Order | None:
    wanted = select(Order).filter_by(brand_id=brand_id)
    if order_id:
        return session.execute(wanted.filter_by(id=order_id)).scalar_one_or_none()
    if customer_id is None:
        return None
    return session.execute(wanted.filter_by(customer_id=customer_id).order_by(Order.created_at.desc()).limit(1)).scalar_one_or_none()


def _next_day(hours: dict[str, Any], moment: datetime) -> str | None:
    today = moment.astimezone(CHINA)
    for ahead in range(1, 8):
        day = today + timedelta(days=ahead)
        if open_hours := hours.get(_DAYS[day.weekday()]):
            return f"{day.year}年{day.month}月{day.day}日 {open_hours[0]}~{open_hours[1]}"
    return None
