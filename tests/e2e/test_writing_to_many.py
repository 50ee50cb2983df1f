"""A marketer writes to many: foreseen before it starts, stopped halfway, let go on; who did not get it is found, with the reason."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from dev.stack import Stack
from miniprogram_mock.phone.phone import Desk
from tests.e2e import crowd
from tests.e2e.sheet import Sheet, looked_at

AGREED, SILENT = 120, 30


@pytest.fixture
def sheet(page: Page, town: Stack) -> Sheet:
    return Sheet(page, town.web)


@pytest.fixture
def tag(desk: Desk) -> str:
    """A tag that some carry who want to hear of news, and some who never said so; and a message for all of them."""
    return crowd.brought(desk, agreed=AGREED, silent=SILENT)


def test_a_broadcast_is_foreseen_started_paused_resumed_and_every_reason_is_found(
    sheet: Sheet, page: Page, tag: str, artefacts: Path
) -> None:
    page.locator(".places").get_by_role("link", name="消息").click()
    page.get_by_role("link", name="新建群发").first.click()
    expect(page.get_by_role("heading", name="新建群发")).to_be_visible()
    page.get_by_label("名称").fill(f"到店通知 {tag}")
    page.get_by_text("标签", exact=True).click()
    sheet.choose("选择标签", tag)
    sheet.choose("首选 选择消息模板", f"新车到店 {tag}")
    page.get_by_label("每分钟最多发送").fill("300")
    foreseen = page.locator(".panel", has_text="预计").last
    expect(foreseen).to_contain_text(f"可以发给 {AGREED} 人，共 {AGREED + SILENT} 人")
    expect(foreseen).to_contain_text("客户没有同意接收营销消息")
    looked_at(page, artefacts, "broadcast-foreseen")
    sheet.press("开始群发")
    asked = page.get_by_role("dialog")
    expect(asked).to_contain_text(f"将发给约 {AGREED} 人")
    asked.get_by_role("button", name="开始群发").click()

    figures = page.locator(".figures")
    expect(figures).to_contain_text(re.compile(r"已发出[1-9]"), timeout=30_000)
    sheet.press("暂停")
    expect(page.locator(".page-title")).to_contain_text("已暂停")
    sheet.press("继续")
    expect(page.locator(".page-title")).to_contain_text("已完成", timeout=60_000)
    expect(figures).to_contain_text(f"目标人数{AGREED + SILENT}")
    expect(figures).to_contain_text(f"已发出{AGREED}")
    looked_at(page, artefacts, "broadcast-done")

    page.get_by_role("link", name="客户没有同意接收营销消息").click()
    expect(page.get_by_text(f"共 {SILENT} 条")).to_be_visible()
    page.get_by_role("row").nth(1).click()
    expect(page.get_by_role("heading", name="为什么没有收到")).to_be_visible()
    expect(page.locator(".story")).to_contain_text("没有发送：客户没有同意接收营销消息")
    page.goto(f"{sheet.console}/messages?q={tag}")
    expect(page.get_by_role("row").nth(1)).to_contain_text(f"{AGREED + SILENT} / {AGREED + SILENT} 人已有结果")
    looked_at(page, artefacts, "broadcasts")
