"""Earnest money (定金): at most a fifth of the price, forfeited when she lets the car go, owed double when the dealer ends it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.dealers.models import Role, Staff
from app.orders import queries
from app.orders import service as orders
from app.orders.errors import TermsUnfit
from app.orders.models import Order, Reservation
from app.orders.service import Policy
from app.payments import queries as payment_queries
from app.payments.models import PaymentIntent, Refund
from app.vehicles.models import Vehicle
from tests.factories import dealers
from tests.factories import orders as make
from tests.orders.case import Case, begun

EARNEST = Policy(
    deposit_type="earnest_money",
    amount_fen=200_000,
    pay_minutes=30,
    hold_hours=48,
    extension_hours=24,
    active_per_customer=1,
    refund_rule="forfeit",
    payee="brand",
)


@pytest.fixture
def market(session: Session) -> make.Market:
    return make.market(session)


@pytest.fixture
def admin(session: Session, market: make.Market) -> Staff:
    return dealers.staff(session, market.brand, Role.admin)


@pytest.mark.parametrize(("over_fen", "taken"), [(0, True), (1, False)])
def test_earnest_money_is_at_most_a_fifth_of_the_price(
    session: Session, market: make.Market, admin: Staff, over_fen: int, taken: bool
) -> None:
    terms = orders.publish_terms(session, admin, replace(EARNEST, amount_fen=market.vehicle.price_fen // 5 + over_fen))
    session.commit()
    customer = make.buyer(session, market)
    if taken:
        assert make.order(session, market, customer, terms_version=terms.version).deposit_type == "earnest_money"
        return
    with pytest.raises(TermsUnfit) as refused, session.begin_nested():
        make.order(session, market, customer, terms_version=terms.version)
    assert refused.value.details == {"most_fen": market.vehicle.price_fen // 5}
    session.expire_all()
    assert session.get_one(Vehicle, market.vehicle.id).status == "listed"
    for model in (Order, Reservation, PaymentIntent):
        assert session.execute(select(func.count()).select_from(model)).scalar_one() == 0


@pytest.fixture
def earnest(session: Session, market: make.Market, admin: Staff, wechat: Any, works: Any) -> Case:
    terms = orders.publish_terms(session, admin, EARNEST)
    return begun(session, wechat, works, market=market, terms_version=terms.version)


def forfeited_fen(case: Case) -> int:
    return -payment_queries.trial_balance(case.session, case.market.brand.id)["deposits_forfeited"]


@pytest.mark.parametrize("end", ["cancels", "does nothing"])
def test_earnest_money_is_forfeited_when_she_lets_the_car_go(earnest: Case, later: Any, end: str) -> None:
    earnest.pays_and_we_hear()
    assert earnest.order.refundable_until is None
    if end == "cancels":
        earnest.cancels()
    else:
        later(hours=49)
        earnest.works.sweep()
    hold = "cancelled_by_user" if end == "cancels" else "expired"
    assert earnest.state == ("closed", hold, "full", "listed")
    (ended,) = earnest.events("order.cancelled", "order.expired")
    assert (ended["was_paid"], ended["is_forfeited"]) == (True, True)
    assert (forfeited_fen(earnest), earnest.session.execute(select(Refund)).all()) == (earnest.order.amount_fen, [])
    assert queries.view(earnest.session, earnest.order).state == "forfeited"
    earnest.works.sweep()
    assert forfeited_fen(earnest) == earnest.order.amount_fen


@pytest.mark.parametrize("end", [orders.decline, orders.sold_offline])
def test_earnest_money_goes_back_when_the_dealer_ends_it_and_finance_owes_as_much_again(earnest: Case, end: Any) -> None:
    adviser = dealers.staff(earnest.session, earnest.market.dealer)
    earnest.pays_and_we_hear()
    end(earnest.session, adviser, earnest.order.id, reason="车辆有损伤")
    earnest.session.commit()
    earnest.works.quietly()
    earnest.refund_arrives()
    assert earnest.state[2] == "refunded"
    assert earnest.incidents == [("double_return_owed", None)]
    assert forfeited_fen(earnest) == 0


def test_earnest_money_is_not_forfeited_for_a_car_that_was_never_kept_for_her(earnest: Case) -> None:
    earnest.pays()
    earnest.cancels()
    earnest.works.quietly()
    assert earnest.state == ("closed", "cancelled_by_user", "refunding", "listed")
    assert forfeited_fen(earnest) == 0


def test_late_earnest_money_for_a_car_that_is_gone_goes_back(earnest: Case, later: Any) -> None:
    later(minutes=31)
    earnest.works.sweep()
    make.order(earnest.session, earnest.market, make.buyer(earnest.session, earnest.market), terms_version=earnest.order.terms_version)
    earnest.session.commit()
    earnest.pays_and_we_hear()
    assert earnest.state == ("closed", "expired", "refunding", "reserved")
    assert forfeited_fen(earnest) == 0


def test_earnest_money_that_is_not_forfeited_by_its_terms_goes_back(
    session: Session, market: make.Market, admin: Staff, wechat: Any, works: Any
) -> None:
    terms = orders.publish_terms(session, admin, replace(EARNEST, refund_rule="full"))
    case = begun(session, wechat, works, market=market, terms_version=terms.version)
    case.pays_and_we_hear()
    case.cancels()
    assert case.state == ("closed", "cancelled_by_user", "refunding", "listed")
