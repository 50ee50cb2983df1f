"""Subscription notices (bizsend) and one-time messages: one message for one accept, and the three events."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.platform_sim.service import cannot, does, inbox, limited, openid, post, told_of
from tests.platform_sim.support import Simulator

SEND, ONE_TIME = "/cgi-bin/message/subscribe/bizsend", "/cgi-bin/message/template/subscribe"
INVITATION = {"thing1": {"value": "极曜 S7"}, "time2": {"value": "2026年11月28日 10:00"}}


@pytest.fixture(scope="module")
def notice(sim: Simulator) -> str:
    return new_template(sim, "notice")


@pytest.fixture(scope="module")
def one_time(sim: Simulator) -> str:
    return new_template(sim, "one_time")


def new_template(sim: Simulator, kind: str) -> str:
    fields = {"thing1": "试驾车型", "time2": "预约时间"} if kind == "notice" else {}
    body = {"kind": kind, "title": "试驾提醒", "fields": fields}
    return str(sim.post(f"service-accounts/{sim.service['appid']}/templates", **body)["template_id"])


def accept(sim: Simulator, user: dict, template_id: str, answer: str = "accept", **where: str) -> None:
    does(sim, user, "notices", answers=[{"template_id": template_id, "answer": answer}], **where)


def send(sim: Simulator, user: dict, template_id: str, **changed: Any) -> int:
    body = {"touser": openid(sim, user), "template_id": template_id, "data": INVITATION, **changed}
    return int(post(sim, SEND, body)["errcode"])


def credits_of(sim: Simulator, user: dict) -> list[tuple[str, int]]:
    rows = sim.get(f"users/{user['id']}/service/notices", appid=sim.service["appid"])["notices"]
    return [(row["answer"], row["credits"]) for row in rows]


def test_one_accept_is_good_for_one_notice_even_to_somebody_who_does_not_follow(sim: Simulator, notice: str) -> None:
    stranger = sim.user(follow=False)
    assert send(sim, stranger, notice) == 43101
    accept(sim, stranger, notice)
    assert [send(sim, stranger, notice), send(sim, stranger, notice)] == [0, 43101]
    [message] = inbox(sim, stranger)
    assert (message["kind"], message["title"], message["fields"][1]["value"]) == ("notice", "试驾提醒", "2026年11月28日 10:00")


def test_accepts_add_up_and_a_reject_adds_nothing(sim: Simulator, notice: str) -> None:
    user = sim.user()
    for answer in ("accept", "accept", "reject"):
        accept(sim, user, notice, answer)
    assert credits_of(sim, user) == [("reject", 2)]
    assert [send(sim, user, notice) for _ in range(3)] == [0, 0, 43101]


@pytest.mark.parametrize(("asked_on", "scene"), [("page", "1"), ("article", "2")])
def test_her_answer_is_told_with_where_she_was_asked(sim: Simulator, notice: str, asked_on: str, scene: str) -> None:
    user = sim.user()
    accept(sim, user, notice, asked_on=asked_on)
    told = told_of(sim, user, "subscribe_msg_popup_event")["SubscribeMsgPopupEvent"]["List"]
    assert told == {"TemplateId": notice, "SubscribeStatusString": "accept", "PopupScene": scene}


def test_turning_it_off_in_the_settings_takes_what_she_had_accepted(sim: Simulator, notice: str) -> None:
    user = sim.user()
    accept(sim, user, notice)
    does(sim, user, "notices/withdraw", template_id=notice)
    told = told_of(sim, user, "subscribe_msg_change_event")["SubscribeMsgChangeEvent"]["List"]
    assert (told["SubscribeStatusString"], send(sim, user, notice)) == ("reject", 43101)


def test_a_notice_that_was_sent_is_told(sim: Simulator, notice: str) -> None:
    user = sim.user()
    accept(sim, user, notice)
    assert send(sim, user, notice) == 0
    told = told_of(sim, user, "subscribe_msg_sent_event")["SubscribeMsgSentEvent"]["List"]
    [message] = inbox(sim, user)
    assert (told["MsgID"], told["ErrorCode"], told["ErrorStatus"]) == (message["msgid"], "0", "success")


def test_two_hundred_at_once_on_one_accept_deliver_one(sim: Simulator, notice: str) -> None:
    user = sim.user()
    accept(sim, user, notice)
    sim.token(sim.service)
    with ThreadPoolExecutor(16) as pool:
        codes = list(pool.map(lambda _: send(sim, user, notice), range(200)))
    assert (codes.count(0), codes.count(43101), len(inbox(sim, user))) == (1, 199, 1)


@pytest.mark.parametrize(
    ("changed", "errcode"),
    [
        ({"touser": "oNobody"}, 40003),
        ({"template_id": "x" * 43}, 40037),
        ({"template_id": 7}, 47001),
        ({"data": {}}, 47003),
        ({"data": {**INVITATION, "time2": {"value": "明天"}}}, 47003),
        ({"miniprogram": {"appid": "wx0000000000000000", "pagepath": "pages/index/index"}}, 40013),
        ({"lang": "zh_CN"}, 40097),
    ],
)
def test_a_wrong_notice_is_refused_and_costs_no_accept(sim: Simulator, notice: str, changed: dict, errcode: int) -> None:
    user = sim.user()
    accept(sim, user, notice)
    assert send(sim, user, **{"template_id": notice, **changed}) == errcode
    assert credits_of(sim, user) == [("accept", 1)]


def test_templates_of_one_kind_do_not_send_messages_of_another(sim: Simulator, notice: str, one_time: str) -> None:
    user = sim.user()
    for other in (one_time, sim.credentials["templates"]["deposit_paid"]):
        assert send(sim, user, other) == 40037
        path = f"users/{user['id']}/service/notices"
        assert cannot(sim, path, appid=sim.service["appid"], answers=[{"template_id": other, "answer": "accept"}])[0] == 422


def test_a_day_of_notices_has_a_quota_that_costs_no_accept(sim: Simulator, notice: str) -> None:
    user = sim.user()
    accept(sim, user, notice)
    with limited(sim, notice__per_day=0):
        assert send(sim, user, notice) == 45009
    assert send(sim, user, notice) == 0


def confirmed(sim: Simulator, user: dict, template_id: str, scene: int) -> dict:
    return dict(does(sim, user, "one-time", template_id=template_id, scene=scene))


def remind(sim: Simulator, user: dict, template_id: str, scene: object, **changed: Any) -> int:
    body = {
        "touser": openid(sim, user), "template_id": template_id, "scene": scene, "title": "试驾提醒",
        "data": {"content": {"value": "明天十点，上海展厅见", "color": "#000000"}}, **changed,
    }  # fmt: skip
    return int(post(sim, ONE_TIME, body)["errcode"])


def test_a_confirmed_one_time_message_is_sent_once_and_for_its_scene_alone(sim: Simulator, one_time: str) -> None:
    user = sim.user(follow=False)
    back = confirmed(sim, user, one_time, 1000)
    assert back == {"openid": openid(sim, user), "template_id": one_time, "action": "confirm", "scene": "1000"}
    assert [remind(sim, user, one_time, scene) for scene in ("999", "1000", "1000")] == [43101, 0, 43101]
    [message] = inbox(sim, user)
    assert (message["kind"], message["text"]) == ("one_time", "明天十点，上海展厅见")


@pytest.mark.parametrize(
    ("changed", "errcode"),
    [
        ({"title": "十六个字的标题实在是太长了一点点"}, 45002),
        ({"data": {"content": {"value": "长" * 201}}}, 45002),
        ({"data": {}}, 40097),
        ({"scene": "x"}, 40097),
        ({"scene": 2**63}, 40097),
        ({"template_id": "x" * 43}, 40037),
    ],
)
def test_a_wrong_one_time_message_is_refused_and_can_still_be_sent(sim: Simulator, one_time: str, changed: dict, errcode: int) -> None:
    user = sim.user()
    confirmed(sim, user, one_time, 1)
    assert remind(sim, user, **{"template_id": one_time, "scene": 1, **changed}) == errcode
    assert remind(sim, user, one_time, 1) == 0


def test_a_scene_goes_up_to_ten_thousand(sim: Simulator, one_time: str) -> None:
    user = sim.user()
    assert confirmed(sim, user, one_time, 10_000)["scene"] == "10000"
    path = f"users/{user['id']}/service/one-time"
    assert cannot(sim, path, appid=sim.service["appid"], template_id=one_time, scene=10_001)[0] == 422
