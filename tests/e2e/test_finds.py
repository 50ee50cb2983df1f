"""What she finds stays with her: suggested, liked, compared, saved; and she hears of it when a price falls."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from miniprogram_mock.phone.phone import Desk
from miniprogram_mock.phone.wechat import WeChat
from tests.e2e import acts
from tests.e2e.conftest import Phones, Picture
from tests.e2e.test_looks import looked_at
from tests.e2e.test_search import LIST


def test_she_types_likes_compares_and_saves(phone: Phones, picture: Picture) -> None:
    her = phone().open()
    her.fill("搜索车辆", "j5")
    her.see(re.compile("^极曜 J5$"))
    picture(her, "search-suggestions", [(375, 812)])
    # A field that another size of the window took the focus from shows no suggestions any more.
    her.fill("搜索车辆", "J5")
    her.tap(re.compile("^极曜 J5$"))
    her.at(LIST)
    her.see("移除：极曜 J5", "共 … 辆")
    for among in (0, 2):
        her.tap(re.compile("^对比$"), among=among)
    her.tap("收藏")
    her.see("已收藏，降价时会提醒您", "对比 2…")
    picture(her, "list-compare-bar", [(375, 812)])

    her.tap("保存搜索")
    her.tap("即时")
    her.tap(re.compile("^保存$"))
    her.see("已保存，可在“我的”中管理")

    her.tap("开始对比")
    her.at("packages/finds/compare")
    her.see("售价", "只看不同")
    looked_at(her, picture, "finds-compare-two")
    her.tap("只看不同")
    her.gone("车系")  # both are J5

    her.open("pages/me/index")
    for entry, page, seen in (("收藏", "favourites", "共 1 辆"), ("保存的搜索", "searches", re.compile("^极曜 J5$"))):
        her.go(entry, f"packages/finds/{page}")
        her.see(seen)
        looked_at(her, picture, f"finds-{page}-one")
        her.back()
    her.go("保存的搜索", "packages/finds/searches")
    her.tap(re.compile("^极曜 J5$"))
    her.see("保存之后还没有新上架的车辆", "查看全部 … 辆")
    looked_at(her, picture, "finds-matches-none")
    assert her.log("error") == []


def asked_for_long(desk: Desk, wechat: WeChat, cars: Iterator[str]) -> str:
    """A car that has been on sale for weeks: only what was asked for long enough can be called reduced."""
    for car in cars:
        told = desk.line.call("GET", f"/api/visitor/vehicles/{car}", headers={"X-Appid": wechat.mini_program})
        if datetime.fromisoformat(told["listed_at"]) < datetime.now(UTC) - timedelta(days=14):
            return car
    raise AssertionError("no car has been on sale for two weeks")


def test_a_car_she_likes_that_becomes_cheaper_is_told_as_such(
    phone: Phones, desk: Desk, wechat: WeChat, cars: Iterator[str], picture: Picture
) -> None:
    car = asked_for_long(desk, wechat, cars)
    her = phone()
    acts.open_car(her, car)
    her.tap("收藏")
    her.see("已收藏，降价时会提醒您")
    price = her.page.evaluate("window.phone.router.current.instance.told.price.price_fen")
    desk.line.call("POST", f"/api/staff/stock/vehicles/{car}/price", json={"price_fen": price - 2_000_000})

    her.open("pages/me/index")
    acts.eventually(lambda: "favourite.price_dropped" in acts.timeline(desk, acts.customer_id(her)), "her timeline knows of the price")
    her.open("packages/finds/alerts")
    her.see(re.compile("降价 ¥20,000"))
    looked_at(her, picture, "finds-alerts-one")
    her.tap(re.compile("降价 ¥20,000"))
    her.at(acts.DETAIL)
    her.see("价格记录")
    looked_at(her, picture, "vehicles-detail-reduced")
