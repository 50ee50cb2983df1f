"""The waiting list: a car that is let go is one person's to take before it is everybody's, whatever happens at the same moment."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.identity import service as identity
from app.identity.models import Customer
from app.kit import clock, queue
from app.orders.errors import LimitReached, NotOnSale
from app.orders.service import waiting
from app.orders.waiting_errors import HeldByYou, OnSale, WaitingLimit
from app.orders.waiting_models import WaitlistEntry
from app.vehicles import service as vehicles
from app.vehicles.errors import VehicleGone
from tests.factories import orders as make
from tests.factories import vehicles as make_vehicles
from tests.orders.case import Case
from tests.orders.line import Line, let_go


@pytest.fixture
def line(session: Session) -> Line:
    market = make.market(session)
    return Line(session, market, make.order(session, market, make.buyer(session, market)))


def sweep(session: Session) -> None:
    session.commit()
    queue.run("orders.offers_due")
    session.expire_all()


def test_the_first_in_line_gets_it_alone_for_a_quarter_of_an_hour(line: Line) -> None:
    first, second = line.waits(), line.waits()
    line.let_go()
    assert (line.car, line.standing(first, second)) == ("reserved", ["offered", "waiting"])
    until = line.of(first).offered_until
    assert until is not None
    assert until - clock.now(line.session) == timedelta(minutes=15)
    for other in (second, line.person()):
        with pytest.raises(NotOnSale):
            line.reserves(other)
    order = line.reserves(first)
    assert (order.customer_id, line.car, line.standing(first, second)) == (first.id, "reserved", ["taken", "waiting"])
    assert [event.customer_id for event in line.events("waitlist.offered", "waitlist.taken")] == [first.id, first.id]
    assert line.events("vehicle.released") == []


def test_without_anybody_in_line_the_car_is_on_sale_at_once(line: Line) -> None:
    line.let_go()
    assert line.car == "listed"
    line.reserves(line.person())


def test_an_offer_that_nobody_opens_goes_on_until_nobody_is_left(line: Line, later: Any) -> None:
    first, second = line.waits(), line.waits()
    line.let_go()
    later(minutes=14, seconds=59)
    sweep(line.session)
    assert line.standing(first, second) == ["offered", "waiting"]
    later(seconds=1)
    sweep(line.session)
    assert line.standing(first, second) == ["lapsed", "offered"]
    later(minutes=15)
    sweep(line.session)
    assert (line.car, line.standing(first, second)) == ("listed", ["lapsed", "lapsed"])
    assert [event.customer_id for event in line.events("waitlist.lapsed")] == [first.id, second.id]
    assert len(line.events("vehicle.released")) == 1


def test_an_offer_is_worth_nothing_once_its_time_is_up_whether_or_not_anybody_swept(line: Line, later: Any) -> None:
    first = line.waits()
    line.let_go()
    later(minutes=15)
    with pytest.raises(NotOnSale):
        line.reserves(first)
    sweep(line.session)
    assert line.reserves(first).customer_id == first.id


def test_taking_it_twice_gives_one_order(line: Line) -> None:
    first = line.waits()
    line.let_go()
    order = line.reserves(first, request_key="one-and-the-same")
    assert line.reserves(first, request_key="one-and-the-same") is order
    with pytest.raises(LimitReached):
        line.reserves(first)
    assert len(line.events("waitlist.taken")) == 1


def test_letting_go_twice_offers_it_once(line: Line) -> None:
    first, second = line.waits(), line.waits()
    line.let_go()
    waiting.hand_on(line.session, line.market.vehicle.id)
    assert line.standing(first, second) == ["offered", "waiting"]
    line.reserves(first)
    waiting.hand_on(line.session, line.market.vehicle.id)
    assert (line.car, line.standing(first, second)) == ("reserved", ["taken", "waiting"])


def test_who_holds_another_car_is_passed_over_and_keeps_her_place(line: Line) -> None:
    busy, free = line.waits(), line.waits()
    other = make_vehicles.vehicle(line.session, line.market.store)
    elsewhere = line.reserves(busy, vehicle_id=other.id)
    line.let_go()
    assert line.standing(busy, free) == ["waiting", "offered"]
    assert line.of(busy).skipped_at is not None
    let_go(line.session, elsewhere)
    waiting.leave(line.session, free.id, line.market.vehicle.id)
    assert line.standing(busy, free) == ["offered", "left"]
    assert line.of(busy).skipped_at is None


def test_a_line_of_people_who_all_hold_another_car_keeps_it_from_nobody(line: Line) -> None:
    busy = line.waits()
    line.reserves(busy, vehicle_id=make_vehicles.vehicle(line.session, line.market.store).id)
    line.let_go()
    assert (line.car, line.standing(busy)) == ("listed", ["waiting"])


def test_who_reserves_another_car_during_her_offer_holds_up_nobody(line: Line) -> None:
    first, second = line.waits(), line.waits()
    line.let_go()
    line.reserves(first, vehicle_id=make_vehicles.vehicle(line.session, line.market.store).id)
    sweep(line.session)
    assert line.standing(first, second) == ["waiting", "offered"]
    assert line.of(first).offered_until is None
    sweep(line.session)
    assert line.standing(first, second) == ["waiting", "offered"]


def test_who_reserves_the_car_off_the_market_leaves_its_line(line: Line) -> None:
    busy = line.waits()
    elsewhere = line.reserves(busy, vehicle_id=make_vehicles.vehicle(line.session, line.market.store).id)
    line.let_go()
    let_go(line.session, elsewhere)
    line.reserves(busy)
    assert line.standing(busy) == ["taken"]


def test_leaving_hands_an_offer_on_and_leaving_again_changes_nothing(line: Line) -> None:
    first, second, last = line.waits(), line.waits(), line.waits()
    waiting.leave(line.session, second.id, line.market.vehicle.id)
    line.let_go()
    for _ in range(2):
        waiting.leave(line.session, first.id, line.market.vehicle.id)
    assert line.standing(first, second, last) == ["left", "left", "offered"]
    assert len(line.events("waitlist.left")) == 2


def test_nobody_waits_for_what_she_can_have_or_has_or_cannot_get(line: Line) -> None:
    free = make_vehicles.vehicle(line.session, line.market.store)
    sold = make_vehicles.vehicle(line.session, line.market.store, status="sold")
    holder = line.session.get_one(Customer, line.held.customer_id)
    with pytest.raises(OnSale):
        waiting.join(line.session, holder, free.id)
    with pytest.raises(HeldByYou) as refused:
        line.waits(holder)
    assert refused.value.details == {"order_id": str(line.held.id)}
    with pytest.raises(VehicleGone):
        waiting.join(line.session, holder, sold.id)
    patient = line.person()
    for _ in range(5):
        car = make_vehicles.vehicle(line.session, line.market.store)
        line.reserves(line.person(), vehicle_id=car.id)
        waiting.join(line.session, patient, car.id)
    with pytest.raises(WaitingLimit):
        line.waits(patient)


def test_the_line_of_a_sold_car_ends_and_everybody_in_it_hears(line: Line, deliver: Callable[[], int]) -> None:
    first, second = line.waits(), line.waits()
    line.let_go()
    vehicles.sell(line.session, line.market.vehicle.id)
    deliver()
    assert line.standing(first, second) == ["over", "over"]
    assert [event.customer_id for event in line.events("waitlist.ended")] == [first.id, second.id]
    sweep(line.session)
    assert line.car == "sold"


@pytest.mark.parametrize("heard", ["before", "after"])
def test_an_erased_first_in_line_is_never_offered_anything(line: Line, deliver: Callable[[], int], heard: str) -> None:
    """Whether orders hear of her erasure before or after the car is let go."""
    first, second = line.waits(), line.waits()
    identity.erase(line.session, first)
    if heard == "before":
        deliver()
        assert line.standing(first) == ["left"]
    line.let_go()
    assert line.standing(second) == ["offered"]
    deliver()
    assert line.standing(first, second) == ["left", "offered"]


def test_an_erased_customers_offer_goes_to_the_next(line: Line, deliver: Callable[[], int]) -> None:
    first, second = line.waits(), line.waits()
    line.let_go()
    identity.erase(line.session, first)
    deliver()
    assert line.standing(first, second) == ["left", "offered"]


def test_of_two_places_of_one_person_the_better_one_stays(line: Line, deliver: Callable[[], int]) -> None:
    early, between, late = line.waits(), line.waits(), line.waits()
    identity.merge(line.session, late, early)
    deliver()
    kept = line.session.execute(select(WaitlistEntry).filter_by(customer_id=late.id).order_by(WaitlistEntry.id)).scalars().all()
    assert [entry.status for entry in kept] == ["waiting", "left"]
    line.let_go()
    assert kept[0].status == "offered"
    assert line.standing(between) == ["waiting"]


def test_who_turns_out_to_hold_the_car_herself_leaves_its_line(line: Line, deliver: Callable[[], int]) -> None:
    waiter = line.waits()
    identity.merge(line.session, waiter, line.session.get_one(Customer, line.held.customer_id))
    deliver()
    assert line.standing(waiter) == ["left"]


def test_late_money_does_not_take_the_car_from_whom_it_is_offered_to(case: Case, later: Any) -> None:
    waiting.join(case.session, make.buyer(case.session, case.market), case.market.vehicle.id)
    later(minutes=16)
    case.works.sweep()
    case.pays_and_we_hear()
    assert case.state == ("closed", "expired", "refunding", "reserved")
    assert case.session.execute(select(WaitlistEntry.status)).scalars().all() == ["offered"]


def test_late_money_of_her_whose_turn_it_is_takes_her_offer(case: Case, later: Any) -> None:
    other, car = make.buyer(case.session, case.market), case.market.vehicle.id
    waiting.join(case.session, other, car)
    later(minutes=16)
    case.works.sweep()
    waiting.join(case.session, case.customer, car)
    waiting.leave(case.session, other.id, car)
    case.pays_and_we_hear()
    assert case.state == ("paid", "hard_held", "full", "reserved")
    entries = case.session.execute(select(WaitlistEntry.status).order_by(WaitlistEntry.id)).scalars().all()
    assert entries == ["left", "taken"]


@pytest.mark.parametrize(
    ("change", "law"),
    [
        ("UPDATE waitlist_entries SET status = 'offered', offered_until = marque_now()", "one_offer"),
        ("INSERT INTO waitlist_entries (id, brand_id, vehicle_id, customer_id, status) "
         "SELECT gen_random_uuid(), brand_id, vehicle_id, customer_id, 'waiting' FROM waitlist_entries", "one_place_in_line"),
    ],
)  # fmt: skip
def test_the_database_knows_one_offer_and_one_place_each_whatever_the_code_does(line: Line, change: str, law: str) -> None:
    line.waits()
    line.waits()
    with pytest.raises(IntegrityError, match=law), line.session.begin_nested():
        line.session.execute(text(change))
