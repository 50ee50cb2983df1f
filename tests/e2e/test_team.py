"""An administrator takes somebody on: the password is good for one login, at which she chooses her own; once locked she is out."""

from __future__ import annotations

import secrets
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from dev.stack import Stack
from tests.e2e.sheet import DESK, Sheet, looked_at

OWN = "my own password"


def test_somebody_is_taken_on_chooses_her_password_and_is_locked_out(page: Page, chromium: Browser, town: Stack, artefacts: Path) -> None:
    sheet, username = Sheet(page, town.web), f"gu{secrets.token_hex(3)}"
    page.get_by_role("link", name="团队").click()
    looked_at(page, artefacts, "team")
    sheet.press("添加员工")
    asked = page.get_by_role("dialog", name="添加员工")
    asked.get_by_label("账号", exact=True).fill(username)
    asked.get_by_label("姓名").fill("顾清和")
    asked.get_by_role("button", name="保存").click()
    expect(asked.locator(".ant-form-item-explain-error")).to_have_text("请选择经销商")
    sheet.choose("经销商", "上海")
    asked.get_by_role("button", name="保存").click()
    told = page.get_by_role("dialog", name="请把密码交给对方")
    password = told.locator("code").inner_text().strip()
    told.get_by_role("button", name="我已保存").click()

    hers = chromium.new_context(**DESK).new_page()
    hers.goto(f"{sheet.console}/login")
    hers.get_by_label("账号").fill(username)
    hers.get_by_label("密码").fill(password)
    hers.get_by_role("button", name="登录", exact=True).click()
    expect(hers.get_by_role("heading", name="设置您的密码")).to_be_visible()
    looked_at(hers, artefacts, "choose-password")
    hers.get_by_label("当前密码").fill(password)
    hers.get_by_label("新密码", exact=True).fill(OWN)
    hers.get_by_label("再输入一次新密码").fill(OWN)
    hers.get_by_role("button", name="修改密码").click()
    expect(hers.get_by_role("navigation").get_by_role("link", name="线索")).to_be_visible()
    expect(hers.get_by_role("link", name="团队")).to_have_count(0)

    page.goto(f"{sheet.console}/team?q={username}")
    page.get_by_role("row").filter(has_text=username).get_by_role("link").click()
    looked_at(page, artefacts, "person")
    sheet.press("锁定账号")
    page.get_by_role("dialog").get_by_role("button", name="锁定账号").click()
    expect(page.get_by_text("这个账号已锁定，无法登录。")).to_be_visible()
    hers.reload()
    expect(hers.get_by_label("账号")).to_be_visible()
    hers.context.close()
