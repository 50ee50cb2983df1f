"""Take over what a feed brings: stream it into a staging table, then change the stock in one transaction or not at all."""

from __future__ import annotations

import csv
import hashlib
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

import orjson
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.dealers.models import Store
from app.kit import db
from app.kit.rows import CellRefused
from app.vehicles.errors import FeedRefused
from app.vehicles.labels import search_text
from app.vehicles.mapping import Mapping, RowReader
from app.vehicles.models import LIVE, ImportRun, Vehicle
from app.vehicles.service import catalogue, merge

# What a run keeps of its errors; the caller hears of every one.
KEPT_ERRORS = 1000
PROGRESS_EVERY = 500
WITHDRAW_AFTER = 3


@dataclass
class Feed:
    """A file and how to read it.

    `dealer_id`: whose cars they are; None places each at a store of its city. `progress` hears the number of bytes read so far, now and
    then; `refused` hears the line and the error of every bad row.
    """

    path: Path
    mapping: Mapping
    dealer_id: uuid.UUID | None = None
    withdraw_after: int = WITHDRAW_AFTER
    progress: Callable[[int], None] = lambda _bytes: None
    refused: Callable[[int, CellRefused], None] = lambda _line, _error: None


def take_over(session: Session, brand_id: uuid.UUID, feed: Feed) -> ImportRun:
    """Make the stock what the feed says; the same feed again changes nothing.

    Cars are recognised by stock number. New ones are listed, changed ones updated with their old price kept, and those that the last
    `withdraw_after` feeds did not bring are withdrawn (never with 0, never a reserved one). A row that does not hold is left out and
    told; the car it names stays as it is. The caller's transaction makes it all or nothing.

    Raises:
        FeedRefused: the file cannot be read, or none of its rows holds.
        MappingInvalid: the file lacks a column of the mapping.
    """
    name = feed.mapping.name
    session.execute(text("SELECT pg_advisory_xact_lock(hashtext(:feed))"), {"feed": f"feed {brand_id} {name}"})
    with feed.path.open("rb") as raw:
        digest = hashlib.file_digest(raw, "sha256").hexdigest()
    stage = _Stage(session, brand_id, feed)
    with feed.path.open(encoding=feed.mapping.encoding, newline="") as file:
        try:
            stage.fill(file)
        except (UnicodeDecodeError, csv.Error) as error:
            raise FeedRefused(line=stage.rows + 2, reason=str(error)) from error
    if not stage.accepted:
        raise FeedRefused(rows=stage.rows, rejected=stage.rejected, first=stage.errors[:1])
    catalogue.series(session, brand_id, stage.series)
    done = merge.into_stock(session, brand_id, feed.mapping)
    withdrawn = 0
    if not _seen_last_time(session, brand_id, feed, digest):
        withdrawn = merge.count_missing(
            session, brand_id, name, feed.dealer_id, withdraw_after=feed.withdraw_after, spared=stage.refused_numbers
        )
    run = ImportRun(
        brand_id=brand_id,
        feed=name,
        dealer_id=feed.dealer_id,
        file_name=feed.path.name,
        file_sha256=digest,
        rows=stage.rows,
        created=done.created,
        updated=done.updated,
        unchanged=stage.accepted - done.created - done.updated,
        withdrawn=withdrawn,
        rejected=stage.rejected,
        errors=stage.errors,
    )
    session.add(run)
    session.flush()
    if done.created or done.updated:
        # Until autovacuum comes by, the planner would take thousands of new cars for a few, and every search would be slow. Last, for
        # its lock lasts until the commit.
        session.execute(text("ANALYZE vehicles"))
    return run


def _seen_last_time(session: Session, brand_id: uuid.UUID, feed: Feed, digest: str) -> bool:
    """Whether the last run had this very file: sending it again says nothing new about the cars that are not in it."""
    runs = select(ImportRun.file_sha256).filter_by(brand_id=brand_id, feed=feed.mapping.name, dealer_id=feed.dealer_id)
    last = runs.order_by(ImportRun.id.desc()).limit(1)
    return session.execute(last).scalar_one_or_none() == digest


