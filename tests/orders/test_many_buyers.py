"""Many want one car at the same moment: exactly one holds it. `make soak-money` tries it at full length: fifty rounds, 2,000 buyers."""

from __future__ import annotations

import os
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
ALL = os.environ.get("MONEY_POINTS") == "all"
ROUNDS = 50 if ALL else 1
# Of them, ten want the same one.
CROWD = 2000 if ALL else 200


def at_once(app: Any, wanted: list[tuple[dict[str, str], dict[str, str]]]) -> list[tuple[int, str]]:
    """What the door answers to each of these (headers, body), `BUYERS` of whom stand before it at any moment."""
    together = threading.Barrier(min(BUYERS, len(wanted)))

    def buy(one: tuple[dict[str, str], dict[str, str]]) -> tuple[int, str]:
        together.wait(timeout=120)
        answer = app.test_client().post("/api/customer/orders/", json=one[1], headers=one[0] | {"Idempotency-Key": "a-key-of-hers"})
        if answer.status_code == 409:
            assert int(answer.headers["Retry-After"]) > 0
        return answer.status_code, answer.json.get("error", "")

    with ThreadPoolExecutor(BUYERS) as pool:
        return list(pool.map(buy, wanted))


def test_two_hundred_buyers_at_once_make_one_hold_and_199_refusals(committed: Callable[[], Any], app: Any, wechat: Any) -> None:
    with committed() as session:
        market = make.market(session)
        phones = [identity.signed_in(session, make.buyer(session, market), market.mini) for _ in range(BUYERS)]
    for number in range(1, ROUNDS + 1):
        body = {"vehicle_id": str(market.vehicle.id), "terms_version": market.terms.version}
        outcomes = Counter(at_once(app, [(headers, body) for headers in phones]))
        assert outcomes == {(201, ""): 1, (409, "orders.not_on_sale"): BUYERS - 1}
        with committed() as session:
            for model in (Order, Reservation, PaymentIntent, PaymentAttempt):
                assert session.execute(select(func.count()).select_from(model)).scalar_one() == number
            assert session.get_one(Vehicle, market.vehicle.id).status == "reserved"
            # The next round is about another car, and about other keys.
            market.vehicle = vehicles.vehicle(session, market.store)
            phones = [
                identity.signed_in(session, make.buyer(session, market), market.mini) for _ in range(BUYERS if number < ROUNDS else 0)
            ]
    assert len(wechat.calls_of("prepay")) == ROUNDS


def test_ten_buyers_for_each_car_make_as_many_holders_as_there_are_cars(committed: Callable[[], Any], app: Any, wechat: Any) -> None:
    with committed() as session:
        market = make.market(session)
        cars = [vehicles.vehicle(session, market.store) for _ in range(CROWD // 10)]
        wanted = [
            (
                identity.signed_in(session, make.buyer(session, market), market.mini),
                {"vehicle_id": str(cars[number % len(cars)].id), "terms_version": market.terms.version},
            )
            for number in range(CROWD)
        ]
    outcomes = Counter(at_once(app, wanted))
    assert outcomes == {(201, ""): len(cars), (409, "orders.not_on_sale"): CROWD - len(cars)}
    with committed() as session:
        held = select(func.count(Reservation.vehicle_id.distinct())).where(Reservation.status.in_(ACTIVE))
        assert session.execute(held).scalar_one() == len(cars)
        assert session.execute(select(func.count()).select_from(Reservation)).scalar_one() == len(cars)


def test_one_customer_with_many_fingers_gets_one_order(committed: Callable[[], Any], app: Any, wechat: Any) -> None:
    with committed() as session:
        market = make.market(session)
        cars = [market.vehicle, *(vehicles.vehicle(session, market.store) for _ in range(9))]
        headers = identity.signed_in(session, make.buyer(session, market), market.mini)
    together = threading.Barrier(len(cars))

    def buy(car: Vehicle) -> int:
        together.wait(timeout=120)
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
        together.wait(timeout=120)
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
