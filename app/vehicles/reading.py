"""The rows of a feed as cells under a header, one at a time, from CSV or from JSON."""

from __future__ import annotations

import csv
import itertools
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from app.kit.rows import CellRefused
from app.vehicles.errors import FeedRefused
from app.vehicles.models import FeedFormat

# One object of a JSON feed is a car, in characters; whatever is longer is no feed.
LONGEST_OBJECT = 1_000_000
MOST_COLUMNS = 500
_PIECE = 65_536
_BETWEEN = re.compile(r"[\s,]*")

# The line (of CSV) or the place of the object (of JSON, from 1), and its cells or why it has none.
Row = tuple[int, list[str] | CellRefused]


@dataclass
class Table:
    """`line` is how far its reader has come, and `position` how many bytes that took."""

    header: list[str]
    rows: Iterator[Row]
    file: TextIO
    line: int = 0

    def position(self) -> int:
        return self.file.buffer.tell()


@contextmanager
def opened(path: Path, kind: FeedFormat, *, encoding: str) -> Iterator[Table]:
    """The file as a table. Raises `FeedRefused`, also while its rows are read, where it is no such file."""
    table = None
    with path.open(encoding="utf-8-sig" if kind == FeedFormat.json else encoding, newline="") as file:
        try:
            if kind == FeedFormat.json:
                columns = _columns(path)
                table = Table(columns, _of_json(file, columns), file)
            else:
                lines = csv.reader(file)
                header = [name.strip() for name in next(lines, [])]
                table = Table(header, ((lines.line_num, cells) for cells in lines if any(cells)), file)
            yield table
        except (UnicodeDecodeError, csv.Error, json.JSONDecodeError) as error:
            raise FeedRefused(after_line=table.line if table else 0, reason=str(error)) from error


def _columns(path: Path) -> list[str]:
    """Every key that any of the objects has, in the order in which they first appear."""
    seen: dict[str, None] = {}
    with path.open(encoding="utf-8-sig") as file:
        for value in _values(file):
            if isinstance(value, dict):
                seen |= dict.fromkeys(_flat(value))
            if len(seen) > MOST_COLUMNS:
                raise FeedRefused(reason=f"more than {MOST_COLUMNS} different keys")
    return list(seen)


def _of_json(file: TextIO, columns: list[str]) -> Iterator[Row]:
    for place, value in zip(itertools.count(1), _values(file), strict=False):
        if isinstance(value, dict):
            flat = _flat(value)
            yield place, [flat.get(name, "") for name in columns]
        else:
            yield place, CellRefused("row", str(value), "not_an_object")


def _flat(value: dict[str, Any]) -> dict[str, str]:
    """The cells of one object as a CSV file would have them; an object in it gives `key.key`."""
    cells: dict[str, str] = {}
    for key, said in value.items():
        if isinstance(said, dict):
            cells |= {f"{key}.{inner}": _cell(one) for inner, one in said.items()}
        else:
            cells[key] = _cell(said)
    return cells


def _cell(said: Any) -> str:
    if isinstance(said, list):
        return ",".join(_cell(one) for one in said)
    if isinstance(said, bool):
        return "true" if said else "false"
    if said is None:
        return ""
    # A half of a pair of surrogates is no character, and no database takes it.
    return str(said).encode("utf-8", "replace").decode()


def _values(file: TextIO) -> Iterator[Any]:
    """The values of an array, or those that stand one after the other; numbers as they are written. One is in memory at a time."""
    decoder = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=_no_number)
    text = file.read(_PIECE).lstrip()
    is_array = text.startswith("[")
    at = int(is_array)
    while True:
        at = _BETWEEN.match(text, at).end()  # type: ignore[union-attr]  # it matches nothing, too
        if is_array and text.startswith("]", at):
            if (text[at + 1 :] + file.read(_PIECE)).strip():
                raise json.JSONDecodeError("something follows the end of the array", text[at : at + 40], 0)
            return
        value, end = _decoded(decoder, text, at)
        # A number at the end of what was read may go on.
        if end is not None and (end < len(text) or isinstance(value, dict)):
            at = end
            yield value
            continue
        more = file.read(_PIECE)
        if not more and (is_array or at < len(text)):
            raise json.JSONDecodeError("no JSON, or it breaks off", text[at : at + 40], 0)
        if not more:
            return
        text, at = text[at:] + more, 0


def _decoded(decoder: json.JSONDecoder, text: str, at: int) -> tuple[Any, int | None]:
    """The value that begins there and where it ends; None as its end while it may only be unfinished."""
    try:
        return decoder.raw_decode(text, at)
    except (json.JSONDecodeError, RecursionError) as error:
        if len(text) - at > LONGEST_OBJECT:
            raise json.JSONDecodeError("no object, or one that is too long", text[at : at + 40], 0) from error
        return None, None


def _no_number(said: str) -> None:
    raise json.JSONDecodeError(f"{said} is not JSON", said, 0)
