"""What people do on the phone in more than one test, each by fingers and by what is written on the screen."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from dev.testing import wait_until
from miniprogram_mock.phone.phone import Desk
from tests.e2e.hand import Hand

CAR = re.compile(r"^极曜 .+¥")
CARD = re.compile("极曜汽车.*小程序", re.DOTALL)
CAR_ORDER = re.compile(r"^订单 .+，极曜")
DETAIL, CONFIRM, RESULT = "pages/vehicles/detail", "packages/reserve/confirm", "packages/reserve/result"
ORDER = "pages/orders/detail"


def use_her_place(her: Hand) -> None:
    """From home: her own place, with WeChat's privacy popup and permission sheet; back at home, sorted by distance."""
    her.tap("当前地点：…")
    her.tap("使用我的位置")
    her.tap("同意并继续")
    her.tap("允许")
    her.at("pages/index/index")


def open_first_free_car(her: Hand) -> str:
    """Tap the first car of a list that nobody has reserved; its id."""
    her.see(CAR)
    her.there(CAR).filter(has_not_text="已预订").first.click()
    her.at(DETAIL)
    return str(her.page.evaluate("window.phone.router.current.options.id"))


def open_car(her: Hand, vehicle_id: str) -> None:
    """The page of one car, as a shared link or a message opens it."""
    her.open(f"{DETAIL}?id={vehicle_id}")
    her.see("所在门店")


def agree_to_be_called(her: Hand) -> None:
    """Both consents and her phone number, none of it ticked for her; WeChat asks about privacy first."""
    her.tap("同意使用我的手机号…")
    her.tap("同意将我的手机号与预订…")
    her.tap("授权手机号")
    her.see(re.compile("^(同意并继续|允许)$"))
    if her.there("同意并继续").count():
        her.tap("同意并继续")
    her.tap("允许")
    her.see("手机号 1…")


def agree(her: Hand) -> None:
    """From a car's page to the last button before payment."""
    her.tap("预订…")
    her.at(CONFIRM)
    her.tap("我已阅读并同意《意向金条款》…")
    agree_to_be_called(her)


def go_to_pay(her: Hand) -> None:
    """From a car's page to WeChat's payment sheet."""
    agree(her)
    her.tap("支付意向金…")
    her.see("确认支付")


def pay(her: Hand) -> None:
    """Her finger on the payment sheet, until the mini-program's own page knows of the money."""
    her.tap("确认支付")
    her.see("支付成功")
    her.tap("完成")
    her.see(re.compile("申请发送一次以下消息$|^这辆车为您保留了$"))
    if her.there("允许").count():
        her.tap("允许")
    her.at(RESULT)
    her.see("这辆车为您保留了", patience=180_000)


def reserve(her: Hand, vehicle_id: str) -> None:
    """Hold a car and pay for it."""
    open_car(her, vehicle_id)
    go_to_pay(her)
    pay(her)


def cancel(her: Hand, reason: str = "计划有变") -> None:
    """From the page of an order."""
    her.tap("取消预订")
    her.tap(reason)
    her.tap("确认取消预订")


def customer_id(her: Hand) -> str:
    """Who she is on the server, as her phone keeps it; waits for the silent sign-in."""

    def known() -> str:
        session = her.page.evaluate("window.phone.storage.get('session', null)")
        return str(session["customer"]["id"]) if session else ""

    return str(wait_until(known, what=f"{her.nickname} is not signed in"))


def timeline(desk: Desk, customer: str) -> set[str]:
    """The names of everything that the console shows of a customer."""
    names: set[str] = set()
    cursor: str | None = ""
    while cursor is not None:
        page = desk.look(f"customers/{customer}/timeline", **({"cursor": cursor} if cursor else {}))
        names |= {item["name"] for item in page["items"]}
        cursor = page["next_cursor"]
    return names


def eventually(look: Callable[[], Any], what: str, seconds: float = 30) -> Any:
    """What workers do in the background has been done."""
    return wait_until(look, seconds=seconds, what=f"not yet: {what}")
