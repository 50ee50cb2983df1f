"""Many want one car at the same moment: exactly one holds it."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.orders import queries
from app.orders.models import ACTIVE, Order, Reservation
from app.payments.models import PaymentAttempt, PaymentIntent
from app.vehicles.models import Vehicle
from tests.factories import identity, vehicles
from tests.factories import orders as make

BUYERS = 200


def test_two_hundred_buyers_at_once_make_one_hold_and_199_refusals(committed: Callable[[], Any], app: Any, wechat: Any) -> None:
    with committed() as session:
        market = make.market(session)
        phones = [identity.signed_in(session, make.buyer(session, market), market.mini) for _ in range(BUYERS)]
    body = {"vehicle_id": str(market.vehicle.id), "terms_version": market.terms.version}
    together = threading.Barrier(BUYERS)

    def buy(headers: dict[str, str]) -> tuple[int, str]:
        together.wait(timeout=60)
        answer = app.test_client().post("/api/customer/orders/", json=body, headers=headers | {"Idempotency-Key": "a-key-of-hers"})
        if answer.status_code == 409:
            assert int(answer.headers["Retry-After"]) > 0
        return answer.status_code, answer.json.get("error", "")

    with ThreadPoolExecutor(BUYERS) as pool:
        outcomes = Counter(pool.map(buy, phones))
    assert outcomes == {(201, ""): 1, (409, "orders.not_on_sale"): BUYERS - 1}
    with committed() as session:
        for model in (Order, Reservation, PaymentIntent, PaymentAttempt):
            assert session.execute(select(func.count()).select_from(model)).scalar_one() == 1
        assert session.get_one(Vehicle, market.vehicle.id).status == "reserved"
    assert len(wechat.calls_of("prepay")) == 1


def test_one_customer_with_many_fingers_gets_one_order(committed: Callable[[], Any], app: Any, wechat: Any) -> None:
    with committed() as session:
        market = make.market(session)
        cars = [market.vehicle, *(vehicles.vehicle(session, market.store) for _ in range(9))]
        headers = identity.signed_in(session, make.buyer(session, market), market.mini)
    together = threading.Barrier(len(cars))

    def buy(car: Vehicle) -> int:
        together.wait(timeout=60)
        body = {"vehicle_id": str(car.id), "terms_version": market.terms.version}
        answer = app.test_client().post("/api/customer/orders/", json=body, headers=headers | {"Idempotency-Key": f"key-{car.id}"})
        return int(answer.status_code)

    with ThreadPoolExecutor(len(cars)) as pool:
        assert Counter(pool.map(buy, cars)) == {201: 1, 409: 9}
    with committed() as session:
        listed = select(func.count()).select_from(Vehicle).where(Vehicle.status == "listed")
        assert session.execute(listed).scalar_one() == 9


def test_the_same_request_twice_at_the_same_moment_makes_one_order(committed: Callable[[], Any], app: Any, wechat: Any) -> None:
    with committed() as session:
        market = make.market(session)
        headers = identity.signed_in(session, make.buyer(session, market), market.mini) | {"Idempotency-Key": "a-key-of-hers"}
    body = {"vehicle_id": str(market.vehicle.id), "terms_version": market.terms.version}
    together = threading.Barrier(8)

    def buy(_: int) -> tuple[int, str]:
        together.wait(timeout=60)
        answer = app.test_client().post("/api/customer/orders/", json=body, headers=headers)
        return answer.status_code, answer.json.get("error", "")

    with ThreadPoolExecutor(8) as pool:
        outcomes = set(pool.map(buy, range(8)))
    assert outcomes <= {(201, ""), (409, "idempotency.in_progress")}
    assert (201, "") in outcomes
    with committed() as session:
        assert session.execute(select(func.count()).select_from(Order)).scalar_one() == 1


def test_the_database_refuses_a_second_active_hold_whatever_the_code_does(session: Session) -> None:
    market = make.market(session)
    first = make.order(session, market, make.buyer(session, market))
    second = make.buyer(session, market)
    for status in ACTIVE:
        hold = queries.hold(session, first.id)
        again = Reservation(
            brand_id=market.brand.id,
            order_id=first.id,
            vehicle_id=market.vehicle.id,
            customer_id=second.id,
            status=status,
            expires_at=hold.expires_at,
        )
        with pytest.raises(IntegrityError, match="one_active_hold"), session.begin_nested():
            session.add(again)


def test_the_index_has_the_last_word_over_the_vehicles_own_status(session: Session, client: Any, wechat: Any) -> None:
    market = make.market(session)
    make.order(session, market, make.buyer(session, market))
    market.vehicle.status = "listed"
    headers = identity.signed_in(session, make.buyer(session, market), market.mini) | {"Idempotency-Key": "a-key-of-hers"}
    session.commit()
    body = {"vehicle_id": str(market.vehicle.id), "terms_version": market.terms.version}
    answer = client.post("/api/customer/orders/", json=body, headers=headers)
    assert (answer.status_code, answer.json["error"]) == (409, "orders.not_on_sale")
    assert len(session.execute(select(Order)).all()) == 1
