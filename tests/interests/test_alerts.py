"""Favourites tell when they become truly cheaper, can be had again, or are sold: each once, and to whom it is news."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.events.models import Event, EventDelivery
from app.interests.models import Alert
from app.interests.service import alerts, matching, watching
from app.journeys.models import Walk
from app.orders.service import waiting
from app.vehicles import service as vehicles
from tests.factories import journeys
from tests.factories import orders as make
from tests.interests.watcher import Watcher

Deliver = Callable[[], int]


def test_a_drop_is_told_once_with_its_figures(session: Session, her: Watcher, deliver: Deliver) -> None:
    car = her.car(title="911 Carrera", price_fen=300_000_00)
    her.likes(car)
    vehicles.change_price(session, car.id, 270_000_00)
    deliver()
    session.execute(EventDelivery.__table__.update().values(delivered_at=None, due_at=car.created_at))
    deliver()
    answer = her.get("/alerts/")
    (alert,) = answer["items"]
    assert (answer["unread"], alert["label"]) == (1, "降价提醒")
    assert alert["text"] == "您收藏的 911 Carrera 降价 ¥30,000，现价 ¥270,000"
    assert (alert["old_price_fen"], alert["new_price_fen"]) == (300_000_00, 270_000_00)
    assert alert["target"] == {"kind": "vehicle", "id": str(car.id)}
    event = session.execute(select(Event).filter_by(name="favourite.price_dropped")).scalar_one()
    assert (event.customer_id, event.data["vehicle_id"], event.data["new_price_fen"]) == (her.customer.id, str(car.id), 270_000_00)


def test_what_was_made_dearer_first_is_no_drop(session: Session, her: Watcher, deliver: Deliver, later: Any) -> None:
    car = her.car(price_fen=300_000_00)
    vehicles.change_price(session, car.id, 280_000_00)
    later(days=1)
    her.likes(car)
    for price in (330_000_00, 300_000_00, 280_000_00):
        vehicles.change_price(session, car.id, price)
        deliver()
        later(days=1)
    assert her.alerts() == []
    vehicles.change_price(session, car.id, 270_000_00)
    deliver()
    assert len(her.alerts()) == 1


def test_small_steps_are_told_when_they_add_up(session: Session, her: Watcher, deliver: Deliver, later: Any) -> None:
    car = her.car(price_fen=300_000_00)
    her.likes(car)
    for price in (299_500_00, 299_100_00, 298_900_00, 298_400_00):
        vehicles.change_price(session, car.id, price)
        deliver()
        later(hours=1)
    (alert,) = her.get("/alerts/")["items"]
    assert (alert["old_price_fen"], alert["new_price_fen"]) == (300_000_00, 298_900_00)


def test_a_price_that_goes_up_and_down_is_told_once(session: Session, her: Watcher, deliver: Deliver, later: Any) -> None:
    car = her.car(price_fen=300_000_00)
    her.likes(car)
    for price in (280_000_00, 300_000_00) * 3:
        vehicles.change_price(session, car.id, price)
        deliver()
        later(days=4)
    assert len(her.alerts()) == 1


def test_a_car_that_nobody_can_have_is_not_cheaper(session: Session, her: Watcher, deliver: Deliver) -> None:
    car = her.car(price_fen=300_000_00)
    her.likes(car)
    vehicles.change_price(session, car.id, 200_000_00)
    vehicles.sell(session, car.id)
    deliver()
    assert [kind for kind, _ in her.alerts()] == ["favourite.sold"]


def test_a_reserved_car_that_is_let_go_is_told_once_a_week_at_most(session: Session, her: Watcher, deliver: Deliver, later: Any) -> None:
    car = her.car(title="有人定过")
    her.likes(car)
    for _ in range(3):
        vehicles.reserve(session, car.id)
        deliver()
        vehicles.release(session, car.id)
        deliver()
        later(hours=1)
    assert her.alerts() == [("favourite.back_on_sale", "有人定过")]
    later(days=8)
    vehicles.reserve(session, car.id)
    vehicles.release(session, car.id)
    deliver()
    assert len(her.alerts()) == 2


def test_what_was_taken_again_before_we_heard_is_not_on_sale(session: Session, her: Watcher, deliver: Deliver) -> None:
    car = her.car()
    her.likes(car)
    vehicles.reserve(session, car.id)
    vehicles.release(session, car.id)
    vehicles.reserve(session, car.id)
    deliver()
    assert her.alerts() == []


def test_whoever_waits_in_line_comes_first(session: Session, client: Any, market: make.Market, her: Watcher, deliver: Deliver) -> None:
    """While a car is offered to somebody, those who only watch it hear nothing."""
    second = Watcher(session, client, market)
    her.likes(market.vehicle)
    vehicles.reserve(session, market.vehicle.id)
    waiting.join(session, second.customer, market.vehicle.id)
    waiting.hand_on(session, market.vehicle.id)
    deliver()
    assert her.alerts() == []
    waiting.leave(session, second.customer.id, market.vehicle.id)
    deliver()
    assert [kind for kind, _ in her.alerts()] == ["favourite.back_on_sale"]


def test_who_held_a_car_herself_need_not_be_told_that_it_is_free(
    session: Session, client: Any, market: make.Market, her: Watcher, deliver: Deliver
) -> None:
    holder = Watcher(session, client, market)
    for one in (her, holder):
        one.likes(market.vehicle)
    make.order(session, market, holder.customer)
    vehicles.release(session, market.vehicle.id)
    deliver()
    assert [kind for kind, _ in her.alerts()] == ["favourite.back_on_sale"]
    assert holder.alerts() == []


def test_a_sale_is_told_to_all_but_who_bought_it(
    session: Session, client: Any, market: make.Market, her: Watcher, deliver: Deliver
) -> None:
    buyer = Watcher(session, client, market)
    her.likes(market.vehicle)
    buyer.likes(market.vehicle)
    make.order(session, market, buyer.customer)
    vehicles.sell(session, market.vehicle.id)
    deliver()
    assert [kind for kind, _ in her.alerts()] == ["favourite.sold"]
    assert buyer.alerts() == []


def test_who_no_longer_likes_a_car_hears_nothing_of_it(session: Session, her: Watcher, deliver: Deliver) -> None:
    car = her.car(price_fen=300_000_00)
    her.likes(car)
    her.ask("DELETE", f"/favourites/{car.id}")
    vehicles.change_price(session, car.id, 100_000_00)
    vehicles.sell(session, car.id)
    deliver()
    assert her.alerts() == []


def test_what_she_has_read_is_read_and_what_comes_meanwhile_is_not(session: Session, her: Watcher, deliver: Deliver, later: Any) -> None:
    for number in range(4):
        car = her.car(title=f"车{number}")
        her.likes(car)
        vehicles.sell(session, car.id)
        deliver()
        later(seconds=1)
    first = her.get("/alerts/", limit=2)
    rest = her.get("/alerts/", limit=2, cursor=first["next_cursor"])
    assert [one["vehicle"]["title"] for one in first["items"] + rest["items"]] == ["车3", "车2", "车1", "车0"]
    oldest = rest["items"][-1]["id"]
    assert her.ask("POST", "/alerts/read", json={"ids": [oldest, str(uuid.uuid4())]}).json == {"unread": 3}
    for _ in range(2):
        assert her.ask("POST", "/alerts/read", json={"until": first["items"][1]["id"]}).json == {"unread": 1}
    assert [one["is_read"] for one in her.get("/alerts/")["items"]] == [False, True, True, True]
    for body in ({}, {"ids": []}, {"ids": [oldest], "until": oldest}):
        assert her.ask("POST", "/alerts/read", json=body).status_code == 422


def test_nobody_reads_the_alerts_of_another(session: Session, client: Any, market: make.Market, her: Watcher, deliver: Deliver) -> None:
    her.likes(market.vehicle)
    vehicles.sell(session, market.vehicle.id)
    deliver()
    alert, other = her.get("/alerts/")["items"][0]["id"], Watcher(session, client, market)
    for body in ({"ids": [alert]}, {"until": alert}):
        assert other.ask("POST", "/alerts/read", json=body).json == {"unread": 0}
    assert her.get("/alerts/")["unread"] == 1


def test_a_journey_can_begin_with_what_she_is_told(session: Session, her: Watcher, deliver: Deliver) -> None:
    nodes = [journeys.node("wait", "wait", amount=1, unit="day"), journeys.node("end", "end")]
    for name in ("favourite.price_dropped", "saved_search.matched", "vehicle.favourited"):
        journeys.journey(session, her.market.brand, journeys.graph(nodes, ways="wait>end", trigger=name))
    car = her.car(price_fen=300_000_00)
    her.likes(car)
    her.saves(price_max_fen=250_000_00)
    vehicles.change_price(session, car.id, 240_000_00)
    deliver()
    matching.follow(session)
    matching.match_some(session)
    deliver()
    walks = session.execute(select(Walk)).scalars().all()
    assert len(walks) == 3
    assert {(walk.customer_id, walk.context["vehicle_id"]) for walk in walks} == {(her.customer.id, str(car.id))}


def test_old_alerts_are_dropped_and_not_told_again(session: Session, her: Watcher, deliver: Deliver, later: Any) -> None:
    car = her.car(price_fen=300_000_00)
    her.likes(car)
    vehicles.change_price(session, car.id, 270_000_00)
    deliver()
    later(days=181)
    alerts.forget_old(session, older_than=timedelta(days=180))
    assert session.query(Alert).count() == 0
    watching.cheaper(session, {car.id})
    assert session.query(Alert).count() == 0
