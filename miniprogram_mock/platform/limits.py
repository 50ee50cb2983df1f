"""Every limit and quota of Tencent's servers, by name; declared beside the endpoint it belongs to, and changed while the simulator runs."""

from dataclasses import dataclass

from miniprogram_mock.platform.store import Store, declare

declare("CREATE TABLE IF NOT EXISTS limits (name TEXT PRIMARY KEY, value REAL NOT NULL)")


@dataclass(frozen=True)
class Limit:
    """`source`: the section of the contract that gives the number; one that is not verified there says so."""

    name: str
    value: float
    source: str


DECLARED: dict[str, Limit] = {}


def limit(name: str, value: float, source: str) -> str:
    """Declare a limit (a count, or seconds when its name ends in `_seconds`) and give its name, by which `Limits` is asked."""
    assert name not in DECLARED, f"the limit {name} is declared twice"
    DECLARED[name] = Limit(name, value, source)
    return name


class Limits:
    """What holds now: `limits[NAME]`, the declared value unless somebody set another; settings survive a restart."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._set = {row["name"]: row["value"] for row in store.all("SELECT name, value FROM limits")}

    def __getitem__(self, name: str) -> int:
        return int(self._set.get(name, DECLARED[name].value))

    def set(self, name: str, value: float | None) -> None:
        """Set a limit, or with None go back to what was declared. Raises KeyError for an unknown name."""
        declared = DECLARED[name]
        if value is None:
            self._set.pop(name, None)
            self._store.run("DELETE FROM limits WHERE name = ?", name)
        else:
            self._set[declared.name] = value
            self._store.run("INSERT OR REPLACE INTO limits VALUES (?, ?)", name, value)

    def listed(self) -> list[dict[str, object]]:
        """All limits by name: what holds, what was declared, and where it comes from."""
        every = sorted(DECLARED.values(), key=lambda one: one.name)
        return [{"name": one.name, "value": self[one.name], "declared": int(one.value), "source": one.source} for one in every]
