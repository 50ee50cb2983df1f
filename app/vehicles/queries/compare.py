"""Up to four cars side by side."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from app.kit import texts
from app.kit.money import yuan
from app.vehicles import labels
from app.vehicles.errors import VehicleUnknown
from app.vehicles.labels import label
from app.vehicles.models import Status, Vehicle
from app.vehicles.queries.stock import list_card

Row = tuple[str, Sequence[str | None]]


def compare(session: Session, brand_id: uuid.UUID, vehicle_ids: Sequence[uuid.UUID]) -> dict[str, Any]:
    """Cars as `ComparisonOut`, in the order asked for; one that is sold is there with its state.

    Raises:
        VehicleUnknown: one of them is not the brand's, or was never on sale.
    """
    cars = _in_order(session, brand_id, vehicle_ids)
    groups = [
        ("price", _price(cars)),
        ("condition", _condition(cars)),
        ("basics", _basics(cars)),
        ("specifications", _specifications(cars)),
        ("options", _options(cars)),
        ("store", [("city", [car.store.city for car in cars]), ("store", [car.store.name for car in cars])]),
    ]
    return {
        "vehicles": [list_card(car) for car in cars],
        "groups": [{"label": _said(name), "rows": told} for name, rows in groups if (told := list(_told(rows)))],
    }


def _in_order(session: Session, brand_id: uuid.UUID, vehicle_ids: Sequence[uuid.UUID]) -> list[Vehicle]:
    found = {
        car.id: car
        for car in session.execute(
            select(Vehicle)
            .options(joinedload(Vehicle.store), joinedload(Vehicle.series))
            .where(
                Vehicle.brand_id == brand_id,
                Vehicle.id.in_(vehicle_ids),
                Vehicle.status.not_in((Status.draft, Status.in_preparation)),
            )
        ).scalars()
    }
    if missing := [one for one in vehicle_ids if one not in found]:
        raise VehicleUnknown(ids=[str(one) for one in missing])
    return [found[one] for one in vehicle_ids]


def _told(rows: Iterable[Row]) -> Iterator[dict[str, Any]]:
    """A row that no car has anything for is left out."""
    for name, values in rows:
        if any(value is not None for value in values):
            yield {"label": _said(name), "values": list(values), "differs": len(set(values)) > 1}


def _said(name: str) -> str:
    """Rows have names of the catalogue, but those of specifications and options, which are told as they are."""
    key = f"vehicles.compare.{name}"
    return texts.t(key) if texts.has(key) else name


def _price(cars: Sequence[Vehicle]) -> list[Row]:
    columns = ("price_fen", "guide_price_fen", "monthly_fen")
    return [(name, [None if (fen := getattr(car, name)) is None else yuan(fen) for car in cars]) for name in columns]


def _condition(cars: Sequence[Vehicle]) -> list[Row]:
    return [
        ("status", [label("status", car.status) for car in cars]),
        ("kind", [label("condition", car.condition) for car in cars]),
        ("first_registration_date", [_month(car.first_registration_date) for car in cars]),
        (
            "odometer_km",
            [None if car.odometer_km is None else texts.t("vehicles.compare.kilometres", km=f"{car.odometer_km:,}") for car in cars],
        ),
        ("previous_owners", [None if car.previous_owners is None else str(car.previous_owners) for car in cars]),
        ("accident_free", [_said_of(car.accident_free, "is", "is_not") for car in cars]),
        ("warranty_until", [car.warranty_until.isoformat() if car.warranty_until else None for car in cars]),
    ]


def _basics(cars: Sequence[Vehicle]) -> list[Row]:
    return [
        ("series", [car.series.name for car in cars]),
        ("model", [car.model or None for car in cars]),
        ("trim", [car.trim or None for car in cars]),
        ("model_year", [texts.t("vehicles.compare.year", year=car.model_year) for car in cars]),
        *(
            (name, [label(name, getattr(car, name)) for car in cars])
            for name in ("body", "energy", "drivetrain", "gearbox", "exterior_color", "interior_color")
        ),
        ("seats", [None if car.seats is None else texts.t("vehicles.compare.seat_count", seats=car.seats) for car in cars]),
    ]


def _specifications(cars: Sequence[Vehicle]) -> Iterator[Row]:
    told = [{row["key"]: row for row in labels.specifications(car.specifications)} for car in cars]
    # The basics have the seats.
    every = {key: None for car in cars for key in car.specifications if key != "seats"}
    for row in labels.specifications(every):
        of_cars = [one.get(row["key"]) for one in told]
        yield row["label"], [None if one is None else one["value"] for one in of_cars]


def _options(cars: Sequence[Vehicle]) -> Iterator[Row]:
    for option in dict.fromkeys(option for car in cars for option in car.options):
        yield label("options", option) or option, [_said_of(option in car.options, "has", "has_not") for car in cars]


def _said_of(value: bool | None, yes: str, no: str) -> str | None:
    return None if value is None else texts.t(f"vehicles.compare.{yes if value else no}")


def _month(day: Any) -> str | None:
    return None if day is None else f"{day:%Y-%m}"
