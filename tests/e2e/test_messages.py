"""What WeChat brings her leads to the right page: a message of the service account, a shared list, a wish that becomes a lead."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from miniprogram_mock.phone.phone import Desk
from tests.e2e import acts
from tests.e2e.conftest import Phones, Picture
from tests.factories import journeys as make


def test_a_message_of_the_service_account_opens_the_page_it_speaks_of(phone: Phones, cars: Iterator[str]) -> None:
    her = phone(follows=True)
    acts.reserve(her, next(cars))
    message = acts.eventually(lambda: next(iter(her.inbox()), None), "the message after the deposit")
    page = message["miniprogram"]["pagepath"]
    her.open(page, scene="1043")
    her.at(page.partition("?")[0])
    her.gone("正在加载")
    assert her.log("error") == []
    assert her.page.evaluate("window.phone.entry.scene") == 1043


def test_a_shared_list_shows_her_friend_what_she_chose(phone: Phones) -> None:
    her = phone("林晓雯").open()
    friend = phone("周宇航")
    her.tap("极曜 J9，…")
    chosen = her.see("共 … 辆").inner_text().removeprefix("共 ").removesuffix(" 辆")
    her.tap("分享这个列表")
    her.tap("发送给朋友")
    her.tap(friend.nickname)
    her.tap("发送")
    her.see("已发送")
    friend.open()
    friend.tap("退出小程序")
    friend.tap(acts.CARD)
    friend.at("pages/vehicles/index")
    friend.see(f"好友分享了 {chosen} 辆车", "移除：极曜 J9")
    friend.tap("查看全部车辆")
    friend.see("共 … 辆")
    friend.gone("移除：极曜 J9")


def test_a_wish_for_a_test_drive_reaches_the_dealer(phone: Phones, cars: Iterator[str], desk: Desk, picture: Picture) -> None:
    her = phone()
    acts.open_car(her, next(cars))
    her.tap("申请试驾")
    her.at("pages/test-drive/index")
    her.tap("方便的日子 周末")
    acts.agree_to_be_called(her)
    her.tap("提交试驾意向")
    her.see("…申请发送一次以下消息")
    her.tap("允许")
    her.see("试驾意向已提交", "在顾问与您确认之前，试驾尚未约定。…")
    picture(her, "test-drive-done")
    customer = acts.customer_id(her)
    acts.eventually(lambda: "lead.created" in acts.timeline(desk, customer), "the dealer has her wish")


def test_what_a_journey_wants_to_write_is_asked_at_her_next_tap_and_her_yes_takes_her_on(
    phone: Phones, cars: Iterator[str], desk: Desk
) -> None:
    ask = make.node("ask", "ask_credit", template="deposit_paid", hours=24)
    drawn = make.graph(
        [ask, make.node("yes", "end"), make.node("no", "end")],
        ways="ask.granted>yes ask.timed_out>no",
        trigger={"kind": "list", "config": {}},
    )
    path = "/api/staff/journeys"
    journey = desk.line.call("POST", f"{path}/", json={"name": "请求订阅"})["id"]
    desk.line.call("PUT", f"{path}/{journey}/draft", json={"revision": 1, "graph": drawn})
    desk.line.call("POST", f"{path}/{journey}/publish", json={"revision": 2, "accepted": ["no_exit"]})
    her = phone()
    acts.open_car(her, next(cars))
    desk.line.call("POST", f"{path}/{journey}/people", json={"customer_ids": [acts.customer_id(her)]})

    def there(figure: str) -> list[dict[str, Any]]:
        node = "ask" if figure == "waiting" else "yes"
        return list(desk.look(f"journeys/{journey}/people", node=node, figure=figure)["items"])

    def is_asked(one: dict[str, Any]) -> bool:
        # Before the step was taken she is due at once.
        return datetime.fromisoformat(one["due_at"]) - datetime.fromisoformat(one["entered_at"]) > timedelta(hours=20)

    acts.eventually(lambda: any(map(is_asked, there("waiting"))), "she is to be asked")
    her.tap("申请试驾")
    acts.agree_to_be_called(her)
    her.tap("提交试驾意向")
    her.see("…申请发送一次以下消息", "预订进度提醒")
    her.tap("允许")
    acts.eventually(lambda: there("finished"), "she went on")
    assert her.log("error") == []


def test_a_question_to_the_dealer_reaches_an_adviser(phone: Phones, cars: Iterator[str], desk: Desk) -> None:
    her = phone()
    acts.open_car(her, next(cars))
    her.tap("联系经销商")
    her.tap("落地价多少？")
    acts.agree_to_be_called(her)
    her.tap("请顾问联系我")
    her.see("已通知门店")
    customer = acts.customer_id(her)
    acts.eventually(lambda: "lead.created" in acts.timeline(desk, customer), "the dealer has her question")
