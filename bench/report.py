"""What a measurement says: figures with their targets, as a table for people or as one JSON object."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Figure:
    """One measured value; with `at_least` or `at_most` it has a target that it meets or not."""

    name: str
    value: float
    unit: str
    at_least: float | None = None
    at_most: float | None = None

    @property
    def target(self) -> str | None:
        if self.at_least is not None:
            return f">= {self.at_least:g}"
        return None if self.at_most is None else f"<= {self.at_most:g}"

    @property
    def met(self) -> bool | None:
        """Whether the target is met; None without one."""
        if self.at_least is not None:
            return self.value >= self.at_least
        return None if self.at_most is None else self.value <= self.at_most


@dataclass(frozen=True)
class Report:
    """The figures of one bench, with notes on what they were measured on."""

    figures: Sequence[Figure]
    notes: Sequence[str] = field(default_factory=tuple)


def as_json(name: str, report: Report) -> str:
    """One object: {"bench", "figures": [{"name", "value", "unit", "target", "met"}], "notes"}."""
    figures: list[dict[str, Any]] = [
        {"name": one.name, "value": round(one.value, 4), "unit": one.unit, "target": one.target, "met": one.met} for one in report.figures
    ]
    return json.dumps({"bench": name, "figures": figures, "notes": list(report.notes)}, ensure_ascii=False)


def as_table(name: str, report: Report) -> str:
    """The figures as aligned lines; a missed target says so."""
    words = {True: "met", False: "MISSED", None: ""}
    rows = [("figure", "value", "unit", "target", "")]
    rows += [(one.name, _number(one.value), one.unit, one.target or "", words[one.met]) for one in report.figures]
    widths = [max(_width(row[column]) for row in rows) for column in range(5)]
    lines = [f"bench {name}", ""]
    for row in rows:
        cells = [cell.rjust(widths[at]) if at == 1 else cell + " " * (widths[at] - _width(cell)) for at, cell in enumerate(row)]
        lines.append("  " + "  ".join(cells).rstrip())
    return "\n".join([*lines, "", *(f"  {note}" for note in report.notes)]).rstrip()


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.3g}"


def _width(text: str) -> int:
    """Columns on a terminal, where a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)
