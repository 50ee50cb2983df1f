"""The service account's own templates: from the library, by hand, withdrawn; and what may not be sent with them."""

from typing import Any

import pytest

from tests.platform_sim.service import PAID, TEMPLATE_SEND, get, inbox, limited, openid, post, send_template, switched
from tests.platform_sim.support import Simulator

ADD, DELETE = "/cgi-bin/template/api_add_template", "/cgi-bin/template/del_private_template"
LISTED = "/cgi-bin/template/get_all_private_template"


def listed(sim: Simulator) -> dict[str, dict[str, Any]]:
    return {one["template_id"]: one for one in get(sim, LISTED)["template_list"]}


def by_hand(sim: Simulator, title: str, fields: dict[str, str]) -> str:
    body = {"kind": "template", "title": title, "fields": fields}
    return str(sim.post(f"service-accounts/{sim.service['appid']}/templates", **body)["template_id"])


def set_state(sim: Simulator, template_id: str, state: str) -> None:
    sim.post(f"service-accounts/{sim.service['appid']}/templates/{template_id}", state=state)


def test_the_templates_of_the_console_are_listed_with_their_keys(sim: Simulator) -> None:
    template = listed(sim)[sim.credentials["templates"]["deposit_paid"]]
    assert (template["title"], "意向车型:{{thing1.DATA}}\n" in template["content"]) == ("订金支付成功通知", True)


def test_a_template_of_the_library_can_be_sent_with_the_chosen_keywords_alone(sim: Simulator) -> None:
    user = sim.user()
    added = post(sim, ADD, {"template_id_short": "43600", "keyword_name_list": ["当前积分", "变动原因"]})
    assert (added["errcode"], added["template_id"] in listed(sim)) == (0, True)
    values = {"number2": {"value": "1200"}, "thing3": {"value": "试驾"}}
    assert send_template(sim, user, template_id=added["template_id"], data=values)["errcode"] == 0
    assert [field["label"] for field in inbox(sim, user)[0]["fields"]] == ["当前积分", "变动原因"]
    more = {**values, "number1": {"value": "100"}}
    assert send_template(sim, user, template_id=added["template_id"], data=more)["errcode"] == 47003


@pytest.mark.parametrize(
    ("body", "errcode"),
    [
        ({}, 40097),
        ({"template_id_short": "1"}, 40097),
        ({"template_id_short": 43600}, 47001),
        ({"template_id_short": "43600", "keyword_name_list": ["车牌号"]}, 40097),
        ({"template_id_short": "43600", "keyword_name_list": ["变动原因", "变动原因"]}, 40097),
        ({"template_id_short": "43600", "keywords": []}, 40097),
    ],
)
def test_what_the_library_does_not_have_cannot_be_added(sim: Simulator, body: dict, errcode: int) -> None:
    assert post(sim, ADD, body)["errcode"] == errcode


def test_an_account_uses_twenty_five_templates_at_most(sim: Simulator) -> None:
    with limited(sim, template__in_use=len(listed(sim)) + 1):
        added = post(sim, ADD, {"template_id_short": "43306"})["template_id"]
        assert post(sim, ADD, {"template_id_short": "43306"})["errcode"] == 45026
        assert post(sim, DELETE, {"template_id": added})["errcode"] == 0
        assert post(sim, ADD, {"template_id_short": "43306"})["errcode"] == 0


def test_a_deleted_template_sends_nothing_and_is_listed_no_more(sim: Simulator) -> None:
    template_id = by_hand(sim, "活动通知", {"thing1": "内容"})
    assert post(sim, DELETE, {"template_id": template_id})["errcode"] == 0
    assert send_template(sim, sim.user(), template_id=template_id, data={"thing1": {"value": "新车"}})["errcode"] == 40037
    assert template_id not in listed(sim)
    assert [post(sim, DELETE, {"template_id": one})["errcode"] for one in (template_id, "x" * 43, "")] == [40037, 40037, 40036]


def test_a_template_that_the_world_began_with_stays_deleted(sim: Simulator) -> None:
    template_id = sim.credentials["templates"]["test_drive_invitation"]
    assert post(sim, DELETE, {"template_id": template_id})["errcode"] == 0
    assert template_id not in listed(sim)
    assert post(sim, DELETE, {"template_id": template_id})["errcode"] == 40037


def test_a_withdrawn_template_sends_nothing_until_it_is_given_back(sim: Simulator) -> None:
    user, template_id = sim.user(), sim.credentials["templates"]["deposit_paid"]
    set_state(sim, template_id, "withdrawn")
    assert (send_template(sim, user)["errcode"], template_id in listed(sim)) == (43116, True)
    set_state(sim, template_id, "in_use")
    assert (send_template(sim, user)["errcode"], len(inbox(sim, user))) == (0, 1)


