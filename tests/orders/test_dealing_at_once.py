"""Two want something of one order at the same moment: one of them gets it, the other a clear refusal, and the money moves once."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.dealers.models import Staff
from app.identity.models import Customer
from app.kit import clock, db
from app.kit.errors import AppError
from app.orders import queries
from app.orders import service as orders
from app.orders.models import ACTIVE, Order, Reservation
from app.payments import queries as payment_queries
from app.payments import service as payments
from app.payments.models import Refund
from app.vehicles.models import Vehicle
from app.wechat.fake import FakeGateway
from tests.factories import dealers, vehicles
from tests.factories import orders as make
from tests.factories.payments import Works
from tests.orders.case import Case, begun

Committed = Callable[[], Any]
Act = Callable[[Session, Staff, Case], Any]

ACTS: dict[str, Act] = {
    "confirm": lambda session, staff, case: orders.confirm(session, staff, case.order.id),
    "extend": lambda session, staff, case: orders.extend(session, staff, case.order.id),
    "convert": lambda session, staff, case: orders.convert(session, staff, case.order.id),
    "decline": lambda session, staff, case: orders.decline(session, staff, case.order.id, reason="车辆有损伤"),
    "sold_offline": lambda session, staff, case: orders.sold_offline(session, staff, case.order.id, reason="到店客户已购"),
    "cancel": lambda session, _staff, case: orders.cancel(session, session.get_one(Customer, case.customer.id), case.order.id),
    "expire": lambda session, _staff, case: orders.expire(session, case.order.id),
}
DONE, HELD_NO_MORE = "done", "orders.not_held"
# What the two may get, whoever comes first.
PAIRS: dict[tuple[str, str], set[tuple[str, str]]] = {
    ("confirm", "confirm"): {(DONE, "orders.already_confirmed"), ("orders.already_confirmed", DONE)},
    ("extend", "extend"): {(DONE, "orders.already_extended"), ("orders.already_extended", DONE)},
    ("decline", "decline"): {(DONE, HELD_NO_MORE), (HELD_NO_MORE, DONE)},
    ("convert", "sold_offline"): {(DONE, HELD_NO_MORE), (HELD_NO_MORE, DONE)},
    ("confirm", "cancel"): {(DONE, DONE), (HELD_NO_MORE, DONE)},
    ("decline", "cancel"): {(DONE, "orders.over"), (HELD_NO_MORE, DONE)},
    ("convert", "cancel"): {(DONE, "orders.over"), (HELD_NO_MORE, DONE)},
    ("extend", "expire"): {(DONE, DONE), (HELD_NO_MORE, DONE)},
}


def at_once(committed: Committed, *acts: Callable[[Session], Any]) -> tuple[str, ...]:
    together = threading.Barrier(len(acts))

    def run(act: Callable[[Session], Any]) -> str:
        together.wait(timeout=120)
        try:
            with committed() as session:
                act(session)
        except AppError as refusal:
            return refusal.code
        return DONE

    with ThreadPoolExecutor(len(acts)) as pool:
        return tuple(pool.map(run, acts))


def acting(name: str, staff_id: uuid.UUID, case: Case) -> Callable[[Session], Any]:
    return lambda session: ACTS[name](session, session.get_one(Staff, staff_id), case)


def consistent(session: Session, case: Case) -> None:
    """Car, hold, order and money tell the same story."""
    order = session.get_one(Order, case.order.id)
    hold = queries.hold(session, order.id)
    is_held = hold.status in ACTIVE
    assert is_held == (order.status not in ("closed", "converted"))
    sold = order.status == "converted" or order.close_reason == "sold_offline"
    assert session.get_one(Vehicle, order.vehicle_id).status == ("reserved" if is_held else "sold" if sold else "listed")
    holders = (
        select(func.count()).select_from(Reservation).where(Reservation.vehicle_id == order.vehicle_id, Reservation.status.in_(ACTIVE))
    )
    assert session.execute(holders).scalar_one() == int(is_held)
    back = session.execute(select(Refund.amount_fen).filter_by(intent_id=order.intent_id)).scalars().all()
    assert back == ([order.amount_fen] if order.status == "closed" else [])


def test_of_two_who_press_at_once_one_wins(committed: Committed, wechat: FakeGateway, works: Works) -> None:
    with db.new_session() as session:
        market = make.market(session)
        staff = [dealers.staff(session, market.dealer).id for _ in range(2)]
        cases = {}
        for pair in PAIRS:
            cases[pair] = begun(session, wechat, works, market=market, vehicle_id=vehicles.vehicle(session, market.store).id)
            cases[pair].pays_and_we_hear()
    with committed() as session:
        clock.advance(session, timedelta(hours=73))
    for pair, case in cases.items():
        outcome = at_once(committed, *(acting(name, who, case) for name, who in zip(pair, staff, strict=True)))
        assert outcome in PAIRS[pair], f"{pair}: {outcome}"
        with committed() as session:
            consistent(session, case)


def test_money_that_arrives_while_the_dealer_declines_goes_back_once(committed: Committed, wechat: FakeGateway, works: Works) -> None:
    for _ in range(3):
        with db.new_session() as session:
            case = begun(session, wechat, works)
            staff_id = dealers.staff(session, case.market.dealer).id
            session.commit()
            case.pays()
            (attempt,) = payment_queries.attempts_of(session, case.order.intent_id)

        def arrives(_session: Session, attempt_id: uuid.UUID = attempt.id, order_id: uuid.UUID = case.order.id) -> None:
            payments.settle(attempt_id)
            with committed() as session:
                orders.follow_payment(session, order_id)

        assert at_once(committed, arrives, acting("decline", staff_id, case)) == (DONE, DONE)
        works.quietly()
        with committed() as session:
            consistent(session, case)
            order = session.get_one(Order, case.order.id)
            assert (order.status, order.close_reason) == ("closed", "declined_by_dealer")
