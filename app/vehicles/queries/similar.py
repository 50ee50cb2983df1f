"""Cars like one that is looked at, with the reason why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Integer, Select, case, cast, false, func, select, union
from sqlalchemy.orm import Session, contains_eager, joinedload

from app.dealers.models import Store
from app.vehicles.models import Status, Vehicle

NEAR_PRICE = 0.15
# So many of each kind on either side of the price are looked at: enough that the best six are among them.
CANDIDATES = 60


@dataclass(frozen=True)
class Similar:
    """A car and what it has in common with the one looked at: keys of `vehicles.reason` in the catalogue, the strongest first."""

    car: Vehicle
    reasons: tuple[str, ...]


def similar(session: Session, vehicle: Vehicle, limit: int = 6) -> Sequence[Similar]:
    """Listed cars of the brand, the most alike first; as many as asked for whenever the brand has that many on sale.

    Points: same series 40, price 30 less its distance in percent of the price, same body 15, same city 15, model year 10 less 3 a year;
    of equals the one that has been here longer. Weighed are the cars of the series, of the body and of the brand whose prices come next,
    which indexes find: not a million of them.
    """
    same_series = Vehicle.series_id == vehicle.series_id
    same_body = Vehicle.body == vehicle.body if vehicle.body else false()
    near_price = func.abs(Vehicle.price_fen - vehicle.price_fen) <= NEAR_PRICE * vehicle.price_fen
    same_city = Store.city == vehicle.store.city
    off_percent = func.least(100 * func.abs(Vehicle.price_fen - vehicle.price_fen) / vehicle.price_fen, 30)
    years_apart = func.abs(Vehicle.model_year - vehicle.model_year)
    points: ColumnElement[int] = _worth(same_series, 40) + _worth(same_city, 15) + _worth(same_body, 15)
    points = points + 30 - cast(off_percent, Integer) + func.greatest(10 - 3 * years_apart, 0)
    near = union(*_next_to(vehicle, same_series), *_next_to(vehicle, same_body), *_next_to(vehicle)).subquery()
    rows = session.execute(
        select(Vehicle, same_series, near_price, same_city, same_body)
        .join(near, near.c.id == Vehicle.id)
        .join(Vehicle.store)
        .options(contains_eager(Vehicle.store), joinedload(Vehicle.series))
        .order_by(points.desc(), Vehicle.number)
        .limit(limit)
    )
    found = []
    for car, is_series, is_price, is_city, is_body in rows:
        said = (("same_series", is_series), ("near_price", is_price), ("same_city", is_city))
        reasons = tuple(reason for reason, holds in said if holds)
        found.append(Similar(car, reasons or (("same_body",) if is_body else ("same_brand",))))
    return found


def _next_to(vehicle: Vehicle, *conditions: ColumnElement[bool]) -> list[Select[tuple[object]]]:
    """The listed cars under these conditions whose prices come next, above and below."""
    of_brand = select(Vehicle.id).where(
        Vehicle.brand_id == vehicle.brand_id, Vehicle.status == Status.listed, Vehicle.id != vehicle.id, *conditions
    )
    above = of_brand.where(Vehicle.price_fen >= vehicle.price_fen).order_by(Vehicle.price_fen, Vehicle.number)
    below = of_brand.where(Vehicle.price_fen < vehicle.price_fen).order_by(Vehicle.price_fen.desc(), Vehicle.number.desc())
    return [select(side.limit(CANDIDATES).subquery().c.id) for side in (above, below)]


def _worth(condition: ColumnElement[bool], points: int) -> ColumnElement[int]:
    return case((condition, points), else_=0)
