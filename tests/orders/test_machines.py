"""The machines of orders and reservations: whatever is asked in whatever state, a step that the table does not have changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.dealers.models import Staff
from app.kit.errors import AppError
from app.kit.states import Machine, Transition
from app.orders import queries
from app.orders import service as orders
from app.orders.models import ACTIVE, ORDER, RESERVATION, Order, OrderStatus, Reservation, ReservationStatus
from tests.factories import dealers
from tests.factories import orders as make
from tests.orders.case import Case

MACHINES = [(ORDER, OrderStatus), (RESERVATION, ReservationStatus)]
# Where an order and its latest reservation can stand together, while nobody has paid and once she has.
UNPAID = [
    *product(("created", "awaiting_payment"), ("soft_held", "expiring", "cancelling")),
    *product(("closed",), ("expired", "cancelled", "failed", "cancelled_by_dealer", "sold_elsewhere")),
]
PAID = [
    *product(("paid", "confirmed"), ("hard_held",)),
    ("converted", "converted"),
    *product(("closed",), ("expired", "cancelled_by_user", "cancelled_by_dealer", "sold_elsewhere")),
]


@pytest.mark.parametrize(("machine", "states"), MACHINES)
def test_the_table_names_every_state_and_no_other(machine: Machine, states: Any) -> None:
    named = set(machine.table) | {after for steps in machine.table.values() for after in steps}
    assert named == {state.value for state in states}


@pytest.mark.parametrize(("machine", "states"), MACHINES)
def test_every_state_is_reached_and_every_state_that_goes_on_comes_to_an_end(machine: Machine, states: Any) -> None:
    first = {"created", "soft_held"} & {state.value for state in states}
    reached = _reached(machine, first)
    # A reservation for late money begins firmly held.
    assert reached == {state.value for state in states}
    ends = {"closed", "converted"} if machine is ORDER else reached - {status.value for status in ACTIVE}
    for state in reached - ends:
        assert machine.table[state] - {state}, f"{state} is left in no way"
        assert _reached(machine, {state}) & ends, f"{state} comes to no end"
    assert machine is ORDER or not ends & set(machine.table), "an ended reservation moves no more"


def _reached(machine: Machine, since: set[str]) -> set[str]:
    found, ahead = set(since), set(since)
    while ahead:
        ahead = {after for state in ahead for after in machine.table.get(state, ())} - found
        found |= ahead
    return found


def test_a_step_that_the_table_does_not_have_changes_nothing(session: Session) -> None:
    market = make.market(session)
    order = make.order(session, market, make.buyer(session, market))
    rows: list[tuple[Machine, Any, Order | Reservation]] = [
        (ORDER, OrderStatus, order),
        (RESERVATION, ReservationStatus, queries.hold(session, order.id)),
    ]
    moves, tried = select(func.count()).select_from(Transition), 0
    moved = session.execute(moves).scalar_one()
    for machine, states, row in rows:
        for before, after in product(states, states):
            if after in machine.table.get(before, ()):
                continue
            row.status = before
            session.flush()
            with pytest.raises(RuntimeError, match="no way"):
                machine.move(session, row, after)
            session.refresh(row)
            assert row.status == before
            tried += 1
    assert tried > 100
    assert session.execute(moves).scalar_one() == moved


Verb = Callable[[Session, Case, Staff], Any]
VERBS: dict[str, Verb] = {
    "confirm": lambda session, case, staff: orders.confirm(session, staff, case.order.id),
    "extend": lambda session, case, staff: orders.extend(session, staff, case.order.id),
    "convert": lambda session, case, staff: orders.convert(session, staff, case.order.id),
    "decline": lambda session, case, staff: orders.decline(session, staff, case.order.id, reason="车辆有损伤"),
    "sold_offline": lambda session, case, staff: orders.sold_offline(session, staff, case.order.id, reason="到店客户已购"),
    "cancel": lambda session, case, staff: orders.cancel(session, case.customer, case.order.id),
    "expire": lambda session, case, staff: orders.expire(session, case.order.id),
    "fail": lambda session, case, staff: orders.fail(session, case.order.id),
    "await_payment": lambda session, case, staff: orders.await_payment(session, case.order.id),
    "follow_payment": lambda session, case, staff: orders.follow_payment(session, case.order.id),
    "follow_refund": lambda session, case, staff: orders.follow_refund(session, case.order.id),
}


@pytest.mark.parametrize("was_paid", [False, True])
def test_every_verb_in_every_state_moves_along_the_table_or_refuses_and_changes_nothing(case: Case, was_paid: bool, later: Any) -> None:
    """A verb that went where the table has no way would fail with the machine's RuntimeError."""
    if was_paid:
        case.pays_and_we_hear()
    adviser = dealers.staff(case.session, case.market.dealer)
    later(hours=73)
    case.session.commit()
    moved = refused = 0
    for (order_status, hold_status), verb in product(PAID if was_paid else UNPAID, VERBS):
        for before, after in _tried(case, adviser, verb, state=(order_status, hold_status)):
            if isinstance(after, AppError):
                refused += 1
                continue
            for machine, was, now in zip((ORDER, RESERVATION), before, after, strict=True):
                assert was == now or now in _reached(machine, {was}), f"{verb}: {before} -> {after}"
            moved += before != after
    assert moved > 10
    assert refused > 10


def _tried(case: Case, adviser: Staff, verb: str, *, state: tuple[str, str]) -> Iterator[tuple[Any, Any]]:
    """(before, after), or (before, the refusal), of a verb in this state; nothing of it is left."""
    session, (order_status, hold_status) = case.session, state
    attempt = session.begin_nested()
    is_held = hold_status in {status.value for status in ACTIVE}
    why = {"cancelling": "cancelled_by_customer", "sold_elsewhere": "sold_offline"}.get(hold_status, "expired")
    given = {"order": order_status, "hold": hold_status, "id": case.order.id, "car": case.market.vehicle.id}
    given["why"] = why if order_status == "closed" or hold_status == "cancelling" else None
    session.execute(text("UPDATE orders SET status = :order, close_reason = :why WHERE id = :id"), given)
    session.execute(text("UPDATE reservations SET status = :hold WHERE order_id = :id"), given)
    session.execute(text(f"UPDATE vehicles SET status = '{'reserved' if is_held else 'listed'}' WHERE id = :car"), given)
    session.expire_all()
    before = _standing(session, case)
    try:
        with session.begin_nested():
            VERBS[verb](session, case, adviser)
        yield before, _standing(session, case)
    except AppError as refusal:
        assert _standing(session, case) == before
        yield before, refusal
    finally:
        attempt.rollback()
        session.expire_all()


def _standing(session: Session, case: Case) -> tuple[str, str]:
    session.expire_all()
    return session.get_one(Order, case.order.id).status, queries.hold(session, case.order.id).status
