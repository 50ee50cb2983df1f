"""What a process remembers of a brand for a moment: where its stores are, what its series are called, and what time it is."""

from __future__ import annotations

import bisect
import threading
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.dealers.models import Store
from app.kit import clock
from app.kit.geo import Place, Points
from app.vehicles.models import ModelSeries
from app.vehicles.queries.vocabulary import Counted, counted_words
from app.vehicles.search import engine

# A store that opens or moves, a series that gets another name, a clock that a demo moves: seen after so many seconds.
REMEMBERED_S = 2.0
# Whoever scrolls, or narrows her search, asks again from where she stands. Of five thousand stores one place takes half a megabyte.
PLACES_KEPT = 60


@dataclass(frozen=True)
class StoreKnown:
    id: uuid.UUID
    number: int
    dealer_id: uuid.UUID
    name: str
    city: str
    lat: float
    lng: float


@dataclass(frozen=True)
class SeriesKnown:
    id: uuid.UUID
    key: str
    name: str


@dataclass(slots=True)
class _Seen:
    """The stores from a place, by distance."""

    nearest: engine.Stores
    metres: Sequence[float]
    by_number: Mapping[int, float] | None = None


class Stores:
    """A brand's stores, in the order of their numbers."""

    def __init__(self, stores: Sequence[StoreKnown]) -> None:
        self.all = stores
        self.by_id = {one.id: one for one in stores}
        self.by_number = {one.number: one for one in stores}
        self._everywhere = engine.Stores([one.number for one in stores], [one.city for one in stores])
        self._points = Points((one.lat for one in stores), (one.lng for one in stores))
        self._seen_from: dict[Place, _Seen] = {}

    def seen_from(self, place: Place | None, radius_km: float | None) -> engine.Stores:
        """The stores as an engine wants them: with a place by distance, with a radius only those within it."""
        if place is None:
            return self._everywhere
        seen = self._from(place)
        if radius_km is None:
            return seen.nearest
        # To the millimetre, for a radius cuts finer than an order needs.
        within = bisect.bisect_right(seen.metres, radius_km * 1000)
        nearest = seen.nearest
        return engine.Stores(nearest.numbers[:within], nearest.cities[:within], (nearest.metres or ())[:within], limited=True)

    def metres(self, place: Place, store: StoreKnown) -> float:
        """How far a store is from a place."""
        seen = self._from(place)
        if seen.by_number is None:
            seen.by_number = dict(zip(seen.nearest.numbers, seen.metres, strict=True))
        return seen.by_number[store.number]

    def nearest_city(self, place: Place) -> str | None:
        """The city of the nearest store; None when the brand has no store."""
        cities = self._from(place).nearest.cities
        return cities[0] if cities else None

    def _from(self, place: Place) -> _Seen:
        seen = self._seen_from.get(place)
        if seen is None:
            far = self._points.distances_m(place)
            order = sorted(range(len(far)), key=far.__getitem__)
            here, metres = self._everywhere, [far[index] for index in order]
            rows = engine.Stores([here.numbers[at] for at in order], [here.cities[at] for at in order], [round(one) for one in metres])
            if len(self._seen_from) >= PLACES_KEPT:
                self._seen_from.clear()
            seen = self._seen_from[place] = _Seen(rows, metres)
        return seen


@dataclass(frozen=True)
class Known:
    """A brand as it was `read_at`, by the platform's clock."""

    stores: Stores
    series: Mapping[uuid.UUID, SeriesKnown]
    counted: Counted
    read_at: datetime
    read_on: float

    @property
    def now(self) -> datetime:
        """The platform's time."""
        return self.read_at + timedelta(seconds=time.monotonic() - self.read_on)


_remembered: dict[uuid.UUID, Known] = {}
_reading = threading.Lock()


def of_brand(session: Session, brand_id: uuid.UUID) -> Known:
    """What is known of a brand, not older than `REMEMBERED_S`, or than it takes one thread to read it anew while others go on."""
    known = _remembered.get(brand_id)
    if known is None:
        return anew(session, brand_id)
    if time.monotonic() - known.read_on < REMEMBERED_S or not _reading.acquire(blocking=False):
        return known
    try:
        return anew(session, brand_id)
    finally:
        _reading.release()


def anew(session: Session, brand_id: uuid.UUID) -> Known:
    """Read a brand's stores, series and words now."""
    before = _remembered.get(brand_id)
    placed = select(Store.id, Store.number, Store.dealer_id, Store.name, Store.city, Store.lat_gcj02, Store.lng_gcj02)
    stores = [StoreKnown(*row) for row in session.execute(placed.filter_by(brand_id=brand_id).order_by(Store.number))]
    named = select(ModelSeries.id, ModelSeries.key, ModelSeries.name).filter_by(brand_id=brand_id)
    series = {row.id: SeriesKnown(*row) for row in session.execute(named)}
    same = before is not None and before.stores.all == stores
    known = Known(
        before.stores if before and same else Stores(stores), series, counted_words(session, brand_id), clock.now(session), time.monotonic()
    )
    _remembered[brand_id] = known
    return known


def forget() -> None:
    """Let the next question read everything anew, whoever has moved a store or the clock."""
    _remembered.clear()
