"""A whole town: real processes on a database of their own with the demo's data; for stories, crashes and measurements."""

import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from dev.environment import ROOT
from dev.stack import Stack


@contextmanager
def town(folder: Path, database_url: str) -> Iterator[Stack]:
    """A stack that is seeded but not started; whatever of it runs at the end is stopped, and its database is dropped.

    `database_url` is of a database from which others can be created.
    """
    name = f"marque_town_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(database_url, autocommit=True) as server:
        server.execute(f'CREATE DATABASE "{name}"')
    stack = Stack(folder, database_url.rsplit("/", 1)[0] + "/" + name)
    try:
        subprocess.run([sys.executable, "-m", "alembic", "upgrade", "head"], cwd=ROOT, env=stack.env, check=True, capture_output=True)
        stack.prepare()
        stack.flask("demo", "seed", "--accounts", str(stack.accounts))
        yield stack
    finally:
        stack.stop()
        with psycopg.connect(database_url, autocommit=True) as server:
            server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
