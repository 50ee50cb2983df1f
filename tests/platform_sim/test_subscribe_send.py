"""Subscribe messages: one credit, one message; every value by the rule of its type; the three events in XML and JSON."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.platform_sim.mini import contents, did, does, limited, notices, openid, pushed, switched, visitor
from tests.platform_sim.support import Simulator, wait_until

SEND = "/cgi-bin/message/subscribe/send"
GOOD = {
    "thing1": {"value": "极曜 S7 长续航版"}, "phrase2": {"value": "已确认"}, "character_string3": {"value": "MQ20261122-0001"},
    "thing4": {"value": "请等待顾问联系您"},
}  # fmt: skip


def template(sim: Simulator) -> str:
    return next(one["template_id"] for one in sim.mini["subscribe_templates"] if one["moment"] == "deposit_paid")


def accept(sim: Simulator, user: dict[str, Any], template_id: str, **more: Any) -> Any:
    return did(sim, user, "subscribe", answers=[{"template_id": template_id, "answer": "accept"}], **more)


def body(sim: Simulator, user: dict[str, Any], **changed: Any) -> dict[str, Any]:
    whole = {"touser": openid(sim, user), "template_id": template(sim), "data": GOOD, **changed}
    return {name: value for name, value in whole.items() if value is not ...}


def send(sim: Simulator, user: dict[str, Any], **changed: Any) -> dict[str, Any]:
    return dict(sim.api(SEND, body(sim, user, **changed)))


def willing(sim: Simulator) -> dict[str, Any]:
    """Somebody with one credit."""
    user = visitor(sim)
    accept(sim, user, template(sim))
    return user


def credits(sim: Simulator, user: dict[str, Any], template_id: str | None = None) -> int:
    kept = sim.get(f"users/{user['id']}")["subscriptions"]
    return next((int(one["credits"]) for one in kept if one["template_id"] == (template_id or template(sim))), 0)


def test_an_accept_is_good_for_exactly_one_message(sim: Simulator) -> None:
    user = willing(sim)
    first, second = send(sim, user), send(sim, user)
    assert (first["errcode"], second["errcode"], credits(sim, user)) == (0, 43101, 0)
    (notice,) = notices(sim, user)
    assert (notice["msgid"], notice["title"]) == (str(first["msgid"]), "预订进度提醒")
    assert [one["value"] for one in notice["fields"]] == [one["value"] for one in GOOD.values()]


def test_accepts_add_up_and_live_for_ever(sim: Simulator) -> None:
    user = willing(sim)
    accept(sim, user, template(sim))
    sim.advance(200 * 86400)
    assert [send(sim, user)["errcode"] for _ in range(3)] == [0, 0, 43101]


def test_who_was_never_asked_or_refused_gets_nothing(sim: Simulator) -> None:
    user = visitor(sim)
    assert send(sim, user)["errcode"] == 43101
    did(sim, user, "subscribe", answers=[{"template_id": template(sim), "answer": "reject"}])
    assert (send(sim, user)["errcode"], notices(sim, user)) == (43101, [])


def test_two_hundred_sends_at_once_on_one_credit_deliver_one(sim: Simulator) -> None:
    user, token = willing(sim), sim.token()["access_token"]
    whole = body(sim, user)
    with ThreadPoolExecutor(20) as pool:
        codes = [one["errcode"] for one in pool.map(lambda _: sim.api(SEND, whole, token=token), range(200))]
    assert (codes.count(0), codes.count(43101), len(notices(sim, user))) == (1, 199, 1)
    (counted,) = [one for one in sim.get("duplicates", kind="subscribe")["duplicates"] if one["key"].startswith(openid(sim, user))]
    assert (counted["attempts"], counted["effects"]) == (200, 1)


def test_the_same_message_sent_twice_on_two_credits_is_counted_as_two(sim: Simulator) -> None:
    user = willing(sim)
    accept(sim, user, template(sim))
    assert [send(sim, user)["errcode"] for _ in range(2)] == [0, 0]
    (counted,) = [one for one in sim.get("duplicates", kind="subscribe")["duplicates"] if one["key"].startswith(openid(sim, user))]
    assert (counted["attempts"], counted["effects"]) == (2, 2)


@pytest.mark.parametrize(
    ("changed", "errcode", "named"),
    [
        ({"touser": "o-nobody"}, 40003, "openid"),
        ({"touser": ""}, 40003, ""),
        ({"touser": ...}, 40003, "touser"),
        ({"touser": 5}, 47001, "touser"),
        ({"template_id": "nonsense"}, 40037, "template_id"),
        ({"template_id": ...}, 40037, "template_id"),
        ({"data": ...}, 47003, "data"),
        ({"data": "text"}, 47001, "data"),
        ({"data": {**GOOD, "thing4": {"value": ""}}}, 47003, "data.thing4.value is empty"),
        ({"data": {**GOOD, "thing4": {}}}, 47003, "data.thing4.value is empty"),
        ({"data": {name: value for name, value in GOOD.items() if name != "thing4"}}, 47003, "data.thing4.value is empty"),
        ({"data": {**GOOD, "thing9": {"value": "x"}}}, 47003, "data.thing9"),
        ({"data": {**GOOD, "thing4": {"value": "字" * 21}}}, 47003, "data.thing4.value invalid"),
        ({"data": {**GOOD, "thing4": {"value": "两\n行"}}}, 47003, "data.thing4.value invalid"),
        ({"data": {**GOOD, "thing4": {"value": 5}}}, 47003, "data.thing4.value invalid"),
        ({"data": {**GOOD, "thing4": "直接"}}, 47001, "data.thing4"),
        ({"data": {**GOOD, "thing4": {"value": "x", "color": "#f00"}}}, 40097, "data.thing4.color"),
        ({"page": "pages/unborn/index"}, 41030, "page"),
        ({"page": "/pages/index/index"}, 41030, "page"),
        ({"page": 5}, 47001, "page"),
        ({"miniprogram_state": "beta"}, 40097, "miniprogram_state"),
        ({"lang": "de_DE"}, 40097, "lang"),
        ({"url": "https://example.com"}, 40097, "url"),
    ],
)
def test_a_wrong_message_is_refused_by_name_and_costs_no_credit(
    sim: Simulator, changed: dict[str, Any], errcode: int, named: str
) -> None:  # fmt: skip
    user = willing(sim)
    answer = send(sim, user, **changed)
    assert (answer["errcode"], named in answer["errmsg"], "rid: " in answer["errmsg"]) == (errcode, True, True)
    assert (credits(sim, user), notices(sim, user)) == (1, [])


@pytest.mark.parametrize("state", ["developer", "trial", "formal"])
def test_page_state_and_language_are_shown(sim: Simulator, state: str) -> None:
    user = willing(sim)
    (mini,) = [one for one in sim.get("world")["accounts"] if one["appid"] == sim.mini["appid"]]
    page = f"{mini['pages'][0]}?order=1"
    assert send(sim, user, page=page, miniprogram_state=state, lang="zh_TW")["errcode"] == 0
    (notice,) = notices(sim, user)
    assert (notice["page"], notice["miniprogram_state"], notice["lang"]) == (page, state, "zh_TW")


def test_a_banned_mini_program_sends_nothing_and_spends_nothing(sim: Simulator) -> None:
    user = willing(sim)
    with switched(sim, "mini_program.subscribe_banned", True):
        assert send(sim, user)["errcode"] == 43107
    assert send(sim, user)["errcode"] == 0


def test_the_quota_of_a_day_ends_and_begins_again(sim: Simulator) -> None:
    user = willing(sim)
    with limited(sim, "subscribe_messages_per_day_with_pay", 0):
        assert (send(sim, user)["errcode"], credits(sim, user)) == (45009, 1)
    assert send(sim, user)["errcode"] == 0


def test_a_refusal_in_the_settings_takes_every_credit_and_is_told(sim: Simulator) -> None:
    user = willing(sim)
    accept(sim, user, template(sim))
    did(sim, user, "subscribe-settings", template_id=template(sim), allow=False)
    assert (credits(sim, user), send(sim, user)["errcode"]) == (0, 43101)
    (event,) = pushed(sim, user, "subscribe_msg_change_event")
    assert event["SubscribeMsgChangeEvent"]["List"] == {"TemplateId": template(sim), "SubscribeStatusString": "reject"}


def test_allowing_in_the_settings_is_told_nobody_and_gives_no_credit(sim: Simulator) -> None:
    user, last = visitor(sim), willing(sim)
    did(sim, user, "subscribe-settings", template_id=template(sim), allow=True)
    did(sim, last, "subscribe-settings", template_id=template(sim), allow=False)
    pushed(sim, last, "subscribe_msg_change_event")
    assert (sim.callbacks(event="subscribe_msg_change_event", recipient=openid(sim, user)), credits(sim, user)) == ([], 0)


def test_the_main_switch_refuses_all_and_stops_every_question(sim: Simulator) -> None:
    user = willing(sim)
    did(sim, user, "subscribe-settings", allow=False)
    refused = does(sim, user, "subscribe", answers=[{"template_id": template(sim), "answer": "accept"}])
    assert (refused.status_code, refused.json()["errCode"], credits(sim, user)) == (409, 20004, 0)
    did(sim, user, "subscribe-settings", allow=True)
    accept(sim, user, template(sim))
    assert send(sim, user)["errcode"] == 0


def test_a_kept_choice_speaks_without_a_dialog_and_still_counts(sim: Simulator) -> None:
    user = visitor(sim)
    accept(sim, user, template(sim), keep=True)
    told = did(sim, user, "subscribe", answers=[{"template_id": template(sim)}])["told"]
    assert (told, credits(sim, user)) == ({template(sim): "accept"}, 2)
    accept(sim, user, template(sim))
    assert len(pushed(sim, user, "subscribe_msg_popup_event", count=2)) == 2


def test_without_a_kept_choice_there_must_be_an_answer(sim: Simulator) -> None:
    assert does(sim, visitor(sim), "subscribe", answers=[{"template_id": template(sim)}]).status_code == 422


def test_a_delivered_message_is_told_by_an_event(sim: Simulator) -> None:
    user = willing(sim)
    msgid = send(sim, user)["msgid"]
    (event,) = pushed(sim, user, "subscribe_msg_sent_event")
    assert event["SubscribeMsgSentEvent"]["List"] == {
        "TemplateId": template(sim), "MsgID": str(msgid), "ErrorCode": "0", "ErrorStatus": "success",
    }  # fmt: skip


def test_a_message_that_fails_on_its_way_is_told_so_and_its_credit_is_gone(sim: Simulator) -> None:
    user = willing(sim)
    sim.post("faults", subscribe_status={"status": "failed: system failed", "times": 1})
    assert send(sim, user)["errcode"] == 0
    (event,) = pushed(sim, user, "subscribe_msg_sent_event")
    told = event["SubscribeMsgSentEvent"]["List"]
    assert (told["ErrorCode"], told["ErrorStatus"]) == ("1", "failed: system failed")
    assert (notices(sim, user), credits(sim, user)) == ([], 0)


def test_a_lost_event_takes_no_message_back_and_a_doubled_one_says_the_same_twice(sim: Simulator) -> None:
    user = willing(sim)
    accept(sim, user, template(sim))
    sim.post("faults", faults=[{"kind": "lose_callbacks", "path": "subscribe_msg_sent_event", "times": 1}])
    lost = send(sim, user)["msgid"]
    sim.post("faults", faults=[{"kind": "duplicate_callbacks", "path": "subscribe_msg_sent_event", "times": 1}])
    doubled = send(sim, user)["msgid"]
    events = pushed(sim, user, "subscribe_msg_sent_event", count=2)
    assert [one["SubscribeMsgSentEvent"]["List"]["MsgID"] for one in events] == [str(doubled)] * 2
    assert [one["msgid"] for one in notices(sim, user)] == [str(doubled), str(lost)]


def test_wechat_may_keep_the_msgid_to_itself(sim: Simulator) -> None:
    user = willing(sim)
    with switched(sim, "mini_program.subscribe_msgid", False):
        assert send(sim, user) == {"errcode": 0, "errmsg": "ok"}


def test_in_json_the_list_is_an_object_for_one_and_an_array_for_several(sim: Simulator) -> None:
    user, ids = visitor(sim), [one["template_id"] for one in sim.mini["subscribe_templates"]]
    with switched(sim, "push_format", "json"):
        accept(sim, user, ids[0])
        did(sim, user, "subscribe", answers=[{"template_id": one, "answer": "reject"} for one in ids])
        send(sim, user)
        did(sim, user, "subscribe-settings", template_id=ids[0], allow=False)
        mine = openid(sim, user)
        events = wait_until(
            lambda: found if len(found := [one for one in contents(sim) if one["FromUserName"] == mine]) == 4 else None,
            what="four events in JSON",
        )
    by_shape = sorted((one["Event"], type(one["List"]).__name__) for one in events)
    popup, change, sent = (f"subscribe_msg_{kind}_event" for kind in ("popup", "change", "sent"))
    assert by_shape == sorted([(popup, "dict"), (popup, "list"), (change, "dict"), (sent, "dict")])
    assert {type(one["CreateTime"]) for one in events} == {int}
    assert not any("SubscribeMsg" in name for one in events for name in one)
