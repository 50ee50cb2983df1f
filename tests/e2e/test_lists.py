"""A list as it is narrowed is kept under a name, found again, had as a file, and let go of."""

import csv
import secrets
from pathlib import Path

from playwright.sync_api import Page, expect

from dev.stack import Stack
from miniprogram_mock.story import Story
from tests.e2e.sheet import Sheet, looked_at


def test_a_narrowed_list_is_kept_found_again_had_as_a_file_and_let_go_of(page: Page, town: Stack, artefacts: Path) -> None:
    story = Story(town.web, town.simulator, patience=60, say=lambda _: None)
    for step in (story.log_in, story.search, story.share, story.reserve):
        step()
    sheet, name = Sheet(page, town.web), f"待跟进{secrets.token_hex(2)}"
    page.goto(f"{sheet.console}/leads?status=all")
    sheet.press("视图")
    looked_at(page, artefacts, "views-none")
    sheet.press("保存当前筛选")
    asked = page.get_by_role("dialog", name="保存视图")
    asked.get_by_label("名称").fill(name)
    asked.get_by_label("共享给总部同事").check()
    looked_at(page, artefacts, "views-naming")
    asked.get_by_role("button", name="保存").click()
    expect(page.get_by_role("button", name=name)).to_be_visible()

    page.goto(f"{sheet.console}/leads")
    sheet.press("视图")
    looked_at(page, artefacts, "views")
    page.get_by_role("link", name=name).click()
    expect(page).to_have_url(f"{sheet.console}/leads?status=all")

    sheet.press("导出")
    with page.expect_download() as fetched:
        page.get_by_role("dialog").get_by_role("link", name="下载文件").click(timeout=15_000)
    head, *rows = csv.reader(Path(fetched.value.path()).read_text("utf-8-sig").splitlines())
    assert head[:3] == ["线索编号", "昵称", "手机号"]
    assert rows
    page.keyboard.press("Escape")

    sheet.press(name)
    sheet.press(f"删除视图 {name}")
    looked_at(page, artefacts, "views-removing")
    page.get_by_role("tooltip").get_by_role("button", name="删除", exact=True).click()
    expect(page.get_by_role("link", name=name)).to_have_count(0)
