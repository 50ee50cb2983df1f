"""Follows the stock: what a transaction has changed is in the index a moment after its commit, each change read once."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from app.kit.logging import logger
from app.kit.settings import settings
from app.vehicles.search import watch
from app.vehicles.search.folders import Folders, Generation, Unreadable
from app.vehicles.search.layout import SELECT, SELECT_OPTIONS, VERSION, Row
from app.vehicles.search.writer import Writer

log = logger(__name__)

LOOK_EVERY_SECONDS = 0.2
PAUSE_SECONDS = 0.5
FETCH = 500
# One thread of tantivy's; more memory makes fewer and larger segments while everything is read.
HEAP_BYTES, BUILDING_HEAP_BYTES = 64_000_000, 256_000_000

_SOURCE = """
    SELECT format('%s/%s/%s', (SELECT system_identifier FROM pg_control_system()), (SELECT timeline_id FROM pg_control_checkpoint()),
        (SELECT oid FROM pg_database WHERE datname = current_database()))
"""
# What this statement sees and the one with the older snapshot did not: rows of transactions that were running then or began later.
# However long a transaction takes, its rows are read once, after its commit, and nobody else's are read again because of it.
_CHANGED = f"""
    SELECT now.snapshot, changed.* FROM (SELECT pg_current_snapshot()::text AS snapshot) AS now
    LEFT JOIN ({SELECT} WHERE v.changed_in >= %(began_later)s OR v.changed_in = ANY(%(were_running)s)) AS changed ON true
