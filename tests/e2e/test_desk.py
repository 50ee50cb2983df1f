"""The desk around the phone: who holds it, where, how she comes in; what it shows of her messages and of what the phone did."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from dev.stack import Stack


@pytest.fixture
def desk_page(chromium: Browser, town: Stack) -> Iterator[Page]:
    """The desk in a window of its own, its phone started."""
    context = chromium.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.goto(town.phone)
    ready(page)
    yield page
    context.close()


def ready(page: Page) -> None:
    page.wait_for_function("document.getElementById('device').contentDocument?.documentElement?.dataset.ready === 'true'", timeout=120_000)


def of_phone(page: Page, what: str) -> object:
    return page.evaluate(f"document.getElementById('device').contentWindow.phone.{what}")


def test_what_is_set_holds_at_once_and_after_a_reload(desk_page: Page) -> None:
    desk_page.get_by_role("button", name="断网").click()
    desk_page.get_by_role("button", name="深色").click()
    desk_page.get_by_label("搜索城市，或在地图上点选").fill("成都")
    desk_page.keyboard.press("Enter")

    for _ in range(2):
        assert of_phone(desk_page, "settings.network") == "offline"
        assert of_phone(desk_page, "settings.theme") == "dark"
        assert of_phone(desk_page, "settings.place.name") == "成都"
        desk_page.reload()
        ready(desk_page)


def test_a_refused_place_stays_refused_until_it_is_allowed_again(desk_page: Page) -> None:
    desk_page.get_by_role("button", name="拒绝授权").click()
    assert of_phone(desk_page, "settings.granted['scope.userLocation']") is False

    desk_page.get_by_role("button", name="正常").click()
    assert of_phone(desk_page, "settings.granted['scope.userLocation']") is None


def test_a_new_person_takes_the_phone(desk_page: Page) -> None:
    desk_page.get_by_text("新的人", exact=True).click()
    desk_page.get_by_label("昵称").fill("沈知夏")
    desk_page.get_by_label("手机号（可不填）").fill("1380000")
    desk_page.get_by_role("button", name="创建并拿起手机").click()
    expect(desk_page.get_by_text("手机号是 11 位数字，或留空")).to_be_visible()

    desk_page.get_by_label("手机号（可不填）").fill("")
    desk_page.get_by_role("button", name="创建并拿起手机").click()

    expect(desk_page.get_by_role("button", name="沈知夏", pressed=True)).to_be_visible()
    desk_page.wait_for_function("document.getElementById('device').contentWindow.phone?.person?.nickname === '沈知夏'")


def test_a_card_shared_on_the_phone_is_opened_by_the_friend(desk_page: Page) -> None:
    phone = desk_page.frame_locator("#device")
    phone.get_by_role("button", name="更多菜单").click()
    phone.get_by_text("转发给朋友").click()
    phone.get_by_role("button", name="周宇航").first.click()
    phone.get_by_role("button", name="发送", exact=True).click()
    desk_page.get_by_role("tab", name="分享卡片").click()

    desk_page.get_by_role("button", name="以周宇航打开").first.click()

    desk_page.wait_for_function("document.getElementById('device').contentWindow.phone?.entry?.scene === 1007")
    assert of_phone(desk_page, "person.nickname") == "周宇航"
    assert of_phone(desk_page, "entry.query.share_id")


def test_requests_and_behaviour_are_seen_as_they_happen(desk_page: Page) -> None:
    desk_page.get_by_role("tab", name="请求").click()
    expect(desk_page.get_by_text("/api/visitor/identity/login", exact=True)).to_be_visible()

    desk_page.get_by_role("tab", name="日志").click()
    desk_page.get_by_role("button", name="行为").click()
    desk_page.get_by_role("button", name="切到后台").click()

    expect(desk_page.get_by_text("app.hidden")).to_be_visible()
    desk_page.get_by_role("button", name="回到前台").click()
    expect(desk_page.get_by_role("button", name="切到后台")).to_be_visible()


def test_a_narrow_window_goes_to_the_phone_itself(chromium: Browser, town: Stack) -> None:
    context = chromium.new_context(viewport={"width": 375, "height": 812})
    page = context.new_page()
    page.goto(f"{town.phone}/?network=4g")
    expect(page).to_have_url(re.compile(r"/device\?.*network=4g"))
    context.close()
