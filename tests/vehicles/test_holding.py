"""One car is held for one person, whoever else tries, and every change is a fact."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.events.models import Event
from app.vehicles import queries, service
from app.vehicles.errors import NotHeld, NotOnSale, VehicleUnknown
from app.vehicles.models import Vehicle
from tests.factories import dealers, vehicles


def facts(session: Session, vehicle: Vehicle) -> list[str]:
    return list(
        session.execute(
            select(Event.name).filter_by(subject_type="vehicle", subject_id=str(vehicle.id)).order_by(Event.recorded_at, Event.id)
        ).scalars()
    )


@pytest.fixture
def car(session: Session) -> Vehicle:
    return vehicles.vehicle(session, dealers.store(session, dealers.dealer(session, dealers.brand(session))))


def test_of_two_hundred_who_reserve_at_once_exactly_one_gets_the_car(committed: Any) -> None:
    with committed() as session:
        car_id = vehicles.vehicle(session, dealers.store(session, dealers.dealer(session, dealers.brand(session)))).id
    buyers = 200
    together = threading.Barrier(buyers)

    def buy(_number: int) -> bool:
        together.wait()
        try:
            with committed() as session:
                service.reserve(session, car_id)
        except NotOnSale:
            return False
        return True

    with ThreadPoolExecutor(buyers) as pool:
        assert sum(pool.map(buy, range(buyers))) == 1
    with committed() as session:
        assert session.get_one(Vehicle, car_id).status == "reserved"
        assert session.execute(select(func.count()).select_from(Event).filter_by(name="vehicle.reserved")).scalar_one() == 1


def test_a_released_car_is_on_sale_again_and_a_second_release_changes_nothing(session: Session, car: Vehicle) -> None:
    service.reserve(session, car.id)
    assert car.status == "reserved"
    assert service.release(session, car.id)
    before = car.version
    assert not service.release(session, car.id)
    assert (car.status, car.version) == ("listed", before)
    assert facts(session, car) == ["vehicle.reserved", "vehicle.released"]


def test_a_sold_car_is_neither_reserved_nor_released_nor_sold_again(session: Session, car: Vehicle) -> None:
    service.sell(session, car.id)
    with pytest.raises(NotOnSale):
        service.reserve(session, car.id)
    with pytest.raises(NotHeld):
        service.sell(session, car.id)
    assert not service.release(session, car.id)
    assert car.status == "sold"
    assert facts(session, car) == ["vehicle.sold"]


@pytest.mark.parametrize("status", ["draft", "in_preparation", "withdrawn", "delivered"])
def test_only_a_listed_car_can_be_reserved(session: Session, car: Vehicle, status: str) -> None:
    car.status = status
    session.flush()
    with pytest.raises(NotOnSale):
        service.reserve(session, car.id)
    assert car.status == status


def test_every_price_there_was_is_kept(session: Session, car: Vehicle) -> None:
    first = car.price_fen
    service.change_price(session, car.id, first - 5_000_00)
    service.change_price(session, car.id, first - 5_000_00)
    service.change_price(session, car.id, first - 9_000_00)
    assert [(change.old_price_fen, change.new_price_fen) for change in queries.price_history(session, car.id)] == [
        (first - 5_000_00, first - 9_000_00),
        (first, first - 5_000_00),
    ]
    assert facts(session, car) == ["vehicle.price_changed", "vehicle.price_changed"]


def test_a_card_says_what_a_message_needs_and_its_picture_has_a_host(session: Session, car: Vehicle) -> None:
    card = queries.card(session, car.id)
    assert card["photo"] == "http://127.0.0.1:8000/media/vehicles/suv/white/side.svg"
    assert card["store"]["dealer_id"] == str(car.dealer_id)
    assert (card["title"], card["price_fen"], card["status"]) == (car.title, car.price_fen, "listed")


def test_another_brands_car_does_not_exist_here(session: Session, car: Vehicle) -> None:
    with pytest.raises(VehicleUnknown):
        queries.get(session, dealers.brand(session).id, car.id)
