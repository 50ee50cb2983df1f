"""A whole town for stories: real processes, a database of their own, demo data, Tencent's simulator; driven over HTTP only."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dev.stack import Stack
from dev.town import town as built
from miniprogram_mock.story import Story


@pytest.fixture
def town(servers: tuple[str, str], tmp_path: Path) -> Iterator[Stack]:
    """The stack with demo data, started; everything of it is gone afterwards."""
    with built(tmp_path, servers[0]) as stack:
        stack.start()
        yield stack


@pytest.fixture
def story(town: Stack) -> Callable[..., Story]:
    """A story told in the town, by people who are new to it."""

    def begin(*, patience: float = 30.0, plain: bool = False) -> Story:
        return Story(town.web, town.simulator, patience=patience, plain=plain, say=print)

    return begin
