"""Reads a long file in a process of its own, a few pages ahead of whoever takes them over: `python -m app.audience.reading_ahead`."""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from app.audience.errors import PeopleFileRefused
from app.audience.reading import Given, Page, pages

# For less than that a process is not worth its start, in bytes.
ALONE_BELOW = 4 * 1024 * 1024
ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def read_ahead(path: Path, given: Given) -> Iterator[Iterator[Page]]:
    """The pages of a file. Raises what `reading.pages` does. The other process ends with this one, however that ends: its pipe breaks."""
    if path.stat().st_size < ALONE_BELOW:
        yield pages(path, given)
        return
    command = [sys.executable, "-m", __name__]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as reader:  # ourselves
        assert reader.stdin is not None
        assert reader.stdout is not None
        try:
            with reader.stdin as asked:
                pickle.dump((path, given), asked)
            yield _received(reader.stdout)
        finally:
            reader.kill()


def _received(told: IO[bytes]) -> Iterator[Page]:
    while True:
        try:
            said = pickle.load(told)  # noqa: S301  # what our own process says
        except (EOFError, pickle.UnpicklingError):
            raise RuntimeError("the reader of the file died") from None
        if said is None:
            return
        if isinstance(said, dict):
            raise PeopleFileRefused(**said)
        yield said


def main() -> None:
    """Read what stdin asks for, and tell stdout."""
    path, given = pickle.load(sys.stdin.buffer)  # noqa: S301  # what our own process asks
    with suppress(BrokenPipeError):
        try:
            for page in pages(path, given):
                pickle.dump(page, sys.stdout.buffer, protocol=5)
                sys.stdout.buffer.flush()
            pickle.dump(None, sys.stdout.buffer)
        except PeopleFileRefused as error:
            pickle.dump(error.details, sys.stdout.buffer)
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
