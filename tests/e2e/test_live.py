"""What happens elsewhere stands on an open page at once; and still comes when the process that tells of it is away."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import requests
from playwright.sync_api import Page, expect

from dev.stack import Stack, healthy
from dev.testing import wait_until
from miniprogram_mock.phone.phone import Phone
from miniprogram_mock.phone.wechat import WeChat
from miniprogram_mock.story import PRIVACY_TEXT
from tests.e2e.sheet import Sheet

# A page that hears nothing asks every five seconds, one that hears every thirty.
AT_ONCE_MS = 2_500
BY_THE_CLOCK_MS = 12_000


def lead(town: Stack, wechat: WeChat, car: str) -> str:
    """Somebody asks about a car; what her row says of her."""
    name = f"沈知夏{secrets.token_hex(2)}"
    her = Phone(town.web, wechat, nickname=name, phone=f"13{secrets.randbelow(10**9):09d}")
    her.login()
    her.call_me(name)
    for purpose in ("phone", "dealer_sharing"):
        her.agree(purpose, PRIVACY_TEXT)
    her.bind_phone()
    her.call("POST", "/customer/leads/", json={"vehicle_id": car})
    return name


def test_a_new_lead_stands_in_an_open_inbox_at_once_and_comes_also_when_nobody_tells(
    page: Page, town: Stack, wechat: WeChat, cars: Iterator[str]
) -> None:
    health = f"{town.env['LIVE_URL']}/health"
    sheet = Sheet(page, town.web)
    page.goto(f"{sheet.console}/leads")
    for _ in range(2):
        wait_until(lambda: requests.get(health, timeout=5).json()["streams"], what="nobody listens")
        name = lead(town, wechat, next(cars))
        expect(page.get_by_text(name)).to_be_visible(timeout=AT_ONCE_MS)

    town.kill("live")
    name = lead(town, wechat, next(cars))
    expect(page.get_by_text(name)).to_be_visible(timeout=BY_THE_CLOCK_MS)

    town.restart("live")
    wait_until(lambda: healthy(health) and requests.get(health, timeout=5).json()["streams"], 90, "the page listens again")
    name = lead(town, wechat, next(cars))
    expect(page.get_by_text(name)).to_be_visible(timeout=AT_ONCE_MS)