@dataclass
class _Stage:
    """The rows of one feed that hold, in a temporary table that ends with the transaction."""

    session: Session
    brand_id: uuid.UUID
    feed: Feed
    rows: int = 0
    accepted: int = 0
    rejected: int = 0
    errors: list[dict[str, Any]] = field(default_factory=list)
    series: dict[str, str] = field(default_factory=dict)
    refused_numbers: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        stores = select(Store.id, Store.dealer_id, Store.name, Store.city).filter_by(brand_id=self.brand_id).order_by(Store.id)
        if self.feed.dealer_id:
            stores = stores.filter_by(dealer_id=self.feed.dealer_id)
        self._by_city: dict[str, list[tuple[uuid.UUID, uuid.UUID]]] = {}
        self._by_name: dict[str, tuple[uuid.UUID, uuid.UUID]] = {}
        for store_id, dealer_id, name, city in self.session.execute(stores):
            self._by_city.setdefault(city, []).append((store_id, dealer_id))
            self._by_name[name] = (store_id, dealer_id)
        placed = select(Vehicle.stock_number, Vehicle.store_id, Vehicle.dealer_id)
        placed = placed.filter_by(brand_id=self.brand_id, feed=self.feed.mapping.name)
        if self.feed.dealer_id:
            placed = placed.filter_by(dealer_id=self.feed.dealer_id)
        self._placed = {number: (store_id, dealer_id) for number, store_id, dealer_id in self.session.execute(placed)}
        live = select(Vehicle.vin, Vehicle.dealer_id, Vehicle.stock_number)
        live = live.where(Vehicle.brand_id == self.brand_id, Vehicle.vin.is_not(None), Vehicle.status.in_(LIVE))
        self._vins = {vin: (dealer_id, number) for vin, dealer_id, number in self.session.execute(live)}

    def fill(self, file: TextIO) -> None:
        """Read the file to its end, holding one row at a time."""
        lines = csv.reader(file)
        reader = RowReader(self.feed.mapping, [name.strip() for name in next(lines, [])])
        self.session.execute(text("DROP TABLE IF EXISTS staged"))
        self.session.execute(text(merge.STAGED))
        db.copy_rows(self.session, "staged", merge.COLUMNS, self._rows(file, lines, reader))

    def _rows(self, file: TextIO, lines: Any, reader: RowReader) -> Iterator[list[Any]]:
        """The rows that hold, counted; the others are told."""
        for cells in lines:
            if not any(cells):
                continue
            self.rows += 1
            if self.rows % PROGRESS_EVERY == 0:
                self.feed.progress(file.buffer.tell())
            number = ""
            try:
                number = reader.stock_number(cells)
                row = self._row(number, reader.values(cells))
            except CellRefused as error:
                self._refuse(lines.line_num, number, error)
                continue
            self.accepted += 1
            yield row
        self.feed.progress(file.buffer.tell())

    def _refuse(self, line: int, number: str, error: CellRefused) -> None:
        self.rejected += 1
        if number:
            self.refused_numbers.append(number)
        if len(self.errors) < KEPT_ERRORS:
            self.errors.append({"line": line, "field": error.field, "value": error.value, "reason": error.reason})
        self.feed.refused(line, error)

    def _row(self, number: str, values: dict[str, Any]) -> list[Any]:
        """A row of the staging table. Raises `CellRefused` when the car cannot be placed."""
        store_id, dealer_id = self._place(number, values)
        vin = values.get("vin")
        if vin and self._vins.setdefault(vin, (dealer_id, number)) != (dealer_id, number):
            raise CellRefused("vin", vin, "vin_taken")
        series = values["series"]
        key = "".join(series.lower().split())
        self.series.setdefault(key, series)
        values |= {"id": db.new_id(), "store_id": store_id, "dealer_id": dealer_id, "stock_number": number, "series_key": key}
        values["trim"] = values.get("trim") or ""
        values["options"] = values.get("options") or []
        values["search_text"] = search_text(series, values["title"], values["trim"], values.get("exterior_color"))
        values["specifications"] = orjson.dumps(values["specifications"]).decode()
        return [values.get(column) for column in merge.COLUMNS]

    def _place(self, number: str, values: dict[str, Any]) -> tuple[uuid.UUID, uuid.UUID]:
        """(store, dealer): the store that the row names, else where the car already stands, else the dealer's one or one of the city."""
        if name := values.get("store"):
            if name not in self._by_name:
                raise CellRefused("store", name, "no_store")
            return self._by_name[name]
        if number in self._placed:
            return self._placed[number]
        if self.feed.dealer_id:
            if len(self._by_name) != 1:
                raise CellRefused("store", "", "which_store")
            return next(iter(self._by_name.values()))
        city = values.get("city") or ""
        if city not in self._by_city:
            raise CellRefused("city", city, "no_store")
        of_city = self._by_city[city]
        # The same car finds the same store again, wherever it stands in the file.
        return of_city[int.from_bytes(hashlib.blake2b(number.encode(), digest_size=4).digest()) % len(of_city)]
