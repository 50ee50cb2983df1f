"""She scans the code of a stand, takes part, and is let in by the code on her phone."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

from app.messaging.facts import CHINA
from miniprogram_mock.phone.phone import Desk
from tests.e2e import acts
from tests.e2e.conftest import Phones, Picture

PAGE = "pages/campaigns/detail"
FORM = [
    {"key": "name", "kind": "name", "label": "姓名", "required": True},
    {"key": "phone", "kind": "phone", "label": "手机号", "required": True},
    {"key": "store", "kind": "store", "label": "到店门店", "required": True},
    {"key": "part", "kind": "choice", "label": "到场时段", "choices": ["上午", "下午"]},
    {"key": "wish", "kind": "text", "label": "想了解什么"},
]


def staged(desk: Desk) -> tuple[str, str]:
    """A campaign that runs from today on, and the page that the code of its stand opens."""
    today = datetime.now(CHINA).date()

    def post(path: str, body: dict[str, Any] | None = None) -> Any:
        return desk.line.call("POST", f"/api/staff/campaigns/{path}", json=body or {}, headers={"Idempotency-Key": str(uuid.uuid4())})

    days = {"begins_on": (today - timedelta(days=1)).isoformat(), "ends_on": (today + timedelta(days=5)).isoformat()}
    told = {"name": "春季车展", "kind": "auto_show", "introduction": "新车首次亮相。\n到场有礼。", "budget_fen": 1_000_000, **days}
    campaign = post("", told | {"form": {"fields": FORM, "consent": None}})
    code = post(f"{campaign['id']}/codes", {"label": "一号展台", "channel": "stand"})
    post(f"{campaign['id']}/start")
    return campaign["id"], code["path"]


def test_the_code_of_a_stand_leads_to_a_form_and_the_form_to_the_door(phone: Phones, desk: Desk, picture: Picture) -> None:
    campaign_id, path = staged(desk)
    her = phone()
    her.open(path, scene="1047")
    her.see("春季车展", "请选择门店")
    picture(her, "campaign")
    her.tap("提交报名")
    her.see("请填写「姓名」")
    her.fill("姓名", "林晓雯")
    her.tap("请选择门店")
    her.tap("确定")
    her.tap("到场时段 上午")
    acts.agree_to_be_called(her)
    picture(her, "campaign-filled")
    her.tap("提交报名")
    her.see("报名成功", "…会致电 1…")
    her.set("theme", "dark")
    picture(her, "campaign-done-dark")
    her.set("theme", "light")
    her.tap("出示签到码")
    her.see("请工作人员扫描…")
    picture(her, "campaign-ticket")
    assert her.log("error") == []
    customer = acts.customer_id(her)
    acts.eventually(lambda: {"campaign.answered", "lead.created"} <= acts.timeline(desk, customer), "the store has her wish")

    ticket = her.page.evaluate("window.phone.router.current.instance.ticket")
    desk.line.call("POST", f"/api/staff/campaigns/{campaign_id}/check-ins", json={"ticket": ticket})
    her.tap("关闭")
    her.see("今日已签到")


def test_a_code_that_nobody_made_says_so(phone: Phones) -> None:
    her = phone()
    her.open(f"{PAGE}?scene=nobodys")
    her.see("没有找到这场活动，…")
    her.tap("去首页看看")
    her.at("pages/index/index")
    assert all("404" in str(one) for one in her.log("error"))
