"""Group sends: four a calendar month and person, the same once, the administrator's word, and the counts at the end."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import pytest

from tests.platform_sim.service import inbox, limited, openid, post, switched
from tests.platform_sim.support import Simulator, wait_until

SEND, SEND_ALL = "/cgi-bin/message/mass/send", "/cgi-bin/message/mass/sendall"
GET, DELETE, PREVIEW = "/cgi-bin/message/mass/get", "/cgi-bin/message/mass/delete", "/cgi-bin/message/mass/preview"
NEWS = {"msgtype": "text", "text": {"content": "极曜 S7 上市，周末到店试驾"}}


@pytest.fixture(autouse=True)
def a_new_minute(sim: Simulator) -> None:
    """Each test has the sixty calls of a minute for itself."""
    sim.advance(60)


def new_month(sim: Simulator) -> None:
    now = datetime.fromisoformat(sim.get("clock")["now"])
    sim.advance((33 - now.day) * 86_400)


def send(sim: Simulator, *users: dict, **changed: Any) -> dict:
    return dict(post(sim, SEND, {"touser": [openid(sim, user) for user in users], **NEWS, **changed}))


def report(sim: Simulator, msg_id: int) -> dict[str, str]:
    def found() -> dict[str, str] | None:
        told = sim.events(sim.service, "MASSSENDJOBFINISH")
        return next((event for event in told if event["MsgID"] == str(msg_id)), None)

    return dict(wait_until(found, what="the report of the group send"))


def finished(sim: Simulator, answer: dict) -> tuple[str, ...]:
    """Status and the four counts once it has gone out."""
    assert answer["errcode"] == 0, answer
    sim.advance(6)
    told = report(sim, answer["msg_id"])
    return tuple(told[name] for name in ("Status", "TotalCount", "FilterCount", "SentCount", "ErrorCount"))


def state(sim: Simulator, msg_id: int) -> str:
    return str(post(sim, GET, {"msg_id": msg_id})["msg_status"])


def media(sim: Simulator, type_: str = "mpnews") -> str:
    return str(sim.post(f"service-accounts/{sim.service['appid']}/media", type=type_, title="S7 上市")["media_id"])


def tagged(sim: Simulator, name: str, *users: dict) -> int:
    tag_id = post(sim, "/cgi-bin/tags/create", {"tag": {"name": name}})["tag"]["id"]
    body = {"openid_list": [openid(sim, user) for user in users], "tagid": tag_id}
    assert post(sim, "/cgi-bin/tags/members/batchtagging", body)["errcode"] == 0
    return int(tag_id)


def decide(sim: Simulator, msg_id: int, *, confirmed: bool) -> None:
    sim.post(f"service-accounts/{sim.service['appid']}/group-sends/{msg_id}", confirmed=confirmed)


def test_a_list_of_people_gets_it_and_the_counts_say_so(sim: Simulator) -> None:
    first, second = sim.user(), sim.user("周宇航")
    answer = send(sim, first, second)
    assert (answer["errmsg"], state(sim, answer["msg_id"])) == ("send job submission success", "SENDING")
    assert finished(sim, answer) == ("send success", "2", "2", "2", "0")
    assert state(sim, answer["msg_id"]) == "SEND_SUCCESS"
    for user in (first, second):
        [message] = inbox(sim, user)
        assert (message["kind"], message["text"]["content"]) == ("group", NEWS["text"]["content"])


def test_who_refuses_is_filtered_and_who_cannot_be_reached_is_an_error(sim: Simulator) -> None:
    user, refusing, stranger, blacklisted = sim.user(), sim.user(), sim.user(follow=False), sim.user()
    sim.post(f"users/{refusing['id']}/restrict", appid=sim.service["appid"], refuses_messages=True)
    sim.post(f"users/{blacklisted['id']}/restrict", appid=sim.service["appid"], blacklisted=True)
    assert finished(sim, send(sim, user, refusing, stranger, blacklisted)) == ("send success", "4", "3", "1", "2")
    assert [len(inbox(sim, one)) for one in (user, refusing, stranger, blacklisted)] == [1, 0, 0, 0]


def test_a_tag_reaches_those_who_bear_it_and_all_reaches_everybody(sim: Simulator) -> None:
    buyer, other = sim.user(), sim.user()
    tag_id = tagged(sim, "群发", buyer)
    answer = post(sim, SEND_ALL, {"filter": {"is_to_all": False, "tag_id": tag_id}, **NEWS})
    assert finished(sim, answer)[:4] == ("send success", "1", "1", "1")
    assert [len(inbox(sim, user)) for user in (buyer, other)] == [1, 0]
    assert finished(sim, post(sim, SEND_ALL, {"filter": {"is_to_all": True}, **NEWS}))[0] == "send success"
    assert [len(inbox(sim, user)) for user in (buyer, other)] == [2, 1]


def test_the_fifth_of_a_month_reaches_nobody_who_got_four(sim: Simulator) -> None:
    new_month(sim)
    full, other = sim.user(), sim.user()
    for _ in range(4):
        assert finished(sim, send(sim, full, other))[3] == "2"
    late = sim.user()
    assert finished(sim, send(sim, full, late)) == ("send success", "2", "1", "1", "0")
    assert send(sim, full, other)["errcode"] == 45028
    assert (len(inbox(sim, full)), len(inbox(sim, late))) == (4, 1)
    new_month(sim)
    assert finished(sim, send(sim, full, other))[3] == "2"


def test_the_same_clientmsgid_sends_once_and_says_which_it_was(sim: Simulator) -> None:
    users = sim.user(), sim.user()
    first = send(sim, *users, clientmsgid="launch-1")
    assert send(sim, *users, clientmsgid="launch-1")["errcode"] == 45066
    sim.advance(61)
    again = send(sim, *users, clientmsgid="launch-1")
    assert (again["errcode"], again["msg_id"]) == (45065, first["msg_id"])
    assert [len(inbox(sim, user)) for user in users] == [1, 1]
    sim.advance(86_400)
    assert send(sim, *users, clientmsgid="launch-1")["errcode"] == 0


def test_forty_at_once_with_the_same_clientmsgid_send_once(sim: Simulator) -> None:
    users = sim.user(), sim.user()
    sim.token(sim.service)
    with ThreadPoolExecutor(8) as pool:
        codes = list(pool.map(lambda _: send(sim, *users, clientmsgid="together")["errcode"], range(40)))
    assert (codes.count(0), codes.count(45066)) == (1, 39)
    sim.advance(6)
    wait_until(lambda: inbox(sim, users[0]), what="the group send arrives")
    assert [len(inbox(sim, user)) for user in users] == [1, 1]


def test_a_minute_has_sixty_calls(sim: Simulator) -> None:
    users = sim.user(), sim.user()
    with limited(sim, group_send__calls_per_minute=2):
        assert [send(sim, *users)["errcode"] for _ in range(3)] == [0, 0, 45011]
        sim.advance(60)
        assert send(sim, *users)["errcode"] == 0


def test_with_protection_nothing_goes_out_before_the_administrator_confirms(sim: Simulator) -> None:
    users = sim.user(), sim.user()
    with switched(sim, confirms_group_sends=True):
        answer = send(sim, *users)
    sim.advance(600)
    assert (state(sim, answer["msg_id"]), inbox(sim, users[0])) == ("SENDING", [])
    decide(sim, answer["msg_id"], confirmed=True)
    assert finished(sim, answer)[:4] == ("send success", "2", "2", "2")


def test_the_administrator_may_refuse(sim: Simulator) -> None:
    users = sim.user(), sim.user()
    with switched(sim, confirms_group_sends=True):
        answer = send(sim, *users)
    decide(sim, answer["msg_id"], confirmed=False)
    assert report(sim, answer["msg_id"])["Status"] == "err(40001)"
    assert (state(sim, answer["msg_id"]), inbox(sim, users[0])) == ("SEND_FAIL", [])


def test_when_nobody_confirms_within_half_an_hour_nothing_is_sent(sim: Simulator) -> None:
    users = sim.user(), sim.user()
    with switched(sim, confirms_group_sends=True):
        answer = send(sim, *users)
    sim.advance(1801)
    assert report(sim, answer["msg_id"])["Status"] == "err(40002)"
    path = f"{sim.base}/_sim/service-accounts/{sim.service['appid']}/group-sends/{answer['msg_id']}"
    assert sim.http.post(path, json={"confirmed": True}, timeout=60).status_code == 404
    assert inbox(sim, users[0]) == []


def test_an_article_can_be_taken_away_after_it_was_sent_and_a_text_cannot(sim: Simulator) -> None:
    users = sim.user(), sim.user()
    news = {"msgtype": "mpnews", "mpnews": {"media_id": media(sim)}}
    article = post(sim, SEND, {"touser": [openid(sim, user) for user in users], **news})
    assert post(sim, DELETE, {"msg_id": article["msg_id"]})["errcode"] == 40008
    assert finished(sim, article)[0] == "send success"
    assert inbox(sim, users[0])[0]["title"] == "S7 上市"
    assert post(sim, DELETE, {"msg_id": article["msg_id"]})["errcode"] == 0
    assert (state(sim, article["msg_id"]), len(inbox(sim, users[0]))) == ("DELETE", 1)
    text = send(sim, *users)
    assert finished(sim, text)[0] == "send success"
    assert post(sim, DELETE, {"msg_id": text["msg_id"]})["errcode"] == 40008
    for unknown in (1, -1, 2**63):
        assert post(sim, DELETE, {"msg_id": unknown})["errcode"] == post(sim, GET, {"msg_id": unknown})["errcode"] == 40097


def test_a_preview_reaches_one_follower_and_costs_no_quota(sim: Simulator) -> None:
    new_month(sim)
    user, stranger, other = sim.user(), sim.user(follow=False), sim.user()
    answer = post(sim, PREVIEW, {"touser": openid(sim, user), **NEWS})
    assert (answer["errmsg"], inbox(sim, user)[0]["kind"]) == ("preview success", "preview")
    assert post(sim, PREVIEW, {"touser": openid(sim, stranger), **NEWS})["errcode"] == 43004
    with limited(sim, group_send__per_person_and_month=1):
        assert finished(sim, send(sim, user, other))[3] == "2"
    with limited(sim, group_send__previews_per_day=0):
        assert post(sim, PREVIEW, {"touser": openid(sim, user), **NEWS})["errcode"] == 45009


@pytest.mark.parametrize(
    ("changed", "errcode"),
    [
        ({"touser": []}, 40130),
        ({"touser": ["oNobody", "oNeither"]}, 40003),
        ({"touser": "oNobody"}, 47001),
        ({"msgtype": "dance"}, 40008),
        ({"text": {"content": ""}}, 44004),
        ({"text": {"content": "长" * 683}}, 45002),
        ({"text": "你好"}, 47001),
        ({"msgtype": "image"}, 40097),
        ({"msgtype": "mpnews", "text": None, "mpnews": {"media_id": "x"}}, 47001),
        ({"clientmsgid": "x" * 65}, 45002),
        ({"filter": {"is_to_all": True}}, 40097),
    ],
)
def test_a_wrong_group_send_is_refused(sim: Simulator, changed: dict, errcode: int) -> None:
    assert send(sim, sim.user(), sim.user(), **changed)["errcode"] == errcode


def test_a_list_of_one_or_with_a_stranger_to_the_account_is_refused(sim: Simulator) -> None:
    user = sim.user()
    assert send(sim, user)["errcode"] == send(sim, user, user)["errcode"] == 40130
    mini = user["openids"][sim.mini["appid"]]
    assert post(sim, SEND, {"touser": [openid(sim, user), mini], **NEWS})["errcode"] == 40003


@pytest.mark.parametrize(
    ("audience", "errcode"),
    [
        ({"is_to_all": False}, 40097),
        ({"is_to_all": True, "tag_id": 100}, 40097),
        ({"is_to_all": False, "tag_id": 99999}, 45159),
        ({"tag_id": 100}, 40097),
        ({"is_to_all": "true"}, 47001),
        ({"is_to_all": True, "city": "上海"}, 40097),
    ],
)
def test_a_wrong_audience_is_refused(sim: Simulator, audience: dict, errcode: int) -> None:
    assert post(sim, SEND_ALL, {"filter": audience, **NEWS})["errcode"] == errcode


def test_material_must_be_the_accounts_own_and_of_its_type(sim: Simulator) -> None:
    users = [openid(sim, sim.user()) for _ in range(2)]
    for media_id in ("x" * 64, media(sim, "image")):
        assert post(sim, SEND, {"touser": users, "msgtype": "mpnews", "mpnews": {"media_id": media_id}})["errcode"] == 40007


def test_a_group_send_that_was_taken_on_outlives_a_kill_and_reaches_each_person_once(sim: Simulator) -> None:
    users = sim.user(), sim.user()
    answer = send(sim, *users, clientmsgid="through-the-kill")
    sim.kill()
    sim.start()
    assert send(sim, *users, clientmsgid="through-the-kill")["errcode"] in (45065, 45066)
    assert finished(sim, answer)[:4] == ("send success", "2", "2", "2")
    assert [len(inbox(sim, user)) for user in users] == [1, 1]
