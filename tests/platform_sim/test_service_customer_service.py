"""Customer-service messages of the service account: only after she did something, only for so long, only so many."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.platform_sim.service import does, inbox, limited, openid, post, told_of
from tests.platform_sim.support import Simulator

SEND = "/cgi-bin/message/custom/send"
HOURS_48 = 48 * 3600
TEXT = {"msgtype": "text", "text": {"content": "您好，试驾已安排在周六十点"}}


def send(sim: Simulator, user: dict, **message: Any) -> int:
    return int(post(sim, SEND, {"touser": openid(sim, user), **(message or TEXT)})["errcode"])


def writes(sim: Simulator, user: dict, text: str = "周六可以试驾吗") -> None:
    does(sim, user, "message", text=text)


def media(sim: Simulator) -> str:
    return str(sim.post(f"service-accounts/{sim.service['appid']}/media", type="image", title="海报")["media_id"])


def scans(sim: Simulator, user: dict) -> None:
    scene = {"expire_seconds": 60, "action_name": "QR_STR_SCENE", "action_info": {"scene": {"scene_str": "desk"}}}
    does(sim, user, "scan", ticket=post(sim, "/cgi-bin/qrcode/create", scene)["ticket"])


def presses(sim: Simulator, user: dict) -> None:
    menu = {"button": [{"type": "click", "name": "客服", "key": "HELP"}]}
    assert post(sim, "/cgi-bin/menu/create", menu)["errcode"] == 0
    does(sim, user, "menu", path=[0])


def test_what_she_writes_is_pushed_and_can_be_answered_five_times(sim: Simulator) -> None:
    user = sim.user()
    writes(sim, user)
    pushed = told_of(sim, user, "text")
    assert (pushed["Content"], pushed["MsgId"].isdigit(), "Event" in pushed) == ("周六可以试驾吗", True, False)
    assert [send(sim, user) for _ in range(6)] == [0] * 5 + [45047]
    assert [message["text"]["content"] for message in inbox(sim, user)] == [TEXT["text"]["content"]] * 5


def test_her_picture_is_pushed_as_a_picture(sim: Simulator) -> None:
    user = sim.user()
    does(sim, user, "message", image="http://mmbiz.qpic.cn/photo")
    pushed = told_of(sim, user, "image")
    assert (pushed["PicUrl"], bool(pushed["MediaId"])) == ("http://mmbiz.qpic.cn/photo", True)


def test_each_message_of_hers_opens_the_window_anew(sim: Simulator) -> None:
    user = sim.user()
    writes(sim, user)
    assert [send(sim, user) for _ in range(6)][-1] == 45047
    writes(sim, user)
    assert [send(sim, user) for _ in range(6)] == [0] * 5 + [45047]


def test_the_window_closes_after_forty_eight_hours(sim: Simulator) -> None:
    user = sim.user()
    writes(sim, user)
    sim.advance(HOURS_48 - 60)
    assert send(sim, user) == 0
    sim.advance(61)
    assert send(sim, user) == 45015


def test_who_did_nothing_cannot_be_written_to(sim: Simulator) -> None:
    assert send(sim, sim.user()) == send(sim, sim.user(follow=False)) == 45015


@pytest.mark.parametrize("act", [scans, presses])
def test_a_scan_or_a_press_is_good_for_three_messages_in_a_minute(sim: Simulator, act: Any) -> None:
    user = sim.user()
    act(sim, user)
    assert [send(sim, user) for _ in range(4)] == [0, 0, 0, 45047]
    sim.advance(61)
    assert send(sim, user) == 45015
    act(sim, user)
    sim.advance(61)
    assert send(sim, user) == 45015


def test_leaving_for_a_page_by_the_menu_is_good_for_none(sim: Simulator) -> None:
    user = sim.user()
    menu = {"button": [{"type": "view", "name": "选车", "url": "https://h5.jiyao.example/cars"}]}
    assert post(sim, "/cgi-bin/menu/create", menu)["errcode"] == 0
    does(sim, user, "menu", path=[0])
    assert send(sim, user) == 45015


def test_following_is_good_for_three_messages_in_a_minute(sim: Simulator) -> None:
    user = sim.user(follow=False)
    sim.post(f"users/{user['id']}/follow", appid=sim.service["appid"])
    assert [send(sim, user) for _ in range(4)] == [0, 0, 0, 45047]
    sim.advance(61)
    assert send(sim, user) == 45015


def test_the_short_window_is_used_before_the_long_one(sim: Simulator) -> None:
    user = sim.user()
    writes(sim, user)
    presses(sim, user)
    assert [send(sim, user) for _ in range(3)] == [0] * 3
    sim.advance(61)
    assert [send(sim, user) for _ in range(6)] == [0] * 5 + [45047]


def test_unfollowing_closes_every_window(sim: Simulator) -> None:
    user = sim.user()
    writes(sim, user)
    sim.post(f"users/{user['id']}/unfollow", appid=sim.service["appid"])
    assert send(sim, user) == 45015
    sim.advance(3600)
    sim.post(f"users/{user['id']}/follow", appid=sim.service["appid"])
    assert [send(sim, user) for _ in range(4)] == [0, 0, 0, 45047]


def test_fifty_answers_at_once_do_not_pass_the_limit(sim: Simulator) -> None:
    user = sim.user()
    writes(sim, user)
    with ThreadPoolExecutor(16) as pool:
        codes = list(pool.map(lambda _: send(sim, user), range(50)))
    assert (codes.count(0), codes.count(45047), len(inbox(sim, user))) == (5, 45, 5)


def test_every_type_of_message_is_shown(sim: Simulator) -> None:
    user, picture = sim.user(), media(sim)
    writes(sim, user)
    bodies = {
        "image": {"media_id": picture},
        "link": {
            "title": "极曜 S7",
            "description": "上市",
            "url": "https://h5.jiyao.example/s7",
            "thumb_url": "https://h5.jiyao.example/s7.jpg",
        },
        "miniprogrampage": {"title": "预约试驾", "appid": sim.mini["appid"], "pagepath": "pages/index/index", "thumb_media_id": picture},
        "news": {"articles": [{"title": "极曜 S7", "url": "https://h5.jiyao.example/s7"}]},
    }
    for msgtype, body in bodies.items():
        assert send(sim, user, msgtype=msgtype, **{msgtype: body}) == 0, msgtype
    assert [message[message["msgtype"]] for message in reversed(inbox(sim, user))] == list(bodies.values())


@pytest.mark.parametrize(
    ("message", "errcode"),
    [
        ({"msgtype": "dance", "text": {"content": "好"}}, 40008),
        ({"text": {"content": "好"}}, 40008),
        ({"msgtype": "text"}, 40097),
        ({"msgtype": "text", "text": {"content": ""}}, 44004),
        ({"msgtype": "text", "text": {"content": "长" * 683}}, 45002),
        ({"msgtype": "text", "text": {"content": 7}}, 47001),
        ({"msgtype": "text", "text": {"content": "好", "color": "red"}}, 40097),
        ({"msgtype": "text", "text": {"content": "好"}, "image": {"media_id": "x"}}, 40097),
        ({"msgtype": "image", "image": {"media_id": "x" * 64}}, 40007),
        ({"msgtype": "link", "link": {"title": "S7", "description": "", "url": "ftp://a", "thumb_url": "https://a.example/"}}, 40097),
        ({"msgtype": "news", "news": {"articles": [{"title": "一", "url": "https://a.example/"}] * 2}}, 45008),
    ],
)
def test_a_wrong_message_is_refused_and_costs_nothing_of_the_window(sim: Simulator, message: dict, errcode: int) -> None:
    user = sim.user()
    writes(sim, user)
    assert send(sim, user, **message) == errcode
    assert [send(sim, user) for _ in range(6)] == [0] * 5 + [45047]


def test_a_page_must_be_one_of_a_linked_mini_program(sim: Simulator) -> None:
    user, picture = sim.user(), media(sim)
    writes(sim, user)
    card = {"title": "预约试驾", "appid": sim.mini["appid"], "pagepath": "pages/index/index", "thumb_media_id": picture}
    wrong = (({"appid": "wx0000000000000000"}, 40013), ({"pagepath": "pages/nowhere/index"}, 40165), ({"thumb_media_id": "x"}, 40007))
    for changed, errcode in wrong:
        assert send(sim, user, msgtype="miniprogrampage", miniprogrampage={**card, **changed}) == errcode


def test_the_limits_of_a_window_can_be_set(sim: Simulator) -> None:
    user = sim.user()
    with limited(sim, customer_service__message_messages=20, customer_service__message_seconds=60):
        writes(sim, user)
        assert [send(sim, user) for _ in range(21)] == [0] * 20 + [45047]
        sim.advance(61)
        assert send(sim, user) == 45015


def test_the_mini_programs_openid_is_none_of_the_service_accounts(sim: Simulator) -> None:
    user = sim.user()
    writes(sim, user)
    body = {"touser": user["openids"][sim.mini["appid"]], **TEXT}
    assert post(sim, SEND, body)["errcode"] == 40003


def test_the_conversation_shows_both_sides_in_pages(sim: Simulator) -> None:
    user = sim.user()
    writes(sim, user, "在吗")
    assert send(sim, user) == 0
    writes(sim, user, "好的")

    def page(**query: int) -> list[dict]:
        return list(sim.get(f"users/{user['id']}/service/messages", appid=sim.service["appid"], **query)["messages"])

    said = page()
    assert [(one["from_her"], one.get("Content") or one["text"]["content"]) for one in said] == [
        (True, "好的"), (False, TEXT["text"]["content"]), (True, "在吗"),
    ]  # fmt: skip
    assert page(limit=1) + page(after=said[0]["id"]) == said
    assert [message["kind"] for message in inbox(sim, user)] == ["customer"]
