"""Reserve a vehicle: hold, order, intent and attempt come to be together or not at all."""

from __future__ import annotations

import secrets
import uuid
from datetime import timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.identity import queries as identity
from app.identity.models import Customer
from app.kit import clock, db
from app.kit.idempotency import KeyReused
from app.kit.texts import t
from app.orders import queries
from app.orders.errors import LimitReached, NotOnSale, PhoneNeeded, TermsChanged, TermsUnfit
from app.orders.models import ORDER, DepositTerms, DepositType, Order, OrderStatus, Reservation
from app.orders.service import steps, waiting
from app.orders.service.terms import payee_of
from app.payments import service as payments
from app.vehicles import queries as vehicle_queries
from app.vehicles.errors import NotOnSale as VehicleNotOnSale
from app.vehicles.models import Vehicle

# Without 0, O, 1, I and L, which people confuse when they read a number out on the telephone.
_SIGNS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
_CHINA = ZoneInfo("Asia/Shanghai")


def reserve(session: Session, customer_id: uuid.UUID, *, vehicle_id: uuid.UUID, terms_version: str, request_key: str) -> Order:
    """Hold a vehicle softly while the customer pays its deposit. The same `request_key` again gives the same order.

    Raises:
        PhoneNeeded, VehicleUnknown, TermsMissing, TermsChanged, LimitReached, TermsUnfit, PayeeMissing: before anything is touched.
        NotOnSale: nothing is left behind.
        KeyReused: the key made an order for another vehicle.
    """
    # Under this lock two requests of one person follow each other, so that neither key nor limit is passed twice.
    customer = identity.standing_still(session, session.get_one(Customer, customer_id), alone=True)
    known = session.execute(select(Order).filter_by(customer_id=customer.id, request_key=request_key)).scalar_one_or_none()
    if known is not None:
        if known.vehicle_id != vehicle_id:
            raise KeyReused(header="Idempotency-Key")
        return known
    if customer.phone_hash is None:
        raise PhoneNeeded
    wanted = vehicle_queries.get(session, customer.brand_id, vehicle_id)
    terms = queries.terms(session, customer.brand_id, wanted.dealer_id)
    if terms.version != terms_version:
        raise TermsChanged(terms_version=terms.version)
    held = queries.active_of(session, customer.id)
    if len(held) >= terms.active_per_customer:
        raise LimitReached(order_id=str(held[0].order_id))
    vehicle = _take(session, customer, vehicle_id)
    # The price as it is now that nobody else can take the vehicle
    _must_fit(terms, vehicle)
    return _write(session, customer, vehicle, terms, payee=payee_of(session, terms, vehicle.dealer_id), request_key=request_key)


def _take(session: Session, customer: Customer, vehicle_id: uuid.UUID) -> Vehicle:
    try:
        return waiting.take(session, customer, vehicle_id)
    except VehicleNotOnSale as error:
        raise _not_on_sale(session, vehicle_id) from error


def _must_fit(terms: DepositTerms, vehicle: Vehicle) -> None:
    """Civil Code, art. 586: earnest money is at most 20 % of the price."""
    most_fen = vehicle.price_fen // 5
    if terms.deposit_type == DepositType.earnest_money and terms.amount_fen > most_fen:
        raise TermsUnfit(most_fen=most_fen)


def _not_on_sale(session: Session, vehicle_id: uuid.UUID) -> NotOnSale:
    holder = queries.holder_of(session, vehicle_id)
    if holder is None:
        return NotOnSale()
    return NotOnSale(retry_after=max(1, round((holder.expires_at - clock.now(session)).total_seconds())))


def _write(
    session: Session, customer: Customer, vehicle: Vehicle, terms: DepositTerms, *, payee: payments.Payee, request_key: str
) -> Order:
    moment = clock.now(session)
    order = Order(
        id=db.new_id(),
        brand_id=customer.brand_id,
        number=f"D{moment.astimezone(_CHINA):%y%m%d}" + "".join(secrets.choice(_SIGNS) for _ in range(8)),
        status=OrderStatus.created,
        customer_id=customer.id,
        vehicle_id=vehicle.id,
        dealer_id=vehicle.dealer_id,
        store_id=vehicle.store_id,
        amount_fen=terms.amount_fen,
        deposit_type=terms.deposit_type,
        terms_version=terms.version,
        terms_accepted_at=moment,
        hold_hours=terms.hold_hours,
        extension_hours=terms.extension_hours,
        refund_rule=terms.refund_rule,
        payee_name=payee.name,
        request_key=request_key,
    )
    session.add(order)
    session.flush()
    expires_at = moment + timedelta(minutes=terms.pay_minutes)
    hold = Reservation(brand_id=order.brand_id, order_id=order.id, vehicle_id=vehicle.id, customer_id=customer.id, expires_at=expires_at)
    try:
        with session.begin_nested():
            session.add(hold)
    except IntegrityError as error:
        # Whatever the vehicle's own status says, the index has the last word.
        raise _not_on_sale(session, vehicle.id) from error
    intent = payments.open(
        session,
        customer,
        subject=("order", order.id),
        amount_fen=order.amount_fen,
        description=t("orders.payment_description", deposit=t(f"orders.deposit_types.{order.deposit_type}"), vehicle=vehicle.title)[:127],
        expires_at=expires_at,
        payee=payee,
        number=order.number,
    )
    order.intent_id = intent.id
    session.flush()
    steps.record(session, "order.reserved", order, actor=("customer", customer.id))
    return order


def await_payment(session: Session, order_id: uuid.UUID) -> None:
    """WeChat has prepared the payment; a notification may have been faster, then there is nothing left to wait for."""
    order, _ = steps.locked(session, order_id)
    if order.status == OrderStatus.created:
        ORDER.move(session, order, OrderStatus.awaiting_payment)
