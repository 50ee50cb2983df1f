"""A simulator, a platform that only keeps what reaches it, and phones between them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.e2e.wechat.support import Start
from tests.phone.serving import phone_for
from tests.phone.upstream import Upstream
from tests.simulator import Simulator, running

PROGRAM = Path(__file__).parent / "program"
SHANGHAI = "31.2304,121.4737,here"


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    with running(tmp_path_factory.mktemp("simulator"), "http://127.0.0.1:9") as simulator:
        yield simulator


@pytest.fixture(scope="module")
def upstream() -> Iterator[Upstream]:
    upstream = Upstream()
    yield upstream
    upstream.close()


@pytest.fixture(scope="module")
def address(simulator: Simulator, upstream: Upstream) -> Iterator[str]:
    with phone_for(PROGRAM, simulator=simulator.base, app=upstream.url) as address:
        yield address


@pytest.fixture
def start(context: BrowserContext, address: str) -> Iterator[Start]:
    """Open a phone: `start(scene=1007, path=…, place=…)`; a test's phones know nothing of those before."""
    pages: list[Page] = []

    def open_phone(**world: Any) -> Page:
        pages.append(context.new_page())
        query = "&".join(f"{name}={value}" for name, value in {"person": 1, "place": SHANGHAI, **world}.items())
        pages[-1].goto(f"{address}/device?{query}")
        pages[-1].wait_for_selector("html[data-ready]")
        return pages[-1]

    yield open_phone
    for page in pages:
        page.evaluate("localStorage.clear()")
        page.close()
