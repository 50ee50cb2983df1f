"""The main job from a phone to a dealer and back, over HTTP only: `python -m miniprogram_mock.story`."""

from __future__ import annotations

import argparse
import os
import secrets
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import requests

from miniprogram_mock.phone.phone import Desk, Phone
from miniprogram_mock.phone.wechat import WeChat
from miniprogram_mock.phone.wire import Refused, until

# What `flask demo logins` prints.
DEMO_USERNAME, DEMO_PASSWORD = "admin", "jiyao-demo"
PRIVACY_TEXT = "2026-11"
SHANGHAI = {"lat": 31.2304, "lng": 121.4737, "crs": "gcj02"}


@dataclass
class Figures:
    """Seconds that the story took where somebody waits: what happened, and how long."""

    seconds: dict[str, float] = field(default_factory=dict)


class Story:
    """A buyer, her friend, an adviser and a marketer. Each step checks what its person would see.

    `plain`: the cars are as a used-car feed brings them, without pictures, colours and options.
    """

    def __init__(
        self,
        app: str,
        simulator: str,
        *,
        username: str = DEMO_USERNAME,
        password: str = DEMO_PASSWORD,
        plain: bool = False,
        patience: float = 30.0,
        say: Callable[[str], None] = print,
    ) -> None:
        self.plain = plain
        self.wechat = WeChat(simulator, patience=patience)
        number = secrets.randbelow(10**8)
        self.buyer = Phone(app, self.wechat, nickname="林晓雯", phone=f"138{number:08d}", patience=patience)
        self.friend = Phone(app, self.wechat, nickname="周宇航", phone=f"139{number:08d}", patience=patience)
        self.desk = Desk(app, username=username, password=password, patience=patience)
        self.patience = patience
        self.say = say
        self.figures = Figures()
        self.vehicle: dict[str, Any] = {}
        self.other_vehicle: dict[str, Any] = {}
        self.share_id = ""
        self.order: dict[str, Any] = {}
        self.friends_order: dict[str, Any] = {}
        self.adviser = ""

    # -- helpers -------------------------------------------------------------------------------------------------------------

    def wait(self, look: Callable[[], Any], what: str) -> Any:
        found, took = until(look, what, seconds=self.patience)
        self.figures.seconds[what] = took
        return found

    def templates(self, phone: Phone) -> list[str]:
        """The titles of the service-account messages in a person's inbox, oldest first."""
        return [str(message.get("title") or message.get("template")) for message in reversed(self.wechat.inbox(phone.person))]

    def listing(self, vehicle_id: str) -> str:
        """How a search shows the vehicle now."""
        return str(self.buyer.vehicle(vehicle_id)["status"]["key"])

    def ledger_is_balanced(self, order_id: str) -> None:
        lines = self.desk.look(f"orders/{order_id}")["ledger"]
        debit = sum(line["debit_fen"] for line in lines)
        credit = sum(line["credit_fen"] for line in lines)
        assert debit == credit, f"debits {debit} fen, credits {credit} fen"

    def reserve_and_pay(self, phone: Phone, vehicle_id: str) -> dict[str, Any]:
        """Hold a vehicle, send the same request again, pay, and wait until the server itself knows of the money."""
        terms = phone.terms()
        key = f"story-{secrets.token_hex(8)}"
        first = phone.reserve(vehicle_id, terms_version=terms["version"], key=key)
        again = phone.reserve(vehicle_id, terms_version=terms["version"], key=key)
        answer = phone.line.content(first)
        assert first.content == again.content, "the repeated request was answered differently"
        order_id = answer["order"]["id"]
        assert phone.order(order_id)["payment_status"] == "none", "nobody has paid yet"
        result = self.wechat.pay(phone.person, answer["payment"])
        assert result.get("result") == "ok" or "已支付" in str(result) or "paid" in str(result).lower(), result
        paid = self.wait(lambda: _if(phone.order(order_id), "payment_status", "full"), f"{phone.nickname} 的意向金到账")
        self.ledger_is_balanced(order_id)
        return dict(paid)

    # -- the story -----------------------------------------------------------------------------------------------------------

    def steps(self) -> Iterator[tuple[str, Callable[[], None]]]:
        yield "登录：两次同时的首次登录只产生一个客户，不索要手机号", self.log_in
        yield "搜索：上海，由近到远；筛选与计数一致；打开一辆车", self.search
        yield "分享：小程序码；朋友免登录打开，之后登录", self.share
        yield "预订：绑定手机号、接受条款、支付意向金；朋友抢同一辆车被拒", self.reserve
        yield "线索：顾问在企业微信收到卡片并接受", self.adviser_answers
        yield "旅程：意向金标签触发服务号消息", self.first_message
        yield "朋友：预订另一辆车后反悔，退款，旅程停在下一条消息之前", self.friend_changes_his_mind
        yield "一天以后：没有约试驾，买家收到第二条消息", self.second_message
        yield "取消：退款到账，车辆恢复在售，顾问得知", self.cancel
        yield "账目与时间线：借贷相等，客户时间线完整", self.look_back

    def run(self) -> Figures:
        begin = time.monotonic()
        for number, (title, step) in enumerate(self.steps(), 1):
            start = time.monotonic()
            step()
            self.say(f"  {number:>2}. {title}  ({time.monotonic() - start:.1f} s)")
        self.figures.seconds["全程"] = time.monotonic() - begin
        return self.figures

    def log_in(self) -> None:
        twin = Phone.__new__(Phone)
        twin.__dict__.update(self.buyer.__dict__)
        with ThreadPoolExecutor(2) as pool:
            customers = list(pool.map(lambda phone: phone.login()["id"], (self.buyer, twin)))
        assert customers[0] == customers[1], "two parallel first logins made two customers"
        assert self.buyer.customer["phone_masked"] is None
        self.buyer.call_me(self.buyer.nickname)
        self.wechat.follow(self.buyer.person)
        self.wechat.follow(self.friend.person)

    def search(self) -> None:
        found = self.buyer.search(**SHANGHAI, sort="distance", limit=50)
        distances = [item["distance_m"] for item in found["items"]]
        assert distances == sorted(distances), "not in order of distance"
        assert found["total"] >= len(found["items"]) > 0
        series = next(value for value in found["facets"]["series"] if value["count"])
        narrowed = self.buyer.search(**SHANGHAI, series=series["value"], limit=5)
        assert narrowed["total"] == series["count"], "a facet promised another number of cars"
        kind = "gearbox" if self.plain else "exterior_color"
        chosen = next(value for value in found["facets"][kind] if value["count"])
        cheap = self.buyer.search(**SHANGHAI, **{kind: chosen["value"]}, price_max_fen=60_000_000, limit=5)
        assert all(item["price_fen"] <= 60_000_000 for item in cheap["items"])
        free = [item for item in found["items"] if item["status"]["key"] == "listed"]
        assert len(free) >= 2, "sold out near Shanghai"
        self.vehicle = self.buyer.vehicle(free[0]["id"])
        self.other_vehicle = self.buyer.vehicle(free[1]["id"])
        for block in ("price", "finance", "specifications", "store", *(() if self.plain else ("photos", "options"))):
            assert self.vehicle.get(block), f"the vehicle's page has no {block}"
        assert {"latitude", "longitude", "name", "address"} <= set(self.vehicle["store"]["navigation"])

    def share(self) -> None:
        self.share_id = self.buyer.share(self.vehicle["id"])["id"]
        assert len(self.share_id) <= 32
        image = self.buyer.share_code(self.share_id)
        assert image[:4] in (b"\x89PNG", b"\xff\xd8\xff\xe0"), "not a picture"
        seen = self.friend.open_share(self.share_id)
        assert seen["vehicle"]["id"] == self.vehicle["id"]
        self.friend.login(share_id=self.share_id)
        self.friend.call_me(self.friend.nickname)

    def reserve(self) -> None:
        for phone in (self.buyer, self.friend):
            for purpose in ("phone", "dealer_sharing"):
                phone.agree(purpose, PRIVACY_TEXT)
        masked = self.buyer.bind_phone()["phone_masked"]
        self.buyer.customer["phone_masked"] = masked
        assert masked.startswith("138"), masked
        assert "****" in masked
        self.friend.bind_phone()
        self.order = self.reserve_and_pay(self.buyer, self.vehicle["id"])
        self.wait(lambda: self.listing(self.vehicle["id"]) == "reserved", "车辆显示为已预订")
        late = self.friend.reserve(self.vehicle["id"], terms_version=self.friend.terms()["version"], key=f"story-{secrets.token_hex(8)}")
        assert late.status_code == 409, late.text
        assert late.json()["message"]

    def card(self) -> tuple[str, dict[str, Any]] | None:
        """The card about the buyer, with the adviser in whose WeCom inbox it lies."""
        masked = self.buyer.customer["phone_masked"]
        for userid in self.wechat.staff_with_messages():
            for message in self.wechat.staff_inbox(userid):
                if masked in str(message.get("template_card")) and message["buttons"]:
                    return userid, message
        return None

    def adviser_answers(self) -> None:
        userid, message = self.wait(self.card, "顾问收到企业微信卡片")
        self.adviser = userid
        text = str(message["template_card"])
        assert self.vehicle["title"][:6] in text, "the card does not name the car"
        assert self.buyer.customer["id"] not in text
        assert len(message["buttons"]) == 2
        accept = next(button["key"] for button in message["buttons"] if "accept" in button["key"])
        self.wechat.press(userid, message["id"], accept)
        lead = self.wait(
            lambda: _if(self.desk.look(f"customers/{self.buyer.customer['id']}")["lead"], "status", "accepted"), "顾问的点击已被记录"
        )
        assert lead["grade"] == "H"
        self.wait(lambda: not self._buttons(userid, message["id"]), "卡片已更新")

    def _buttons(self, userid: str, message_id: int) -> list[Any]:
        return list(next(one["buttons"] for one in self.wechat.staff_inbox(userid) if one["id"] == message_id))

    def messages(self, phone: Phone, number: int, what: str) -> None:
        self.wait(lambda: len(self.wechat.inbox(phone.person)) >= number, what)
        assert len(self.wechat.inbox(phone.person)) == number, "a message too many"

    def first_message(self) -> None:
        self.messages(self.buyer, 1, "第一条服务号消息")
        events = self.wait(lambda: self._timeline("message.delivered"), "送达回执已记录")
        assert len(events) == 1

    def _timeline(self, name: str) -> list[dict[str, Any]]:
        return list(self.desk.look(f"customers/{self.buyer.customer['id']}/timeline", name=name)["items"])

    def friend_changes_his_mind(self) -> None:
        self.friends_order = self.reserve_and_pay(self.friend, self.other_vehicle["id"])
        self.messages(self.friend, 1, "朋友的第一条服务号消息")
        self.friend.cancel(self.friends_order["id"], "临时有变")
        self.wait(lambda: _if(self.friend.order(self.friends_order["id"]), "payment_status", "refunded"), "朋友的退款到账")
        self.messages(self.friend, 2, "朋友收到退款消息")
        self.wait(lambda: self.listing(self.other_vehicle["id"]) == "listed", "朋友的车恢复在售")
        self.ledger_is_balanced(self.friends_order["id"])

    def second_message(self) -> None:
        self.wechat.a_day_later()
        self.messages(self.buyer, 2, "第二条服务号消息")
        assert len(self.wechat.inbox(self.friend.person)) == 2, "the friend's journey went on after his cancellation"

    def cancel(self) -> None:
        told = len(self.wechat.staff_inbox(self.adviser))
        self.buyer.cancel(self.order["id"], "家里意见不一")
        self.wait(lambda: _if(self.buyer.order(self.order["id"]), "payment_status", "refunded"), "退款到账")
        self.wait(lambda: self.listing(self.vehicle["id"]) == "listed", "车辆恢复在售")
        self.wait(lambda: len(self.wechat.staff_inbox(self.adviser)) > told, "顾问得知取消")
        self.messages(self.buyer, 3, "退款的服务号消息")

    def look_back(self) -> None:
        self.ledger_is_balanced(self.order["id"])
        names = self._all_names(self.buyer.customer["id"])
        expected = {
            "customer.created", "customer.logged_in", "customer.phone_bound", "share.created", "share.opened", "order.reserved",
            "deposit.paid", "lead.created", "lead.assigned", "lead.accepted", "tag.added", "journey.entered", "message.delivered",
            "order.cancelled", "refund.requested", "refund.succeeded", "deposit.refunded",
        }  # fmt: skip
        assert expected <= names, f"not in her timeline: {sorted(expected - names)}"
        converted = self._all_names(self.friend.customer["id"])
        assert "share.converted" in converted, "the friend's coming is not attributed to her share"

    def _all_names(self, customer_id: str) -> set[str]:
        names: set[str] = set()
        cursor: str | None = None
        while True:
            page = self.desk.look(f"customers/{customer_id}/timeline", **({"cursor": cursor} if cursor else {}))
            names |= {item["name"] for item in page["items"]}
            cursor = page["next_cursor"]
            if not cursor:
                return names


def _if(found: dict[str, Any] | None, key: str, value: str) -> dict[str, Any] | None:
    return found if found and found.get(key) == value else None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--app", default=f"http://127.0.0.1:{os.environ.get('WEB_PORT', '8000')}")
    parser.add_argument("--simulator", default=f"http://127.0.0.1:{os.environ.get('SIM_PORT', '8100')}")
    parser.add_argument("--username", default=DEMO_USERNAME)
    parser.add_argument("--password", default=DEMO_PASSWORD)
    given = parser.parse_args()
    for address in (f"{given.app}/api/public/health", f"{given.simulator}/_sim/health"):
        try:
            requests.get(address, timeout=5)
        except requests.RequestException:
            sys.exit(f"{address} 没有应答：请先在另一个终端运行 make run")
    print("从一部手机到经销商，再回来：")
    try:
        story = Story(given.app, given.simulator, username=given.username, password=given.password)
        figures = story.run()
    except Refused as refused:
        sys.exit(f"被拒绝：{refused}")
    except AssertionError as wrong:
        sys.exit(f"故事没有走完：{wrong}")
    print("\n".join(f"      {what}：{seconds:.2f} s" for what, seconds in figures.seconds.items()))


if __name__ == "__main__":
    main()
