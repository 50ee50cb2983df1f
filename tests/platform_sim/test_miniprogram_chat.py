"""Customer service: what she writes is pushed, and how often and how long she may be answered."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.platform_sim.mini import contents, did, does, limited, openid, pushed, switched, visitor
from tests.platform_sim.support import Simulator, wait_until

SEND = "/cgi-bin/message/custom/send"


def answer(sim: Simulator, user: dict[str, Any], **body: Any) -> int:
    """0, or why she could not be answered."""
    message = {"touser": openid(sim, user), "msgtype": "text", "text": {"content": "您好"}, **body}
    return int(sim.api(SEND, {name: value for name, value in message.items() if value is not None})["errcode"])


def chat(sim: Simulator, user: dict[str, Any]) -> list[dict[str, Any]]:
    return list(sim.get(f"users/{user['id']}/chat", appid=sim.mini["appid"])["messages"])


def written(sim: Simulator, msgtype: str, user: dict[str, Any]) -> dict[str, Any]:
    mine = openid(sim, user)
    found = wait_until(
        lambda: [one for one in contents(sim) if one["MsgType"] == msgtype and one["FromUserName"] == mine], what=f"her {msgtype} is pushed"
    )
    return dict(found[0])


def test_who_said_nothing_cannot_be_answered(sim: Simulator) -> None:
    assert answer(sim, visitor(sim)) == 45015


def test_five_answers_follow_what_she_wrote_and_no_sixth(sim: Simulator) -> None:
    user = visitor(sim)
    did(sim, user, "chat", text="订金怎么退？")
    assert [answer(sim, user) for _ in range(6)] == [0, 0, 0, 0, 0, 45047]
    assert [one["from_user"] for one in chat(sim, user)] == [False] * 5 + [True]
    did(sim, user, "chat", text="在吗？")
    assert answer(sim, user) == 0


def test_the_conversation_can_be_read_page_by_page(sim: Simulator) -> None:
    user = visitor(sim)
    for text in ("一", "二", "三"):
        did(sim, user, "chat", text=text)
    newest = sim.get(f"users/{user['id']}/chat", appid=sim.mini["appid"], limit=1)["messages"]
    older = sim.get(f"users/{user['id']}/chat", appid=sim.mini["appid"], after=newest[0]["id"])["messages"]
    assert [one["content"]["content"] for one in newest + older] == ["三", "二", "一"]


def test_after_forty_eight_hours_she_cannot_be_answered_any_more(sim: Simulator) -> None:
    user = visitor(sim)
    did(sim, user, "chat", text="订金怎么退？")
    sim.advance(48 * 3600 - 5)
    assert answer(sim, user) == 0
    sim.advance(6)
    assert answer(sim, user) == 45015


def test_two_answers_follow_her_entering_within_a_minute(sim: Simulator) -> None:
    user, slow = visitor(sim), visitor(sim)
    did(sim, slow, "chat", enter=True)
    did(sim, user, "chat", enter=True, session_from="order=1")
    assert [answer(sim, user) for _ in range(3)] == [0, 0, 45047]
    assert pushed(sim, user, "user_enter_tempsession")[0]["SessionFrom"] == "order=1"
    sim.advance(61)
    assert answer(sim, slow) == 45015


def test_entering_after_writing_leaves_the_longer_window_open(sim: Simulator) -> None:
    user = visitor(sim)
    did(sim, user, "chat", text="你好")
    did(sim, user, "chat", enter=True)
    assert [answer(sim, user) for _ in range(8)] == [0] * 7 + [45047]


def test_two_hundred_answers_at_once_stop_at_five(sim: Simulator) -> None:
    user, token = visitor(sim), sim.token()["access_token"]
    did(sim, user, "chat", text="你好")
    body = {"touser": openid(sim, user), "msgtype": "text", "text": {"content": "您好"}}
    with ThreadPoolExecutor(20) as pool:
        codes = [one["errcode"] for one in pool.map(lambda _: sim.api(SEND, body, token=token), range(200))]
    assert (codes.count(0), codes.count(45047), len(chat(sim, user))) == (5, 195, 6)


def test_her_words_are_pushed_as_she_wrote_them_each_with_its_own_number(sim: Simulator) -> None:
    user, text = visitor(sim), "价格 <em>&]]> 19.8 万？"
    told = did(sim, user, "chat", text=text)
    event = written(sim, "text", user)
    assert (event["Content"], event["MsgId"], event["ToUserName"]) == (text, told["MsgId"], event["ToUserName"])
    assert did(sim, user, "chat", text=text)["MsgId"] != told["MsgId"]


def test_a_picture_and_a_page_of_hers_are_pushed(sim: Simulator) -> None:
    user = visitor(sim)
    told = did(sim, user, "chat", image="https://img.example.com/car.jpg")
    picture = written(sim, "image", user)
    assert (picture["PicUrl"], picture["MediaId"]) == ("https://img.example.com/car.jpg", told["MediaId"])
    did(sim, user, "chat", page={"title": "极曜 S7", "path": "pages/vehicle/index?id=1"})
    shared = written(sim, "miniprogrampage", user)
    assert (shared["PagePath"], shared["AppId"]) == ("pages/vehicle/index?id=1", sim.mini["appid"])


def test_a_json_push_says_the_same(sim: Simulator) -> None:
    user = visitor(sim)
    with switched(sim, "push_format", "json"), switched(sim, "create_time_as_text", True):
        did(sim, user, "chat", text="你好 😀")
        event = written(sim, "text", user)
    assert (event["Content"], type(event["MsgId"]), type(event["CreateTime"])) == ("你好 😀", int, str)


def test_every_kind_of_message_reaches_her(sim: Simulator) -> None:
    user = visitor(sim)
    media = did(sim, user, "chat", image="https://img.example.com/car.jpg")["MediaId"]
    (mini,) = [one for one in sim.get("world")["accounts"] if one["appid"] == sim.mini["appid"]]
    link = {"title": "门店", "description": "地图", "url": "https://example.com", "thumb_url": "https://example.com/a.png"}
    page = {"title": "订单", "pagepath": f"{mini['pages'][0]}?id=1", "thumb_media_id": media}
    for msgtype, content in (("image", {"media_id": media}), ("link", link), ("miniprogrampage", page)):
        assert answer(sim, user, msgtype=msgtype, text=None, **{msgtype: content}) == 0
    assert [one["msgtype"] for one in chat(sim, user)[:3]] == ["miniprogrampage", "link", "image"]
    assert chat(sim, user)[0]["content"] == page


def test_an_uploaded_picture_can_be_sent_for_three_days(sim: Simulator) -> None:
    user = visitor(sim)
    media = sim.post(f"mini-programs/{sim.mini['appid']}/media")["media_id"]
    did(sim, user, "chat", text="有图吗？")
    assert answer(sim, user, msgtype="image", text=None, image={"media_id": media}) == 0
    sim.advance(3 * 86400)
    did(sim, user, "chat", text="再发一次")
    assert answer(sim, user, msgtype="image", text=None, image={"media_id": media}) == 40007


@pytest.mark.parametrize(
    ("changed", "errcode"),
    [
        ({"touser": "o-nobody"}, 40003),
        ({"touser": None}, 40003),
        ({"msgtype": "voice"}, 40008),
        ({"msgtype": None}, 40008),
        ({"msgtype": "image"}, 40097),
        ({"text": None}, 40097),
        ({"text": {"content": ""}}, 40097),
        ({"text": {"content": "字" * 683}}, 45002),
        ({"text": {"content": "字" * 682}}, 0),
        ({"text": {"content": 5}}, 47001),
        ({"text": {"content": "x", "colour": "red"}}, 40097),
        ({"link": {"title": "x"}}, 40097),
        ({"msgtype": "image", "text": None, "image": {"media_id": "unknown"}}, 40007),
        ({"msgtype": "miniprogrampage", "text": None, "miniprogrampage": {"title": "x", "pagepath": "p", "thumb_media_id": "m"}}, 40007),
        ({"customservice": {"kf_account": "x"}}, 40097),
    ],
)
def test_a_wrong_answer_is_refused_and_uses_nothing_up(sim: Simulator, changed: dict[str, Any], errcode: int) -> None:
    user = visitor(sim)
    did(sim, user, "chat", text="你好")
    with limited(sim, "answers_after_message", 1):
        assert answer(sim, user, **changed) == errcode
        assert answer(sim, user) == (45047 if errcode == 0 else 0)


def test_without_the_permission_nothing_is_sent(sim: Simulator) -> None:
    user = visitor(sim)
    did(sim, user, "chat", text="你好")
    with switched(sim, "mini_program.customer_service_withdrawn", True):
        assert answer(sim, user) == 48001
    assert answer(sim, user) == 0


@pytest.mark.parametrize("body", [{}, {"text": ""}, {"text": "a", "image": "b"}, {"page": {"title": "x"}}])
def test_what_a_phone_cannot_send_is_refused(sim: Simulator, body: dict[str, Any]) -> None:
    assert does(sim, visitor(sim), "chat", **body).status_code == 422
