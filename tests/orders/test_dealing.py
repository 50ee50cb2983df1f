"""The dealer's side of an order: every verb, every refusal, and what becomes of car and money."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.dealers.models import Role, Staff
from app.events import service as events
from app.events.models import Event
from app.kit.errors import AppError
from app.orders import queries
from app.orders import service as orders
from app.orders.errors import (
    AlreadyConfirmed,
    AlreadyExtended,
    DealersOnly,
    HoldNeedsMoney,
    MoneyOnly,
    NotExtendable,
    NotHeld,
    OrderOver,
    OrderUnknown,
)
from app.orders.models import Order
from app.payments import queries as payment_queries
from app.payments.errors import RefundTooMuch
from app.payments.models import Refund
from tests.factories import dealers as make_dealers
from tests.factories import orders as make
from tests.orders.case import Case

Verb = Callable[[Session, Staff, Any], Order]

VERBS: dict[str, Verb] = {
    "confirm": orders.confirm,
    "extend": orders.extend,
    "convert": orders.convert,
    "decline": lambda session, staff, order_id: orders.decline(session, staff, order_id, reason="车辆有损伤"),
    "sold_offline": lambda session, staff, order_id: orders.sold_offline(session, staff, order_id, reason="到店客户已购"),
}
ENDS = ("decline", "sold_offline")
# What each end leaves: the hold, the vehicle, the reason.
LEFT = {
    "decline": ("cancelled_by_dealer", "listed", "declined_by_dealer"),
    "sold_offline": ("sold_elsewhere", "sold", "sold_offline"),
}


@pytest.fixture
def adviser(case: Case) -> Staff:
    return make_dealers.staff(case.session, case.market.dealer)


@pytest.fixture
def paid(case: Case) -> Case:
    case.pays_and_we_hear()
    return case


def does(case: Case, verb: str, staff: Staff) -> None:
    VERBS[verb](case.session, staff, case.order.id)
    case.session.commit()


def refused(case: Case, verb: str, staff: Staff, error: type[AppError]) -> None:
    """The refusal leaves everything as it was."""
    before, told = case.state, len(case.session.execute(select(Event.id)).all())
    with pytest.raises(error), case.session.begin_nested():
        VERBS[verb](case.session, staff, case.order.id)
    assert case.state == before
    assert len(case.session.execute(select(Event.id)).all()) == told


def test_a_confirmed_order_says_so_once_with_who_confirmed_it(paid: Case, adviser: Staff) -> None:
    does(paid, "confirm", adviser)
    assert paid.state == ("confirmed", "hard_held", "full", "reserved")
    assert paid.order.confirmed_at is not None
    confirmed = paid.session.execute(select(Event).filter_by(name="order.confirmed")).scalar_one()
    assert (confirmed.actor_type, confirmed.actor_id) == ("staff", str(adviser.id))
    assert set(confirmed.data) >= {"order_id", "vehicle_id", "dealer_id", "store_id", "amount_fen", "held_until"}
    refused(paid, "confirm", adviser, AlreadyConfirmed)


@pytest.mark.parametrize("verb", ["confirm", "extend", "convert"])
def test_what_nobody_has_paid_cannot_be_confirmed_extended_or_sold(case: Case, adviser: Staff, verb: str) -> None:
    refused(case, verb, adviser, NotHeld)


@pytest.mark.parametrize("end", [*ENDS, "cancelled", "converted"])
def test_an_order_that_is_over_is_dealt_with_no_more(paid: Case, adviser: Staff, end: str) -> None:
    if end in VERBS:
        does(paid, end, adviser)
    elif end == "converted":
        does(paid, "convert", adviser)
    else:
        paid.cancels()
    for verb in VERBS:
        refused(paid, verb, adviser, NotHeld)


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("confirmed", [False, True])
def test_when_the_dealer_ends_a_paid_order_the_money_goes_back_at_once(paid: Case, adviser: Staff, end: str, confirmed: bool) -> None:
    if confirmed:
        does(paid, "confirm", adviser)
    does(paid, end, adviser)
    hold, vehicle, why = LEFT[end]
    assert paid.state == ("closed", hold, "refunding", vehicle)
    assert (paid.order.close_reason, paid.order.dealer_note) == (why, "车辆有损伤" if end == "decline" else "到店客户已购")
    (closed,) = paid.events("order.closed")
    assert (closed["close_reason"], closed["was_paid"]) == (why, True)
    assert paid.events("order.cancelled", "order.expired") == []
    (told,) = paid.events(f"order.{end}d" if end == "decline" else f"order.{end}")
    assert told["was_paid"] is True
    assert "损伤" not in str(told)
    paid.works.quietly()
    paid.refund_arrives()
    assert paid.state == ("closed", hold, "refunded", vehicle)
    assert paid.incidents == []


@pytest.mark.parametrize("end", ENDS)
def test_an_unpaid_order_that_the_dealer_ends_holds_the_car_until_wechat_has_closed_the_payment(
    case: Case, adviser: Staff, end: str
) -> None:
    does(case, end, adviser)
    assert case.state == ("awaiting_payment", "cancelling", "none", "reserved")
    case.works.quietly()
    hold, vehicle, why = LEFT[end]
    assert case.state == ("closed", hold, "none", vehicle)
    assert case.order.close_reason == why
    assert case.wechat.trades[case.number].state == "CLOSED"
    (closed,) = case.events("order.closed")
    assert closed["was_paid"] is False


@pytest.mark.parametrize("end", ENDS)
def test_money_on_its_way_while_the_dealer_ends_the_order_goes_back(case: Case, adviser: Staff, end: str) -> None:
    case.pays()
    does(case, end, adviser)
    case.works.quietly()
    hold, vehicle, _ = LEFT[end]
    assert case.state == ("closed", hold, "refunding", vehicle)
    case.refund_arrives()
    assert case.state == ("closed", hold, "refunded", vehicle)
    assert case.events("deposit.paid") == []


@pytest.mark.parametrize("end", ENDS)
def test_money_that_comes_after_the_dealer_ended_the_order_goes_back(case: Case, adviser: Staff, end: str) -> None:
    does(case, end, adviser)
    case.works.quietly()
    case.pays_and_we_hear()
    hold, vehicle, _ = LEFT[end]
    assert case.state == ("closed", hold, "refunding", vehicle)
    case.refund_arrives()
    assert case.state == ("closed", hold, "refunded", vehicle)
    assert case.incidents == [("late_payment", "refunded")]


def test_whoever_ends_it_first_has_ended_it(case: Case, adviser: Staff) -> None:
    does(case, "decline", adviser)
    case.cancels()
    case.works.quietly()
    assert case.order.close_reason == "declined_by_dealer"
    with pytest.raises(OrderOver):
        case.cancels()


def test_a_cancellation_that_waits_for_wechat_cannot_be_declined(case: Case, adviser: Staff) -> None:
    case.cancels()
    for verb in ENDS:
        refused(case, verb, adviser, NotHeld)
    case.works.quietly()
    assert case.order.close_reason == "cancelled_by_customer"


def test_a_hold_is_extended_once_and_ends_that_much_later(paid: Case, adviser: Staff, later: Any) -> None:
    before = queries.hold(paid.session, paid.order.id).expires_at
    does(paid, "extend", adviser)
    hold = queries.hold(paid.session, paid.order.id)
    assert (hold.expires_at - before).total_seconds() == paid.market.terms.extension_hours * 3600 > 0
    assert paid.order.refundable_until == hold.expires_at
    refused(paid, "extend", adviser, AlreadyExtended)
    later(hours=73)
    paid.works.sweep()
    assert paid.state == ("paid", "hard_held", "full", "reserved")
    later(hours=72)
    paid.works.sweep()
    assert paid.state == ("closed", "expired", "refunding", "listed")


def test_terms_without_an_extension_cannot_be_extended(paid: Case, adviser: Staff) -> None:
    paid.order.extension_hours = 0
    paid.session.commit()
    refused(paid, "extend", adviser, NotExtendable)


def test_a_converted_order_has_sold_its_car_and_its_deposit_is_part_of_the_price(paid: Case, adviser: Staff, later: Any) -> None:
    does(paid, "confirm", adviser)
    does(paid, "convert", adviser)
    assert paid.state == ("converted", "converted", "full", "sold")
    balance = payment_queries.trial_balance(paid.session, paid.market.brand.id)
    assert (balance["customer_deposits"], balance["deposits_applied"]) == (0, -paid.order.amount_fen)
    later(hours=200)
    paid.works.sweep()
    assert paid.state == ("converted", "converted", "full", "sold")
    assert paid.session.execute(select(Refund)).all() == []
    assert len(paid.events("order.converted")) == 1


def test_finance_sends_a_part_back_and_the_rest_goes_back_at_the_end(paid: Case) -> None:
    finance = make_dealers.staff(paid.session, paid.market.brand, Role.finance)
    whole = paid.order.amount_fen
    for amount_fen, error in ((whole, HoldNeedsMoney), (whole + 1, RefundTooMuch), (0, RefundTooMuch)):
        with pytest.raises(error):
            orders.refund_part(paid.session, finance, paid.order.id, amount_fen=amount_fen, reason="补偿")
    orders.refund_part(paid.session, finance, paid.order.id, amount_fen=30_000, reason="补偿")
    paid.session.commit()
    assert paid.state == ("paid", "hard_held", "refunding", "reserved")
    paid.works.quietly()
    paid.refund_arrives()
    assert paid.state == ("paid", "hard_held", "partial", "reserved")
    assert paid.order.refunded_at is None
    paid.cancels()
    assert sorted(paid.session.execute(select(Refund.amount_fen)).scalars()) == [30_000, whole - 30_000]


def test_who_may_do_what(paid: Case) -> None:
    session, market = paid.session, paid.market
    theirs = [make_dealers.staff(session, make_dealers.dealer(session, market.brand), role) for role in (Role.adviser, Role.dealer_manager)]
    strangers = [*theirs, make_dealers.staff(session, make_dealers.brand(session), Role.admin)]
    for verb in VERBS:
        for role in (Role.marketer, Role.finance):
            refused(paid, verb, make_dealers.staff(session, market.brand, role), DealersOnly)
        for stranger in strangers:
            refused(paid, verb, stranger, OrderUnknown)
    own = [make_dealers.staff(session, market.dealer, role) for role in (Role.adviser, Role.dealer_manager)]
    for person, error in [
        *((one, MoneyOnly) for one in (*own, make_dealers.staff(session, market.brand, Role.marketer))),
        *((one, OrderUnknown) for one in strangers),
    ]:
        with pytest.raises(error):
            orders.refund_part(session, person, paid.order.id, amount_fen=1, reason="补偿")
    does(paid, "confirm", own[1])
    does(paid, "extend", make_dealers.staff(session, market.brand, Role.admin))
    assert session.execute(select(Refund)).all() == []


def test_over_http_a_reason_is_obligatory_and_the_answer_is_the_order(paid: Case, adviser: Staff, client: Any) -> None:
    paid.session.commit()
    answer = client.post("/api/public/staff/login", json={"username": adviser.username, "password": make_dealers.PASSWORD})
    assert answer.status_code == 200

    def post(action: str, **body: Any) -> Any:
        key = {"Idempotency-Key": uuid.uuid4().hex}
        return client.post(f"/api/staff/orders/{paid.order.id}/{action}", json=body, headers=key)

    for body in ({}, {"reason": ""}, {"reason": "长" * 201}):
        assert post("decline", **body).status_code == 422
    assert post("confirm").json["status"] == "confirmed"
    again = post("confirm")
    assert (again.status_code, again.json["error"]) == (409, "orders.already_confirmed")
    declined = post("decline", reason="车辆有损伤")
    assert declined.status_code == 200
    assert (declined.json["status"], declined.json["close_reason"], declined.json["refund"]["amount_fen"]) == (
        "closed",
        "declined_by_dealer",
        paid.order.amount_fen,
    )
    over = post("extend")
    assert (over.status_code, over.json["error"], over.json["details"]["close_reason"]) == (409, "orders.not_held", "declined_by_dealer")


def test_what_wechat_shows_to_the_payer_is_at_most_eighty_bytes(paid: Case, client: Any) -> None:
    admin = make_dealers.staff(paid.session, paid.market.brand, Role.admin)
    paid.session.commit()
    client.post("/api/public/staff/login", json={"username": admin.username, "password": make_dealers.PASSWORD})
    door, key = f"/api/staff/orders/{paid.order.id}/refund", {"Idempotency-Key": "a-key-of-hers"}
    too_long = client.post(door, json={"amount_fen": 100, "reason": "长" * 27}, headers=key)
    assert (too_long.status_code, set(too_long.json["details"])) == (422, {"reason"})
    assert client.post(door, json={"amount_fen": 100, "reason": "长" * 26}, headers=key).status_code == 200
    assert client.post(door, json={"amount_fen": 100, "reason": "长" * 26}, headers=key).status_code == 200
    assert paid.session.execute(select(Refund.amount_fen)).scalars().all() == [100]


def test_the_trail_tells_who_moved_what_and_why(paid: Case, adviser: Staff) -> None:
    does(paid, "confirm", adviser)
    does(paid, "extend", adviser)
    does(paid, "decline", adviser)
    paid.works.quietly()
    paid.refund_arrives()
    steps = queries.trail(paid.session, paid.order)
    told = [(step.subject_type, step.before, step.after) for step in steps]
    for step in (
        ("orders", "created", "awaiting_payment"),
        ("payment_intents", "open", "paid"),
        ("reservations", "soft_held", "hard_held"),
        ("orders", "paid", "confirmed"),
        ("reservations", "hard_held", "hard_held"),
        ("reservations", "hard_held", "cancelled_by_dealer"),
        ("orders", "confirmed", "closed"),
        ("refunds", "submitted", "succeeded"),
    ):
        assert step in told
    (declined,) = [step for step in steps if step.after == "cancelled_by_dealer"]
    assert (declined.actor_type, declined.actor_id, declined.reason) == ("staff", str(adviser.id), "车辆有损伤")
    other = make.order(paid.session, paid.market, make.buyer(paid.session, paid.market))
    assert {step.subject_id for step in queries.trail(paid.session, other)}.isdisjoint({step.subject_id for step in steps})


def test_a_merged_customers_order_is_dealt_with_as_the_kept_ones(paid: Case, adviser: Staff) -> None:
    kept = make.buyer(paid.session, paid.market)
    events.record(paid.session, "customer.merged", brand_id=paid.market.brand.id, customer_id=kept.id, data={"merged_id": paid.customer.id})
    paid.session.commit()
    paid.works.quietly()
    does(paid, "decline", adviser)
    declined = paid.session.execute(select(Event).filter_by(name="order.declined")).scalar_one()
    assert declined.customer_id == kept.id
    assert paid.state == ("closed", "cancelled_by_dealer", "refunding", "listed")


def test_an_erased_customers_order_is_over_for_the_dealer_too(paid: Case, adviser: Staff) -> None:
    events.record(paid.session, "customer.erased", brand_id=paid.market.brand.id, customer_id=paid.customer.id)
    paid.session.commit()
    paid.works.quietly()
    for verb in VERBS:
        refused(paid, verb, adviser, NotHeld)
