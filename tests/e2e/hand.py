"""A hand that holds one phone: it finds things as a person does, by what is written on them, and taps, types and looks."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Locator, Page, expect
from playwright.sync_api import TimeoutError as NotInTime

from miniprogram_mock.phone.wechat import WeChat

# How long a person would look at the screen before she believes that nothing comes, on a busy machine.
PATIENCE = 60_000
# What lies under one of WeChat's own sheets or screens is inert: she sees it, but it is not what she means.
IN_REACH = ":not([inert] *)"
Words = str | re.Pattern[str]


class Hand:
    """One person's phone in a browser context of its own. `person` is her id in the simulator."""

    def __init__(self, page: Page, address: str, *, person: dict[str, Any], wechat: WeChat) -> None:
        self.page = page
        self.address = address
        self.person = int(person["id"])
        self.nickname = str(person["nickname"])
        self.wechat = wechat

    # -- opening -------------------------------------------------------------------------------------------------------------

    def open(self, path: str = "", **world: str) -> Hand:
        """Launch the mini-program anew, at a page with its query; `world` as the device's address takes it: scene, place, network, …"""
        self.look()
        query = {"person": str(self.person), "path": path} | world
        self.page.goto(f"{self.address}/device?" + "&".join(f"{name}={_quoted(value)}" for name, value in query.items() if value))
        expect(self.page.locator("html")).to_have_attribute("data-ready", "true", timeout=PATIENCE * 2)
        return self

    def set(self, name: str, value: Any) -> None:
        """Change the world around her phone: network, theme, place, pay, …"""
        self.page.evaluate("([name, value]) => window.phone.set(name, value)", [name, value])

    def look(self) -> None:
        """Take this phone in hand: of several in one window the browser draws the others but once a second."""
        self.page.bring_to_front()

    # -- looking -------------------------------------------------------------------------------------------------------------

    def there(self, words: Words) -> Locator:
        """What is to be seen with these words on it, or with these as its name for those who cannot see; `…` stands for any words."""
        name = words if isinstance(words, re.Pattern) else re.compile(r"^\s*" + re.escape(words).replace("…", ".*") + r"\s*$")
        page = self.page
        named = page.get_by_text(name).or_(page.get_by_label(name)).or_(page.get_by_role("button", name=name))
        return named.and_(page.locator(IN_REACH)).filter(visible=True)

    def see(self, *words: Words, patience: int = PATIENCE) -> Locator:
        """All of these come into view, each somewhere; the last one's place."""
        self.look()
        place = self.page.locator("html")
        for one in words:
            place = self.there(one).first
            expect(place, f"{self.nickname} does not see “{one if isinstance(one, str) else one.pattern}”").to_be_visible(timeout=patience)
        return place

    def gone(self, words: Words, patience: int = PATIENCE) -> None:
        """This is not, or no longer, to be seen."""
        expect(self.there(words), f"{self.nickname} still sees “{words}”").to_have_count(0, timeout=patience)

    def read(self) -> str:
        """All the words on the screen."""
        return str(self.page.locator("body").inner_text())

    @property
    def route(self) -> str:
        """The page she is on."""
        return str(self.page.evaluate("window.phone.router.current.route"))

    def at(self, route: str) -> None:
        """She comes to this page."""
        self.page.wait_for_function("route => window.phone.router.current?.route === route", arg=route, timeout=PATIENCE)

    # -- touching ------------------------------------------------------------------------------------------------------------

    def tap(self, words: Words, *, among: int = 0) -> None:
        """Tap what bears these words; of several the first, or the one at `among`."""
        self.look()
        self.there(words).nth(among).click(timeout=PATIENCE)

    def go(self, words: Words, route: str) -> None:
        """Tap what leads to a page, and once more where what she tapped was drawn anew at that very moment."""
        self.tap(words)
        try:
            self.page.wait_for_function("route => window.phone.router.current?.route === route", arg=route, timeout=5_000)
        except NotInTime:
            self.tap(words)
            self.at(route)

    def fill(self, label: Words, text: str) -> None:
        """Type into the field of this name."""
        self.look()
        field = self.page.get_by_label(label).or_(self.page.get_by_placeholder(label)).filter(visible=True).first
        inner = field.locator("input, textarea")
        (inner.first if inner.count() else field).fill(text, timeout=PATIENCE)

    def back(self) -> None:
        """The arrow of the navigation bar."""
        self.tap("返回")

    # -- behind the screen ---------------------------------------------------------------------------------------------------

    def inbox(self) -> list[dict[str, Any]]:
        """The service account's messages to her, newest first."""
        return self.wechat.inbox(self.person)

    def log(self, kind: str = "") -> list[dict[str, Any]]:
        """What her phone noted: requests, events, pages, errors."""
        entries = self.page.evaluate("JSON.parse(JSON.stringify(window.phone?.entries ?? []))")
        return [entry for entry in entries if kind in ("", entry["kind"])]


def _quoted(value: str) -> str:
    return value.replace("%", "%25").replace("&", "%26").replace("#", "%23").replace("+", "%2B")
