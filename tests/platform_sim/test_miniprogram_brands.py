"""Two brands in one world: a second mini-program has its own people, credits, templates and money, and shares only the unionid."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.platform_sim.mini import did, does, openid, visitor
from tests.platform_sim.support import API, Simulator, Sink, wait_until

SEND = "/cgi-bin/message/subscribe/send"
DATA = {"thing1": {"value": "极曜 S7"}, "phrase2": {"value": "已确认"}, "character_string3": {"value": "A1"}, "thing4": {"value": "好"}}


class Brands(Simulator):
    """A simulator whose world got a second mini-program, `other`, after it had run with one."""

    def __init__(self, folder: Path, sink: Sink) -> None:
        super().__init__(folder, sink)
        self.start()
        assert self.stop() == 0
        world = json.loads((folder / "world.json").read_text())
        first = world["mini_programs"][0]
        templates = [{**one, "template_id": one["template_id"][::-1]} for one in first["subscribe_templates"]]
        second = {
            **first, "appid": "wxsecondbrand0001", "original_id": "gh_secondbrand", "name": "远山汽车", "secret": "0" * 32,
            "subscribe_templates": templates,
        }  # fmt: skip
        world["mini_programs"].append(second)
        (folder / "world.json").write_text(json.dumps(world))
        init = [sys.executable, "-m", "miniprogram_mock.platform", "init", "--dir", str(folder), "--callback-base", sink.url]
        subprocess.run(init, check=True, capture_output=True)
        accounts = json.loads((folder / "accounts.json").read_text())["accounts"]
        self.mini, self.other = [one for one in accounts if one["kind"] == "mini_program"]


@pytest.fixture(scope="module")
def brands(tmp_path_factory: pytest.TempPathFactory, sink: Sink) -> Iterator[Brands]:
    simulator = Brands(tmp_path_factory.mktemp("brands"), sink)
    simulator.start()
    yield simulator
    simulator.stop()


def paid_template(account: dict[str, Any]) -> str:
    return str(account["subscribe_templates"][0]["template_id"])


def send(sim: Brands, account: dict[str, Any], touser: str, template_id: str) -> int:
    body = {"touser": touser, "template_id": template_id, "data": DATA}
    return int(sim.api(SEND, body, account=account)["errcode"])


def test_one_person_has_two_openids_and_one_unionid(brands: Brands) -> None:
    user = brands.user()
    mine, theirs = user["openids"][brands.mini["appid"]], user["openids"][brands.other["appid"]]
    code = brands.post(f"users/{user['id']}/login-code", appid=brands.other["appid"])["code"]
    answer = brands.login(code, appid=brands.other["appid"], secret=brands.other["secret"])
    assert (answer["openid"], answer["unionid"], mine != theirs) == (theirs, user["unionid"], True)


def test_a_code_of_one_brand_is_none_at_the_other(brands: Brands) -> None:
    code = did(brands, brands.user(), "login-code")["code"]
    assert brands.login(code, appid=brands.other["appid"], secret=brands.other["secret"])["errcode"] == 40029
    assert "openid" in brands.login(code)


def test_a_credit_for_one_brand_is_none_for_the_other(brands: Brands) -> None:
    user = visitor(brands)
    did(brands, user, "subscribe", answers=[{"template_id": paid_template(brands.mini), "answer": "accept"}])
    theirs = user["openids"][brands.other["appid"]]
    assert send(brands, brands.other, theirs, paid_template(brands.other)) == 43101
    assert send(brands, brands.other, theirs, paid_template(brands.mini)) == 40037
    assert send(brands, brands.other, openid(brands, user), paid_template(brands.other)) == 40003
    assert send(brands, brands.mini, openid(brands, user), paid_template(brands.mini)) == 0
    answers = [{"template_id": paid_template(brands.other), "answer": "accept"}]
    assert does(brands, user, "subscribe", answers=answers).status_code == 422


def test_events_go_to_the_brand_that_they_are_about(brands: Brands) -> None:
    user = visitor(brands)
    answers = [{"template_id": paid_template(brands.other), "answer": "accept"}]
    did(brands, user, "subscribe", appid=brands.other["appid"], answers=answers)
    theirs = user["openids"][brands.other["appid"]]
    (told,) = wait_until(lambda: brands.callbacks(event="subscribe_msg_popup_event", recipient=theirs), what="the event is there")
    assert (told["account"], told["url"].rsplit("/", 1)[1]) == (brands.other["appid"], brands.other["appid"])


def test_the_trade_of_one_brand_is_managed_alone(brands: Brands) -> None:
    path = "/wxa/sec/order/is_trade_managed"
    brands.post(f"mini-programs/{brands.other['appid']}/trade-management", managed=True, confirmed=True)
    managed = [brands.api(path, {"appid": one["appid"]}, account=one)["is_trade_managed"] for one in (brands.mini, brands.other)]
    assert managed == [False, True]


def test_a_payment_in_one_brands_mini_program_is_unknown_in_the_others(brands: Brands) -> None:
    user = visitor(brands)
    brands.paid(user, "BRAND00001")
    key = {"merchant_id": brands.merchant["mchid"], "merchant_trade_no": "BRAND00001"}
    path = "/wxa/sec/order/get_order"
    assert [brands.api(path, key, account=one)["errcode"] for one in (brands.mini, brands.other)] == [0, 10060001]


def test_an_account_that_comes_later_knows_the_people_who_were_there_before(brands: Brands) -> None:
    first = brands.get("users")["users"][0]
    assert brands.other["appid"] not in first["openids"]
    code = brands.post(f"users/{first['id']}/login-code", appid=brands.other["appid"])["code"]
    assert "openid" in brands.login(code, appid=brands.other["appid"], secret=brands.other["secret"])


def test_whoever_just_paid_is_known_by_her_unionid_for_five_minutes(brands: Brands) -> None:
    user = visitor(brands)
    brands.paid(user, "BRAND00002")
    number = {"mch_id": brands.merchant["mchid"], "out_trade_no": "BRAND00002"}

    def asked(account: dict[str, Any], **query: str) -> dict[str, Any]:
        token = brands.token(account)["access_token"]
        answer = brands.call(API, "GET", "/wxa/getpaidunionid", access_token=token, **{"openid": openid(brands, user), **number, **query})
        return dict(answer.json())

    assert asked(brands.mini)["unionid"] == user["unionid"]
    assert asked(brands.mini, out_trade_no="NEVER")["errcode"] == 89300
    assert asked(brands.other)["errcode"] == 40003
    assert asked(brands.other, openid=user["openids"][brands.other["appid"]])["errcode"] == 89300
    brands.post(f"accounts/{brands.mini['appid']}/switches", **{"mini_program.open_platform": False})
    assert asked(brands.mini)["errcode"] == 89002
    brands.post(f"accounts/{brands.mini['appid']}/switches", **{"mini_program.open_platform": True})
    brands.advance(301)
    assert asked(brands.mini)["errcode"] == 89300


def test_who_sells_and_never_ships_is_reminded_of_the_interface_once_a_day(brands: Brands) -> None:
    def told() -> int:
        return len(brands.callbacks(event="trade_manage_remind_access_api", account=brands.mini["appid"]))

    brands.post(f"mini-programs/{brands.mini['appid']}/trade-management", managed=True, confirmed=False)
    brands.advance(5)
    brands.paid(visitor(brands), "BRAND00003")
    brands.advance(3601)
    wait_until(lambda: told() == 1, what="the first reminder")
    for _ in range(4):
        brands.advance(5 * 3600)
    assert told() == 1
    brands.advance(5 * 3600)
    wait_until(lambda: told() == 2, what="the reminder of the next day")
