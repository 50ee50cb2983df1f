"""How the tests of the client call `wx`, in a tap and outside one, and what came of it."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page

# A picture of one pixel, as PNG.
PIXEL = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==")
# Opens a phone; what is given goes into the device's address.
Start = Callable[..., Page]


def ask(page: Page, api: str, **options: Any) -> dict[str, Any]:
    """What an API answers by its promise, granted or refused."""
    return dict(page.evaluate("([api, options]) => phone.wx[api](options).catch((refusal) => refusal)", [api, options]))


def begin(page: Page, api: str, **options: Any) -> None:
    """Call an API that will ask her something; `answer` gives what came of it."""
    page.evaluate("([api, options]) => { window.asked = phone.wx[api](options).catch((refusal) => refusal) }", [api, options])


def answer(page: Page) -> dict[str, Any]:
    return dict(page.evaluate("window.asked"))


def in_a_tap(page: Page, script: str) -> None:
    """The mini-program makes this call in the handler of a real tap; `answer` gives what came of it."""
    page.evaluate(
        "script => { phone.router.current.instance.tapped = (wx) => { window.asked = new Function('wx', `return ${script}`)(wx) } }", script
    )
    tap(page, "tap")


def stop_the_clock(page: Page) -> None:
    """From now on time on this phone passes only by `page.clock.run_for`."""
    page.clock.install(time=0)
    page.clock.pause_at(1000)


def tap(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()
