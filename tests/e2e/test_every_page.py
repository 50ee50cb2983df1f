"""Every page of the console for everybody who works there: reached by links, on a desk and on a phone; none stumbles, none shuts out."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Response, expect

from dev.environment import ROOT
from dev.stack import Stack
from miniprogram_mock.phone.phone import Desk
from miniprogram_mock.story import DEMO_PASSWORD, Story
from tests.e2e import crowd
from tests.e2e.sheet import COMING, DESK, Sheet, looked_at
from tests.factories.journeys import node

ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}")
LINKS = "[...document.querySelectorAll('a[href^=\"/console\"]')].map((link) => link.getAttribute('href'))"
# At headquarters and at a dealer, each with the one first whose pages hold all that the others' do.
TEAMS = (("admin", "marketer", "finance"), ("manager001", "adviser001"))
NOT_BY_LINK = {"/login"}
# What the router does for a link.
GO = "address => { history.pushState(null, '', address); dispatchEvent(new PopStateEvent('popstate')) }"
# How far the table of routes indents what stands beside other pages; what is further in belongs to a frame of tabs.
INSIDE = 12


@pytest.fixture
def lived_in(town: Stack, desk: Desk) -> None:
    """Of each kind that has a page: an order, a refund, people, a message, a broadcast, a segment, a campaign, a feed, a day's bills;
    and a journey that is half drawn, as whoever draws leaves it in the evening.
    """
    story = Story(town.web, town.simulator, patience=60, say=lambda _: None)
    for step in (story.log_in, story.search, story.share, story.reserve, story.friend_changes_his_mind):
        step()
    key = crowd.brought(desk, agreed=3, silent=2, more="12345,谁也不是,,,,")
    written = {"audience": {"kind": "tag", "tag": key}, "ladder": [{"channel": "inbox", "template_key": key}]}
    sent = crowd.do(desk, "broadcasts/", name="到店通知", **written)
    crowd.do(desk, f"broadcasts/{sent['id']}/schedule", at=None)
    crowd.do(desk, "broadcasts/", name="保养提醒", **written)
    crowd.do(desk, "segments/", name="车展来的客户", tree={"all": [{"kind": "tag", "config": {"tag": key}}]})
    today = datetime.now(UTC).date()
    days = {"begins_on": str(today), "ends_on": str(today + timedelta(days=5))}
    crowd.do(desk, "campaigns/", name="春季车展", kind="auto_show", budget_fen=100_000, form={"fields": [], "consent": None}, **days)
    drawn = crowd.do(desk, "journeys/", name="半张旅程")
    graph = {"nodes": [node("wait_1", "wait", amount=1, unit="day")], "start": "wait_1", "edges": [], "triggers": [], "rules": {}}
    kept = {"revision": drawn["revision"], "graph": graph}
    desk.line.call("PUT", f"/api/staff/journeys/{drawn['id']}/draft", json=kept)
    manager = Desk(town.web, username="manager001", password=DEMO_PASSWORD)
    columns = "stock_number,title,series,condition,model_year,price_fen,store"
    feed = f"{columns}\n{key},极曜 J5 2024款 长续航版,极曜 J5,used,2024,不详,没有这家店".encode()
    as_csv = {"Content-Type": "text/csv"}
    manager.line.call("POST", "/api/staff/stock/feeds/", params={"file_name": "车源.csv"}, headers=as_csv, data=feed)
    finance = Desk(town.web, username="finance", password=DEMO_PASSWORD)
    crowd.do(finance, "payments/reconciliations/run", bill_on=str(today - timedelta(days=2)))
    crowd.do(finance, "finance-plans/", name=f"草稿 {key}", term_months=36, annual_rate_bp=399, min_down_payment_percent=20)


def routes() -> set[str]:
    """The addresses that the console knows, as its table of routes has them."""
    table = (ROOT / "console" / "src" / "app" / "App.tsx").read_text(encoding="utf-8")
    known, under = set(), ""
    for indent, brace, path in re.findall(r'^( *)(\{ )?path: "([^"*]+)"', table, re.MULTILINE):
        if not brace:
            under = path
        known.add("/" + (f"{under}/{path}" if brace and len(indent) > INSIDE else path).strip("/"))
    return known


def of(address: str) -> str:
    """The route of an address of the console."""
    return "/" + ID.sub(":id", address.removeprefix("/console").partition("?")[0]).strip("/")


def gone(page: Page, address: str) -> None:
    """As a link goes, without loading the console anew; by way of nowhere, so that nobody takes the page before for this one."""
    nowhere = page.get_by_text("没有这个页面", exact=True)
    page.evaluate(GO, "/console/nowhere")
    expect(nowhere).to_be_visible()
    page.evaluate(GO, address)
    expect(nowhere).to_have_count(0)


def walked(page: Page, sheet: Sheet, artefacts: Path, *, who: str, looked: set[str], anew: bool) -> set[str]:
    """Follow every link to a route where she was not so far, loading the console `anew` for each or going as links go; what nobody like
    her has `looked` at is looked at.
    """
    seen: set[str] = set()
    ahead = ["/console/"]
    while ahead:
        address = ahead.pop(0)
        route = of(address)
        if route in seen:
            continue
        seen.add(route)
        if anew:
            page.goto(sheet.console.removesuffix("/console") + address)
        else:
            gone(page, address)
        expect(page.locator("main h1, .react-flow").first).to_be_visible()
        expect(page.locator(COMING)).to_have_count(0)
        if route not in looked:
            looked.add(route)
            looked_at(page, artefacts, f"{who}{route.replace('/', '-').replace(':', '')}", ("light",))
        ahead += page.evaluate(LINKS)
    return seen


def test_every_page_opens_for_everybody_who_has_a_link_to_it_without_a_stumble_and_shuts_nobody_out(
    chromium: Browser, town: Stack, artefacts: Path, lived_in: None
) -> None:
    wrong: list[str] = []

    def heard(message: ConsoleMessage) -> None:
        # A refusal with its reason is no stumble; that the server stumbled is seen from the answer itself.
        if message.type == "error" and "Failed to load resource" not in message.text:
            wrong.append(f"{message.location.get('url')}: {message.text}")

    def answered(response: Response) -> None:
        if response.status >= 500:
            wrong.append(f"{response.status} {response.url}")

    walks: dict[str, set[str]] = {}
    for team in TEAMS:
        looked: set[str] = set()
        for who in team:
            context = chromium.new_context(**DESK)
            page = context.new_page()
            page.on("console", heard)
            page.on("pageerror", lambda error: wrong.append(str(error)))
            page.on("response", answered)
            sheet = Sheet(page, town.web, who)
            # Who has links to all pages loads each anew, as somebody does who kept its address.
            walks[who] = walked(page, sheet, artefacts, who=who, looked=looked, anew=who == "admin")
            context.close()
    assert wrong == []
    assert routes() - walks["admin"] == NOT_BY_LINK
    assert all(walk < walks["admin"] for who, walk in walks.items() if who != "admin")


def test_what_somebody_smuggled_into_a_page_does_not_run_and_no_other_page_frames_the_console(chromium: Browser, town: Stack) -> None:
    context = chromium.new_context(**DESK)
    page = context.new_page()
    page.goto(f"{town.web}/console/login")
    expect(page.get_by_role("heading", name="登录控制台")).to_be_visible()
    page.evaluate(
        """() => {
            const script = document.createElement('script')
            script.textContent = 'window.smuggled = true'
            document.body.append(script)
            const handlers = '<img src="data:," onerror="window.smuggled = true"><button onclick="window.smuggled = true">'
            document.body.insertAdjacentHTML('beforeend', handlers)
            document.body.lastChild.click()
        }"""
    )
    expect(page.locator("img[onerror]")).to_have_js_property("complete", True)
    assert page.evaluate("'smuggled' in window") is False

    page.goto(f"{town.simulator}/_sim/health")
    with page.expect_event("framenavigated", lambda frame: frame.parent_frame is not None):
        page.evaluate("at => document.body.insertAdjacentHTML('beforeend', `<iframe src='${at}'></iframe>`)", f"{town.web}/console/login")
    assert page.frames[1].url.startswith("chrome-error:")
    context.close()
