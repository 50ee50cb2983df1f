"""The main job by fingers only: she finds, shares, reserves, pays; her friend is too late; an adviser answers; the money goes back."""

from __future__ import annotations

import re
from typing import Any

from miniprogram_mock.phone.phone import Desk
from miniprogram_mock.phone.wechat import WeChat
from tests.e2e import acts
from tests.e2e.conftest import Phones, Picture
from tests.e2e.hand import Hand


def card_about(wechat: WeChat, customer_phone: str) -> tuple[str, dict[str, Any]] | None:
    """The WeCom card about a customer that still has its buttons, with the adviser in whose inbox it lies."""
    for userid in wechat.staff_with_messages():
        for message in wechat.staff_inbox(userid):
            if customer_phone in str(message.get("template_card")) and message["buttons"]:
                return userid, message
    return None


def call_herself(her: Hand, nickname: str) -> None:
    """WeChat tells no names; she says hers on her own page."""
    her.tap("我的")
    her.fill("昵称", nickname)
    her.tap("您好")  # her finger leaves the field
    her.see("昵称已更新")
    her.tap("首页")


def find_a_car(her: Hand) -> str:
    """By place, then a series from home, then the first car that is free; its id."""
    acts.use_her_place(her)
    her.tap(re.compile(r"^极曜 J5，"))
    her.at("pages/vehicles/index")
    car = acts.open_first_free_car(her)
    her.see("距您…", "在售")
    return car


def send_to(her: Hand, friend: Hand) -> None:
    """The car's page as a card into the chat with a friend."""
    her.tap("分享")
    her.tap("发送给朋友")
    her.tap(friend.nickname)
    her.tap("发送")
    her.see("已发送")


def test_from_a_phone_to_a_dealer_and_back(phone: Phones, wechat: WeChat, desk: Desk, picture: Picture) -> None:
    her = phone("林晓雯", follows=True).open()
    friend = phone("周宇航", follows=True)
    call_herself(her, "林晓雯")
    car = find_a_car(her)
    picture(her, "story-car")
    send_to(her, friend)

    # Her friend finds the card in his chat and sees who sent it, without having been asked for anything.
    friend.open()
    friend.tap("退出小程序")
    friend.tap(re.compile("极曜 J5"))
    friend.at(acts.DETAIL)
    friend.see("林晓雯 分享给您")

    acts.go_to_pay(her)
    acts.pay(her)
    picture(her, "story-paid")
    friend.open(f"{acts.DETAIL}?id={car}")
    friend.see("其他客户正在预订这辆车…")
    friend.gone("预订…")

    # The adviser takes her on in WeCom; the service account has written to her.
    buyer = acts.customer_id(her)
    masked = desk.look(f"customers/{buyer}")["phone_masked"]
    userid, message = acts.eventually(lambda: card_about(wechat, masked), "the adviser's card")
    wechat.press(userid, message["id"], next(one["key"] for one in message["buttons"] if "accept" in one["key"]))
    acts.eventually(lambda: (desk.look(f"customers/{buyer}")["lead"] or {}).get("status") == "accepted", "the adviser has accepted")
    acts.eventually(lambda: len(her.inbox()) == 1, "the service account's first message")

    # A day later she has booked no test drive and is written to again. Then she changes her mind.
    wechat.a_day_later()
    acts.eventually(lambda: len(her.inbox()) == 2, "the second message")
    her.tap("查看订单")
    her.at(acts.ORDER)
    her.see(re.compile(r"^4[678] 小时"))
    acts.cancel(her)
    her.see("已退款")
    picture(her, "story-refunded")
    acts.eventually(lambda: len(her.inbox()) == 3, "the message about the refund")
    friend.open(f"{acts.DETAIL}?id={car}")
    friend.see("预订…")
    expected = {
        "customer.created", "customer.phone_bound", "share.created", "share.opened", "order.reserved", "deposit.paid", "lead.created",
        "lead.accepted", "journey.entered", "order.cancelled", "refund.succeeded", "deposit.refunded", "vehicle.viewed",
    }  # fmt: skip
    acts.eventually(lambda: expected <= acts.timeline(desk, buyer), "her timeline is whole")
    acts.eventually(lambda: "share.converted" in acts.timeline(desk, acts.customer_id(friend)), "her friend's sale is her share's")
    assert her.log("error") == friend.log("error") == []
