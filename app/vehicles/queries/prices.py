"""What a car cost before, and whether it is a fair price among cars like it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from app.kit import texts
from app.kit.money import yuan
from app.vehicles.models import VISIBLE, Condition, PriceChange, Vehicle

CHINA = ZoneInfo("Asia/Shanghai")
# A reduction is news for some time, and three of them are enough to read.
TOLD_FOR = timedelta(days=365)
MOST_NOTES = 3

LEAST_CARS = 8
YEARS, MORE_YEARS = 1, 2
BAND_KM, BAND_SHARE = 15_000, 0.3
LOW, HIGH = 25, 75
# Among prices that lie close together even the lowest is no bargain.
NEAR_MEDIAN = 0.03
# A car of the first kind is compared with those of the second.
_SAME_KIND: dict[str, tuple[str, ...]] = {
    Condition.used: (Condition.used, Condition.approved),
    Condition.approved: (Condition.used, Condition.approved),
    Condition.demo: (Condition.demo,),
}


def price_history(session: Session, vehicle_id: uuid.UUID) -> Sequence[PriceChange]:
    """Changes of a vehicle's price, newest first."""
    return (
        session.execute(select(PriceChange).filter_by(vehicle_id=vehicle_id).order_by(PriceChange.created_at.desc(), PriceChange.id.desc()))
        .scalars()
        .all()
    )


def price_notes(changes: Sequence[PriceChange], price_fen: int, *, now: datetime) -> list[dict[str, Any]]:
    """The true reductions among a car's changes (newest first), in words; none that a later raise took back."""
    notes = []
    for change in changes:
        if change.reduced_fen and price_fen <= change.new_price_fen and change.created_at > now - TOLD_FOR:
            day = change.created_at.astimezone(CHINA).date()
            said = texts.t(
                "vehicles.price_note.this_year" if day.year == now.astimezone(CHINA).year else "vehicles.price_note.earlier",
                year=day.year,
                month=day.month,
                day=day.day,
                amount=yuan(change.reduced_fen),
            )
            notes.append({"kind": "reduced", "text": said, "reduced_fen": change.reduced_fen, "on": day.isoformat()})
    return notes[:MOST_NOTES]


@dataclass(frozen=True)
class _Like:
    """Which cars are comparable: `said` is a key of `vehicles.fairness.among` in the catalogue."""

    said: str
    condition: ColumnElement[bool]
    years: int
    band_km: int


def fairness(session: Session, vehicle: Vehicle) -> dict[str, Any] | None:
    """Where a car's price lies among comparable ones on sale, as `FairnessOut`; None below LEAST_CARS of them, and for a new car, whose
    guide price says more.

    Comparable: of the same kind of condition, model year within one, mileage within a band; of the same model and trim, else of the same
    model, else of the series, else of the series with two years and a band twice as wide: the first that has enough cars. Never the car
    itself; a VIN cannot be on sale twice, so nobody is counted twice either. `percentile` is the percentage of them that are cheaper,
    cars of the same price counted half. Reads an index only; the cars of one series and three or five years.
    """
    kinds = _SAME_KIND.get(vehicle.condition)
    if kinds is None:
        return None
    for like in _ever_wider(vehicle):
        low_km, high_km = _band(vehicle, like.band_km)
        count, cheaper, equal, median, lowest, highest = session.execute(
            select(
                func.count(),
                func.count().filter(Vehicle.price_fen < vehicle.price_fen),
                func.count().filter(Vehicle.price_fen == vehicle.price_fen),
                func.percentile_disc(0.5).within_group(Vehicle.price_fen),
                func.min(Vehicle.price_fen),
                func.max(Vehicle.price_fen),
            ).where(
                Vehicle.series_id == vehicle.series_id,
                Vehicle.model_year.between(vehicle.model_year - like.years, vehicle.model_year + like.years),
                Vehicle.status.in_(VISIBLE),
                Vehicle.condition.in_(kinds),
                func.coalesce(Vehicle.odometer_km, 0).between(low_km, high_km),
                Vehicle.id != vehicle.id,
                like.condition,
            )
        ).one()
        if count >= LEAST_CARS:
            percentile = round(100 * (cheaper + equal / 2) / count)
            level = _level(percentile, vehicle.price_fen, median)
            return {
                "percentile": percentile,
                "count": count,
                "level": level,
                "label": texts.t(f"vehicles.fairness.{level}"),
                "text": texts.t(
                    f"vehicles.fairness.among.{like.said}",
                    count=count,
                    first=vehicle.model_year - like.years,
                    last=vehicle.model_year + like.years,
                    low=f"{low_km / 10_000:g}",
                    high=f"{high_km / 10_000:g}",
                ),
                "median_fen": median,
                "lowest_fen": lowest,
                "highest_fen": highest,
            }
    return None


def _ever_wider(vehicle: Vehicle) -> Iterator[_Like]:
    band = max(BAND_KM, round(BAND_SHARE * (vehicle.odometer_km or 0)))
    same_model = Vehicle.model == vehicle.model
    if vehicle.trim:
        yield _Like("trim", and_(same_model, Vehicle.trim == vehicle.trim), YEARS, band)
    if vehicle.model:
        yield _Like("model", same_model, YEARS, band)
    whole_series = Vehicle.series_id == vehicle.series_id
    yield _Like("series", whole_series, YEARS, band)
    yield _Like("series", whole_series, MORE_YEARS, 2 * band)


def _band(vehicle: Vehicle, band_km: int) -> tuple[int, int]:
    """To whole thousands, outwards, as it is told."""
    driven = vehicle.odometer_km or 0
    return max(0, (driven - band_km) // 1000 * 1000), -(-(driven + band_km) // 1000) * 1000


def _level(percentile: int, price_fen: int, median_fen: int) -> str:
    if abs(price_fen - median_fen) <= NEAR_MEDIAN * median_fen or LOW < percentile < HIGH:
        return "fair"
    return "low" if percentile <= LOW else "high"
