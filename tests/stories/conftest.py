"""A whole town for stories: real processes, a database of their own, demo data, Tencent's simulator; driven over HTTP only."""

from __future__ import annotations

import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from dev.stack import Stack
from miniprogram_mock.story import Story


@pytest.fixture
def town(servers: tuple[str, str], tmp_path: Path) -> Iterator[Stack]:
    """The stack with demo data, started; everything of it is gone afterwards."""
    maintenance, _redis = servers
    name = f"marque_story_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(maintenance, autocommit=True) as server:
        server.execute(f'CREATE DATABASE "{name}"')
    stack = Stack(tmp_path, maintenance.rsplit("/", 1)[0] + "/" + name)
    try:
        subprocess.run([sys.executable, "-m", "alembic", "upgrade", "head"], env=stack.env, check=True, capture_output=True)
        stack.prepare()
        stack.flask("demo", "seed", "--accounts", str(stack.accounts))
        with stack:
            yield stack
    finally:
        with psycopg.connect(maintenance, autocommit=True) as server:
            server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def story(town: Stack) -> Callable[..., Story]:
    """A story told in the town, by people who are new to it."""

    def begin(*, patience: float = 30.0) -> Story:
        password = town.env["DEMO_PASSWORD"]
        return Story(town.web, town.simulator, username="admin", password=password, patience=patience, say=print)

    return begin
