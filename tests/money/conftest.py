"""A brand at a simulator of its own, on the real database, for all tests of a file; everything is emptied afterwards."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest

from app.kit import db
from app.kit.settings import settings
from tests import simulator as platform
from tests import tables
from tests.money.books import Books
from tests.money.stage import Ground


@pytest.fixture(scope="module")
def emptied(app: Any) -> Iterator[None]:
    """What the tests of a file commit is gone when the last of them has ended."""
    yield
    with db.transaction() as session:
        tables.empty(session)


@pytest.fixture(scope="module")
def ground(app: Any, emptied: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    port = platform.free_port()
    address = f"http://127.0.0.1:{port}"
    with platform.running(tmp_path_factory.mktemp("simulator"), address) as simulator, pytest.MonkeyPatch.context() as patch:
        for name, value in (simulator.settings | {"PUBLIC_BASE_URL": address}).items():
            patch.setitem(os.environ, name, value)
        settings.cache_clear()
        yield Ground.laid(app, simulator, port)
    settings.cache_clear()


@pytest.fixture(scope="module")
def ledger(ground: Ground) -> Books:
    """The simulator's books of this file."""
    return Books(ground.simulator.folder)
