"""The phone in the browser: how soon the mini-program is there, and how smooth a long list is, beside a bare page in that browser."""

from __future__ import annotations

import statistics
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from bench.report import Figure, Report
from dev.browser import ARGUMENTS, found
from dev.testing import servers
from dev.town import town

TIMES = 7
CARS = 500
SCREEN = {"width": 375, "height": 812}
NOTHING = "<!doctype html><title>nothing</title><div style='height: 200000px'>nothing</div>"

# Scrolls a thing for three seconds as a quick thumb does and gives the milliseconds between frames.
FRAMES = """scroller => new Promise((done) => {
  const times = []
  const step = (now) => {
    times.push(now)
    scroller.scrollTop += 40
    if (now - times[0] < 3000) requestAnimationFrame(step)
    else done(times.slice(1).map((time, at) => time - times[at]))
  }
  requestAnimationFrame(step)
})"""


def run() -> Report:
    """Medians; the first start, which fills caches, is left out. Raises RuntimeError without a Chromium."""
    program = found()
    if program is None:
        raise RuntimeError("no Chromium here: on Debian, apt install chromium")
    with (
        tempfile.TemporaryDirectory() as folder,
        servers() as lent,
        town(Path(folder), lent.database_url) as stack,
        sync_playwright() as driver,
    ):
        stack.start()
        browser = driver.chromium.launch(executable_path=program, args=list(ARGUMENTS))
        bare = [_bare(browser) for _ in range(TIMES)]
        boots = [_boot(browser, stack.phone) for _ in range(TIMES + 1)][1:]
        list_frames, nodes = _long_list(browser, stack.phone)
        bare_frames = _bare_frames(browser)
        browser.close()
    boot, nothing = statistics.median(boots), statistics.median(bare)
    late = sum(frame > 50 for frame in list_frames) / len(list_frames)
    return Report(
        [
            Figure("start: from the address to the first page shown", boot, "ms", at_most=1500),
            Figure("an empty page in the same browser", nothing, "ms"),
            Figure("start / empty page", boot / nothing, "times"),
            Figure(f"scrolling {CARS} cars: median frame", statistics.median(list_frames), "ms", at_most=20),
            Figure(f"scrolling {CARS} cars: frames later than 50 ms", late * 100, "%", at_most=2),
            Figure("scrolling a bare page: median frame", statistics.median(bare_frames), "ms"),
            Figure(f"elements of the page with {CARS} cars", nodes, "elements"),
        ],
        [f"Medians of {TIMES} starts, each by a person of her own with nothing stored. No GPU: the processor draws."],
    )


def _page(browser: Browser) -> Page:
    return browser.new_context(viewport=SCREEN).new_page()


def _boot(browser: Browser, address: str) -> float:
    page = _page(browser)
    page.goto(f"{address}/device")
    page.wait_for_selector("html[data-ready]")
    took = float(page.evaluate("window.phone.readyAfter"))
    page.context.close()
    return took


def _bare(browser: Browser) -> float:
    page = _page(browser)
    page.set_content(NOTHING)
    took = float(page.evaluate("performance.timing.loadEventEnd - performance.timing.navigationStart || performance.now()"))
    page.context.close()
    return took


def _long_list(browser: Browser, address: str) -> tuple[list[float], int]:
    """Fill the list page until it holds enough cars, then scroll it from its top."""
    page = _page(browser)
    page.goto(f"{address}/device?path=pages/vehicles/index")
    page.wait_for_selector("html[data-ready]")
    cards = page.locator(".page-frame:not([hidden]) car-card")
    cards.first.wait_for()
    scroller = page.locator(".page-frame:not([hidden]) wx-page")
    while (before := cards.count()) < CARS:
        scroller.evaluate("one => { one.scrollTop = 0; one.scrollTop = one.scrollHeight }")
        page.wait_for_function("before => document.querySelectorAll('.page-frame:not([hidden]) car-card').length > before", arg=before)
    scroller.evaluate("one => { one.scrollTop = 0 }")
    frames = scroller.evaluate(FRAMES)
    nodes = int(scroller.evaluate("one => one.querySelectorAll('*').length"))
    page.context.close()
    return frames, nodes


def _bare_frames(browser: Browser) -> list[float]:
    page = _page(browser)
    page.set_content(NOTHING)
    frames: list[float] = page.evaluate(f"({FRAMES})(document.scrollingElement)")
    page.context.close()
    return frames
