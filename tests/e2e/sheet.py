"""A marketer's hand on the canvas where journeys are drawn: a mouse that finds things by what is written on them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from playwright.sync_api import Locator, Page, expect

from miniprogram_mock.story import DEMO_PASSWORD, DEMO_USERNAME
from tests.e2e.axe import shut_out

DESK: dict[str, Any] = {"viewport": {"width": 1440, "height": 900}, "locale": "zh-CN", "reduced_motion": "reduce"}
# What stands in for what has not come yet.
COMING = ".ant-skeleton, .splash, .ant-spin-spinning"


def looked_at(page: Page, artefacts: Path, name: str, schemes: Sequence[Literal["light", "dark"]] = ("light", "dark")) -> None:
    """Keep a page on a desk and on a phone, in light and in dark; it is never wider than the screen, and shuts nobody out."""
    expect(page.locator(COMING)).to_have_count(0)
    for width, height in ((1440, 900), (390, 844)):
        page.set_viewport_size({"width": width, "height": height})
        assert (found := shut_out(page)) == [], f"{name} at {width}: " + "; ".join(found)
        for scheme in schemes:
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            page.screenshot(path=artefacts / f"console-{name}-{width}-{scheme}.png", animations="disabled")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth + 1"), f"{name} is wider than {width}"
    page.set_viewport_size({"width": 1440, "height": 900})
    page.emulate_media(color_scheme="light", reduced_motion="reduce")


class Sheet:
    """The console in a window of its own, with somebody of headquarters signed in."""

    def __init__(self, page: Page, web: str, username: str = DEMO_USERNAME) -> None:
        self.page, self.console = page, f"{web}/console"
        page.goto(f"{self.console}/login")
        self.username = username
        self.sign_in()
        expect(page.get_by_role("link", name="总览")).to_be_visible()

    def sign_in(self) -> None:
        """On the page that asks for it."""
        self.page.get_by_label("账号").fill(self.username)
        self.page.get_by_label("密码").fill(DEMO_PASSWORD)
        self.press("登录")

    def press(self, name: str | re.Pattern[str]) -> None:
        self.page.get_by_role("button", name=name).first.click()

    def new(self) -> str:
        """An empty canvas; the journey's id."""
        self.page.get_by_role("link", name="旅程").click()
        self.press("新建旅程")
        self.press(re.compile("^空白旅程"))
        expect(self.canvas).to_be_visible()
        return self.page.url.rstrip("/").split("/")[-2]

    @property
    def canvas(self) -> Locator:
        return self.page.get_by_label("旅程画布")

    @property
    def side(self) -> Locator:
        return self.page.get_by_label("设置", exact=True)

    def step(self, label: str) -> Locator:
        return self.canvas.locator(".react-flow__node").filter(has_text=label)

    def add(self, kind: str, place: str | re.Pattern[str]) -> None:
        """Press the plus that bears these words, and pick a kind of step."""
        self.press(place)
        picker = self.page.get_by_role("dialog", name="添加步骤")
        picker.get_by_role("button", name=kind, exact=True).click()
        expect(picker).to_have_count(0)

    def drag(self, kind: str, place: str | re.Pattern[str]) -> None:
        """Carry a kind from the palette to a place."""
        self.page.get_by_label("步骤", exact=True).get_by_role("button", name=kind, exact=True).drag_to(
            self.page.get_by_role("button", name=place).first
        )

    def choose(self, field: str, option: str) -> None:
        """Open a list and turn the wheel until the option is in sight; nothing is typed."""
        self.page.get_by_role("combobox", name=field).last.click()
        options = self.page.locator(".ant-select-dropdown:not(.ant-select-dropdown-hidden) .ant-select-item-option")
        wanted = options.filter(has_text=re.compile(f"^{re.escape(option)}"))
        options.first.hover()
        for _ in range(60):
            if wanted.count():
                break
            self.page.mouse.wheel(0, 160)
            self.page.wait_for_timeout(40)
        wanted.first.click()

    def saved(self) -> None:
        """What was drawn is kept, and says so."""
        expect(self.page.get_by_role("status").filter(has_text=re.compile("^已保存"))).to_be_visible()

    def publish(self) -> None:
        """Open the drawer, tick each warning, confirm; the version is out."""
        self.press("发布")
        drawer = self.page.get_by_role("dialog", name="发布")
        expect(drawer.get_by_role("button", name=re.compile("^确认发布"))).to_be_visible()
        for box in drawer.get_by_role("checkbox").all():
            box.click()

    def confirm(self) -> Locator:
        drawer = self.page.get_by_role("dialog", name="发布")
        drawer.get_by_role("button", name=re.compile("^确认发布")).click()
        done = drawer.get_by_text(re.compile(r"^版本 \d+ 已发布"))
        expect(done).to_be_visible()
        return drawer
