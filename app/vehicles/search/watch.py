"""What is counted of the index and of the searches, for Prometheus."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

_LAG = Gauge("marque_search_lag_seconds", "How long ago the index was brought to what is committed.", multiprocess_mode="mostrecent")
_DOCUMENTS = Gauge("marque_search_documents", "Cars in the index.", multiprocess_mode="mostrecent")
_SEARCHES = Counter("marque_searches", "Searches by who answered: the index, or SQL while there was none.", ("engine",))
_AWAY = Counter("marque_search_index_away", "Searches that the index could not answer, by why.", ("reason",))
_REBUILDS = Counter("marque_search_rebuilds", "Indexes made from nothing.")
_REBUILD_SECONDS = Histogram("marque_search_rebuild_seconds", "How long making an index took.", buckets=(1, 5, 15, 30, 60, 120, 300, 900))


def lag(seconds: float) -> None:
    """What a reader saw."""
    _LAG.set(seconds)


def documents(count: int) -> None:
    """What the index shows now."""
    _DOCUMENTS.set(count)


def answered_by(engine: str) -> None:
    """One search; `engine` is `index` or `sql`."""
    _SEARCHES.labels(engine).inc()


def away(reason: str) -> None:
    """One search that the index could not answer."""
    _AWAY.labels(reason).inc()


def rebuilt(count: int, seconds: float) -> None:
    """A new generation came into use."""
    _REBUILDS.inc()
    _REBUILD_SECONDS.observe(seconds)
    _DOCUMENTS.set(count)
