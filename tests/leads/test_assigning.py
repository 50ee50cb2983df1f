"""One lead per customer, one adviser per lead, and every decision can be read afterwards."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.dealers.models import Staff
from app.events.models import Event
from app.identity import service as identity
from app.identity.models import Customer
from app.leads import handlers, queries, service
from app.leads.models import AdviserCapacity, Lead, LeadActivity, LeadAssignment, LeadInterest
from app.orders.models import Order, Reservation
from tests.factories import dealers, vehicles
from tests.factories import leads as make_lead
from tests.factories import messaging as make


def lead_of(session: Session, customer: Customer) -> Lead:
    session.expire_all()
    return session.execute(select(Lead).filter_by(customer_id=customer.id)).scalar_one()


def names(session: Session, prefix: str = "lead.") -> list[str]:
    return list(session.execute(select(Event.name).where(Event.name.startswith(prefix)).order_by(Event.id)).scalars())


def let_go(session: Session, order: Order, event: str = "order.cancelled") -> None:
    """The order ends, as orders writes it."""
    order.status, order.closed_at = "closed", order.created_at
    session.execute(update(Reservation).filter_by(order_id=order.id).values(status="cancelled_by_user"))
    make.happened(session, event, order, was_paid=order.paid_at is not None)


def test_a_reservation_makes_a_lead_and_disturbs_nobody(session: Session, town: make.Town, deliver: Any) -> None:
    buyer = make.follower(session, town)
    make.make.order(session, town.market, buyer)
    deliver()
    lead = lead_of(session, buyer)
    assert (lead.status, lead.owner_id, lead.grade) == ("new", None, "A")
    assert names(session) == ["lead.created"]


def test_a_paid_deposit_makes_it_urgent_and_an_adviser_hears(session: Session, town: make.Town, deliver: Any) -> None:
    buyer = make.follower(session, town)
    order = make.paid_order(session, town, buyer)
    deliver()
    lead = lead_of(session, buyer)
    assert (lead.status, lead.grade, lead.dealer_id) == ("assigned", "H", town.market.dealer.id)
    assert lead.owner_id in {town.adviser.id, town.colleague.id}
    assert names(session) == ["lead.created", "lead.assigned"]
    told = session.execute(select(Event.data).filter_by(name="lead.assigned")).scalar_one()
    assert told["cause"] == "deposit_paid"
    assert told["order_id"] == str(order.id)
    assert (told["staff_id"], told["vehicle_id"]) == (str(lead.owner_id), str(order.vehicle_id))
    assert {one.kind for one in queries.interests(session, [lead.id])} == {"reservation", "deposit"}


def test_the_decision_says_why(session: Session, town: make.Town, deliver: Any) -> None:
    make.paid_order(session, town, make.follower(session, town))
    deliver()
    decision = session.execute(select(LeadAssignment)).scalar_one()
    assert decision.rule == "round_robin"
    assert {one["staff_id"] for one in decision.candidates} == {str(town.adviser.id), str(town.colleague.id)}
    assert decision.candidates[0]["staff_id"] == str(decision.staff_id)
    assert set(decision.candidates[0]) == {"staff_id", "capacity", "recent", "last_at"}


def test_leads_go_round(session: Session, town: make.Town) -> None:
    for _ in range(6):
        buyer = make.follower(session, town)
        service.contact(session, buyer, vehicle_id=town.market.vehicle.id)
    owners = Counter(session.execute(select(Lead.owner_id)).scalars())
    assert owners == {town.adviser.id: 3, town.colleague.id: 3}


def test_who_can_take_more_gets_more(session: Session, town: make.Town) -> None:
    session.add_all(
        [AdviserCapacity(staff_id=town.adviser.id, leads_per_day=20), AdviserCapacity(staff_id=town.colleague.id, leads_per_day=10)]
    )
    for _ in range(9):
        service.contact(session, make.follower(session, town), vehicle_id=town.market.vehicle.id)
    owners = Counter(session.execute(select(Lead.owner_id)).scalars())
    assert owners == {town.adviser.id: 6, town.colleague.id: 3}


def test_many_leads_at_once_are_shared_as_fairly(committed: Callable[[], Any]) -> None:
    with committed() as session:
        town = make.town(session)
        buyers = [make.follower(session, town) for _ in range(20)]

    def ask(buyer: Customer) -> None:
        with committed() as session:
            service.contact(session, session.get_one(Customer, buyer.id), vehicle_id=town.market.vehicle.id)

    with ThreadPoolExecutor(10) as hands:
        list(hands.map(ask, buyers))
    with committed() as session:
        assert sorted(Counter(session.execute(select(Lead.owner_id)).scalars()).values()) == [10, 10]


def test_everything_she_does_at_once_is_one_lead(committed: Callable[[], Any]) -> None:
    with committed() as session:
        town = make.town(session)
        buyer = make.follower(session, town)
        cars = [vehicles.vehicle(session, town.market.store) for _ in range(4)]
        make.paid_order(session, town, buyer)
    with committed() as session:
        facts = session.execute(select(Event).where(Event.name.in_(["order.reserved", "deposit.paid"])).order_by(Event.id)).scalars().all()

    def ask(number: int) -> None:
        with committed() as session:
            me = session.get_one(Customer, buyer.id)
            if number % 5 == 4:
                service.deposit_paid(session, facts[1])
            else:
                service.contact(session, me, vehicle_id=cars[number % 4].id)

    with ThreadPoolExecutor(10) as hands:
        list(hands.map(ask, range(30)))
    with committed() as session:
        lead = session.execute(select(Lead)).scalar_one()
        assert names(session).count("lead.created") == 1
        assert lead.grade == "H"
        kept = session.execute(select(LeadInterest.kind, LeadInterest.vehicle_id)).all()
        assert len(kept) == len(set(kept)) == 5


def test_a_deposit_at_another_dealer_moves_the_lead_there_and_it_is_written_down(session: Session, town: make.Town, deliver: Any) -> None:
    elsewhere = dealers.dealer(session, town.market.brand)
    other = dealers.staff(session, elsewhere)
    car = vehicles.vehicle(session, dealers.store(session, elsewhere))
    buyer = make.follower(session, town)
    service.contact(session, buyer, vehicle_id=town.market.vehicle.id)
    had = lead_of(session, buyer).owner_id
    order = make.make.order(session, town.market, buyer, vehicle_id=car.id)
    order.status, order.paid_at = "paid", order.created_at
    make.happened(session, "deposit.paid", order)
    deliver()
    lead = lead_of(session, buyer)
    assert (lead.dealer_id, lead.owner_id) == (elsewhere.id, other.id)
    told = session.execute(select(Event.data).filter_by(name="lead.assigned").order_by(Event.id.desc()).limit(1)).scalar_one()
    assert told["previous_staff_id"] == str(had)
    assert [one.dealer_id for one in queries.assignments(session, lead.id)] == [elsewhere.id, town.market.dealer.id]


def test_whoever_has_her_deposit_keeps_her_when_she_asks_elsewhere(session: Session, town: make.Town, deliver: Any) -> None:
    elsewhere = dealers.dealer(session, town.market.brand)
    dealers.staff(session, elsewhere)
    car = vehicles.vehicle(session, dealers.store(session, elsewhere))
    buyer = make.follower(session, town)
    make.paid_order(session, town, buyer)
    deliver()
    had = lead_of(session, buyer).owner_id
    service.contact(session, buyer, vehicle_id=car.id)
    assert lead_of(session, buyer).owner_id == had


def test_her_own_adviser_is_asked_again_when_she_pays(session: Session, town: make.Town, deliver: Any) -> None:
    buyer = make.follower(session, town)
    service.contact(session, buyer, vehicle_id=town.market.vehicle.id)
    lead = lead_of(session, buyer)
    service.accept(session, session.get_one(Staff, lead.owner_id), lead.id)
    make.paid_order(session, town, buyer)
    deliver()
    again = lead_of(session, buyer)
    assert again.owner_id == lead.owner_id
    assert again.status == "accepted", "what he did stays done"
    assert [one.rule for one in queries.assignments(session, lead.id)] == ["owner_kept", "round_robin"]


def test_an_adviser_who_left_does_not_keep_her(session: Session, town: make.Town, deliver: Any) -> None:
    buyer = make.follower(session, town)
    make_lead.lead(session, buyer, town.adviser)
    town.adviser.active = False
    make.paid_order(session, town, buyer)
    deliver()
    assert lead_of(session, buyer).owner_id == town.colleague.id


def test_a_dealer_without_advisers_gives_it_to_the_manager(session: Session, town: make.Town, deliver: Any) -> None:
    town.adviser.active = town.colleague.active = False
    buyer = make.follower(session, town)
    make.paid_order(session, town, buyer)
    deliver()
    assert lead_of(session, buyer).owner_id == town.manager.id
    assert session.execute(select(LeadAssignment.rule)).scalar_one() == "manager"


def test_a_dealer_without_anybody_leaves_a_lead_that_can_be_seen(session: Session, town: make.Town, deliver: Any) -> None:
    town.adviser.active = town.colleague.active = town.manager.active = False
    buyer = make.follower(session, town)
    make.paid_order(session, town, buyer)
    deliver()
    lead = lead_of(session, buyer)
    assert (lead.status, lead.owner_id, lead.dealer_id) == ("new", None, town.market.dealer.id)
    told = session.execute(select(Event.data).filter_by(name="lead.updated")).scalar_one()
    assert told["cause"] == "nobody_to_assign"
    assert session.execute(select(LeadAssignment.rule)).scalar_one() == "nobody"


def test_a_cancelled_deposit_cools_the_lead_and_keeps_the_adviser(session: Session, town: make.Town, deliver: Any) -> None:
    buyer = make.follower(session, town)
    order = make.paid_order(session, town, buyer)
    deliver()
    for _ in range(2):
        let_go(session, order)
        deliver()
    lead = lead_of(session, buyer)
    assert lead.grade == "A"
    assert lead.owner_id is not None
    assert names(session) == ["lead.created", "lead.assigned", "lead.updated"]
    assert session.execute(select(LeadActivity).filter_by(kind="order_cancelled")).scalar_one().reference == str(order.id)


@pytest.mark.parametrize("event", ["order.cancelled", "order.expired"])
def test_a_reservation_that_was_never_paid_is_worth_a_call(session: Session, town: make.Town, deliver: Any, event: str) -> None:
    buyer = make.follower(session, town)
    order = make.make.order(session, town.market, buyer)
    deliver()
    let_go(session, order, event)
    deliver()
    told = session.execute(select(Event.data).filter_by(name="lead.assigned")).scalar_one()
    assert told["cause"] == "not_paid"


def test_a_deposit_that_is_heard_of_after_its_cancellation_alarms_nobody(session: Session, town: make.Town, deliver: Any) -> None:
    buyer = make.follower(session, town)
    order = make.paid_order(session, town, buyer)
    order.status, order.closed_at = "closed", order.paid_at
    deliver()
    lead = lead_of(session, buyer)
    assert lead.grade == "A"
    assert "lead.assigned" not in names(session)


def test_a_deposit_that_was_cancelled_before_anybody_heard_of_it_is_still_somebodys_lead(
    session: Session, town: make.Town, deliver: Any
) -> None:
    buyer = make.follower(session, town)
    order = make.paid_order(session, town, buyer)
    let_go(session, order)
    deliver()
    lead = lead_of(session, buyer)
    assert lead.owner_id is not None
    assert (lead.status, lead.grade) == ("assigned", "A")
    assert names(session).count("lead.assigned") == 1


@pytest.mark.parametrize("paid", [True, False])
def test_an_order_that_ends_because_she_left_makes_no_new_lead_and_is_told_if_it_was_paid(
    session: Session, town: make.Town, deliver: Any, paid: bool
) -> None:
    buyer = make.follower(session, town)
    order = make.paid_order(session, town, buyer) if paid else make.make.order(session, town.market, buyer)
    deliver()
    identity.erase(session, buyer)
    deliver()
    let_go(session, order)
    deliver()
    leads = session.execute(select(Lead).filter_by(customer_id=buyer.id)).scalars().all()
    assert [one.status for one in leads] == ["defeated"]
    assert names(session).count("lead.assigned") == (1 if paid else 0)
    told = select(Event.data["staff_id"].astext).where(Event.name == "lead.updated", Event.data["cause"].astext == "order_ended")
    assert session.execute(told).scalars().all() == ([str(leads[0].owner_id)] if paid else [])


def test_events_that_come_twice_change_nothing_more(session: Session, town: make.Town, deliver: Any) -> None:
    buyer = make.follower(session, town)
    make.paid_order(session, town, buyer)
    deliver()
    facts = session.execute(select(Event).where(Event.name.in_(["order.reserved", "deposit.paid"])).order_by(Event.id)).scalars().all()
    before = (lead_of(session, buyer).version, names(session))
    handlers.follow_orders(session, facts)
    session.flush()
    assert (lead_of(session, buyer).version, names(session)) == before
