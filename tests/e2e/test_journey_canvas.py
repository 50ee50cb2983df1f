"""A marketer draws a journey by mouse, looks how a person would walk it, publishes it, and changes it while people are inside."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from dev.stack import Stack
from dev.testing import wait_until
from miniprogram_mock.phone.phone import Desk, Phone
from miniprogram_mock.phone.wechat import WeChat
from miniprogram_mock.story import DEMO_PASSWORD, DEMO_USERNAME, PRIVACY_TEXT
from tests.e2e.sheet import Sheet
from tests.factories import journeys as make

AFTER_WAITING = re.compile("^在「等待」之后添加下一步")
BEFORE_THE_END = re.compile("^在「等待」和「结束」之间")
BEFORE_THE_MESSAGE = re.compile("^在「等待」和「发送消息」之间")


@pytest.fixture
def her(town: Stack, wechat: WeChat) -> Phone:
    """A customer who follows the service account."""
    made = Phone(town.web, wechat, nickname=f"沈知夏{secrets.token_hex(2)}", phone=f"13{secrets.randbelow(10**9):09d}")
    wechat.follow(made.person)
    made.login()
    made.call_me(made.nickname)
    return made


def draw(sheet: Sheet) -> str:
    """The journey of a test drive that nobody came to, from an empty canvas, with the mouse alone."""
    journey = sheet.new()
    sheet.press("添加触发条件")
    sheet.page.get_by_role("menuitem", name="发生某事").click()
    sheet.choose("事件", "已约试驾")
    sheet.add("等待", "添加第一步")
    sheet.drag("结束", AFTER_WAITING)
    sheet.add("发送消息", BEFORE_THE_END)
    sheet.choose("模板", "试驾邀请")
    sheet.side.get_by_text("服务通知").click()
    expect(sheet.step("发送消息")).to_contain_text("试驾邀请")
    sheet.saved()
    return journey


def simulate(sheet: Sheet, nickname: str) -> None:
    page = sheet.page
    sheet.press("模拟")
    page.get_by_role("combobox", name="客户").click()
    page.locator(".ant-select-item-option").filter(has_text=nickname).click()
    sheet.press("开始模拟")
    expect(page.get_by_label("走过的步骤")).to_contain_text("等待 1 天后继续")
    expect(page.get_by_text("走完了旅程")).to_be_visible()
    expect(sheet.canvas.locator(".lit-passed")).to_have_count(4)


def test_a_journey_is_drawn_simulated_and_published_by_mouse_alone_runs_to_a_message_and_is_changed_while_she_is_inside(
    page: Page, town: Stack, wechat: WeChat, desk: Desk, her: Phone, cars: Iterator[str]
) -> None:
    sheet = Sheet(page, town.web)
    journey = draw(sheet)
    simulate(sheet, her.nickname)
    sheet.publish()
    sheet.confirm()
    book(town, wechat, her, next(cars))
    wait_until(lambda: _standing(desk, journey, "wait_1") == 1, what="she waits")
    look_at_her(sheet, desk, journey, her.nickname)

    # The node on which she stands is deleted: nothing is published before it is said where she goes.
    page.goto(f"{sheet.console}/journeys/{journey}/edit")
    sheet.add("等待", BEFORE_THE_MESSAGE)
    sheet.step("等待").first.click()
    sheet.side.get_by_role("button", name="删除").click()
    sheet.saved()
    sheet.publish()
    page.get_by_text("迁移到新版").click()
    drawer = page.get_by_role("dialog", name="发布")
    expect(drawer.get_by_role("button", name=re.compile("^确认发布"))).to_be_disabled()
    sheet.choose("等待 去往", "等待")
    expect(sheet.confirm()).to_contain_text("已迁移 1 人，0 人离开")

    wechat.a_day_later()
    wait_until(lambda: wechat.inbox(her.person), what="the message of the journey")
    page.goto(f"{sheet.console}/journeys/{journey}?node=send_message_1")
    # After a day her session is over; the login leads back to what she came for.
    sheet.sign_in()
    expect(figures_of(page, "发送消息").get_by_role("button", name="1 已发送")).to_be_visible()
    page.get_by_role("link", name="版本", exact=True).click()
    expect(page.get_by_role("main")).to_contain_text("已迁移 1 人，0 人离开")
    expect(page.get_by_role("button", name="回滚到这一版")).to_have_count(1)


def look_at_her(sheet: Sheet, desk: Desk, journey: str, nickname: str) -> None:
    """From the map's figure to the people, to her way, and to why she is inside."""
    page = sheet.page
    page.goto(f"{sheet.console}/journeys/{journey}")
    sheet.canvas.get_by_label("等待", exact=True).click()
    expect(figures_of(page, "等待").get_by_role("button", name="1 等待中")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name=re.compile(nickname)).click()
    expect(page.get_by_role("dialog", name="在旅程里的经过")).to_contain_text("仍停在这里")
    her_id = desk.look(f"journeys/{journey}/walks")["items"][0]["customer"]["id"]
    page.goto(f"{sheet.console}/journeys/{journey}?person={her_id}")
    expect(page.get_by_role("dialog", name="为什么在、为什么不在")).to_contain_text("正在旅程中，停在“等待”")


