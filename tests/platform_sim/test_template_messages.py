"""Template messages of the service account: typed values, following, the same message once, quotas, the delivery report."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tests.platform_sim.service import PAID, TEMPLATE_SEND, get, inbox, limited, openid
from tests.platform_sim.service import send_template as send
from tests.platform_sim.support import API, Simulator, wait_until


def reports(sim: Simulator, msgid: int) -> list[str]:
    return [event["Status"] for event in sim.events(sim.service, "TEMPLATESENDJOBFINISH") if event["MsgID"] == str(msgid)]


def test_a_template_message_is_shown_and_its_delivery_reported(sim: Simulator) -> None:
    user = sim.user()
    answer = send(sim, user, miniprogram={"appid": sim.mini["appid"], "pagepath": "pages/orders/detail?id=1"})
    assert (answer["errcode"], answer["msgid"] > 2**53) == (0, True)
    [message] = inbox(sim, user)
    assert (message["msgid"], message["title"], message["account_name"]) == (str(answer["msgid"]), "订金支付成功通知", sim.service["name"])
    assert message["fields"][0] == {"key": "thing1", "label": "意向车型", "value": "极曜 S7 性能版"}
    assert wait_until(lambda: reports(sim, answer["msgid"]), what="the delivery report") == ["success"]


def test_the_same_client_msg_id_within_ten_minutes_shows_one_message(sim: Simulator) -> None:
    user, other = sim.user(), sim.user("周宇航")
    first, again = send(sim, user, client_msg_id="walk-1-step-1"), send(sim, user, client_msg_id="walk-1-step-1")
    assert again["msgid"] == first["msgid"]
    assert len(inbox(sim, user)) == 1
    assert send(sim, other, client_msg_id="walk-1-step-1")["msgid"] != first["msgid"]
    key = f"{user['openids'][sim.service['appid']]}:walk-1-step-1"
    [row] = [row for row in sim.get("duplicates", kind="template")["duplicates"] if row["key"] == key]
    assert (row["attempts"], row["effects"], row["deduplicated"]) == (2, 1, 1)
    sim.advance(601)
    assert send(sim, user, client_msg_id="walk-1-step-1")["msgid"] != first["msgid"]
    assert len(inbox(sim, user)) == 2


def test_only_followers_who_are_not_blacklisted_get_messages(sim: Simulator) -> None:
    stranger, user = sim.user("陌生人", follow=False), sim.user()
    assert send(sim, stranger)["errcode"] == 43004
    sim.post(f"users/{user['id']}/restrict", appid=sim.service["appid"], blacklisted=True)
    assert send(sim, user)["errcode"] == 43019
    sim.post(f"users/{user['id']}/restrict", appid=sim.service["appid"], blacklisted=False)
    sim.post(f"users/{user['id']}/unfollow", appid=sim.service["appid"])
    assert send(sim, user)["errcode"] == 43004
    assert inbox(sim, user) == inbox(sim, stranger) == []


def test_a_user_who_refuses_messages_sees_nothing_and_the_report_says_so(sim: Simulator) -> None:
    user = sim.user()
    sim.post(f"users/{user['id']}/restrict", appid=sim.service["appid"], refuses_messages=True)
    answer = send(sim, user)
    assert (answer["errcode"], inbox(sim, user)) == (0, [])
    assert wait_until(lambda: reports(sim, answer["msgid"]), what="the report") == ["failed:user block"]


@pytest.mark.parametrize("status", ["failed:user block", "failed: system failed", "failed:system failed", "failed:freq limit"])
def test_a_planted_delivery_failure_is_reported_as_planted_and_shows_nothing(sim: Simulator, status: str) -> None:
    user = sim.user()
    sim.post("faults", template_status={"status": status, "times": 1})
    answer = send(sim, user)
    assert (answer["errcode"], inbox(sim, user)) == (0, [])
    assert wait_until(lambda: reports(sim, answer["msgid"]), what="the report") == [status]
    assert (send(sim, user)["errcode"], len(inbox(sim, user))) == (0, 1)


def test_two_hundred_at_once_with_the_same_client_msg_id_show_one_message(sim: Simulator) -> None:
    user, token = sim.user(), sim.token(sim.service)["access_token"]
    body = {
        "touser": openid(sim, user), "template_id": sim.credentials["templates"]["deposit_paid"], "data": PAID, "client_msg_id": "once",
    }  # fmt: skip
    url = f"{sim.base}/{API}{TEMPLATE_SEND}?access_token={token}"
    with ThreadPoolExecutor(32) as pool:
        answers = list(pool.map(lambda _: requests.post(url, json_bytes(body), timeout=30).json(), range(200)))
    assert {answer["errcode"] for answer in answers} == {0}
    assert len({answer["msgid"] for answer in answers}) == len(inbox(sim, user)) == 1
    [row] = [row for row in sim.get("duplicates", kind="template")["duplicates"] if row["key"] == f"{openid(sim, user)}:once"]
    assert (row["attempts"], row["effects"]) == (200, 1)


def json_bytes(body: dict) -> bytes:
    return json.dumps(body, ensure_ascii=False).encode()


def test_what_was_refused_may_be_tried_again_with_the_same_client_msg_id(sim: Simulator) -> None:
    user = sim.user()
    assert send(sim, user, client_msg_id="retry", data={**PAID, "time4": {"value": "昨天"}})["errcode"] == 47003
    assert send(sim, user, client_msg_id="retry")["errcode"] == 0
    assert len(inbox(sim, user)) == 1


def test_a_day_has_a_quota_that_grows_with_followers_and_begins_anew_at_midnight(sim: Simulator) -> None:
    sim.advance(86_400)
    user, fans = sim.user(), get(sim, "/cgi-bin/user/get")["total"]
    with limited(sim, template__per_day=2, template__per_day_at_step_1=3, template__fans_for_step_1=fans + 1):
        assert [send(sim, user)["errcode"] for _ in range(3)] == [0, 0, 45009]
        sim.user("多一个粉丝")
        sim.advance(86_400)
        assert [send(sim, user)["errcode"] for _ in range(4)] == [0, 0, 0, 45009]
    assert len(inbox(sim, user)) == 5


def test_one_person_cannot_be_written_to_too_often_and_others_can(sim: Simulator) -> None:
    user, other = sim.user(), sim.user("周宇航")
    with limited(sim, template__to_one_openid=2):
        assert [send(sim, user)["errcode"] for _ in range(3)] == [0, 0, 43117]
        assert send(sim, other)["errcode"] == 0
        sim.advance(61)
        assert send(sim, user)["errcode"] == 0
    assert len(inbox(sim, user)) == 3


@pytest.mark.parametrize(
    ("changed", "errcode"),
    [
        ({"touser": "oNobody"}, 40003),
        ({"template_id": "x" * 43}, 40037),
        ({"template_id": ""}, 40036),
        ({"miniprogram": {"appid": "wx0000000000000000"}}, 40013),
        ({"miniprogram": {"appid": "wx0000000000000000", "page": "pages/index/index"}}, 40097),
        ({"client_msg_id": "x" * 33}, 40097),
        ({"form_id": "x"}, 40097),
    ],
)
def test_a_wrong_message_is_refused(sim: Simulator, changed: dict, errcode: int) -> None:
    assert send(sim, sim.user(), **changed)["errcode"] == errcode


def test_an_openid_of_the_mini_program_is_none_of_the_service_account(sim: Simulator) -> None:
    user = sim.user()
    assert send(sim, user, touser=user["openids"][sim.mini["appid"]])["errcode"] == 40003


def test_a_page_that_the_linked_mini_program_does_not_have_is_refused(sim: Simulator) -> None:
    answer = send(sim, sim.user(), miniprogram={"appid": sim.mini["appid"], "pagepath": "pages/nowhere/index"})
    assert answer["errcode"] == 40165


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("thing1", "二十一个字的车型名称实在是太长了谁也看不完它"),
        ("thing1", "第一行\n第二行"),
        ("thing1", ""),
        ("amount2", "两千元"),
        ("amount2", "¥12345678901"),
        ("character_string3", "订单1"),
        ("character_string3", "x" * 33),
        ("time4", "昨天"),
        ("time4", "2026-11-21 15:01"),
        ("time4", None),
    ],
)
def test_a_value_that_breaks_its_types_rule_is_named(sim: Simulator, key: str, value: str | None) -> None:
    data = {**PAID, key: {"value": value}}
    answer = send(sim, sim.user(), data=data)
    assert (answer["errcode"], f"data.{key}.value" in answer["errmsg"]) == (47003, True)


def test_missing_and_unknown_keys_are_named_and_old_keys_are_filtered(sim: Simulator) -> None:
    user = sim.user()
    missing = send(sim, user, data={key: value for key, value in PAID.items() if key != "time4"})
    unknown = send(sim, user, data={**PAID, "thing9": {"value": "x"}})
    assert ("data.time4.value is empty" in missing["errmsg"], "data.thing9" in unknown["errmsg"]) == (True, True)
    assert send(sim, user, data={**PAID, "first": {"value": "您好", "color": "#f00"}, "remark": {"value": "谢谢"}})["errcode"] == 0
    assert {field["key"] for field in inbox(sim, user)[0]["fields"]} == set(PAID)


def test_followers_are_listed_with_their_unionids_and_others_say_little(sim: Simulator) -> None:
    user, stranger = sim.user(), sim.user(follow=False)
    token, appid = sim.token(sim.service)["access_token"], sim.service["appid"]
    everybody = sim.call(API, "GET", "/cgi-bin/user/get", access_token=token).json()
    assert user["openids"][appid] in everybody["data"]["openid"]
    assert stranger["openids"][appid] not in everybody["data"]["openid"]
    assert everybody["total"] == everybody["count"] == len(everybody["data"]["openid"])
    rest = sim.call(API, "GET", "/cgi-bin/user/get", access_token=token, next_openid=everybody["data"]["openid"][0]).json()
    assert rest["data"]["openid"] == everybody["data"]["openid"][1:]

    listed = [{"openid": one["openids"][appid], "lang": "zh_CN"} for one in (user, stranger)]
    first, second = sim.api("/cgi-bin/user/info/batchget", {"user_list": listed}, account=sim.service)["user_info_list"]
    assert (first["subscribe"], first["unionid"], second["subscribe"]) == (1, user["unionid"], 0)
    assert sim.api("/cgi-bin/user/info/batchget", {"user_list": listed * 51}, account=sim.service)["errcode"] == 45008
