"""A marketer makes a tag, brings people in a file, and counts them by a condition built by mouse; a change says what it will do."""

from __future__ import annotations

import re
import secrets
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from dev.stack import Stack
from tests.e2e.sheet import Sheet, looked_at

PEOPLE = 1_200


@pytest.fixture
def sheet(page: Page, town: Stack) -> Sheet:
    return Sheet(page, town.web)


def file_of_people(label: str) -> bytes:
    """People nobody knows yet, all with the tag; the last row does not hold."""
    first = secrets.randbelow(10**8 - PEOPLE)
    rows = [f"139{first + n:08d},顾客{n},苏州,{label}" for n in range(PEOPLE)]
    return "\r\n".join(["手机号,昵称,城市,标签", *rows, f"12345,谁也不是,苏州,{label}"]).encode()


def test_a_tag_is_made_people_come_in_a_file_and_are_counted_by_a_condition_built_by_mouse(
    sheet: Sheet, page: Page, artefacts: Path
) -> None:
    label = f"试驾意向{secrets.token_hex(2)}"
    page.get_by_role("link", name="人群").click()
    looked_at(page, artefacts, "segments-empty")
    page.get_by_role("link", name="标签", exact=True).click()
    sheet.press("新建标签")
    asked = page.get_by_role("dialog", name="新建标签")
    asked.get_by_label("名称").fill(label)
    asked.get_by_label("标识").fill("Drive")
    asked.get_by_role("button", name="保存").click()
    expect(asked.get_by_text("以小写字母开头")).to_be_visible()
    asked.get_by_label("标识").fill(f"drive_{secrets.token_hex(3)}")
    asked.get_by_role("button", name="保存").click()
    expect(page.get_by_role("heading", name=label)).to_be_visible()

    page.goto(f"{sheet.console}/audience/files")
    looked_at(page, artefacts, "files")
    chosen = {"name": "车展名单.csv", "mimeType": "text/csv", "buffer": file_of_people(label)}
    page.locator("input[type=file]").first.set_input_files(chosen)  # type: ignore[arg-type]  # playwright's own shape of a file
    expect(page.get_by_role("heading", name="车展名单.csv")).to_be_visible()
    expect(page.get_by_text("已完成")).to_be_visible(timeout=60_000)
    expect(page.locator(".figures")).to_contain_text("新建1,200")
    expect(page.get_by_role("row").filter(has_text="12345")).to_contain_text("整行未导入")
    looked_at(page, artefacts, "file")

    page.goto(f"{sheet.console}/audience")
    sheet.press("新建人群")
    page.get_by_label("人群名称").fill("车展来的客户")
    sheet.press("添加条件")
    sheet.choose("添加条件", "标签")
    sheet.choose("标签", label)
    expect(found(page)).to_contain_text("1,200 人")
    looked_at(page, artefacts, "segment-built")


def test_a_change_of_conditions_says_who_comes_and_who_goes_before_it_is_saved(sheet: Sheet, page: Page, artefacts: Path) -> None:
    page.goto(f"{sheet.console}/audience/segments/new")
    page.get_by_label("人群名称").fill("有手机号的人")
    sheet.press("添加条件")
    sheet.choose("添加条件", "触达方式")
    sheet.choose("方式", "手机")
    expect(found(page)).to_contain_text(re.compile(r"\d+ 人"))
    sheet.press("保存")
    expect(page.get_by_text("已就绪")).to_be_visible(timeout=30_000)
    page.get_by_role("checkbox", name="不符合").click()
    sheet.press("保存")
    told = page.get_by_role("dialog", name="保存后名单会变化")
    expect(told).to_contain_text(re.compile(r"[\d,]+ 人进入，[\d,]+ 人离开"))
    told.get_by_role("button", name="保存").click()
    expect(page.get_by_text("版本 2")).to_be_visible()
    page.goto(f"{sheet.console}/audience?q=%E6%9C%89%E6%89%8B%E6%9C%BA")
    expect(page.get_by_role("row").filter(has_text="有手机号的人")).to_be_visible()
    looked_at(page, artefacts, "segments")
    page.goto(f"{sheet.console}/audience/tags?kind=rule")
    expect(page.get_by_role("row").nth(1)).to_be_visible()
    looked_at(page, artefacts, "tags")
    page.get_by_role("row").nth(1).get_by_role("link").click()
    expect(page.get_by_text("自动规则")).to_be_visible()
    looked_at(page, artefacts, "tag")


def found(page: Page) -> Locator:
    return page.locator(".segment-count")
