"""What a saved search is called when she gives it no name: its filters in the words of the catalogue."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.interests.schemas import LONGEST_NAME
from app.kit.texts import t
from app.vehicles.labels import label
from app.vehicles.models import ModelSeries
from app.vehicles.queries import Filters

# In the order in which people say it; series come first.
_CHOICES = ("model", "trim", "condition", "body", "energy", "drivetrain", "gearbox", "exterior_color", "interior_color", "options", "city")
WAN = 10_000_00


def summary(session: Session, brand_id: uuid.UUID, filters: Filters, place_label: str | None) -> str:
    """Everything that a search asks for, in words; "all cars" when it asks for nothing."""
    named = select(ModelSeries.key, ModelSeries.name).where(ModelSeries.brand_id == brand_id, ModelSeries.key.in_(filters.series))
    series = dict(session.execute(named).all()) if filters.series else {}
    return " · ".join(_parts(filters, series, place_label)) or t("interests.search.everything")


def name(words: str) -> str:
    """As much of a summary as a name may be long."""
    return words if len(words) <= LONGEST_NAME else words[: LONGEST_NAME - 1] + "…"


def _parts(filters: Filters, series: dict[str, str], place_label: str | None) -> Iterator[str]:
    if filters.q:
        yield f"“{filters.q}”"
    yield from _listed([series.get(key, key) for key in sorted(filters.series)])
    for kind in _CHOICES:
        yield from _listed([label(kind, key) or str(key) for key in sorted(getattr(filters, kind))])
    yield from _range("price", filters.price_min_fen, filters.price_max_fen, _wan)
    yield from _range("monthly", filters.monthly_min_fen, filters.monthly_max_fen, lambda fen: f"{fen // 100:,}")
    yield from _listed([t("interests.search.year", year=year) for year in sorted(filters.model_year)])
    yield from _range("years", filters.model_year_min, filters.model_year_max, str)
    yield from _range("registered", filters.registered_from, filters.registered_to, str)
    yield from _range("mileage", filters.mileage_min_km, filters.mileage_max_km, _kilometres)
    yield from _listed([t("interests.search.seats", seats=seats) for seats in sorted(filters.seats)])
    if filters.previous_owners_max is not None:
        yield t("interests.search.owners", most=filters.previous_owners_max)
    if filters.listed_within_days is not None:
        yield t("interests.search.listed_within", days=filters.listed_within_days)
    for asked in ("accident_free", "in_warranty", "has_photos"):
        if getattr(filters, asked) is not None:
            yield t(f"interests.search.{asked}.{'yes' if getattr(filters, asked) else 'no'}")
    if stores := {*filters.store_ids, *filter(None, [filters.store_id])}:
        yield t("interests.search.stores", count=len(stores))
    if filters.radius_km is not None:
        yield t("interests.search.around", place=place_label or t("interests.search.here"), radius=f"{filters.radius_km:g}")


def _listed(words: list[str]) -> Iterator[str]:
    if words:
        yield "/".join(words)


def _range(kind: str, least: Any, most: Any, shown: Any) -> Iterator[str]:
    if least is not None and most is not None:
        yield t(f"interests.search.{kind}.between", least=shown(least), most=shown(most))
    elif least is not None:
        yield t(f"interests.search.{kind}.least", least=shown(least))
    elif most is not None:
        yield t(f"interests.search.{kind}.most", most=shown(most))


def _wan(fen: int) -> str:
    return f"{fen / WAN:,.2f}".rstrip("0").rstrip(".")


def _kilometres(km: int) -> str:
    return f"{km / 10_000:g}"
