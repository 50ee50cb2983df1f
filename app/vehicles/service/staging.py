"""The rows of one feed in a temporary table, each with its place or with why it does not hold, before any car is touched."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.dealers.models import Dealer, Store
from app.kit import db
from app.kit.rows import CellRefused
from app.vehicles import reading
from app.vehicles.errors import MappingInvalid
from app.vehicles.labels import search_text
from app.vehicles.mapping import STANDARD, Mapping, RowReader, standard
from app.vehicles.models import FeedFormat

PROGRESS_EVERY = 500
WITHDRAW_AFTER = 3

# What a car is → its type; what else is known of a row stands before it.
VALUES = {
    "vin": "text",
    "title": "text",
    "model": "text",
    "trim": "text",
    "condition": "text",
    "model_year": "integer",
    "first_registration_date": "date",
    "odometer_km": "integer",
    "previous_owners": "integer",
    "accident_free": "boolean",
    "exterior_color": "text",
    "interior_color": "text",
    "body": "text",
    "drivetrain": "text",
    "energy": "text",
    "gearbox": "text",
    "seats": "smallint",
    "warranty_until": "date",
    "price_fen": "bigint",
    "guide_price_fen": "bigint",
    "options": "text[]",
    "specifications": "jsonb",
    "search_text": "text",
}
TYPES = {
    "line": "integer",
    # How surely the row says where the car stands: its store, its dealer, or not at all, so that where it already is goes before
    "placed_by": "text",
    "dealer_id": "uuid",
    "store_id": "uuid",
    "stock_number": "text",
    "series_key": "text",
    **VALUES,
    # Addresses; they become pictures later.
    "photos": "text[]",
    "refused_field": "text",
    "refused_value": "text",
    "refused_reason": "text",
}
COLUMNS = tuple(TYPES)
_STAGED = f"CREATE TEMPORARY TABLE staged ({', '.join(f'{name} {kind}' for name, kind in TYPES.items())}) ON COMMIT DROP"


@dataclass
class Feed:
    """A file and how to read it; without a mapping its columns are named as our fields are.

    `name`: which feed of the dealer's (else of the brand's) it is; the mapping's name unless given. `dealer_id`: whose cars they are; None
    places each at the dealer or store that its row names, or at a store of its city. `progress` hears the number of bytes read so far, now
    and then; `refused` hears the line and the error of every bad row.
    """

    path: Path
    mapping: Mapping | None = None
    dealer_id: uuid.UUID | None = None
    format: FeedFormat = FeedFormat.csv
    name: str = ""
    file_name: str = ""
    withdraw_after: int = WITHDRAW_AFTER
    may_withdraw_many: bool = False
    progress: Callable[[int], None] = lambda _bytes: None
    refused: Callable[[int, CellRefused], None] = lambda _line, _error: None

    def __post_init__(self) -> None:
        self.name = self.name or (self.mapping.name if self.mapping else STANDARD)
        self.file_name = self.file_name or self.path.name


@dataclass
class Stage:
    """Reads a feed into the table `staged`, which ends with the transaction; `mapping` is known once it is filled."""

    session: Session
    brand_id: uuid.UUID
    feed: Feed
    rows: int = 0
    series: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        stores = select(Store.id, Store.dealer_id, Store.name, Store.city, Dealer.name).join(Dealer, Dealer.id == Store.dealer_id)
        stores = stores.where(Store.brand_id == self.brand_id).order_by(Store.id)
        if self.feed.dealer_id:
            stores = stores.where(Store.dealer_id == self.feed.dealer_id)
        self._stores = [_Place(*row) for row in self.session.execute(stores)]
        self._by_city: dict[str, list[_Place]] = {}
        self._by_dealer: dict[str, list[_Place]] = {}
        for place in self._stores:
            self._by_city.setdefault(place.city, []).append(place)
            self._by_dealer.setdefault(place.dealer_name, []).append(place)
        self._by_name = {(place.dealer_name, place.name): place for place in self._stores}

    def fill(self) -> None:
        """Read the file to its end, holding one row at a time. Raises `FeedRefused` where it cannot be read, `MappingInvalid`."""
        encoding = self.feed.mapping.encoding if self.feed.mapping else "utf-8-sig"
        with reading.opened(self.feed.path, self.feed.format, encoding=encoding) as table:
            self.mapping = self.feed.mapping or standard(table.header)
            if len(set(table.header)) != len(table.header):
                raise MappingInvalid(f"the file names a column twice: {table.header}")
            reader = RowReader(self.mapping, table.header)
            self.session.execute(text("DROP TABLE IF EXISTS staged"))
            self.session.execute(text(_STAGED))
            db.copy_rows(self.session, "staged", COLUMNS, self._read(table, reader))
        # The planner knows nothing yet of the cars that a new feed brings, and would compare each with each.
        self.session.execute(text("CREATE INDEX ON staged (stock_number)"))
        self.session.execute(text("ANALYZE staged"))

    def _read(self, table: reading.Table, reader: RowReader) -> Iterator[list[Any]]:
        for line, cells in table.rows:
            table.line = line
            self.rows += 1
            if self.rows % PROGRESS_EVERY == 0:
                self.feed.progress(table.position())
            row: dict[str, Any] = {"line": line}
            try:
                if isinstance(cells, CellRefused):
                    raise cells
                row["stock_number"] = reader.stock_number(cells)
                row |= self._row(row["stock_number"], reader.values(cells))
            except CellRefused as error:
                row |= {"refused_field": error.field, "refused_value": error.value, "refused_reason": error.reason}
            yield [row.get(column) for column in COLUMNS]
        self.feed.progress(table.position())

    def _row(self, number: str, values: dict[str, Any]) -> dict[str, Any]:
        series = values["series"]
        key = "".join(series.lower().split())
        self.series.setdefault(key, series)
        values |= {"series_key": key, "options": values.get("options") or []}
        values |= {name: values.get(name) or "" for name in ("model", "trim")}
        values["search_text"] = search_text(series, values)
        values["specifications"] = orjson.dumps(values["specifications"]).decode()
        return values | self._place(number, values)

    def _place(self, number: str, values: dict[str, Any]) -> dict[str, Any]:
        """Where the row puts the car; where it cannot say, why, which counts unless the feed has brought the car before."""
        among = self._stores
        dealer = values.get("dealer") or ""
        if dealer and dealer not in self._by_dealer:
            raise CellRefused("dealer", dealer, "no_dealer")
        if dealer:
            among = self._by_dealer[dealer]
        if name := values.get("store"):
            named = [self._by_name[dealer, name]] if (dealer, name) in self._by_name else [place for place in among if place.name == name]
            if len(named) != 1:
                raise CellRefused("store", name, "which_store" if named else "no_store")
            return {"placed_by": "store", "dealer_id": named[0].dealer_id, "store_id": named[0].store_id}
        if dealer or self.feed.dealer_id:
            whose = {"placed_by": "dealer", "dealer_id": self.feed.dealer_id or among[0].dealer_id}
            if len(among) == 1:
                return whose | {"store_id": among[0].store_id}
            return whose | {"refused_field": "store", "refused_value": "", "refused_reason": "which_store"}
        city = values.get("city") or ""
        if city not in self._by_city:
            return {"placed_by": "none", "refused_field": "city", "refused_value": city, "refused_reason": "no_store"}
        of_city = self._by_city[city]
        # The same car finds the same store again, wherever it stands in the file.
        found = of_city[int.from_bytes(hashlib.blake2b(number.encode(), digest_size=4).digest()) % len(of_city)]
        return {"placed_by": "none", "dealer_id": found.dealer_id, "store_id": found.store_id}


@dataclass(frozen=True)
class _Place:
    store_id: uuid.UUID
    dealer_id: uuid.UUID
    name: str
    city: str
    dealer_name: str
