"""Somebody who reads English chooses it once, and reads it on every page, on the canvas and in refusals, on a desk and on a phone."""

import re
from pathlib import Path

from playwright.sync_api import Page, expect

from dev.stack import Stack
from tests.e2e.sheet import Sheet, looked_at

CHINESE = re.compile(r"[　-〿一-鿿＀-￯]")
# The button with the name of who works here is left out: names stay what they are.
OURS = "nav, h1, h2, th, button:not(.staff), label, .ant-tabs-tab, .ant-empty-description, .ant-statistic-title"


def test_english_is_chosen_once_and_read_on_every_page_on_the_canvas_and_in_refusals(page: Page, town: Stack, artefacts: Path) -> None:
    sheet = Sheet(page, town.web)
    page.locator("button.staff").click()
    page.get_by_role("menuitem", name="English").click()
    expect(page.get_by_role("link", name="Overview")).to_be_visible()
    assert page.evaluate("document.documentElement.lang") == "en"
    page.reload()
    expect(page.get_by_text(re.compile("^Good (morning|afternoon|evening|night), "))).to_be_visible()
    looked_at(page, artefacts, "english-overview", ["light"])

    page.get_by_role("link", name="Journeys").click()
    expect(page.get_by_role("button", name="New journey").first).to_be_visible()
    looked_at(page, artefacts, "english-journeys", ["light"])
    sheet.press("New journey")
    sheet.press(re.compile("^Blank journey"))
    expect(page.get_by_label("Journey canvas")).to_be_visible()
    sheet.press("Add the first step")
    picker = page.get_by_role("dialog", name="Add step")
    picker.get_by_role("button", name="Wait", exact=True).click()
    page.get_by_label("Journey canvas").locator(".react-flow__node").filter(has_text="Wait").first.click()
    expect(page.get_by_label("Settings", exact=True).get_by_text("How long")).to_be_visible()
    looked_at(page, artefacts, "english-canvas", ["light"])

    page.goto(f"{sheet.console}/customers?q=13812345678")
    sheet.press("Views")
    sheet.press("Save these filters")
    asked = page.get_by_role("dialog", name="Save view")
    asked.get_by_label("Name").fill("with a number")
    asked.get_by_role("button", name="Save").click()
    expect(page.get_by_text(re.compile("do not put a phone number|Check these"))).to_be_visible()
    assert [said for said in page.locator(OURS).all_inner_texts() if CHINESE.search(said)] == []
