"""Every page as it looks, in light and in dark, kept as pictures; none is wider than the phone, none stumbles."""

from __future__ import annotations

import json
from collections.abc import Iterator

from dev.environment import ROOT
from tests.e2e import acts
from tests.e2e.conftest import Phones, Picture
from tests.e2e.hand import Hand

APP = json.loads((ROOT / "miniprogram_mock" / "miniprogram" / "app.json").read_text(encoding="utf-8"))
WIDER = "[...document.querySelectorAll('.page-frame:not([hidden]) > :last-child')].some((page) => page.scrollWidth > page.clientWidth + 1)"
# What says that a page has come, of those that need no more than its name.
PLAIN = {
    "pages/index/index": acts.CAR,
    "pages/vehicles/index": acts.CAR,
    "pages/stores/index": "…家门店…",
    "pages/orders/index": "还没有订单…",
    "pages/me/index": "授权管理",
    "pages/city/index": "有门店的城市",
    "packages/finds/compare": "还没有要对比的车辆…",
    "packages/finds/favourites": "还没有收藏的车辆…",
    "packages/finds/recent": "还没有看过车辆",
    "packages/finds/searches": "还没有保存的搜索…",
    "packages/finds/alerts": "还没有提醒…",
    "packages/account/consents": "接收营销消息",
    "packages/account/privacy": "导出我的信息",
    "packages/account/about": "这是什么",
}
# The pages of one car, one store, one order; `test_the_pages_of_a_reservation` shows those of the order.
OF_A_CAR = {
    "pages/vehicles/detail?id={car}": "所在门店",
    "pages/test-drive/index?vehicle_id={car}": "提交试驾意向",
    "packages/finance/calculator?vehicle_id={car}": "每月还款",
    "packages/reserve/confirm?vehicle_id={car}": "您的同意",
    "pages/stores/detail?id={store}": "营业时间",
}
ELSEWHERE = {"packages/reserve/result", "pages/orders/detail", "pages/share/index", "packages/finds/matches", "pages/campaigns/detail"}


def looked_at(her: Hand, picture: Picture, name: str) -> None:
    """Keep a page in light and in dark, with what is wrong about it as a failure."""
    picture(her, name)
    assert not her.page.evaluate(WIDER), f"{name} is wider than the phone"
    her.set("theme", "dark")
    picture(her, f"{name}-dark", [(375, 812)])
    her.set("theme", "light")
    assert her.log("error") == [], name


def named(path: str) -> str:
    """A picture's name for a page: `pages/orders/index` is `orders-index`."""
    return path.partition("?")[0].replace("packages/", "").replace("pages/", "").replace("/", "-")


def test_no_page_of_the_mini_program_is_forgotten_here() -> None:
    pages = {*APP["pages"], *(f"{one['root']}/{page}" for one in APP["subPackages"] for page in one["pages"])}
    assert pages == PLAIN.keys() | {path.partition("?")[0] for path in OF_A_CAR} | ELSEWHERE


def test_the_pages_that_anybody_opens(phone: Phones, picture: Picture) -> None:
    her = phone()
    for path, words in PLAIN.items():
        her.open(path)
        her.see(words)
        looked_at(her, picture, named(path))


def test_the_pages_of_a_car_and_its_store(phone: Phones, cars: Iterator[str], picture: Picture) -> None:
    her = phone()
    car = next(cars)
    acts.open_car(her, car)
    store = her.page.evaluate("window.phone.router.current.instance.data.car.store.id")
    for path, words in OF_A_CAR.items():
        her.open(path.format(car=car, store=store))
        her.see(words)
        looked_at(her, picture, named(path))


def test_the_pages_of_a_reservation(phone: Phones, cars: Iterator[str], picture: Picture) -> None:
    her = phone()
    acts.reserve(her, next(cars))
    looked_at(her, picture, "reserve-result")
    her.tap("查看订单")
    her.see("订单进度")
    looked_at(her, picture, "orders-detail")
    her.open("pages/orders/index")
    her.see(acts.CAR_ORDER)
    looked_at(her, picture, "orders-index-one")


def test_the_poster_of_a_car_with_its_code(phone: Phones, cars: Iterator[str], picture: Picture) -> None:
    her = phone()
    acts.open_car(her, next(cars))
    her.tap("分享")
    her.tap("生成海报")
    her.at("pages/share/index")
    her.see("保存到相册")
    looked_at(her, picture, "share-index")
    her.tap("保存到相册")
    her.tap("同意并继续")
    her.tap("允许")
    her.see("已保存到相册")
