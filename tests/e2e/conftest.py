"""One town for all that is done by fingers, phones in browser contexts of their own, and pictures of what they showed."""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from dev import browser as machine
from dev.environment import ROOT
from dev.stack import Stack
from dev.town import town as built
from miniprogram_mock.phone.phone import Desk
from miniprogram_mock.phone.wechat import WeChat
from miniprogram_mock.phone.wire import Line
from miniprogram_mock.story import DEMO_PASSWORD, DEMO_USERNAME
from tests.e2e.hand import PATIENCE, Hand
from tests.e2e.sheet import DESK

HERE = Path(__file__).parent
ARTEFACTS = Path(os.environ.get("ARTEFACTS") or ROOT / "var" / "artefacts") / "e2e"
SCREEN = {"width": 375, "height": 812}
# A headless browser says so in its own, and the platform counts no machine among those who opened a share.
WECHAT = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) MicroMessenger/8.0.60"
SHANGHAI = "31.2304,121.4737,人民广场"
WINDOW: dict[str, Any] = {"viewport": SCREEN, "locale": "zh-CN", "user_agent": WECHAT, "reduced_motion": "reduce"}
expect.set_options(timeout=PATIENCE)
Phones = Callable[..., Hand]
Picture = Callable[..., None]


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One process of a parallel run does all of these, so that there is one town and one browser."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.xdist_group("e2e"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Any:
    report = yield
    setattr(item, f"report_{report.when}", report)
    return report


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """The machine's Chromium, started once."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=machine.found(), args=list(machine.ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def context(chromium: Browser) -> Iterator[BrowserContext]:
    """One browser window for the tests of a file, so that it keeps the engine's files; phones in it share what was sent."""
    context = chromium.new_context(viewport=SCREEN)
    yield context
    context.close()


@pytest.fixture(scope="session")
def artefacts() -> Path:
    """Where this run leaves its pictures and logs; what an earlier run left is gone."""
    shutil.rmtree(ARTEFACTS, ignore_errors=True)
    ARTEFACTS.mkdir(parents=True)
    return ARTEFACTS


@pytest.fixture(scope="package")
def town(servers: tuple[str, str], tmp_path_factory: pytest.TempPathFactory, artefacts: Path) -> Iterator[Stack]:
    """The whole stack with demo data, gone with the last of these tests; its logs are kept with the pictures."""
    with built(tmp_path_factory.mktemp("town"), servers[0]) as stack:
        stack.start()
        yield stack
        for log in stack.folder.glob("*.log"):
            shutil.copy(log, artefacts)


@pytest.fixture(scope="package")
def wechat(town: Stack) -> WeChat:
    """WeChat's own side of the town: people, inboxes, clock, faults."""
    return WeChat(town.simulator)


@pytest.fixture(scope="package")
def desk(town: Stack) -> Desk:
    """The console of headquarters, to see what the server knows."""
    return Desk(town.web, username=DEMO_USERNAME, password=DEMO_PASSWORD)


@pytest.fixture(scope="package")
def cars(town: Stack, wechat: WeChat) -> Iterator[str]:
    """Ids of free cars, `next(cars)`, each given once in a run; none from Shanghai, where the story is told."""

    def free() -> Iterator[str]:
        cursor: str | None = ""
        line = Line(town.web)
        while cursor is not None:
            query = {"city": "广州", "limit": 50} | ({"cursor": cursor} if cursor else {})
            page = line.call("GET", "/api/visitor/vehicles/", params=query, headers={"X-Appid": wechat.mini_program})
            yield from (item["id"] for item in page["items"] if item["status"]["key"] == "listed")
            cursor = page["next_cursor"]

    return free()


@pytest.fixture(scope="package")
def window(chromium: Browser) -> Iterator[BrowserContext]:
    """The browser's window for all phones: what one sends arrives in the other's chats, and the engine's files are kept."""
    context = chromium.new_context(**WINDOW)
    yield context
    context.close()


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A window of its own on a desk, for the console."""
    context = chromium.new_context(**DESK)
    yield context.new_page()
    context.close()


@pytest.fixture
def phone(
    request: pytest.FixtureRequest, chromium: Browser, window: BrowserContext, town: Stack, wechat: WeChat, artefacts: Path
) -> Iterator[Phones]:
    """Hand out phones, each held by a new person whom nobody is called like: `phone("林晓雯", follows=True)` follows the service account.

    `alone=True` gives it a window of its own, in which the browser never thinks that nobody looks.
    """
    hands: list[Hand] = []

    def give(nickname: str = "林晓雯", *, follows: bool = False, alone: bool = False) -> Hand:
        person = wechat.person(f"{nickname}{secrets.token_hex(2)}", f"13{secrets.randbelow(10**9):09d}")
        if follows:
            wechat.follow(int(person["id"]))
        place = chromium.new_context(**WINDOW) if alone else window
        hands.append(Hand(place.new_page(), town.phone, person=person, wechat=wechat))
        return hands[-1]

    yield give
    failed = not getattr(request.node, "report_call", None) or request.node.report_call.failed
    for number, hand in enumerate(hands):
        if failed:
            _keep(hand, artefacts / f"failed-{_plain(request.node.name)}-{number}")
        hand.page.close()
    for own in {hand.page.context for hand in hands} - {window}:
        own.close()


def _keep(hand: Hand, path: Path) -> None:
    """What a phone showed and noted when its test failed."""
    hand.page.screenshot(path=path.with_suffix(".png"))
    path.with_suffix(".json").write_text(json.dumps(hand.log(), ensure_ascii=False, indent=1))


def _plain(name: str) -> str:
    return re.sub(r"[^\w]+", "-", name)


@pytest.fixture
def picture(artefacts: Path) -> Picture:
    """Keep what a phone shows, at the two sizes of screen that most people have: `picture(her, "home")`."""

    def take(hand: Hand, name: str, screens: Sequence[tuple[int, int]] = ((430, 932), (375, 812))) -> None:
        for width, height in screens:
            hand.page.set_viewport_size({"width": width, "height": height})
            hand.page.wait_for_function("[...document.images].every((one) => one.complete || one.loading === 'lazy')")
            hand.page.screenshot(path=artefacts / f"{name}-{width}x{height}.png", animations="disabled")

    return take
