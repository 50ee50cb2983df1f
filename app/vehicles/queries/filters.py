"""What a consumer may ask for."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any

from marshmallow import ValidationError

from app.kit.errors import Invalid
from app.vehicles import schemas
from app.vehicles.words import priced


@dataclass(frozen=True)
class Filters:
    """A search without its place. Choices of one list are alternatives, options must all be there; None does not ask."""

    series: tuple[str, ...] = ()
    model: tuple[str, ...] = ()
    trim: tuple[str, ...] = ()
    condition: tuple[str, ...] = ()
    body: tuple[str, ...] = ()
    energy: tuple[str, ...] = ()
    drivetrain: tuple[str, ...] = ()
    gearbox: tuple[str, ...] = ()
    exterior_color: tuple[str, ...] = ()
    interior_color: tuple[str, ...] = ()
    model_year: tuple[int, ...] = ()
    seats: tuple[int, ...] = ()
    city: tuple[str, ...] = ()
    store_ids: tuple[uuid.UUID, ...] = ()
    options: tuple[str, ...] = ()
    price_min_fen: int | None = None
    price_max_fen: int | None = None
    monthly_min_fen: int | None = None
    monthly_max_fen: int | None = None
    model_year_min: int | None = None
    model_year_max: int | None = None
    mileage_min_km: int | None = None
    mileage_max_km: int | None = None
    registered_from: date | None = None
    registered_to: date | None = None
    listed_within_days: int | None = None
    previous_owners_max: int | None = None
    accident_free: bool | None = None
    in_warranty: bool | None = None
    has_photos: bool | None = None
    store_id: uuid.UUID | None = None
    radius_km: float | None = None
    q: str | None = None

    @property
    def stores(self) -> frozenset[uuid.UUID]:
        """The stores that are asked for, under either name."""
        return frozenset(self.store_ids) | (frozenset() if self.store_id is None else {self.store_id})

    def as_json(self) -> dict[str, Any]:
        """Only what is asked for, in one spelling: equal searches are equal JSON. `filters_of` is the inverse."""
        asked: dict[str, Any] = {}
        for name in _NAMES:
            value = getattr(self, name)
            if isinstance(value, tuple):
                value = [one if isinstance(one, int) else schemas.spelt(str(one)) for one in sorted(set(value))]
            if value not in (None, []):
                asked[name] = str(value) if isinstance(value, uuid.UUID | date) else value
        return asked


_NAMES = tuple(sorted(one.name for one in fields(Filters)))


def filters_of(asked: dict[str, Any]) -> Filters:
    """Filters from JSON, such as a share keeps. Raises `Invalid` with the fields at fault in its details."""
    try:
        values = schemas.FiltersIn().load(asked)
    except ValidationError as error:
        raise Invalid(**error.normalized_messages()) from error
    return Filters(**values)


def with_price_said(filters: Filters) -> Filters:
    """The price that the words name as bounds of its own, and the words without it. A price chosen beside them goes before it."""
    said = priced(filters.q or "")
    if said.least_fen is said.most_fen is None:
        return filters
    if filters.price_min_fen is not None or filters.price_max_fen is not None:
        return replace(filters, q=said.rest or None)
    return replace(filters, q=said.rest or None, price_min_fen=said.least_fen, price_max_fen=said.most_fen)
