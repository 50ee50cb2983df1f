"""The filled database of `bench audience`, in a folder of its own: filled at any time, measured when the machine is quiet."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg

from bench import audience_data
from bench.audience_data import Year
from bench.beside import platform
from dev.moulds import Moulds
from dev.ports import free_port
from dev.postgres import Postgres
from dev.stack import Stack

BRAND = "jiyao"
_DATABASE = "marque_audience"
# What is made in the transaction in which its table is needs no log then; nobody vacuums beside those who fill.
_FILLING = ("wal_level=minimal", "max_wal_senders=0", "autovacuum=off", "max_wal_size=4GB")


def fill(folder: Path, *, people: int, events: int) -> dict[str, Any]:
    """Fill the database of this folder, or go on where that was interrupted; gives the note of what is in it and how long it took."""
    folder.mkdir(parents=True, exist_ok=True)
    with _server(folder, _FILLING) as server:
        note = _note(folder)
        if (note.get("people"), note.get("events")) != (people, events):
            _begin(folder, server)
            note = {"people": people, "events": events, "seconds": {}}
        with _stack(folder, server) as stack, platform(stack), psycopg.connect(stack.env["DATABASE_URL"], autocommit=True) as connection:
            brand_id = brand(connection)
            if "until" not in note:
                with _timed(note, "people"):
                    audience_data.fill_people(connection, brand_id, people)
                    note["until"] = audience_data.empty_events(connection).isoformat()
                _keep(folder, note)
            with _timed(note, "events"):
                audience_data.fill_events(connection, Year.until(note["until"], brand_id, people=people, events=events))
            _keep(folder, note)
            if "totals" not in note["seconds"]:
                with _timed(note, "totals"):
                    _count_up(connection)
                note["whole"] = True
                _keep(folder, note)
    return note


@contextmanager
def opened(folder: Path) -> Iterator[tuple[Stack, dict[str, Any]]]:
    """The platform on what `fill` left there, and its note; the server is stopped at the end and everything stays."""
    if not _note(folder).get("whole"):
        raise SystemExit(f"{folder} is not filled: python -m bench audience --fill {folder}")
    with _server(folder) as server, _stack(folder, server) as stack:
        stack.migrate()
        with platform(stack):
            yield stack, _note(folder)


def forget(folder: Path) -> None:
    """Remove the server and what it held, wherever that is."""
    Postgres(folder / "postgres", 0, fast=True).remove()


def brand(connection: psycopg.Connection[Any]) -> uuid.UUID:
    """Whose people they are."""
    found = connection.execute("SELECT id FROM brands WHERE key = %s", [BRAND]).fetchone()
    assert found is not None
    return uuid.UUID(str(found[0]))


@contextmanager
def _server(folder: Path, settings: tuple[str, ...] = ()) -> Iterator[Postgres]:
    """The folder's server, for one at a time."""
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        server = Postgres(folder / "postgres", free_port(), fast=True, settings=settings)
        server.start()
        try:
            yield server
        finally:
            server.stop()


def _begin(folder: Path, server: Postgres) -> None:
    """The demo's town in a database of this name, whatever was there."""
    (folder / "note.json").unlink(missing_ok=True)
    shutil.rmtree(folder / "town", ignore_errors=True)
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{_DATABASE}" WITH (FORCE)')
    Moulds(server.url("postgres"), folder / "moulds").town(_DATABASE, folder / "town")


@contextmanager
def _stack(folder: Path, server: Postgres) -> Iterator[Stack]:
    stack = Stack(folder / "town", server.url(_DATABASE))
    try:
        stack.prepare()
        yield stack
    finally:
        stack.stop()


def _note(folder: Path) -> dict[str, Any]:
    try:
        return dict(json.loads((folder / "note.json").read_text()))
    except FileNotFoundError:
        return {}


def _keep(folder: Path, note: dict[str, Any]) -> None:
    unfinished = folder / "note.new"
    unfinished.write_text(json.dumps(note))
    os.replace(unfinished, folder / "note.json")


@contextmanager
def _timed(note: dict[str, Any], step: str) -> Iterator[None]:
    """Seconds of a step, with those of the times when it was interrupted left out."""
    started = time.perf_counter()
    yield
    note["seconds"][step] = note["seconds"].get(step, 0) + time.perf_counter() - started


def _count_up(connection: psycopg.Connection[Any]) -> None:
    """Count all events, which the nights do one day at a time."""
    from app.events import totals
    from app.kit import db

    # As much memory as a year at once wants, for the platform's own connections from now until it is taken back.
    connection.execute(f"ALTER DATABASE \"{_DATABASE}\" SET work_mem = '1GB'")
    db.engine().dispose()
    more = True
    while more:
        with db.transaction() as session:
            more = totals.count_up(session, step=timedelta(days=400))
    connection.execute(f'ALTER DATABASE "{_DATABASE}" RESET work_mem')
    # Of a transaction whose log is not written out yet, VACUUM cannot say that everybody sees it.
    connection.execute("CHECKPOINT")
    connection.execute("VACUUM (ANALYZE) event_totals")
