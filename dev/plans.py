"""How the database carries out what is sent to it: each statement with its plan, taken down while it is really sent."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, event

# What a plan can be asked for.
_PLANNED = re.compile(r"\s*(SELECT|INSERT|UPDATE|DELETE|WITH)\b", re.IGNORECASE)
_SCANNED = re.compile(r"Seq Scan on (?:\w+\.)?(\w+)")


@dataclass(frozen=True)
class Planned:
    """A statement, and the lines of its plan with the values that it was sent with."""

    statement: str
    plan: str

    @property
    def scanned(self) -> set[str]:
        """The tables that are read from one end to the other."""
        return set(_SCANNED.findall(self.plan))


@contextmanager
def plans(engine: Engine) -> Iterator[list[Planned]]:
    """The plans of whatever is sent over this engine from here to the end of the block; asked for just before, on the same connection."""
    found: list[Planned] = []

    def ask(**sent: Any) -> None:
        statement = sent["statement"]
        if _PLANNED.match(statement) and not sent["executemany"]:
            with sent["cursor"].connection.cursor() as own:
                own.execute(f"EXPLAIN {statement}", sent["parameters"])
                found.append(Planned(" ".join(statement.split()), "\n".join(row[0] for row in own.fetchall())))

    event.listen(engine, "before_cursor_execute", ask, named=True)
    try:
        yield found
    finally:
        event.remove(engine, "before_cursor_execute", ask)


def scanning(found: list[Planned], tables: set[str]) -> list[str]:
    """Those of these statements that read one of these tables from one end to the other, each with its plan."""
    return [f"{one.statement}\n{one.plan}" for one in found if one.scanned & tables]
