"""The adviser works where his telephone is: a card in WeCom brings him to the lead, signed in by WeCom, and he keeps her car for her."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, expect

from dev.stack import Stack
from dev.testing import wait_until
from miniprogram_mock.phone.phone import Desk
from miniprogram_mock.phone.wechat import WeChat
from tests.e2e import acts
from tests.e2e.conftest import Phones
from tests.e2e.sheet import looked_at

# WeCom's own browser on a telephone; whose WeCom it is, says the cookie that the simulator's page of authorisation reads.
IN_WECOM: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "locale": "zh-CN",
    "reduced_motion": "reduce",
    "has_touch": True,
    "user_agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 wxwork/4.1.36 MicroMessenger/7.0.1",
}


def test_an_adviser_opens_a_lead_from_its_card_in_wecom_and_confirms_the_reservation(
    phone: Phones, cars: Iterator[str], desk: Desk, chromium: Browser, town: Stack, wechat: WeChat, artefacts: Path
) -> None:
    her = phone("林晓雯", alone=True)
    acts.reserve(her, next(cars))
    customer = acts.customer_id(her)
    lead = wait_until(lambda: [one["id"] for one in desk.look("leads/")["items"] if one["customer"]["id"] == customer], what="a lead")[0]

    def card() -> tuple[str, str] | None:
        for userid in wechat.staff_with_messages():
            for message in wechat.staff_inbox(userid):
                if leads_to := re.search(rf"http[^'\"]*/console/leads/{lead}", str(message)):
                    return userid, leads_to[0]
        return None

    userid, url = wait_until(card, what="an adviser has the card")
    context = chromium.new_context(**IN_WECOM)
    context.add_cookies([{"name": "wecom_member", "value": userid, "url": town.simulator}])
    his = context.new_page()

    his.goto(url)
    his.get_by_role("link", name="企业微信").click()
    his.wait_for_url(re.compile(f"/console/leads/{lead}"))
    expect(his.get_by_role("heading", level=1)).to_be_visible()
    looked_at(his, artefacts, "adviser-lead")
    his.set_viewport_size(IN_WECOM["viewport"])
    his.get_by_role("button", name="接受线索").click()
    expect(his.get_by_role("button", name="接受线索")).to_have_count(0)

    his.get_by_role("link", name="付意向金").click()
    his.get_by_role("button", name="确认有车").click()
    dialog = his.get_by_role("dialog", name="确认为客户保留这辆车")
    his.screenshot(path=artefacts / "console-adviser-confirm-390.png")
    dialog.get_by_role("button", name="确认有车").click()
    expect(dialog).to_have_count(0)
    expect(his.get_by_text("已确认").first).to_be_visible()
    his.screenshot(path=artefacts / "console-adviser-confirmed-390.png")
    acts.eventually(lambda: "order.confirmed" in acts.timeline(desk, customer), "her timeline tells it")
    context.close()
