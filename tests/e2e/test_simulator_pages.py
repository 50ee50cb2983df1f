"""The simulator's pages in a browser: what she is sent is drawn, what she does is done, and no word of hers runs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.platform_sim.support import Simulator, Sink, wait_until
from tests.platform_sim.test_wecom_cards import CARDS
from tests.platform_sim.wecom import App

EVIL = '<img src=x onerror="window.ran = 1">'
PAGES = (
    "overview", "phones", "wecom", "money", "money/refunds", "money/merchants", "money/sharing", "money/bills", "calls", "calls/summary",
    "calls/callbacks", "calls/duplicates", "faults", "faults/limits", "clock",
)  # fmt: skip


@pytest.fixture(scope="module")
def sim(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    sink = Sink()
    simulator = Simulator(tmp_path_factory.mktemp("platform"), sink).start()
    yield simulator
    assert simulator.stop() == 0
    sink.close()


@pytest.fixture
def page(chromium: Browser, sim: Simulator) -> Iterator[Page]:
    """A window on the simulator; whatever its console complains of, and every question that is refused, fails the test."""
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, locale="zh-CN", timezone_id="America/New_York")
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" and "Failed to load" not in said.text else None)
    page.on("response", lambda answer: complaints.append(answer.url) if answer.request.method == "GET" and answer.status >= 400 else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    assert not complaints
    context.close()


def visit(page: Page, sim: Simulator, address: str) -> None:
    page.goto("about:blank")
    page.goto(f"{sim.base}/#/{address}")
    expect(page.locator("main .page")).to_be_visible()


def template_message(sim: Simulator, user: dict, model: str = "极曜 S7 性能版") -> None:
    data = {"thing1": model, "amount2": "¥2000.00", "character_string3": "MQ20261121000001", "time4": "2026年11月21日 15:01"}
    body = {
        "touser": user["openids"][sim.service["appid"]], "template_id": sim.credentials["templates"]["deposit_paid"],
        "data": {key: {"value": value} for key, value in data.items()},
    }  # fmt: skip
    assert sim.api("/cgi-bin/message/template/send", body, account=sim.service)["errcode"] == 0


def test_every_page_opens_on_a_phone_and_on_a_desk_and_fits(page: Page, sim: Simulator) -> None:
    for width, height in ((390, 844), (1440, 900)):
        page.set_viewport_size({"width": width, "height": height})
        for name in PAGES:
            visit(page, sim, name)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (name, width)


def test_no_word_of_hers_runs_on_any_page(page: Page, sim: Simulator) -> None:
    user = sim.user(f"{EVIL}晓雯")
    template_message(sim, user, EVIL[:20])
    sim.post(f"users/{user['id']}/chat", appid=sim.mini["appid"], text=EVIL)
    sim.post("staff/adv001/customers", user=user["id"])
    App(sim).send("adv001", EVIL)
    sim.paid(user, "MQ-EVIL")
    for name in (*PAGES, f"phones/{user['id']}", "wecom/adv001"):
        visit(page, sim, name)
        assert page.locator("img").count() == 0, name
    expect(page.get_by_role("log").get_by_text(EVIL)).to_be_visible()
    assert page.evaluate("window.ran") is None


def test_a_message_appears_while_one_looks_and_what_she_writes_is_pushed(page: Page, sim: Simulator) -> None:
    user = sim.user("沈知夏")
    visit(page, sim, f"phones/{user['id']}")
    expect(page.get_by_text("服务号还没有给她发过消息")).to_be_visible()

    template_message(sim, user)
    log = page.get_by_role("log")
    expect(log.get_by_role("heading", name="订金支付成功通知")).to_be_visible()
    expect(log.get_by_text("极曜 S7 性能版")).to_be_visible()

    page.get_by_label("以她的身份写一句…").fill("什么时候提车？")
    page.get_by_role("button", name="发送", exact=True).click()
    expect(log.get_by_text("什么时候提车？")).to_be_visible()
    assert wait_until(lambda: sim.callbacks(event="text", state="delivered"), what="the push of what she wrote")

    page.get_by_role("switch", name="关注", exact=True).click()
    expect(page.get_by_role("switch", name="关注", exact=True)).to_have_attribute("aria-checked", "false")
    expect(page.get_by_text("运行中")).to_be_visible()
    assert sim.get(f"users/{user['id']}")["follows"][sim.service["appid"]]["following"] is False


def test_a_vote_is_pressed_with_its_choice_and_what_is_missing_is_said(page: Page, sim: Simulator) -> None:
    app = App(sim)
    content = {"card_type": "vote_interaction", **CARDS["vote_interaction"], "task_id": "page-vote"}
    assert app.post("message/send", touser="adv002", msgtype="template_card", agentid=app.agentid, template_card=content)["errcode"] == 0
    visit(page, sim, "wecom/adv002")

    page.get_by_role("button", name="提交").click()
    expect(page.get_by_text("还没有选择")).to_be_visible()
    page.get_by_label("下午").check()
    page.get_by_role("button", name="提交").click()
    expect(page.get_by_role("button", name="提交 已点击")).to_be_visible()

    assert sim.get("staff/adv002/inbox")["messages"][0]["choices"] == {"when": ["pm"]}


def test_a_refund_in_processing_is_marked_by_hand(page: Page, sim: Simulator) -> None:
    sim.post("limits", name="pay.refund_settle_seconds", value=10**6)
    user = sim.user("顾南")
    sim.paid(user, "MQ-PAGE-1")
    assert sim.refund("MQ-PAGE-1", "RF-PAGE-1", refund=100)[0] == 200
    visit(page, sim, "money/refunds")

    row = page.get_by_role("row").filter(has_text="RF-PAGE-1")
    row.get_by_role("button", name="异常").click()

    expect(row.get_by_text("退款异常")).to_be_visible()
    assert next(one for one in sim.get("refunds")["refunds"] if one["out_refund_no"] == "RF-PAGE-1")["state"] == "ABNORMAL"


def test_a_fault_is_planted_strikes_a_call_that_shows_up_and_is_cleared(page: Page, sim: Simulator) -> None:
    visit(page, sim, "faults")
    page.get_by_role("button", name=re.compile("额度用尽")).click()
    expect(page.get_by_text("还剩 20 次")).to_be_visible()

    assert sim.call("api.weixin.qq.com", "POST", "/cgi-bin/message/template/send", body={}, access_token="x").json()["errcode"] == 45009
    expect(page.get_by_text("命中 1 / 1")).to_be_visible()
    visit(page, sim, "calls")
    page.get_by_role("button", name="/cgi-bin/message/template/send").first.click()
    expect(page.get_by_role("dialog").get_by_text('"errcode": 45009')).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)

    visit(page, sim, "faults")
    page.get_by_role("button", name="全部清除").click()
    expect(page.get_by_text("一切正常，没有埋下故障。")).to_be_visible()
    assert sim.get("faults")["faults"] == []


def test_new_calls_do_not_move_what_one_reads_or_the_focus(page: Page, sim: Simulator) -> None:
    for _ in range(70):
        sim.token()
    visit(page, sim, "calls")
    row = page.locator(".calls .row").nth(30)
    row.focus()
    row.scroll_into_view_if_needed()
    key, before = row.get_attribute("data-key"), row.bounding_box()
    newest = page.locator(".calls .row").first.get_attribute("data-key")
    sim.token()
    expect(page.locator(".calls .row").first).not_to_have_attribute("data-key", str(newest))

    same = page.locator(f'.calls .row[data-key="{key}"]')
    expect(same).to_be_focused()
    after = same.bounding_box()
    assert before is not None
    assert after is not None
    assert abs(after["y"] - before["y"]) < 2


def test_the_clock_is_moved_and_shows_the_time_of_china(page: Page, sim: Simulator) -> None:
    before = sim.get("clock")["offset_seconds"]
    visit(page, sim, "clock")
    page.get_by_role("button", name="+ 1 小时").click()
    expect(page.get_by_text("已往前拨 1 小时")).to_be_visible()
    assert sim.get("clock")["offset_seconds"] == before + 3600
    expect(page.locator(".face-time")).to_have_text(re.compile(f"^{sim.get('clock')['now'][11:13]}:"))


def test_a_simulator_that_is_gone_is_said_and_it_comes_back_by_itself(chromium: Browser, tmp_path: Path) -> None:
    sink = Sink()
    simulator = Simulator(tmp_path, sink).start()
    window = chromium.new_page()
    window.goto(simulator.base)
    expect(window.get_by_text("运行中")).to_be_visible()
    simulator.stop()
    expect(window.get_by_text("连接已断开，正在重试")).to_be_visible(timeout=60_000)
    simulator.start()
    expect(window.get_by_text("运行中")).to_be_visible(timeout=60_000)
    window.close()
    assert simulator.stop() == 0
    sink.close()
