"""A marketer puts a campaign on in the console alone: its form, its code, its start, what it cost, and who stood at the door."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from playwright.sync_api import Page, expect

from app.messaging.facts import CHINA
from dev.stack import Stack
from tests.e2e.sheet import Sheet, looked_at


def with_a_code(sheet: Sheet, artefacts: Path) -> None:
    """A stand gets its code, whose picture WeChat gives."""
    page = sheet.page
    sheet.press("添加渠道码")
    asked = page.get_by_role("dialog", name="添加渠道码")
    asked.get_by_label("名称").fill("一号展台")
    sheet.choose("渠道", "展台")
    asked.get_by_role("button", name="保存").click()
    sheet.press("小程序码")
    code = page.get_by_role("dialog", name="一号展台")
    expect(code.get_by_role("img", name="一号展台 的小程序码")).to_have_js_property("complete", True)
    assert code.get_by_role("img", name="一号展台 的小程序码").evaluate("picture => picture.naturalWidth") > 0
    page.screenshot(path=artefacts / "console-campaign-code.png")
    page.keyboard.press("Escape")
    expect(code).to_have_count(0)


def at_the_door(sheet: Sheet) -> None:
    """Somebody who walks in is let in by her number."""
    page = sheet.page
    sheet.press("签到")
    door = page.get_by_role("dialog", name="客户签到")
    door.get_by_label("手机号", exact=True).last.fill("13912345678")
    door.get_by_role("button", name="签到").click()
    expect(page.get_by_text("签到成功")).to_be_visible()
    door.get_by_role("button", name="返回").click()


def test_a_marketer_puts_a_campaign_on_and_sees_what_it_cost_and_who_came(page: Page, town: Stack, artefacts: Path) -> None:
    today = datetime.now(CHINA).date()
    sheet = Sheet(page, town.web)
    page.get_by_role("navigation").get_by_role("link", name="活动").click()
    sheet.press("新建活动")
    sheet.press("保存")
    expect(page.locator(".ant-form-item-explain-error").first).to_have_text("请填写活动名称")
    page.get_by_label("活动名称").fill("国展春季车展")
    page.get_by_label("预算（元）").fill("20000")
    page.get_by_label("开始日期").fill(today.isoformat())
    page.get_by_label("结束日期").fill((today - timedelta(days=1)).isoformat())
    expect(page.locator(".ant-form-item-explain-error").last).to_have_text("结束日期不能早于开始日期")
    page.get_by_label("结束日期").fill((today + timedelta(days=3)).isoformat())
    page.get_by_label("介绍").fill("新车首次亮相。\n到场有礼。")
    for _ in range(3):
        sheet.press("添加字段")
    sheet.choose("报名时请客户同意", "与经销商共享")
    looked_at(page, artefacts, "campaign-new")
    sheet.press("保存")
    expect(page.get_by_role("heading", name="国展春季车展")).to_be_visible()

    with_a_code(sheet, artefacts)
    sheet.press("开始")
    told = page.get_by_role("dialog")
    expect(told).to_contain_text("1 个渠道码开始计数")
    told.get_by_role("button", name="开始", exact=True).click()
    expect(page.get_by_text("进行中")).to_be_visible()

    sheet.press("登记费用")
    cost = page.get_by_role("dialog", name="登记费用")
    cost.get_by_label("金额（元）").fill("300.50")
    sheet.choose("类别", "场地")
    cost.get_by_role("button", name="保存").click()
    expect(page.get_by_text("¥300.50").first).to_be_visible()
    sheet.press("冲销")
    wrong = page.get_by_role("dialog", name="冲销这笔 ¥300.50 的费用？")
    wrong.get_by_label("原因").fill("重复登记")
    wrong.get_by_role("button", name="冲销").click()
    expect(page.get_by_text("−¥300.50")).to_be_visible()
    at_the_door(sheet)
    page.get_by_text("签到", exact=True).last.click()
    looked_at(page, artefacts, "campaign")
    page.get_by_role("link", name="编辑").click()
    expect(page.get_by_text("活动已开始：类型、主办、门店、开始日期和表单不能再改。")).to_be_visible()
    page.get_by_label("活动名称").fill("国展车展")
    sheet.press("保存")
    expect(page.get_by_role("heading", name="国展车展")).to_be_visible()
    page.goto(f"{sheet.console}/campaigns?q=国展")
    looked_at(page, artefacts, "campaigns")
    page.get_by_role("link", name="效果对比").click()
    looked_at(page, artefacts, "campaigns-report")
