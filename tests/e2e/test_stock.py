"""A dealer's manager hands in a file of cars, reads which row failed and why, and keeps one of them: its price, on sale and off."""

from __future__ import annotations

import secrets
from pathlib import Path

from playwright.sync_api import Page, expect

from dev.stack import Stack
from tests.e2e.sheet import Sheet, looked_at

COLUMNS = "stock_number,title,series,condition,model_year,price_fen,first_registration_date,odometer_km,store"


def test_a_manager_hands_in_a_feed_reads_what_failed_and_keeps_a_car(page: Page, town: Stack, artefacts: Path) -> None:
    sheet, number = Sheet(page, town.web, "manager001"), f"S{secrets.token_hex(3)}"
    page.get_by_role("link", name="库存").click()
    store = page.get_by_role("row").nth(1).get_by_text("极曜").nth(1).inner_text()
    looked_at(page, artefacts, "stock")
    page.get_by_role("link", name="车源导入").click()
    good = f"{number},极曜 J5 2024款 长续航版,极曜 J5,used,2024,25800000,2024-03-01,12000,{store}"
    bad = f"{number}B,极曜 J5 2024款 长续航版,极曜 J5,used,2024,不详,2024-03-01,12000,{store}"
    chosen = {"name": "车源.csv", "mimeType": "text/csv", "buffer": "\n".join([COLUMNS, good, bad]).encode()}
    page.locator("input[type=file]").set_input_files(chosen)  # type: ignore[arg-type]  # playwright's own shape of a file
    expect(page.get_by_text("已完成")).to_be_visible(timeout=60_000)
    expect(page.locator(".figures")).to_contain_text("新增1")
    expect(page.get_by_role("row").filter(has_text=f"{number}B")).to_contain_text("price_fen")
    looked_at(page, artefacts, "feed")

    page.goto(f"{sheet.console}/stock?q={number}")
    page.get_by_role("row").filter(has_text=number).get_by_role("link").click()
    sheet.press("改价")
    asked = page.get_by_role("dialog", name="修改价格")
    asked.get_by_label("新价格（元）").fill("十万")
    asked.get_by_role("button", name="改价").click()
    expect(asked.get_by_text("请填写大于 0 的金额")).to_be_visible()
    asked.get_by_label("新价格（元）").fill("239800")
    asked.get_by_role("button", name="改价").click()
    expect(page.locator(".car-prices")).to_contain_text("¥239,800.00")
    sheet.press("下架")
    asked = page.get_by_role("dialog", name="下架车辆")
    asked.get_by_role("button", name="车辆送修").click()
    asked.get_by_role("button", name="下架", exact=True).click()
    expect(page.get_by_text("经销商下架")).to_be_visible()
    expect(page.locator(".trail")).to_contain_text("车辆送修")
    sheet.press("重新上架")
    expect(page.locator(".title-line")).to_contain_text("在售")
    looked_at(page, artefacts, "car")