"""  # noqa: S608
EVERYTHING = f"{SELECT} WHERE v.status IN ('listed', 'reserved')"


class Stopped(Exception):
    """Told to stop in the middle of long work."""


@dataclass
class _Following:
    """A generation that is kept up to date, and what has been seen of the stock."""

    writer: Writer
    source: str
    snapshot: str


class Follower:
    """Keeps the index in a folder; `connect` gives connections to the database that commit each statement by itself."""

    def __init__(self, folders: Folders, connect: Callable[[], psycopg.Connection[Any]], stop: threading.Event | None = None) -> None:
        self.folders, self._connect, self.stop = folders, connect, stop or threading.Event()
        self._connection: psycopg.Connection[Any] | None = None
        self._following: _Following | None = None
        self._looked_at = 0.0

    def run(self) -> None:
        """Follow until told to stop. While another process follows, wait for its end; whatever fails is begun again."""
        while not self.stop.is_set():
            lock = self.folders.lock()
            if lock is None:
                self.stop.wait(PAUSE_SECONDS)
                continue
            with lock, contextlib.suppress(Stopped):
                self._run()
        self.close()

    def _run(self) -> None:
        while not self.stop.is_set():
            try:
                self.look()
                pause = LOOK_EVERY_SECONDS
            except Unreadable as error:
                log.warning("the index of the search is damaged", reason=str(error))
                self.close()
                pause = 0.0
            except (psycopg.Error, OSError, ValueError) as error:
                log.warning("the stock cannot be followed now", error=str(error))
                self.close()
                pause = PAUSE_SECONDS
            self.stop.wait(pause)

    def look(self) -> int:
        """Bring the index to what is committed now, from nothing if need be. Returns how many changes were taken over.

        Raises:
            Unreadable: the index is damaged; it is marked so, and the next call makes it anew.
            psycopg.Error, OSError, ValueError: the database, the disk or tantivy cannot; after `close()` it may be tried again.
        """
        current = self.folders.current()
        usable = current is not None and not current.damaged and self._fits(current)
        following = self._follow(current) if current is not None and usable else None
        if following is None or self.folders.new_is_wanted:
            following = self.rebuild()
        return self._take_over(following)

    def rebuild(self) -> _Following:
        """Make a new generation of everything while the old one, if there is one that holds, goes on being followed; then use it."""
        started = time.monotonic()
        generation = self.folders.begin()
        with self._connect() as connection:
            connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            source, snapshot = self._source(connection), _one(connection, "SELECT pg_current_snapshot()::text")
            writer = Writer(generation, BUILDING_HEAP_BYTES)
            try:
                writer.name_options(connection.execute(SELECT_OPTIONS).fetchall())
                with _rows(connection, EVERYTHING) as rows:
                    count = writer.put(rows, anew=True, each=self._meanwhile)
                writer.show(source, snapshot)
            finally:
                writer.close()
        self._forget_following()
        following = self._following = _Following(Writer(generation, HEAP_BYTES), source, snapshot)
        self._take_over(following)
        self.folders.use(generation)
        watch.rebuilt(count, time.monotonic() - started)
        log.info("the index of the search is made anew", cars=count, seconds=round(time.monotonic() - started, 1))
        return following

    def close(self) -> None:
        """Let go of the index and the database; `look` opens them again."""
        self._forget_following()
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _meanwhile(self) -> None:
        """Between two rows of a rebuild: the generation in use must not fall behind."""
        if self.stop.is_set():
            raise Stopped
        if self._following is not None and time.monotonic() - self._looked_at > LOOK_EVERY_SECONDS:
            self._take_over(self._following)

    def _fits(self, generation: Generation) -> bool:
        """Whether a generation is of this database and this layout."""
        if self._following is not None and self._following.writer.generation.folder == generation.folder:
            return True
        try:
            state = generation.state()
        except Unreadable as error:
            log.warning("the index of the search has no state", reason=str(error))
            return False
        return state.version == VERSION and state.source == self._source(self._connected())

    def _follow(self, generation: Generation) -> _Following:
        if self._following is None or self._following.writer.generation.folder != generation.folder:
            self._forget_following()
            state = generation.state()
            try:
                writer = Writer(generation, HEAP_BYTES)
            except Unreadable:
                generation.mark_damaged()
                raise
            self._following = _Following(writer, state.source, state.snapshot)
            self.folders.tidy()
        return self._following

    def _forget_following(self) -> None:
        if self._following is not None:
            self._following.writer.close()
            self._following = None

    def _take_over(self, following: _Following) -> int:
        """Everything that was committed since the last look."""
        _, began_later, running = following.snapshot.split(":")
        asked = {"began_later": int(began_later), "were_running": [int(one) for one in running.split(",") if one]}
        seen = following.snapshot

        def changed() -> Generator[Row, None, None]:
            nonlocal seen
            with _rows(self._connected(), _CHANGED, asked) as rows:
                for snapshot, *row in rows:
                    seen = snapshot
                    if row[0] is not None:
                        yield row

        with contextlib.closing(changed()) as rows:
            count = following.writer.put(rows, each=self._unless_stopped)
        if count:
            following.writer.show(following.source, seen)
            watch.documents(following.writer.documents())
        following.snapshot = seen
        following.writer.generation.looked()
        self._looked_at = time.monotonic()
        return count

    def _unless_stopped(self) -> None:
        if self.stop.is_set():
            raise Stopped

    def _connected(self) -> psycopg.Connection[Any]:
        if self._connection is None:
            self._connection = self._connect()
        return self._connection

    @staticmethod
    def _source(connection: psycopg.Connection[Any]) -> str:
        """Which database this is: a copy, a restored one or a promoted one counts its transactions anew."""
        return str(_one(connection, _SOURCE))


def of_settings(stop: threading.Event) -> Follower:
    """The follower of this machine's index and the platform's database."""
    address = settings().database_url.replace("+psycopg", "", 1)

    def connect() -> psycopg.Connection[Any]:
        return psycopg.connect(address, autocommit=True, connect_timeout=5, application_name="marque-indexer")

    return Follower(Folders(Path(settings().search_dir)), connect, stop)


@contextlib.contextmanager
def _rows(connection: psycopg.Connection[Any], statement: Any, asked: dict[str, Any] | None = None) -> Iterator[Iterable[Any]]:
    """The rows of a statement, some at a time. A connection cannot even be closed while rows that nobody wants are still coming."""
    rows: Any = connection.cursor().stream(statement, asked, size=FETCH)
    with contextlib.closing(rows):
        yield rows


def _one(connection: psycopg.Connection[Any], statement: Any) -> Any:
    row = connection.execute(statement).fetchone()
    assert row is not None
    return row[0]
