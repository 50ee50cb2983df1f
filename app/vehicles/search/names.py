"""The dictionary beside an index: what is counted is a small number there, and has its value here."""

from __future__ import annotations

import os
import zlib
from pathlib import Path
from typing import IO, Any

import orjson

FILE = "names.jsonl"


# How long the file was when a commit was made, and the checksum of so much of it.
Saved = tuple[int, int]


def check(folder: Path, saved: Saved) -> None:
    """Whether all that a commit needs is there, as it was written. Raises OSError or ValueError."""
    length, checksum = saved
    with (folder / FILE).open("rb") as file:
        content = file.read(length)
    if len(content) < length or zlib.crc32(content) != checksum:
        raise ValueError(f"{FILE} is not what was written")


class Names:
    """Of each family, its values in the order in which they were first seen; a value's place is its number for good.

    The file only grows, and it is on the disk before any document that needs it: whoever opened a commit and then reads the file knows
    every number in it.
    """

    def __init__(self, folder: Path) -> None:
        self._file = folder / FILE
        self._read_to = self._checksum = 0
        self._numbers: dict[str, dict[Any, int]] = {}
        self._values: dict[str, list[Any]] = {}
        self.refresh()

    def refresh(self) -> None:
        """Read what has been added since the last time. Raises OSError or ValueError when that cannot be read."""
        with self._file.open("rb") as file:
            file.seek(self._read_to)
            whole, _, _ = file.read().rpartition(b"\n")
        for line in whole.splitlines():
            family, value = orjson.loads(line)
            self._add(family, tuple(value) if isinstance(value, list) else value)
        if whole:
            self._read_to += len(whole) + 1
            self._checksum = zlib.crc32(whole + b"\n", self._checksum)

    def number(self, family: str, value: Any) -> int | None:
        """The number of a value; None when no car ever had it."""
        return self._numbers.get(family, {}).get(value)

    def values(self, family: str) -> list[Any]:
        """Every value of a family, each at the place that is its number."""
        return self._values.get(family, [])

    def _add(self, family: str, value: Any) -> int:
        values = self._values.setdefault(family, [])
        number = self._numbers.setdefault(family, {})[value] = len(values)
        values.append(value)
        return number


class GrowingNames(Names):
    """The dictionary as its only writer holds it."""

    def __init__(self, folder: Path) -> None:
        (folder / FILE).touch()
        super().__init__(folder)
        # A line that a crash cut off belongs to no document.
        self._out: IO[bytes] = self._file.open("ab")
        self._out.truncate(self._read_to)

    def number_of(self, family: str, value: Any) -> int:
        """The number of a value, a new one when it has none."""
        known = self._numbers.get(family, {}).get(value)
        if known is not None:
            return known
        line = orjson.dumps([family, value]) + b"\n"
        self._out.write(line)
        self._read_to += len(line)
        self._checksum = zlib.crc32(line, self._checksum)
        return self._add(family, value)

    def save(self) -> None:
        """Onto the disk: before each commit of the index."""
        self._out.flush()
        os.fsync(self._out.fileno())

    @property
    def saved(self) -> Saved:
        """What `check` holds the file against later."""
        return self._read_to, self._checksum

    def close(self) -> None:
        self._out.close()
