"""Faults that a test plants: lost callbacks, answers that never arrive, error codes; kept in the store, so that they outlive a crash."""

from fnmatch import fnmatchcase
from typing import Any

from miniprogram_mock.platform.store import Row, Store

# kind -> what it does when it is taken
KINDS = {
    "lose_callbacks": "the next callbacks are never sent",
    "timeout_after_accept": "the call is carried out, its answer never arrives",
    "errcode": "the call is refused with this code",
    "template_status": "the delivery report of the next template messages says this",
    "refund_status": "the next refunds end as this (ABNORMAL or CLOSED)",
}


class Faults:
    """Planted faults, each for a number of times; `take` uses one up."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._any = bool(store.value("SELECT count(*) FROM faults"))

    def plant(self, kind: str, *, times: int, path: str | None = None, value: Any = None) -> None:
        if times > 0:
            self._store.insert("faults", kind=kind, path=path, value=None if value is None else str(value), times=times)
            self._any = True

    def take(self, kind: str, *, path: str | None = None) -> str | None:
        """The value of a planted fault of this kind ("" if it has none), or None; `path` is matched against the fault's glob."""
        if not self._any:
            return None
        for fault in self._store.all("SELECT * FROM faults WHERE kind = ? ORDER BY id", kind):
            if fault["path"] is None or (path is not None and fnmatchcase(path, fault["path"])):
                self._store.run("UPDATE faults SET times = times - 1 WHERE id = ?", fault["id"])
                self._store.run("DELETE FROM faults WHERE id = ? AND times = 0", fault["id"])
                return fault["value"] or ""
        return None

    def listed(self) -> list[Row]:
        return self._store.all("SELECT kind, path, value, times FROM faults ORDER BY id")

    def clear(self) -> None:
        self._store.run("DELETE FROM faults")
        self._any = False
