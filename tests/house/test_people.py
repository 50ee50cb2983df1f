"""When two profiles turn out to be one person, or a person is forgotten, every domain that knows her hears of it."""

from __future__ import annotations

from typing import Any

import pytest

from app.events import service
from app.kit.db import Base

# identity does both itself; events keep ids only, and are read under both.
EXEMPT = {"identity", "events"}


def _domains_that_know_customers() -> set[str]:
    return {
        mapper.class_.__module__.split(".")[1]
        for mapper in Base.registry.mappers
        if any(column.name == "customer_id" for column in mapper.local_table.columns)  # type: ignore[attr-defined]
    }


@pytest.mark.parametrize("name", ["customer.merged", "customer.erased"])
def test_every_domain_that_knows_customers_hears(app: Any, name: str) -> None:
    knowing = _domains_that_know_customers() - EXEMPT
    assert {"audience", "journeys"} <= knowing
    hearing = {key.split(".")[0] for key in service.listeners(name)}
    assert knowing - hearing == set()
