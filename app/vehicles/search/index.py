"""The engine that answers from the index."""

from __future__ import annotations

import functools
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from app.kit.settings import settings
from app.vehicles.search import watch
from app.vehicles.search.asking import clauses
from app.vehicles.search.counting import count, question
from app.vehicles.search.engine import Asked, Hits, IndexAway
from app.vehicles.search.folders import Folders
from app.vehicles.search.paging import page
from app.vehicles.search.reader import Reader, View

Answer = TypeVar("Answer")


class Index:
    """Answers from the index in a folder; for all threads of a process."""

    def __init__(self, folder: Path, *, away_seconds: float) -> None:
        self._reader = Reader(Folders(folder), away_seconds=away_seconds)

    def find(self, asked: Asked) -> Hits:
        """Raises `IndexAway`. What was counted is shared with others who ask the same: it must not be changed."""
        return self._answer(asked.brand_id, lambda view: _find(view, asked))

    def by_store(self, asked: Asked) -> dict[int, tuple[int, int]]:
        """Raises `IndexAway`."""
        return self._answer(asked.brand_id, lambda view: _by_store(view, asked))

    def _answer(self, brand_id: uuid.UUID, ask: Callable[[View], Answer]) -> Answer:
        try:
            view = self._reader.view(brand_id)
        except IndexAway as away:
            watch.away(str(away))
            raise
        try:
            return ask(view)
        except BaseException as error:
            # What tantivy cannot read makes it panic, and a panic is no `Exception` on this side; or it gives numbers that no name has.
            if not isinstance(error, OSError | ValueError | IndexError) and type(error).__name__ != "PanicException":
                raise
            self._reader.damaged(view, brand_id, error)
            watch.away("damaged")
            raise IndexAway("damaged") from error


@functools.cache
def index() -> Index:
    """The engine of this process."""
    return Index(Path(settings().search_dir), away_seconds=settings().search_away_seconds)


def _find(view: View, asked: Asked) -> Hits:
    said = clauses(view, asked)
    counted = view.remembered(question(asked), lambda: count(view, asked, said))
    return Hits(page(view, asked, said, counted.total), counted.total, counted.facets, counted.histogram, counted.ranges, counted.values)


def _by_store(view: View, asked: Asked) -> dict[int, tuple[int, int]]:
    least = {"least": {"min": {"field": "price"}}}
    at = {"terms": {"field": "store", "size": 60_000}, "aggs": least}
    buckets = view.searcher.aggregate(clauses(view, asked).query(), {"at": at})["at"]["buckets"]
    return {bucket["key"]: (bucket["doc_count"], int(bucket["least"]["value"])) for bucket in buckets}
