"""Templates of the mini-program: the library, its limits, and the rule of every type of value."""

from typing import Any

import pytest

from miniprogram_mock.platform.values import is_valid
from tests.platform_sim.mini import console, did, does, limited, openid, visitor
from tests.platform_sim.support import API, Simulator

ADD, DELETE = "/wxaapi/newtmpl/addtemplate", "/wxaapi/newtmpl/deltemplate"


def get(sim: Simulator, path: str, **query: str) -> dict[str, Any]:
    return dict(sim.call(API, "GET", path, access_token=sim.token()["access_token"], **query).json())


def private(sim: Simulator) -> dict[str, dict[str, Any]]:
    return {one["priTmplId"]: one for one in get(sim, "/wxaapi/newtmpl/gettemplate")["data"]}


def sent(sim: Simulator, template_id: str, values: dict[str, str]) -> dict[str, Any]:
    """A message to somebody who just accepted this template."""
    user = visitor(sim)
    did(sim, user, "subscribe", answers=[{"template_id": template_id, "answer": "accept"}])
    data = {key: {"value": value} for key, value in values.items()}
    return dict(sim.api("/cgi-bin/message/subscribe/send", {"touser": openid(sim, user), "template_id": template_id, "data": data}))


@pytest.mark.parametrize(
    ("key", "good", "bad"),
    [
        ("thing1", ["长" * 20, "S7 × 2，随机", "x"], ["长" * 21, "", " ", "a\nb", "a\r"]),
        ("number2", ["1" * 32, "19.80", "0"], ["1" * 33, "1,000", "一", "-1", "1.", "１"]),
        ("letter3", ["ABCxyz", "a" * 32], ["a" * 33, "a1", "字", "a b"]),
        ("symbol4", ["！@#￥%", "-"], ["！@#￥%&", "a", "1", " "]),
        ("character_string5", ["MQ2026-1122/0001", "x" * 32], ["x" * 33, "订单1", "a b"]),
        ("time6", ["15:01", "2019年10月1日 15:01", "09:00~10:30", "2026年11月22日 09:00~2026年11月22日 10:00"],
         ["25:00", "15:60", "2019-10-01 15:01", "2019年10月1日", "明天", "9:00~10:00~11:00"]),
        ("date7", ["2019年10月1日", "2019年10月1日 15:01"], ["2019年13月1日", "2019年10月32日", "2019-10-01", "15:01"]),
        ("amount8", ["¥199800.00", "100元", "$5", "1234567890", "￥0.01元"], ["12345678901", "¥¥5", "5圆", "五元", "1 000"]),
        ("phone_number9", ["+86-13800010001", "021-12345678", "(021)88888888"], ["1" * 18, "电话", "138a0010001"]),
        ("car_number10", ["沪A12345挂", "沪AD12345", "A12345"], ["沪A123456挂", "沪A-12345", "AB沪123"]),
        ("name11", ["林晓雯", "周" * 10, "Lin Xiaowen", "A" * 20, "林 Anna"], ["周" * 11, "A" * 21, "林1", "林" + "A" * 10]),
        ("phrase12", ["已确认", "五个汉字呀"], ["已确认了的呀", "OK", "已确认1"]),
        ("unknown13", [], ["x"]),
    ],
)  # fmt: skip
def test_every_type_of_value_has_its_rule(key: str, good: list[str], bad: list[str]) -> None:
    assert [value for value in good if not is_valid(key, value)] == []
    assert [value for value in bad if is_valid(key, value)] == []


def test_a_const_says_only_what_its_template_enumerates(sim: Simulator) -> None:
    made = sim.post(
        f"mini-programs/{sim.mini['appid']}/templates", title="交付提醒", fields={"const1": "交付方式"}, choices={"const1": ["门店自提"]}
    )
    assert sent(sim, made["template_id"], {"const1": "门店自提"})["errcode"] == 0
    refused = sent(sim, made["template_id"], {"const1": "送车上门"})
    assert (refused["errcode"], "data.const1.value invalid" in refused["errmsg"]) == (47003, True)


