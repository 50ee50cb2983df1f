"""Two corps beside each other: the same userids, the same people in WeChat, and nothing in common but a unionid."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import xmltodict
from wechatpy.enterprise.crypto import WeChatCrypto

from tests.platform_sim.support import WORK, Simulator, Sink, wait_until
from tests.platform_sim.wecom import App

BOARD_CALLBACK = {"token": "board-token", "aes_key": "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"}
OTHER = {"corpid": "wwsecondcorp00001", "secret": "second-corps-secret", "name": "云岭汽车"}


class OtherApp(App):
    """The main application of the second corp."""

    def __init__(self, sim: Simulator) -> None:
        super().__init__(sim)
        self.corpid = self.id = OTHER["corpid"]
        self.secret = OTHER["secret"]


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory, sink: Sink) -> Iterator[Simulator]:
    folder: Path = tmp_path_factory.mktemp("two") / "platform"
    simulator = Simulator(folder, sink)
    world = json.loads((folder / "world.json").read_text())
    world["corps"].append({**world["corps"][0], **OTHER, "apps": []})
    world["corps"][0]["apps"][0] |= BOARD_CALLBACK
    (folder / "world.json").write_text(json.dumps(world))
    simulator.start()
    yield simulator
    assert simulator.stop() == 0


@pytest.fixture
def first(two: Simulator) -> App:
    return App(two)


@pytest.fixture
def second(two: Simulator) -> App:
    return OtherApp(two)


def told(app: App) -> list[dict[str, Any]]:
    return [row for row in app.sim.callbacks(account=app.corpid) if row["event"] == "change_external_contact"]


def test_members_of_the_same_name_have_inboxes_of_their_own(first: App, second: App) -> None:
    first.send("adv001", "甲")
    second.send("adv001", "乙")
    boxes = [first.sim.get("staff/adv001/inbox", corpid=app.corpid)["messages"] for app in (first, second)]
    assert [[message["text"]["content"] for message in box] for box in boxes] == [["甲"], ["乙"]]
    counts = {row["corpid"]: row["messages"] for row in first.sim.get("staff")["staff"] if row["userid"] == "adv001"}
    assert counts == {first.corpid: 1, second.corpid: 1}


def test_tokens_and_what_was_sent_belong_to_one_corp(first: App, second: App) -> None:
    msgid = first.send("adv002")["msgid"]
    assert second.post("message/recall", msgid=msgid)["errcode"] == 40058
    query = {"corpid": first.corpid, "corpsecret": second.secret}
    assert first.sim.call(WORK, "GET", "/cgi-bin/gettoken", **query).json()["errcode"] == 40091


def test_one_person_is_a_customer_of_each_under_one_unionid(first: App, second: App) -> None:
    user = first.sim.user()
    externals = [
        first.sim.http.post(
            f"{first.sim.base}/_sim/staff/adv003/customers?corpid={app.corpid}", json={"user": user["id"]}, timeout=60
        ).json()["external_userid"]
        for app in (first, second)
    ]
    contacts = [
        app.get("externalcontact/get", external_userid=external)["external_contact"]
        for app, external in zip((first, second), externals, strict=True)
    ]
    assert (len(set(externals)), {contact["unionid"] for contact in contacts}) == (2, {user["unionid"]})
    assert second.get("externalcontact/get", external_userid=externals[0])["errcode"] == 40096
    wait_until(lambda: (len(told(first)), len(told(second))) == (1, 1), what="each corp is told of its own customer")


def test_an_application_with_an_address_of_its_own_hears_its_clicks_there(first: App, sink: Sink) -> None:
    board = App(first.sim, "经销商经理看板")
    card = {
        "card_type": "button_interaction", "main_title": {"title": "待审批"}, "task_id": "board-1",
        "button_list": [{"text": "同意", "key": "yes"}],
    }  # fmt: skip
    assert board.post("message/send", touser="mgr005", msgtype="template_card", agentid=board.agentid, template_card=card)["errcode"] == 0
    message = first.sim.get("staff/mgr005/inbox", corpid=first.corpid)["messages"][0]
    first.sim.post("staff/mgr005/press", message_id=message["id"], key="yes")
    [received] = wait_until(lambda: sink.at(f"/api/platform/wechat/{board.id}"), what="the click")
    query, crypt = received["query"], WeChatCrypto(BOARD_CALLBACK["token"], BOARD_CALLBACK["aes_key"], first.corpid)
    told = crypt.decrypt_message(received["body"], query["msg_signature"], query["timestamp"], query["nonce"])
    event = xmltodict.parse(told)["xml"]
    assert (event["EventKey"], event["AgentID"], event["ToUserName"]) == ("yes", str(board.agentid), first.corpid)


def test_without_a_name_it_is_asked_which_corp_is_meant(first: App) -> None:
    answer = first.sim.http.get(f"{first.sim.base}/_sim/wecom/departments", timeout=60)
    assert (answer.status_code, "corpid" in answer.json()["error"]) == (422, True)
    assert first.sim.get("wecom/departments", corpid=OTHER["corpid"])["departments"][0]["name"] == OTHER["name"]
