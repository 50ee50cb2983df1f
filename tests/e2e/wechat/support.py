"""How the tests of the client call `wx`, in a tap and outside one, and what came of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page

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


def tap(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()
