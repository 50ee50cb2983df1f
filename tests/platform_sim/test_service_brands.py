"""Two brands in one world: openids, followers, quotas and messages of one service account are none of the other's."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.platform_sim.service import PAID, TEMPLATE_SEND, get, inbox, limited, openid, post
from tests.platform_sim.support import Simulator, Sink, wait_until


class TwoBrands(Simulator):
    """A second service account, `other`, for which the merchant takes payments on web pages."""

    def __init__(self, folder: Path, sink: Sink) -> None:
        super().__init__(folder, sink)
        world = json.loads((folder / "world.json").read_text())
        first = world["service_accounts"][0]
        template = {**first["templates"][0], "template_id": "B" * 43}
        self.other = {
            **first, "appid": "wxb2b2b2b2b2b2b2b2", "original_id": "gh_b2b2b2b2b2b2", "name": "另一个品牌", "secret": "b" * 32,
            "templates": [template],
        }  # fmt: skip
        world["service_accounts"].append(self.other)
        world["merchants"][0]["appid"] = self.other["appid"]
        (folder / "world.json").write_text(json.dumps(world, ensure_ascii=False))
        self.merchant = {**self.merchant, "appid": self.other["appid"]}


@pytest.fixture(scope="module")
def sim(tmp_path_factory: pytest.TempPathFactory, sink: Sink) -> Iterator[TwoBrands]:
    simulator = TwoBrands(tmp_path_factory.mktemp("brands"), sink)
    simulator.start()
    yield simulator
    assert simulator.stop() == 0


def send(sim: TwoBrands, user: dict[str, Any], template_id: str, **changed: Any) -> dict[str, Any]:
    body = {"touser": openid(sim, user, sim.other), "template_id": template_id, "data": PAID, **changed}
    return dict(post(sim, TEMPLATE_SEND, body, sim.other))


def test_one_person_has_an_openid_for_each_and_one_unionid(sim: TwoBrands) -> None:
    user = sim.user()
    first, second = (get(sim, "/cgi-bin/user/info", account, openid=openid(sim, user, account)) for account in (sim.service, sim.other))
    assert first["openid"] != second["openid"]
    assert first["unionid"] == second["unionid"] == user["unionid"]


def test_the_openid_and_the_template_of_one_mean_nothing_to_the_other(sim: TwoBrands) -> None:
    user = sim.user()
    assert send(sim, user, "B" * 43, touser=openid(sim, user, sim.service))["errcode"] == 40003
    assert send(sim, user, sim.credentials["templates"]["deposit_paid"])["errcode"] == 40037
    assert send(sim, user, "B" * 43)["errcode"] == 0
    [message] = inbox(sim, user)
    assert message["account_name"] == "另一个品牌"


def test_unfollowing_one_is_not_unfollowing_the_other(sim: TwoBrands) -> None:
    user = sim.user()
    sim.post(f"users/{user['id']}/unfollow", appid=sim.service["appid"])
    assert get(sim, "/cgi-bin/user/info", openid=openid(sim, user))["subscribe"] == 0
    assert send(sim, user, "B" * 43)["errcode"] == 0


def test_the_quota_of_one_is_not_the_others(sim: TwoBrands) -> None:
    sim.advance(86_400)
    user = sim.user()
    with limited(sim, template__per_day=1):
        assert [send(sim, user, "B" * 43)["errcode"] for _ in range(2)] == [0, 45009]
        body = {"touser": openid(sim, user), "template_id": sim.credentials["templates"]["deposit_paid"], "data": PAID}
        assert post(sim, TEMPLATE_SEND, body)["errcode"] == 0


def test_tags_menus_and_scenes_are_each_accounts_own(sim: TwoBrands) -> None:
    scene = {"action_name": "QR_LIMIT_STR_SCENE", "action_info": {"scene": {"scene_str": "展厅"}}}
    tags, codes = [], []
    for account in (sim.service, sim.other):
        tags.append(post(sim, "/cgi-bin/tags/create", {"tag": {"name": "车主"}}, account)["tag"])
        codes.append(post(sim, "/cgi-bin/qrcode/create", scene, account)["ticket"])
    menu = {"button": [{"type": "click", "name": "订单", "key": "ORDERS"}]}
    assert post(sim, "/cgi-bin/menu/create", menu, sim.other)["errcode"] == 0
    assert (tags[0], codes[0] == codes[1]) == (tags[1], False)
    assert get(sim, "/cgi-bin/menu/get")["errcode"] == 46003
    tagging = {"openid_list": [openid(sim, sim.user())], "tagid": tags[0]["id"]}
    assert post(sim, "/cgi-bin/tags/members/batchtagging", tagging)["errcode"] == 0
    counts = [get(sim, "/cgi-bin/tags/get", account)["tags"][0]["count"] for account in (sim.service, sim.other)]
    assert counts == [1, 0]


def test_a_group_send_of_one_costs_nothing_of_the_others_month(sim: TwoBrands) -> None:
    users = [sim.user(), sim.user()]
    news = {"msgtype": "text", "text": {"content": "上市"}}
    with limited(sim, group_send__per_person_and_month=1):
        for account in (sim.service, sim.other):
            body = {"touser": [openid(sim, user, account) for user in users], **news}
            assert post(sim, "/cgi-bin/message/mass/send", body, account)["errcode"] == 0
        sim.advance(6)
        wait_until(lambda: len(inbox(sim, users[0])) == 2, what="both group sends arrive")


def test_a_payment_lets_the_account_write_for_two_days_without_a_limit(sim: TwoBrands) -> None:
    user, stranger = sim.user(follow=False), sim.user(follow=False)
    status, answer = sim.prepay(user, "H5PAY0001", payer={"openid": openid(sim, user, sim.other)})
    assert status == 200, answer
    paid = sim.post(f"users/{user['id']}/pay", **sim.sheet(answer["prepay_id"], appId=sim.other["appid"]))
    assert paid["result"] == "ok"

    def write(who: dict[str, Any], account: dict[str, Any]) -> int:
        body = {"touser": openid(sim, who, account), "msgtype": "text", "text": {"content": "订金已收到"}}
        return int(post(sim, "/cgi-bin/message/custom/send", body, account)["errcode"])

    assert [write(user, sim.other) for _ in range(8)] == [0] * 8
    assert (write(user, sim.service), write(stranger, sim.other)) == (45015, 45015)
    sim.advance(48 * 3600 + 1)
    assert write(user, sim.other) == 45015
