"""The simulator's pages: what they are made of is served and harmless, and what they ask is answered."""

import re
from html.parser import HTMLParser
from typing import Any

import pytest

from miniprogram_mock.platform.sim_api.routing import PAGES
from tests.platform_sim.support import Simulator, wait_until
from tests.platform_sim.wecom import App

MODULES = sorted(PAGES.glob("*.js"))
CHINESE = re.compile(r"[一-鿿]")


class Seen(HTMLParser):
    """The attributes and the scripts of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.inline: list[str] = []
        self._in_script = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names |= {name for name, _ in attrs}
        self._in_script = tag in ("script", "style")

    def handle_data(self, data: str) -> None:
        if self._in_script and data.strip():
            self.inline.append(data)


def refused(sim: Simulator, method: str, path: str) -> tuple[int, str]:
    answer = sim.http.request(method, f"{sim.base}/_sim/{path}", json={} if method == "POST" else None, timeout=60)
    return answer.status_code, str(answer.json().get("error"))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
def test_a_module_is_served_loads_only_its_neighbours_and_makes_no_html_of_text(sim: Simulator, path: Any) -> None:
    served = sim.http.get(f"{sim.base}/_sim/static/{path.name}", timeout=60)
    assert (served.status_code, served.text) == (200, path.read_text())
    for name in re.findall(r'from "([^"]+)"', served.text):
        assert name.startswith("./")
        assert (PAGES / name).exists(), name
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", served.text)
    assert len(served.text.splitlines()) <= 400


@pytest.mark.parametrize("path", [path for path in MODULES if path.name != "texts.zh-CN.js"], ids=lambda path: path.name)
def test_chinese_stands_in_the_texts_alone(path: Any) -> None:
    assert not CHINESE.search(path.read_text())


def test_every_text_that_a_module_names_is_there() -> None:
    texts = (PAGES / "texts.zh-CN.js").read_text()
    for path in MODULES:
        for room, name in re.findall(r"\bT\.(\w+)\.(\w+)", path.read_text()):
            assert re.search(rf"\b{room}: \{{", texts), f"{path.name}: {room}"
            assert re.search(rf"\b{name}:", texts), f"{path.name}: {room}.{name}"


def test_the_page_runs_nothing_but_its_own_files(sim: Simulator) -> None:
    page = sim.http.get(f"{sim.base}/", timeout=60).text
    seen = Seen(page)
    assert not seen.inline
    assert not {name for name in seen.names if name.startswith("on") or name == "style"}
    assert "default-src 'self'" in page


def test_a_glance_counts_what_happened_in_the_last_minutes_of_the_clock(sim: Simulator) -> None:
    sim.advance(3600)
    assert sim.get("pages/overview", minutes=5)["by_minute"] == []
    user = sim.user()
    sim.paid(user, "MQ-GLANCE", total=1234)
    sim.call("api.weixin.qq.com", "POST", "/cgi-bin/message/template/send", body={}, access_token="x")
    glance = sim.get("pages/overview", minutes=5)
    assert (sum(row["bad"] for row in glance["by_minute"]), glance["paid"]) == (1, {"n": 1, "fen": 1234})
    assert [row["path"] for row in glance["wrong"]] == ["/cgi-bin/message/template/send"]
    assert (glance["twice"], glance["faults"]) == (0, 0)

    sim.advance(600)
    assert sim.get("pages/overview", minutes=5)["paid"]["n"] == 0


def test_people_are_found_by_what_one_knows_of_them_and_the_last_written_to_comes_first(sim: Simulator) -> None:
    first, second = sim.user("苏晚", phone="13655550001"), sim.user("苏晨", phone="13655550002")
    message = {"touser": first["openids"][sim.service["appid"]], "msgtype": "text", "text": {"content": "您好"}}
    sim.post(f"users/{first['id']}/service/message", appid=sim.service["appid"], text="在吗")
    assert sim.api("/cgi-bin/message/custom/send", message, account=sim.service)["errcode"] == 0

    def found(q: str, **more: Any) -> list[int]:
        return [one["id"] for one in sim.get("pages/users", q=q, **more)["users"]]

    assert found("苏") == [first["id"], second["id"]]
    assert found("苏", limit=1) == [first["id"]]
    assert found("136555500") == [first["id"], second["id"]]
    assert found(second["openids"][sim.mini["appid"]]) == [second["id"]]
    assert found("没有这个人") == []


@pytest.mark.parametrize("push_format", ["xml", "json"])
def test_what_she_wrote_to_a_service_account_stays_in_her_conversation(sim: Simulator, push_format: str) -> None:
    user, appid = sim.user(), sim.service["appid"]
    words = '<b>在吗</b> & "好" \\'
    sim.post(f"accounts/{appid}/switches", push_format=push_format)
    try:
        sim.post(f"users/{user['id']}/service/message", appid=appid, text=words)
    finally:
        sim.post(f"accounts/{appid}/switches", push_format="xml")
    assert [one["text"] for one in sim.get(f"users/{user['id']}/service/said", appid=appid)["said"]] == [words]


def test_what_was_dropped_for_a_member_is_told_to_the_tester_alone(sim: Simulator) -> None:
    app = App(sim)
    for number in range(32):
        assert app.send("adv055", f"催办 {number}")["errcode"] == 0
    assert len(sim.get("staff/adv055/inbox")["messages"]) == 30
    lost = sim.get("staff/adv055/dropped")["dropped"]
    assert [one["content"]["text"]["content"] for one in lost] == ["催办 31", "催办 30"]


def test_a_callback_is_sent_again_as_the_same_event(sim: Simulator) -> None:
    user = sim.user(follow=False)
    sim.post(f"users/{user['id']}/follow", appid=sim.service["appid"])
    openid = user["openids"][sim.service["appid"]]

    def delivered(times: int) -> list[dict[str, Any]]:
        def all_there() -> list[dict[str, Any]] | None:
            rows = sim.callbacks(recipient=openid, event="subscribe", state="delivered")
            return rows if len(rows) == times else None

        return list(wait_until(all_there, what=f"{times} deliveries"))

    [first] = delivered(1)
    sim.post(f"callbacks/{first['id']}/redeliver")
    _, again = delivered(2)
    assert again["event_id"] == first["event_id"]
    assert refused(sim, "POST", "callbacks/999999/redeliver") == (404, "没有这个回调")


def test_a_callback_that_still_waits_is_not_sent_again(sim: Simulator) -> None:
    sim.post("faults", faults=[{"kind": "late_callbacks", "by": 3600, "times": 1}])
    user = sim.user(follow=False)
    sim.post(f"users/{user['id']}/follow", appid=sim.service["appid"])
    [waiting] = sim.callbacks(recipient=user["openids"][sim.service["appid"]], state="pending")
    assert refused(sim, "POST", f"callbacks/{waiting['id']}/redeliver") == (409, "这个回调还在发送中")


def test_older_calls_go_on_where_the_page_before_ended(sim: Simulator) -> None:
    for _ in range(5):
        sim.token()
    first = [call["id"] for call in sim.get("calls", limit=3)["calls"]]
    older = [call["id"] for call in sim.get("calls", limit=2, before=first[-1])["calls"]]
    assert older == [first[-1] - 1, first[-1] - 2]
