"""A stock that is really committed, an index of it, and who follows the one into the other."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import update

from app.vehicles.models import Vehicle
from app.vehicles.queries.filters import Filters
from app.vehicles.search.engine import Asked, Hits, Sort, Stores
from app.vehicles.search.folders import Folders
from app.vehicles.search.follower import Follower
from app.vehicles.search.index import Index
from tests.factories import dealers, vehicles

NOW = datetime(2026, 6, 1, tzinfo=UTC)


@dataclass
class Shop:
    """One store with cars, and the index over them."""

    transaction: Callable[[], Any]
    folder: Path
    database: str
    brand_id: uuid.UUID
    stores: Stores
    cars: list[uuid.UUID]

    @property
    def folders(self) -> Folders:
        return Folders(self.folder)

    def connect(self) -> psycopg.Connection[Any]:
        return psycopg.connect(self.database, autocommit=True)

    def follower(self, kind: type[Follower] = Follower) -> Follower:
        made = kind(self.folders, self.connect)
        self.followers.append(made)
        return made

    def index(self) -> Index:
        return Index(self.folder, away_seconds=60)

    def find(self, index: Index, sort: Sort = Sort.price_asc, limit: int = 100, **filters: Any) -> Hits:
        return index.find(Asked(self.brand_id, Filters(**filters), sort, NOW, self.stores, limit=limit))

    def prices(self, index: Index) -> list[int]:
        return [price for price, _ in self.find(index).keys]

    def change(self, car: int, **fields: Any) -> None:
        with self.transaction() as session:
            session.execute(update(Vehicle).filter_by(id=self.cars[car]).values(**fields))

    def __post_init__(self) -> None:
        self.followers: list[Follower] = []


@pytest.fixture
def shop(committed: Any, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    """Five cars for 100,000 to 140,000 yuan."""
    monkeypatch.setattr("app.vehicles.search.reader.RELOAD_EVERY_SECONDS", 0.0)
    with committed() as session:
        brand = dealers.brand(session)
        store = dealers.store(session, dealers.dealer(session, brand))
        session.refresh(store)
        series = vehicles.series(session, brand)
        cars = [vehicles.vehicle(session, store, series, price_fen=(10 + car) * 1_000_000).id for car in range(5)]
        stores = Stores([store.number], [store.city], [100], {store.number: 100}.get)
    made = Shop(committed, tmp_path / "search", database, brand.id, stores, cars)
    yield made
    for follower in made.followers:
        follower.stop.set()
        follower.close()
