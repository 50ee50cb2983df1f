"""Where the index lies: one folder for each generation of it, in that one for each brand, and a file that names the one in use."""

from __future__ import annotations

import contextlib
import fcntl
import math
import mmap
import os
import re
import shutil
import time
import uuid
import zlib
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO

import orjson

from app.vehicles.search import names
from app.vehicles.search.layout import VERSION
from app.vehicles.search.names import Saved


class Unreadable(Exception):
    """What lies on the disk is not what was written there."""


@dataclass(frozen=True)
class State:
    """Up to where a generation has followed which database: everything that `snapshot` sees is in it.

    Written after the commit of the index: a crash between the two has the same changes read again, which harms nothing.
    """

    source: str
    snapshot: str
    # Of each brand, how much of its dictionary is needed.
    names: dict[str, Saved] = field(default_factory=dict)
    version: int = VERSION


class Generation:
    """A folder with an index of every brand, its state, a file whose time says when the stock was looked at last, and a mark of damage."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._state, self._seen, self._damaged = folder / "state.json", folder / "looked_at", folder / "damaged"

    def of_brand(self, brand_id: uuid.UUID) -> Path:
        """The folder of a brand's index."""
        return self.folder / str(brand_id)

    def brands(self) -> list[uuid.UUID]:
        """The brands that have an index."""
        return [uuid.UUID(entry.name) for entry in self.folder.iterdir() if entry.is_dir()]

    def state(self) -> State:
        """Raises `Unreadable`."""
        try:
            return State(**orjson.loads(self._state.read_bytes()))
        except (OSError, ValueError, TypeError) as error:
            raise Unreadable(f"{self._state.name}: {error}") from error

    def check_names(self, brand_id: uuid.UUID) -> None:
        """Hold a brand's dictionary against what its last commit needs. Raises `Unreadable`."""
        saved = self.state().names.get(str(brand_id))
        try:
            if saved is not None:
                names.check(self.of_brand(brand_id), saved)
        except (OSError, ValueError) as error:
            raise Unreadable(f"{brand_id}: {error}") from error

    def write_state(self, state: State) -> None:
        """Whole or not at all."""
        replace(self._state, orjson.dumps(asdict(state)))

    def looked(self) -> None:
        """Say that everything which was committed until now is in the index, by the machine's steady clock, which all processes share."""
        now = time.monotonic()
        if not self._seen.exists():
            self._seen.touch()  # says for a moment what this machine's calendar says: nobody reads this generation yet
        os.utime(self._seen, (now, now))

    def lag_seconds(self) -> float:
        """How long ago the stock was looked at last. Raises OSError when the generation has gone."""
        looked_at = self._seen.stat().st_mtime
        seconds = time.monotonic() - looked_at
        return seconds if seconds >= 0 else math.inf  # the machine was started again since

    @property
    def damaged(self) -> bool:
        """Whether a reader has met something in it that cannot be read."""
        return self._damaged.exists()

    def mark_damaged(self) -> None:
        """Ask for a new generation."""
        with contextlib.suppress(OSError):  # it has gone: there will be a new one anyway
            self._damaged.touch()


_GENERATION = re.compile(r"generation-[0-9a-f]{12}")


class Folders:
    """The folder of all generations."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._pointer = folder / "current"
        self._wanted = folder / "rebuild"

    def current(self) -> Generation | None:
        """The generation in use; None when there is none."""
        try:
            generation = self.folder / self._pointer.read_text()
        except OSError:
            return None
        return Generation(generation) if generation.is_dir() else None

    def pointed_at(self) -> tuple[int, int] | None:
        """Changes whenever another generation comes into use; costs one look at a file's entry."""
        try:
            found = os.stat(self._pointer)
        except OSError:
            return None
        return found.st_ino, found.st_mtime_ns

    def begin(self) -> Generation:
        """A new empty generation, not in use yet."""
        folder = self.folder / f"generation-{uuid.uuid4().hex[:12]}"
        folder.mkdir(parents=True)
        return Generation(folder)

    def use(self, generation: Generation) -> None:
        """Point at a generation and remove all others: who still reads one keeps its files until he lets go of them."""
        generation.looked()
        replace(self._pointer, generation.folder.name.encode())
        self._wanted.unlink(missing_ok=True)
        self.tidy()

    def tidy(self) -> None:
        """Remove every generation that is not in use, such as one that a killed process had begun."""
        current = self.current()
        for entry in self.folder.iterdir():
            if _GENERATION.fullmatch(entry.name) and (current is None or entry != current.folder):
                shutil.rmtree(entry, ignore_errors=True)

    def want_new(self) -> None:
        """Ask the process that keeps the index to make it anew."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._wanted.touch()

    @property
    def new_is_wanted(self) -> bool:
        """Whether somebody has asked, and it has not been done yet."""
        return self._wanted.exists()

    def lock(self) -> IO[str] | None:
        """The right to write, until the file is closed or its process ends; None while another process has it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        file = (self.folder / "writer.lock").open("w")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            return None
        return file


def replace(file: Path, content: bytes) -> None:
    """Write a file so that it is there whole or as it was, whatever happens."""
    unfinished = file.with_name(file.name + ".new")
    with unfinished.open("wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
    unfinished.rename(file)


_FOOTER_MAGIC = 1337


def check(folder: Path) -> None:
    """Hold every file of a commit against the checksum that tantivy wrote at its end. Raises `Unreadable`.

    tantivy itself looks at the ends of the files only.
    """
    try:
        segments = orjson.loads((folder / "meta.json").read_bytes())["segments"]
        wanted = {segment["segment_id"].replace("-", "") for segment in segments}
        for file in folder.iterdir():
            if file.name.partition(".")[0] in wanted:
                _check(file)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Unreadable(f"{folder.name}: {error}") from error


def _check(file: Path) -> None:
    """A file ends with its footer (JSON with the checksum of what is before it), the footer's length and a magic number."""
    with file.open("rb") as opened, mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as content, memoryview(content) as whole:
        length, magic = (int.from_bytes(whole[at:until], "little") for at, until in ((-8, -4), (-4, len(whole))))
        if magic != _FOOTER_MAGIC or length > len(whole) - 8:
            raise ValueError(f"{file.name} has no end")
        with whole[: -8 - length] as body:
            checksum = zlib.crc32(body)
        if checksum != orjson.loads(bytes(whole[-8 - length : -8]))["crc"]:
            raise ValueError(f"{file.name} is not what was written")
