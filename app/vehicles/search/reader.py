"""Reading the index in a process that serves: opened when first asked for, shared by its threads, looked at anew when a commit was made."""

from __future__ import annotations

import os
import threading
import time
import uuid
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import tantivy

from app.kit.logging import logger
from app.vehicles.search import watch
from app.vehicles.search.engine import IndexAway
from app.vehicles.search.folders import Folders, Generation, Unreadable, check
from app.vehicles.search.layout import VERSION
from app.vehicles.search.names import Names

log = logger(__name__)

# A commit is seen by the first search after it, but not more often than this: between two, what was counted may be told again.
RELOAD_EVERY_SECONDS = 0.25
# How soon an index that could not be opened is tried again.
RETRY_SECONDS = 1.0
# How many searches' counts are remembered of a commit: of whoever scrolls, of the page that everybody opens first.
COUNTS_KEPT = 256

Answer = TypeVar("Answer")
Commit = tuple[int, int]


@dataclass(frozen=True)
class Values:
    """Which values there were of some facets at a commit; to be used for later ones too until `good_until`, by the process's own clock."""

    values: Mapping[str, Mapping[Any, None]]
    commit: Commit
    good_until: float


@dataclass(eq=False)
class View:
    """One commit of a brand's index: it does not change.

    `counted` remembers what searches counted in it, `values` which values of facets there are.
    """

    commit: Commit
    searcher: tantivy.Searcher
    schema: tantivy.Schema
    names: Names
    generation: Generation
    values: dict[tuple[str, ...], Values]
    counted: dict[Any, Any] = field(default_factory=dict)

    def remembered(self, question: Hashable, counted: Callable[[], Answer]) -> Answer:
        """Counted once for a commit: a commit does not change, so nothing that is told again is out of date."""
        answer: Answer | None = self.counted.get(question)
        if answer is None:
            answer = counted()
            # Other threads do this, too: what is here is not looked up again.
            if len(self.counted) >= COUNTS_KEPT:
                self.counted.clear()
            self.counted[question] = answer
        return answer


class _Index:
    """A brand's index in one generation."""

    def __init__(self, generation: Generation, brand_id: uuid.UUID) -> None:
        self._generation, folder = generation, generation.of_brand(brand_id)
        self._meta = folder / "meta.json"
        self._committed = _commit(self._meta)
        self._index = tantivy.Index.open(str(folder))
        self._index.config_reader("manual")
        generation.check_names(brand_id)
        self._names = Names(folder)
        self._values: dict[tuple[str, ...], Values] = {}
        self._loading, self._loaded_at = threading.Lock(), time.monotonic()
        self.view = self._look(self._committed)

    def refresh(self) -> None:
        """Show the last commit; one thread does it, and the others go on with the commit before."""
        if time.monotonic() - self._loaded_at < RELOAD_EVERY_SECONDS:
            return
        committed = _commit(self._meta)
        if committed == self._committed or not self._loading.acquire(blocking=False):
            return
        try:
            self._loaded_at = time.monotonic()
            self._index.reload()
            self.view = self._look(committed)
            self._committed = committed
        finally:
            self._loading.release()

    def _look(self, commit: Commit) -> View:
        searcher = self._index.searcher()
        self._names.refresh()  # after the searcher: it may know more than the commit needs, never less
        return View(commit, searcher, self._index.schema, self._names, self._generation, self._values)


class Reader:
    """The index of every brand, as the process that keeps it last committed it."""

    def __init__(self, folders: Folders, *, away_seconds: float) -> None:
        self._folders, self._away_seconds = folders, away_seconds
        self._opening = threading.Lock()
        self._pointed_at: tuple[int, int] | None = None
        self._generation: Generation | None = None
        self._open: dict[uuid.UUID, _Index] = {}
        self._failed_at: dict[uuid.UUID, float] = {}

    def view(self, brand_id: uuid.UUID) -> View:
        """Raises `IndexAway`: there is no index, it cannot be read, or nobody has kept it for too long."""
        try:
            generation = self._current()
            lag = generation.lag_seconds()
            watch.lag(lag)
            if lag > self._away_seconds:
                raise IndexAway("behind")
            index = self._open.get(brand_id) or self._opened(generation, brand_id)
            index.refresh()
        except (OSError, ValueError, Unreadable) as error:
            self._failed(brand_id, error)
            raise IndexAway("unreadable") from error
        return index.view

    def damaged(self, view: View, brand_id: uuid.UUID, error: BaseException) -> None:
        """Something in a view could not be read: nobody shall read it again, and who keeps the index shall make a new one."""
        view.generation.mark_damaged()
        self._failed(brand_id, error)

    def _current(self) -> Generation:
        pointed_at = self._folders.pointed_at()
        if self._generation is None or pointed_at != self._pointed_at:
            generation = self._folders.current()
            if generation is None:
                raise IndexAway("absent")
            if generation.state().version != VERSION:
                raise IndexAway("of another version")
            self._generation, self._pointed_at, self._open, self._failed_at = generation, pointed_at, {}, {}
        return self._generation

    def _opened(self, generation: Generation, brand_id: uuid.UUID) -> _Index:
        with self._opening:
            if brand_id not in self._open:
                if time.monotonic() - self._failed_at.get(brand_id, -RETRY_SECONDS) < RETRY_SECONDS:
                    raise IndexAway("unreadable")
                if not generation.of_brand(brand_id).exists():
                    raise IndexAway("absent")
                try:
                    self._open[brand_id] = _Index(generation, brand_id)
                except (OSError, ValueError, Unreadable):
                    _accuse(generation, brand_id)
                    raise
            return self._open[brand_id]

    def _failed(self, brand_id: uuid.UUID, error: BaseException) -> None:
        log.warning("the index of the search cannot be read", brand=str(brand_id), error=str(error)[:300])
        self._open.pop(brand_id, None)
        self._failed_at[brand_id] = time.monotonic()


def _accuse(generation: Generation, brand_id: uuid.UUID) -> None:
    """What could not be opened is marked where its checksums say that it is damaged: who keeps it has it open, and may not notice."""
    if not generation.damaged:
        try:
            check(generation.of_brand(brand_id))
            generation.check_names(brand_id)
        except Unreadable:
            generation.mark_damaged()


def _commit(meta: Path) -> Commit:
    """Changes with every commit: the file is replaced by it."""
    found = os.stat(meta)
    return found.st_ino, found.st_mtime_ns