def test_an_old_template_of_an_industry_takes_any_line_of_text(sim: Simulator) -> None:
    user = sim.user()
    fields = {"first": "开头", "keyword1": "车型", "keyword2": "价格", "remark": "结尾"}
    template_id = by_hand(sim, "订单通知", fields)
    data = {"first": {"value": "您好"}, "keyword1": {"value": "极曜 S7 / 26.98万 ＊"}, "keyword2": {"value": "两千元"}}
    assert send_template(sim, user, template_id=template_id, data=data)["errcode"] == 0
    assert [field["key"] for field in inbox(sim, user)[0]["fields"]] == ["keyword1", "keyword2"]
    for value in ("两\n行", "x" * 201, ""):
        answer = send_template(sim, user, template_id=template_id, data={**data, "keyword2": {"value": value}})
        assert (answer["errcode"], "data.keyword2.value" in answer["errmsg"]) == (47003, True)


def test_industries_are_set_once_a_calendar_month(sim: Simulator) -> None:
    path, body = "/cgi-bin/template/api_set_industry", {"industry_id1": "25", "industry_id2": "1"}
    assert get(sim, "/cgi-bin/template/get_industry")["errcode"] == 40102
    assert [post(sim, path, body)["errcode"], post(sim, path, body)["errcode"]] == [0, 43100]
    industry = get(sim, "/cgi-bin/template/get_industry")
    assert industry["primary_industry"] == {"first_class": "交通工具", "second_class": "汽车相关"}
    assert industry["secondary_industry"]["second_class"] == "互联网/电子商务"
    sim.advance(32 * 86400)
    assert [post(sim, path, {"industry_id1": "25", "industry_id2": wrong})["errcode"] for wrong in ("25", "999", "x")] == [40102] * 3
    assert post(sim, path, body)["errcode"] == 0


@pytest.mark.parametrize("errcode", [48001, 48004, 50002])
def test_an_api_that_is_taken_away_is_refused_and_no_other(sim: Simulator, errcode: int) -> None:
    user = sim.user()
    with switched(sim, withheld={"/cgi-bin/message/*": errcode}):
        assert send_template(sim, user)["errcode"] == errcode
        assert get(sim, "/cgi-bin/user/info", openid=openid(sim, user))["subscribe"] == 1
    assert send_template(sim, user)["errcode"] == 0


@pytest.mark.parametrize(
    ("changed", "errcode"),
    [
        ({"touser": 7}, 47001),
        ({"touser": ""}, 40003),
        ({"template_id": 7}, 47001),
        ({"url": 7}, 47001),
        ({"miniprogram": "pages/index/index"}, 47001),
        ({"miniprogram": {"pagepath": "pages/index/index"}}, 40097),
        ({"client_msg_id": 7}, 47001),
        ({"client_msg_id": ""}, 40097),
        ({"data": "x"}, 47001),
        ({"data": ["x"]}, 47001),
        ({"data": {**PAID, "thing1": "极曜"}}, 47001),
        ({"data": {**PAID, "thing1": {"value": "极曜", "font": "bold"}}}, 40097),
        ({"data": {**PAID, "thing1": {"value": 7}}}, 47003),
        ({"data": {**PAID, "thing9": {"value": "多余"}}}, 47003),
        ({"data": {key: value for key, value in PAID.items() if key != "time4"}}, 47003),
        ({"topcolor": "#FF0000"}, 40097),
    ],
)
def test_a_malformed_message_is_refused_and_nothing_is_shown(sim: Simulator, changed: dict, errcode: int) -> None:
    user = sim.user()
    assert send_template(sim, user, **changed)["errcode"] == errcode
    assert inbox(sim, user) == []


def test_escaped_characters_an_empty_body_and_broken_json_are_refused(sim: Simulator) -> None:
    bodies = ((rb'{"touser": "\u6781"}', 40033), (b"", 44002), (b"{", 47001), (b"[]", 47001))
    for body, errcode in bodies:
        assert post(sim, TEMPLATE_SEND, body)["errcode"] == errcode
    assert get(sim, TEMPLATE_SEND)["errcode"] == 43002


def test_a_const_says_only_what_its_template_enumerates(sim: Simulator) -> None:
    added = post(sim, ADD, {"template_id_short": "43510", "keyword_name_list": ["车型", "交付方式"]})["template_id"]

    def tell(way: str) -> int:
        data = {"thing1": {"value": "极曜 S7"}, "const4": {"value": way}}
        return int(send_template(sim, sim.user(), template_id=added, data=data)["errcode"])

    assert [tell(way) for way in ("门店自提", "送车上门", "快递")] == [0, 0, 47003]
