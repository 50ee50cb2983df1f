"""Workers that work when told to."""

from __future__ import annotations

import pytest

from tests.factories.payments import Works


@pytest.fixture
def works(rings: list[tuple[str, dict[str, str]]]) -> Works:
    return Works(rings)
