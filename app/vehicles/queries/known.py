"""What a process remembers of a brand for a moment: where its stores are, what its series are called, and what time it is."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import String, cast, select, text
from sqlalchemy.orm import Session

from app.dealers.models import Store
from app.kit import clock
from app.kit.geo import Place, Points, arc_m
from app.vehicles.models import ModelSeries
from app.vehicles.queries.outwards import Column, Outwards
from app.vehicles.queries.vocabulary import Counted, counted_words
from app.vehicles.search import engine

# A store that opens or moves, a series that gets another name, a clock that a demo moves: seen after so many seconds.
REMEMBERED_S = 2.0
# Whoever scrolls, or narrows her search, asks again from where she stands. Of five thousand stores one place takes half a megabyte at most.
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
    key: str


@dataclass(frozen=True)
class SeriesKnown:
    id: uuid.UUID
    key: str
    name: str


class Stores:
    """A brand's stores, in the order of their numbers."""

    def __init__(self, stores: Sequence[StoreKnown], version: str) -> None:
        self.all, self.version = stores, version
        self.by_id = {one.id: one for one in stores}
        self.by_number = {one.number: one for one in stores}
        self.by_key = {one.key: one for one in sorted(stores, key=lambda one: one.key)}
        self.cities = dict.fromkeys(sorted({one.city for one in stores}))
        self._at = {one.number: at for at, one in enumerate(stores)}
        self._everywhere = engine.Stores([one.number for one in stores], [one.city for one in stores])
        self._points = Points((one.lat for one in stores), (one.lng for one in stores))
        self._seen_from: dict[Place, Outwards] = {}

    def seen_from(self, place: Place | None, radius_km: float | None, *, by_distance: bool) -> engine.Stores:
        """The stores as an engine wants them: with a radius those within it, by distance; without one all, by distance if that is asked."""
        if place is None or (radius_km is None and not by_distance):
            return self._everywhere
        here = self._everywhere
        if radius_km is not None:
            near = self._points.within(place, radius_km * 1000)
            numbers, cities = [here.numbers[at] for _, at in near], [here.cities[at] for _, at in near]
            metres = {number: round(arc_m(far)) for number, (far, _) in zip(numbers, near, strict=True)}
            return engine.Stores(numbers, cities, list(metres.values()), metres.get, limited=True)
        seen = self._from(place)
        return engine.Stores(
            Column(seen, lambda _, at: here.numbers[at]),
            Column(seen, lambda _, at: here.cities[at]),
            Column(seen, lambda far, _: round(arc_m(far))),
            lambda number: round(arc_m(self._points.chord(self._at[number], place))) if number in self._at else None,
        )

    def metres(self, place: Place, store: StoreKnown) -> float:
        """How far a store is from a place."""
        return arc_m(self._points.chord(self._at[store.number], place))

    def nearest_city(self, place: Place) -> str | None:
        """The city of the nearest store; None when the brand has no store."""
        nearest = self._from(place).first(1)
        return self.all[nearest[0][1]].city if nearest else None

    def _from(self, place: Place) -> Outwards:
        seen = self._seen_from.get(place)
        if seen is None:
            if len(self._seen_from) >= PLACES_KEPT:
                self._seen_from.clear()
            seen = self._seen_from[place] = Outwards(self._points, place)
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

    @property
    def today(self) -> date:
        """The day in China on which a warranty still has to run."""
        return self.now.astimezone(engine.CHINA).date()


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
    """Read a brand's series and words now, and its stores if something about them has changed."""
    before = _remembered.get(brand_id)
    named = select(ModelSeries.id, ModelSeries.key, ModelSeries.name).filter_by(brand_id=brand_id)
    series = {row.id: SeriesKnown(*row) for row in session.execute(named)}
    version = session.execute(_VERSION, {"brand_id": brand_id}).scalar_one()
    stores = before.stores if before and before.stores.version == version else _stores(session, brand_id, version)
    known = Known(stores, series, counted_words(session, brand_id), clock.now(session), time.monotonic())
    _remembered[brand_id] = known
    return known


# Says a brand's stores in one number: to read and compare thousands of rows every two seconds would cost more than the searches do.
_VERSION = text("SELECT concat(count(*), ':', sum(hashtextextended(s::text, 0))) FROM stores s WHERE brand_id = :brand_id")


def _stores(session: Session, brand_id: uuid.UUID, version: str) -> Stores:
    """`version` was read before, so that a change in between is seen next time."""
    place = Store.name, Store.city, Store.lat_gcj02, Store.lng_gcj02, cast(Store.id, String).label("key")
    placed = select(Store.id, Store.number, Store.dealer_id, *place).where(Store.brand_id == brand_id).order_by(Store.number)
    return Stores([StoreKnown(*row) for row in session.execute(placed)], version)


def forget() -> None:
    """Let the next question read everything anew, whoever has moved a store or the clock."""
    _remembered.clear()