def figures_of(page: Page, label: str) -> Locator:
    return page.get_by_role("group", name=f"「{label}」的数字")


def test_two_who_draw_at_once_are_told_and_nothing_is_lost(page: Page, chromium: Browser, town: Stack) -> None:
    first = Sheet(page, town.web)
    journey = first.new()
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, locale="zh-CN", reduced_motion="reduce")
    second = Sheet(context.new_page(), town.web)
    second.page.goto(f"{second.console}/journeys/{journey}/edit")
    second.add("等待", "添加第一步")
    second.saved()

    first.add("结束", "添加第一步")
    told = page.get_by_role("dialog", name="同事也在编辑这个旅程")
    expect(told).to_be_visible()
    told.get_by_role("button", name="把我的另存为副本").click()
    expect(page).not_to_have_url(re.compile(journey))
    expect(first.step("结束")).to_be_visible()
    page.goto(f"{first.console}/journeys/{journey}/edit")
    expect(first.step("等待")).to_be_visible()
    context.close()


def test_a_session_that_ends_while_somebody_draws_leads_to_the_login_and_what_was_drawn_is_there_again(page: Page, town: Stack) -> None:
    sheet = Sheet(page, town.web)
    sheet.new()
    page.context.clear_cookies()
    sheet.add("等待", "添加第一步")
    expect(page.get_by_label("密码")).to_be_visible()
    sheet.sign_in()
    expect(sheet.step("等待")).to_be_visible()
    expect(page.get_by_text("已恢复您上次没来得及保存的改动")).to_be_visible()
    sheet.saved()
    page.reload()
    expect(sheet.step("等待")).to_be_visible()


def test_a_stroke_is_taken_back_and_steps_are_carried_with_keys(page: Page, town: Stack) -> None:
    sheet = Sheet(page, town.web)
    sheet.new()
    sheet.add("等待", "添加第一步")
    sheet.add("结束", AFTER_WAITING)
    sheet.step("等待").click()
    page.keyboard.press("Delete")
    expect(sheet.step("等待")).to_have_count(0)
    page.keyboard.press("Control+z")
    expect(sheet.step("等待")).to_have_count(1)
    page.keyboard.press("Control+Shift+z")
    expect(sheet.step("等待")).to_have_count(0)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(sheet.side).to_contain_text("结束")


def test_who_tries_a_draft_on_herself_gets_its_messages_on_her_own_phone(
    town: Stack, wechat: WeChat, her: Phone, cars: Iterator[str]
) -> None:
    # Her own: the days that other tests let pass end sessions.
    desk = Desk(town.web, username=DEMO_USERNAME, password=DEMO_PASSWORD)
    hello: dict[str, Any] = {"kind": "send_message", "config": {"template": "test_drive_invitation"}}
    pause, end = make.node("pause", "wait", amount=1, unit="day"), make.node("end", "end")
    nodes = [{"id": "hello", **hello}, pause, {"id": "again", **hello}, end]
    drawn = make.graph(nodes, ways="hello>pause pause>again again>end", trigger={"kind": "list", "config": {}})
    path = "/api/staff/journeys"
    code = desk.line.call("POST", f"{path}/tester/codes")["code"]
    her.call("POST", "/customer/journeys/tester", json={"code": code})
    journey = desk.line.call("POST", f"{path}/", json={"name": "试驾回访"})["id"]
    desk.line.call("PUT", f"{path}/{journey}/draft", json={"revision": 1, "graph": drawn})
    desk.line.call("POST", f"{path}/{journey}/tests", json={"data": {"vehicle_id": next(cars)}})
    wait_until(lambda: len(wechat.inbox(her.person)) == 1, what="the first message on her phone")
    desk.line.call("POST", f"{path}/{journey}/tests/skip", json={"port": "done"})
    wait_until(lambda: len(wechat.inbox(her.person)) == 2, what="the second one, without waiting for a day")
    wait_until(lambda: desk.look(f"journeys/{journey}/tests")["status"] == "completed", what="the end of the test")
    desk.line.call("DELETE", f"{path}/tester")


def _standing(desk: Desk, journey: str, node: str) -> int:
    return len(desk.look(f"journeys/{journey}/walks", node=node)["items"])


def book(town: Stack, wechat: WeChat, her: Phone, vehicle_id: str) -> None:
    """She wishes for a test drive of a car, and the adviser who gets her card agrees on one with her."""
    for purpose in ("phone", "dealer_sharing"):
        her.agree(purpose, PRIVACY_TEXT)
    masked = her.bind_phone()["phone_masked"]
    lead = her.call("POST", "/customer/leads/", json={"vehicle_id": vehicle_id})

    def told() -> str | None:
        cards = ((userid, str(card)) for userid in wechat.staff_with_messages() for card in wechat.staff_inbox(userid))
        return next((userid for userid, card in cards if masked in card), None)

    adviser = wait_until(told, what="an adviser has her card").replace("adv", "adviser")
    at = (datetime.now(UTC) + timedelta(days=90)).isoformat()
    his = Desk(town.web, username=adviser, password=DEMO_PASSWORD).line
    his.call("POST", f"/api/staff/leads/{lead['id']}/test-drive", json={"at": at})
