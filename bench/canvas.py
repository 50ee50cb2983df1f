"""The sheet on which journeys are drawn, with 100 steps on it: how soon a letter stands there, and how smooth the sheet follows a hand."""

from __future__ import annotations

import statistics
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

from bench.report import Figure, Report
from dev.browser import ARGUMENTS, found
from dev.stack import Stack
from dev.testing import servers
from dev.town import town
from miniprogram_mock.phone.phone import Desk
from miniprogram_mock.story import DEMO_PASSWORD, DEMO_USERNAME

STEPS = 100
LETTERS = 60
# As somebody types who is very quick.
BETWEEN_LETTERS_MS = 70
SCREEN = {"width": 1440, "height": 900}

# From each key that goes down until the frame after it is painted, in milliseconds.
LISTEN = """() => {
  window.painted = []
  addEventListener('keydown', (event) => requestAnimationFrame(() => {
    const channel = new MessageChannel()
    channel.port1.onmessage = () => window.painted.push(performance.now() - event.timeStamp)
    channel.port2.postMessage(0)
  }), true)
}"""
# The milliseconds between frames, until somebody says that it is enough.
WATCH = """() => {
  window.frames_ = []
  let before = performance.now()
  const step = (now) => {
    window.frames_.push(now - before)
    before = now
    if (!window.enough) requestAnimationFrame(step)
  }
  requestAnimationFrame(step)
}"""


def run() -> Report:
    """Medians and 95th percentiles. Raises RuntimeError without a Chromium."""
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
        journey = _drawn(stack)
        browser = driver.chromium.launch(executable_path=program, args=list(ARGUMENTS))
        page = browser.new_context(viewport=SCREEN, locale="zh-CN").new_page()  # type: ignore[arg-type]  # playwright's own shape of a size
        _open(page, stack.web, journey)
        keys = _typed(page)
        moves = _carried(page)
        browser.close()
    return Report(
        [
            Figure(f"a letter typed into a step of {STEPS}: median until it is painted", statistics.median(keys), "ms", at_most=50),
            Figure("the same, 95th percentile", _p95(keys), "ms", at_most=50),
            Figure("the sheet carried by the mouse: median frame", statistics.median(moves), "ms", at_most=20),
            Figure("the same: frames later than 50 ms", 100 * sum(one > 50 for one in moves) / len(moves), "%", at_most=2),
        ],
        ["No GPU: the processor draws. The platform runs on the same machine."],
    )


def _p95(times: list[float]) -> float:
    return sorted(times)[int(0.95 * (len(times) - 1))]


def _drawn(stack: Stack) -> str:
    """A draft with a row of messages, waits and branches; its id."""
    desk = Desk(stack.web, username=DEMO_USERNAME, password=DEMO_PASSWORD).line
    made = desk.call("POST", "/api/staff/journeys/", json={"name": "一百步"})
    graph = graph_of(STEPS)
    desk.call("PUT", f"/api/staff/journeys/{made['id']}/draft", json={"revision": made["revision"], "graph": graph})
    return str(made["id"])


def graph_of(steps: int) -> dict[str, Any]:
    """Waits in a row, each third a split whose second way joins again two steps later."""
    nodes: list[dict[str, Any]] = []
    edges: list[dict[str, str]] = []
    for number in range(steps - 1):
        name, after = f"s{number}", f"s{number + 1}" if number < steps - 2 else "end"
        if number % 3 == 0:
            arms = [{"port": port, "label": label, "percent": 50} for port, label in (("a", "一组"), ("b", "二组"))]
            nodes.append({"id": name, "kind": "split", "config": {"arms": arms}})
            edges.append({"from": name, "port": "a", "to": after})
            edges.append({"from": name, "port": "b", "to": f"s{number + 2}" if number < steps - 3 else "end"})
        else:
            nodes.append({"id": name, "kind": "wait", "config": {"amount": 1, "unit": "day"}})
            edges.append({"from": name, "port": "done", "to": after})
    nodes.append({"id": "end", "kind": "end", "config": {}})
    trigger = {"kind": "event", "config": {"event": "share.opened"}}
    return {"triggers": [trigger], "start": "s0", "nodes": nodes, "edges": edges, "rules": {}, "notes": []}


def _open(page: Page, web: str, journey: str) -> None:
    page.goto(f"{web}/console/login")
    page.get_by_label("账号").fill(DEMO_USERNAME)
    page.get_by_label("密码").fill(DEMO_PASSWORD)
    page.get_by_role("button", name="登录").click()
    page.get_by_role("link", name="旅程").wait_for()
    page.goto(f"{web}/console/journeys/{journey}/edit")
    page.locator(".react-flow__node").nth(4).wait_for()
    # What the page asks for when it is opened has been answered.
    page.wait_for_load_state("networkidle")


def _typed(page: Page) -> list[float]:
    page.locator(".react-flow__node").nth(4).click()
    field = page.get_by_label("显示名称")
    field.click()
    page.evaluate(LISTEN)
    for number in range(LETTERS):
        page.keyboard.press("abcdefghij"[number % 10])
        page.wait_for_timeout(BETWEEN_LETTERS_MS)
        if number % 20 == 19:
            field.fill("")
    page.wait_for_function("wanted => window.painted.length >= wanted", arg=LETTERS)
    times: list[float] = page.evaluate("window.painted")
    return times


def _carried(page: Page) -> list[float]:
    sheet = page.locator(".react-flow__pane").bounding_box()
    assert sheet is not None
    x, y = sheet["x"] + 40, sheet["y"] + sheet["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.evaluate(WATCH)
    for step in range(120):
        page.mouse.move(x + step, y - step * 3)
    page.mouse.up()
    page.evaluate("window.enough = true")
    times: list[float] = page.evaluate("window.frames_.slice(1)")
    return times
