"""A whole town: real processes on a database of their own with the demo's data; for stories, crashes and measurements."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from dev.moulds import Moulds
from dev.stack import Stack


@contextmanager
def town(folder: Path, database_url: str) -> Iterator[Stack]:
    """A stack that is seeded but not started; whatever of it runs at the end is stopped, and its database is dropped.

    `database_url` is of a database from which others can be created.
    """
    name = f"marque_town_{uuid.uuid4().hex[:12]}"
    try:
        stack = Stack(folder, Moulds(database_url).town(name, folder))
        try:
            stack.prepare()
            yield stack
        finally:
            stack.stop()
    finally:
        with psycopg.connect(database_url, autocommit=True) as server:
            server.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
