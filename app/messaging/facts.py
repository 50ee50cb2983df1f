"""What a message may speak of: facts about its customer, order, vehicle and store, looked up when it is rendered."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from app.dealers.models import Store
from app.identity.models import Customer
from app.kit import clock, db
from app.kit.phone import mask
from app.kit.texts import t
from app.messaging import refusing
from app.messaging.models import Purpose, Send
from app.orders.models import Order
from app.vehicles.models import ModelSeries, Vehicle

CHINA = timezone(timedelta(hours=8))
# What the names of facts about orders, vehicles and stores have in them.
OF_THINGS = ("order", "amount", "paid_at", "cancel_reason", "dealer_note", "vehicle", "store", "visit_time")
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


# Facts of these customers, by their ids and the facts' names, from a domain above.
Teller = Callable[[Session, Collection[uuid.UUID]], Mapping[uuid.UUID, Mapping[str, Any]]]
_tellers: dict[tuple[str, ...], Teller] = {}


def also_knows(*names: str) -> Callable[[Teller], Teller]:
    """Let a domain above tell facts of customers by these names; it is asked only where a form speaks of one."""

    def register(teller: Teller) -> Teller:
        _tellers[names] = teller
        return teller

    return register


def of(session: Session, send: Send, *, forms: Collection[str] | None = None) -> dict[str, Any]:
    """The facts of one message; see `of_all`."""
    return of_all(session, [send], forms=forms)[send.id]


def of_all(session: Session, sends: Sequence[Send], *, forms: Collection[str] | None = None) -> dict[uuid.UUID, dict[str, Any]]:
    """Facts by name for each message, in a number of statements that does not grow with theirs; one that there is not has no entry.
    `forms`: what is to be filled, so that nothing else is looked up that costs a statement; None is anything.

    customer_name, customer_phone (masked), customer_city; what is computed about her: last_series (at which she looked), budget_band,
    visits_30d, last_seen_at; order_id, order_number, amount (¥1000, as WeChat's `amount` wants it), paid_at, cancel_reason,
    dealer_note, vehicle_id, vehicle_title, vehicle_series, vehicle_trim, vehicle_price (as
    amount), store_name, store_phone, store_city, store_address, visit_time (the store's next whole day,
    `2026年11月22日 09:00~18:00`), order_outcome and held_until (what the dealer made of an order), offered_until and waitlist_outcome (of a
    place in a waiting list), refusal_link (of a marketing message to her: the page by which she refuses them), answers (of the systems that
    the same walk of a journey has called before, by the names given to them). Times are China's.
    A context that names no order, vehicle or store, such as that of a journey which a tag started, means the customer's latest order.
    Raises ValueError for an id that is none.
    """
    subjects = {send.id: _Subject.of(send) for send in sends}
    things = subjects.values() if _speaks_of(OF_THINGS, forms) else ()
    orders = _orders(session, things)
    people = {one.customer_id for one in subjects.values()} | {one.customer_id for one in orders.values()}
    customers = _customers(session, people)
    for one in subjects.values():
        order = orders.get(one.order_id) if one.order_id else orders.get(one.customer_id) if one.means_latest_order else None
        one.order = order if order is not None and order.brand_id == one.brand_id and _is_hers(order, one.customer_id, customers) else None
    vehicles = _vehicles(session, (one.its_vehicle_id for one in things))
    stores = _by_id(session, Store, [*(one.store_id for one in things), *(one.store_id for one in vehicles.values())])
    answers = _answers(session, {send.walk_id for send in sends if send.walk_id} if _speaks_of(("answers",), forms) else ())
    known = _known_above(session, {one.id for one in customers.values()}, forms)
    now = clock.now(session)
    found: dict[uuid.UUID, dict[str, Any]] = {}
    for send in sends:
        one = subjects[send.id]
        vehicle = vehicles.get(one.its_vehicle_id)
        vehicle = vehicle if vehicle is not None and vehicle.brand_id == one.brand_id else None
        named = stores.get(one.store_id)
        store = (named if named is not None and named.brand_id == one.brand_id else None) or (
            stores.get(vehicle.store_id) if vehicle else None
        )
        facts: dict[str, Any] = _told(send.context) | _of_order(one.order) | _of_place(vehicle, store, now)
        facts["answers"] = answers.get(send.walk_id)
        customer = customers.get(one.customer_id)
        if customer is not None:
            facts |= {"customer_name": customer.nickname, "customer_phone": mask(customer.phone), "customer_city": customer.city}
            facts |= known.get(customer.id, {})
        if send.purpose == Purpose.marketing and send.customer_id is not None:
            facts["refusal_link"] = refusing.url(send.customer_id, send.channel)
        found[send.id] = {name: value for name, value in facts.items() if value}
    return found


@dataclass
class _Subject:
    """What one message is about, by ids."""

    brand_id: uuid.UUID
    customer_id: uuid.UUID | None
    order_id: uuid.UUID | None
    vehicle_id: uuid.UUID | None
    store_id: uuid.UUID | None
    order: Order | None = None

    @classmethod
    def of(cls, send: Send) -> _Subject:
        customer, order, vehicle, store = (_id(send.context.get(f"{what}_id")) for what in ("customer", "order", "vehicle", "store"))
        return cls(send.brand_id, send.customer_id or customer, order, vehicle, store)

    @property
    def means_latest_order(self) -> bool:
        return not (self.order_id or self.vehicle_id or self.store_id)

    @property
    def its_vehicle_id(self) -> uuid.UUID | None:
        return self.vehicle_id or (self.order.vehicle_id if self.order else None)


def _answers(session: Session, walk_ids: Collection[uuid.UUID]) -> dict[uuid.UUID | None, dict[str, Any]]:
    """What systems of the brand's own have answered to each walk, by the name of the answer; the latest of a name."""
    found: dict[uuid.UUID | None, dict[str, Any]] = {}
    if walk_ids:
        named = Send.context["answer_key"].astext
        said = select(Send.walk_id, named, Send.answer).where(
            db.among(Send.walk_id, walk_ids), Send.answer.is_not(None), named.is_not(None)
        )
        for walk_id, name, answer in session.execute(said.order_by(Send.settled_at, Send.id)):
            found.setdefault(walk_id, {})[name] = answer
    return found


def _speaks_of(names: Iterable[str], forms: Collection[str] | None) -> bool:
    return forms is None or any(name in form for form in forms for name in names)


def _known_above(session: Session, people: Collection[uuid.UUID], forms: Collection[str] | None) -> dict[uuid.UUID, dict[str, Any]]:
    found: dict[uuid.UUID, dict[str, Any]] = {}
    for names, teller in _tellers.items():
        if people and _speaks_of(names, forms):
            for customer_id, told in teller(session, people).items():
                found.setdefault(customer_id, {}).update(told)
    return found


def _told(context: Mapping[str, Any]) -> dict[str, str | None]:
    """What the event behind the message told of."""
    facts: dict[str, str | None] = {}
    if context.get("order_outcome"):
        facts["order_outcome"] = t(f"messaging.order.{context['order_outcome']}")
    if context.get("outcome"):
        facts["waitlist_outcome"] = t(f"messaging.waitlist.{context['outcome']}")
    for name in ("held_until", "offered_until"):
        if context.get(name):
            facts[name] = minute(datetime.fromisoformat(context[name]))
    return facts


def _of_order(order: Order | None) -> dict[str, str | None]:
    if order is None:
        return {}
    return {
        "order_id": str(order.id),
        "order_number": order.number,
        "amount": amount(order.amount_fen),
        "paid_at": minute(order.paid_at) if order.paid_at else None,
        "cancel_reason": order.cancel_reason,
        "dealer_note": order.dealer_note,
    }


def _of_place(vehicle: Any, store: Store | None, now: datetime) -> dict[str, str | None]:
    facts: dict[str, str | None] = {}
    if vehicle:
        facts |= {"vehicle_id": str(vehicle.id), "vehicle_title": vehicle.title, "vehicle_series": vehicle.series}
        facts |= {"vehicle_trim": vehicle.trim, "vehicle_price": amount(vehicle.price_fen)}
    if store:
        facts |= {"store_name": store.name, "store_phone": store.phone, "visit_time": _next_day(store.hours, now)}
        facts |= {"store_city": store.city, "store_address": store.address}
    return facts


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


def _by_id(session: Session, table: Any, ids: Iterable[uuid.UUID | None]) -> dict[Any, Any]:
    wanted = {one for one in ids if one}
    return {row.id: row for row in session.execute(select(table).where(db.among(table.id, wanted))).scalars()} if wanted else {}


def _customers(session: Session, ids: Iterable[uuid.UUID | None]) -> dict[Any, Any]:
    """By each id the customer herself, also where that one was merged."""
    # What a message tells of her, and no more.
    wanted, found = {one for one in ids if one}, dict[Any, Any]()
    while wanted:
        columns = select(Customer.id, Customer.merged_into_id, Customer.nickname, Customer.phone, Customer.city)
        found |= {one.id: one for one in session.execute(columns.where(db.among(Customer.id, wanted)))}
        wanted = {one.merged_into_id for one in found.values() if one.merged_into_id} - found.keys()
    for customer_id, customer in found.items():
        while customer.merged_into_id:
            customer = found[customer.merged_into_id]
        found[customer_id] = customer
    return found


def _orders(session: Session, subjects: Iterable[_Subject]) -> dict[Any, Order]:
    """Orders by their ids, and the latest one of those who are not asked about anything else, by the customer's."""
    wanted = list(subjects)
    found: dict[Any, Order] = _by_id(session, Order, (one.order_id for one in wanted))
    if buyers := {one.customer_id for one in wanted if one.means_latest_order and one.customer_id}:
        latest = select(Order).where(db.among(Order.customer_id, buyers)).ext(distinct_on(Order.customer_id))
        for order in session.execute(latest.order_by(Order.customer_id, Order.created_at.desc())).scalars():
            found[order.customer_id] = order
    return found


def _is_hers(order: Order, customer_id: uuid.UUID | None, customers: Mapping[Any, Any]) -> bool:
    """Nobody hears of somebody else's order, whatever a context says; one that nobody has any more is told of to staff."""
    hers, owner = customers.get(customer_id), customers.get(order.customer_id)
    return hers is None or owner is None or owner.id == hers.id


def _vehicles(session: Session, ids: Iterable[uuid.UUID | None]) -> dict[Any, Any]:
    """What a message tells of a vehicle, and no more: a row has a hundred times as much."""
    wanted = {one for one in ids if one}
    if not wanted:
        return {}
    columns = (Vehicle.id, Vehicle.brand_id, Vehicle.title, Vehicle.trim, Vehicle.price_fen, Vehicle.store_id)
    rows = select(*columns, ModelSeries.name.label("series")).join(ModelSeries, ModelSeries.id == Vehicle.series_id)
    return {vehicle.id: vehicle for vehicle in session.execute(rows.where(db.among(Vehicle.id, wanted)))}


def _next_day(hours: dict[str, Any], moment: datetime) -> str | None:
    today = moment.astimezone(CHINA)
    for ahead in range(1, 8):
        day = today + timedelta(days=ahead)
        if open_hours := hours.get(_DAYS[day.weekday()]):
            return f"{day.year}年{day.month}月{day.day}日 {open_hours[0]}~{open_hours[1]}"
    return None