def test_a_template_of_the_library_is_added_with_the_wanted_keywords_and_sends(sim: Simulator) -> None:
    keywords = get(sim, "/wxaapi/newtmpl/getpubtemplatekeywords", tid="4203")
    assert (keywords["count"], keywords["data"][0]["rule"]) == (6, "car_number")
    added = sim.api(ADD, {"tid": "4203", "kidList": [2, 6, 1], "sceneDesc": "交付"})["priTmplId"]
    listed = private(sim)[added]
    assert listed["content"] == "交付方式:{{const2.DATA}}\n交付专员:{{name6.DATA}}\n车牌号:{{car_number1.DATA}}"
    assert listed["keywordEnumValueList"] == [{"keywordCode": "const2.DATA", "enumValueList": ["门店自提", "送车上门"]}]
    assert sent(sim, added, {"const2": "送车上门", "name6": "周宇航", "car_number1": "沪AD12345"})["errcode"] == 0


@pytest.mark.parametrize(
    ("body", "errcode"),
    [
        ({"tid": "1", "kidList": [1, 2]}, 200014),
        ({"kidList": [1, 2]}, 200014),
        ({"tid": 4201, "kidList": [1, 2]}, 47001),
        ({"tid": "4201"}, 200020),
        ({"tid": "4201", "kidList": [1]}, 200020),
        ({"tid": "4201", "kidList": [1, 1]}, 200020),
        ({"tid": "4201", "kidList": [1, 9]}, 200020),
        ({"tid": "4201", "kidList": [1, 2, 3, 4, 5, 6]}, 200020),
        ({"tid": "4201", "kidList": ["1", "2"]}, 47001),
        ({"tid": "4201", "kidList": [1, 2], "sceneDesc": "字" * 16}, 200021),
        ({"tid": "10000001", "kidList": [1]}, 200020),
    ],
)
def test_a_wrong_choice_from_the_library_is_refused(sim: Simulator, body: dict[str, Any], errcode: int) -> None:
    before = private(sim)
    assert (sim.api(ADD, body)["errcode"], private(sim)) == (errcode, before)


def test_an_account_has_no_more_than_so_many_templates(sim: Simulator) -> None:
    with limited(sim, "templates", len(private(sim))):
        assert sim.api(ADD, {"tid": "4201", "kidList": [1, 2]})["errcode"] == 200012


def test_nothing_is_sent_with_a_deleted_template_be_it_added_or_given(sim: Simulator) -> None:
    added = sim.api(ADD, {"tid": "4202", "kidList": [1, 3]})["priTmplId"]
    given = sim.post(f"mini-programs/{sim.mini['appid']}/templates", title="一次", fields={"thing1": "一"})["template_id"]
    for template_id in (added, given):
        assert sim.api(DELETE, {"priTmplId": template_id})["errcode"] == 0
        body = {"touser": openid(sim, visitor(sim)), "template_id": template_id, "data": {}}
        assert sim.api("/cgi-bin/message/subscribe/send", body)["errcode"] == 40037
        assert template_id not in private(sim)
        assert template_id not in [one["template_id"] for one in console(sim, "/templates")["templates"]]
        assert sim.api(DELETE, {"priTmplId": template_id})["errcode"] == 200014


def test_live_notices_are_never_asked_for_nor_sent_as_messages(sim: Simulator) -> None:
    card = sim.api(ADD, {"tid": "10000002", "kidList": []})["priTmplId"]
    user = visitor(sim)
    assert does(sim, user, "subscribe", answers=[{"template_id": card, "answer": "accept"}]).status_code == 422
    body = {"touser": openid(sim, user), "template_id": card, "data": {}}
    assert sim.api("/cgi-bin/message/subscribe/send", body)["errcode"] == 40037


def test_no_more_than_five_templates_are_asked_for_at_once(sim: Simulator) -> None:
    fields = {"thing1": "一"}
    ids = [sim.post(f"mini-programs/{sim.mini['appid']}/templates", title=f"{n}", fields=fields)["template_id"] for n in range(6)]
    user = visitor(sim)
    for count, status in ((6, 422), (5, 200)):
        answers = [{"template_id": one, "answer": "accept"} for one in ids[:count]]
        assert does(sim, user, "subscribe", answers=answers).status_code == status
