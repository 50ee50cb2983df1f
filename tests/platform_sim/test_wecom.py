"""WeCom: application messages, cards with buttons, the click and its update, the duplicate check."""

import pytest

from tests.platform_sim.support import WORK, Simulator, wait_until

VOTE = {"question_key": "when", "mode": 0, "option_list": [{"id": "am", "text": "上午"}, {"id": "pm", "text": "下午"}]}
PICK = {"question_key": "slot", "title": "时间", "option_list": [{"id": "1", "text": "周六"}, {"id": "2", "text": "周日"}]}
SEND, UPDATE = "/cgi-bin/message/send", "/cgi-bin/message/update_template_card"


def card(task_id: str, **changed: object) -> dict:
    buttons = [{"text": "接受", "style": 1, "key": "accept"}, {"text": "稍后回电", "style": 2, "key": "call_back_later"}]
    return {
        "card_type": "button_interaction",
        "source": {"desc": "极曜汽车", "desc_color": 0},
        "main_title": {"title": "新线索：极曜 S7", "desc": "请在 15 分钟内联系"},
        "horizontal_content_list": [{"keyname": "客户", "value": "林** 138****0001"}],
        "task_id": task_id,
        "button_list": buttons,
        **changed,
    }


def send(sim: Simulator, to: str, *, msgtype: str = "template_card", content: dict, **more: object) -> dict:
    return sim.work(SEND, {"touser": to, "msgtype": msgtype, "agentid": sim.corp["agentid"], msgtype: content, **more})


def inbox(sim: Simulator, userid: str) -> list[dict]:
    return sim.get(f"staff/{userid}/inbox")["messages"]


def presses(sim: Simulator, task_id: str) -> list[dict]:
    return [event for event in sim.events(sim.corp, "template_card_event") if event["TaskId"] == task_id]


def update(sim: Simulator, userids: list[str], response_code: str, **what: object) -> dict:
    what = what or {"button": {"replace_name": "已接受"}}
    return sim.work(UPDATE, {"userids": userids, "agentid": sim.corp["agentid"], "response_code": response_code, **what})


def test_a_card_is_pressed_told_and_updated(sim: Simulator) -> None:
    answer = send(sim, "adv001", content=card("lead-1"))
    assert (answer["errcode"], answer["invaliduser"], bool(answer["response_code"])) == (0, "", True)
    [message] = inbox(sim, "adv001")
    assert [button["key"] for button in message["buttons"]] == ["accept", "call_back_later"]
    assert sim.post("staff/adv001/press", message_id=message["id"], key="accept") == {"result": "ok"}

    [event] = wait_until(lambda: presses(sim, "lead-1"), what="the click")
    assert (event["FromUserName"], event["EventKey"], event["CardType"]) == ("adv001", "accept", "button_interaction")
    assert (event["AgentID"], event["ToUserName"], event["_to"]) == (str(sim.corp["agentid"]), sim.corp["corpid"], sim.corp["corpid"])
    assert update(sim, ["adv001"], event["ResponseCode"])["errcode"] == 0
    [message] = inbox(sim, "adv001")
    assert (message["replace_name"], message["buttons"], message["pressed"]) == ("已接受", [], "accept")
    late = sim.http.post(f"{sim.base}/_sim/staff/adv001/press", json={"message_id": message["id"], "key": "accept"}, timeout=60)
    assert (late.status_code, "已接受" in late.json()["error"]) == (409, True)


def test_a_response_code_works_once_and_for_72_hours(sim: Simulator) -> None:
    code = send(sim, "adv002", content=card("once-1"))["response_code"]
    assert update(sim, ["adv002"], code)["errcode"] == 0
    assert update(sim, ["adv002"], code)["errcode"] == 40058
    old = send(sim, "adv002", content=card("once-2"))["response_code"]
    sim.advance(72 * 3600 + 1)
    assert update(sim, ["adv002"], old)["errcode"] == 40058
    assert update(sim, ["adv002"], "never-issued")["errcode"] == 40058


def test_an_update_reaches_only_the_members_it_names(sim: Simulator) -> None:
    code = send(sim, "adv003|adv004", content=card("two-1"))["response_code"]
    assert update(sim, ["adv003", "adv005"], code)["invaliduser"] == ["adv005"]
    assert (inbox(sim, "adv003")[0]["replace_name"], inbox(sim, "adv004")[0]["replace_name"]) == ("已接受", None)


def test_a_whole_new_card_replaces_the_old_one(sim: Simulator) -> None:
    code = send(sim, "adv006", content=card("whole-1"))["response_code"]
    new = card("whole-1", main_title={"title": "已预约试驾"}, button_list=[{"text": "查看", "type": 1, "url": "https://example.com/l/1"}])
    assert update(sim, ["adv006"], code, template_card=new)["errcode"] == 0
    [message] = inbox(sim, "adv006")
    assert (message["template_card"]["main_title"]["title"], message["buttons"]) == ("已预约试驾", [])


def test_the_same_json_within_the_interval_is_delivered_once(sim: Simulator) -> None:
    first = send(sim, "adv007", content=card("dup-1"), enable_duplicate_check=1)
    again = send(sim, "adv007", content=card("dup-1"), enable_duplicate_check=1)
    assert again == first
    assert len(inbox(sim, "adv007")) == 1
    rows = [row for row in sim.get("duplicates", kind="wecom")["duplicates"] if row["attempts"] == 2]
    assert [(row["effects"], row["deduplicated"]) for row in rows] == [(1, 1)]


def test_the_duplicate_check_ends_with_its_interval_and_sees_every_difference(sim: Simulator) -> None:
    def text(content: str) -> str:
        body = {"msgtype": "text", "content": {"content": content}, "enable_duplicate_check": 1, "duplicate_check_interval": 600}
        return send(sim, "adv008", **body)["msgid"]

    first = text("客户已取消订单")
    assert text("客户已取消订单。") != first
    sim.advance(601)
    assert text("客户已取消订单") != first
    assert len(inbox(sim, "adv008")) == 3


def test_without_the_check_the_same_text_is_delivered_twice(sim: Simulator) -> None:
    for _ in range(2):
        send(sim, "adv009", msgtype="text", content={"content": "您好"})
    assert len(inbox(sim, "adv009")) == 2


def test_a_task_id_is_used_once(sim: Simulator) -> None:
    assert send(sim, "adv010", content=card("task-1"))["errcode"] == 0
    assert send(sim, "adv010", content=card("task-1"))["errcode"] == 42014


def test_members_out_of_sight_are_named_and_a_message_to_nobody_is_refused(sim: Simulator) -> None:
    partly = send(sim, "adv011|Hidden01|NoSuchOne", msgtype="text", content={"content": "您好"})
    assert (partly["errcode"], partly["invaliduser"]) == (0, "hidden01|nosuchone")
    assert send(sim, "hidden01", msgtype="text", content={"content": "您好"})["errcode"] == 81013
    assert send(sim, "", msgtype="text", content={"content": "您好"})["errcode"] == 82001
    assert len(inbox(sim, "adv011")) == 1
    assert inbox(sim, "hidden01") == []


def test_above_thirty_a_minute_a_member_gets_no_more_and_nobody_is_told(sim: Simulator) -> None:
    answers = [send(sim, "adv012", msgtype="text", content={"content": f"第 {n} 条"})["errcode"] for n in range(32)]
    box = sim.get("staff/adv012/inbox")
    assert (set(answers), len(box["messages"]), box["dropped"]) == ({0}, 30, 2)


def test_every_kind_of_message_is_shown(sim: Simulator) -> None:
    link = {"title": "新订金", "description": "极曜 S7", "url": "https://example.com/o/1", "btntxt": "查看"}
    notice = {
        "card_type": "text_notice",
        "main_title": {"title": "订金已支付"},
        "card_action": {"type": 1, "url": "https://example.com/o/1"},
    }
    for msgtype, content in (
        ("text", {"content": "一"}),
        ("markdown", {"content": "**二**"}),
        ("textcard", link),
        ("template_card", notice),
    ):
        answer = send(sim, "adv013", msgtype=msgtype, content=content)
        assert (answer["errcode"], "response_code" in answer) == (0, False)
    assert [set(message) & {"text", "markdown", "textcard", "template_card"} for message in reversed(inbox(sim, "adv013"))] == [
        {"text"}, {"markdown"}, {"textcard"}, {"template_card"},
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("msgtype", "content", "errcode"),
    [
        ("text", {"content": "长" * 683}, 45002),
        ("text", {"content": ""}, 44004),
        ("text", {}, 44004),
        ("text", {"content": "x", "contents": "y"}, 40058),
        ("textcard", {"title": "长" * 43, "description": "x", "url": "https://example.com"}, 45002),
        ("textcard", {"title": "x", "description": "x"}, 44004),
        ("news", {"articles": []}, 44004),
        ("news", {"articles": [{"title": "无链接"}]}, 44004),
        ("news", {"articles": [{"title": "n", "url": "https://example.com"}] * 9}, 45008),
        ("markdown", {"content": "长" * 683}, 45002),
        ("textcard", {"title": "x", "description": "x", "url": "https://example.com", "btntxt": "五个字的钮"}, 45002),
        ("file", {"media_id": "m"}, 40008),
    ],
)
def test_content_of_the_wrong_size_or_shape_is_refused(sim: Simulator, msgtype: str, content: dict, errcode: int) -> None:
    body = {"touser": "adv014", "msgtype": msgtype, "agentid": sim.corp["agentid"]}
    if msgtype != "file":
        body[msgtype] = content
    assert sim.work(SEND, body)["errcode"] == errcode
    assert inbox(sim, "adv014") == []


@pytest.mark.parametrize(
    ("named", "changed"),
    [
        ("task_id", {"task_id": ...}),
        ("task_id", {"task_id": "有中文"}),
        ("task_id", {"task_id": "x" * 129}),
        ("button_list", {"button_list": []}),
        ("button_list", {"button_list": [{"text": "按", "key": str(n)} for n in range(7)]}),
        ("horizontal_content_list", {"horizontal_content_list": [{"keyname": "键", "value": "值"}] * 7}),
        ("style", {"button_list": [{"text": "按", "key": "a", "style": 5}]}),
        ("main_title", {"main_title": {"desc": "没有标题"}}),
        ("card_type", {"card_type": "vote"}),
        ("colour", {"source": {"colour": 1}}),
        ("card_action", {"card_type": "text_notice", "task_id": "ok", "button_list": ...}),
        ("submit_button", {"card_type": "vote_interaction", "checkbox": VOTE, "button_list": ..., "horizontal_content_list": ...}),
        ("button_list", {"card_type": "text_notice", "card_action": {"type": 1, "url": "https://example.com"}}),
        ("card_image", {"card_type": "news_notice", "card_action": {"type": 1, "url": "https://example.com"}, "button_list": ...}),
        ("card_action.url", {"card_action": {"type": 1}}),
        ("horizontal_content_list.userid", {"horizontal_content_list": [{"type": 3, "keyname": "键"}]}),
        ("selected_id", {"button_selection": {**PICK, "selected_id": "missing"}}),
        ("question_key", {"button_selection": {"option_list": PICK["option_list"]}}),
    ],
)
def test_a_card_that_breaks_a_rule_is_refused_by_name(sim: Simulator, named: str, changed: dict) -> None:
    content = {name: value for name, value in {**card("broken-1"), **changed}.items() if value is not ...}
    answer = send(sim, "adv015", content=content)
    assert (answer["errcode"], named in answer["errmsg"], "devtool/query?e=40058" in answer["errmsg"]) == (40058, True, True)
    assert inbox(sim, "adv015") == []


def test_the_app_must_be_ours_and_the_token_valid(sim: Simulator) -> None:
    body = {"touser": "adv016", "msgtype": "text", "text": {"content": "x"}, "agentid": 1}
    assert sim.work(SEND, body)["errcode"] == 40056
    assert sim.work(SEND, body, token="nonsense")["errcode"] == 40014
    assert sim.work(SEND, body, token="")["errcode"] == 41001
    assert sim.work(SEND, body, token=sim.token()["access_token"])["errcode"] == 40014


def test_the_token_stays_the_same_while_it_is_valid(sim: Simulator) -> None:
    query = {"corpid": sim.corp["corpid"], "corpsecret": sim.corp["secret"]}
    first = sim.call(WORK, "GET", "/cgi-bin/gettoken", **query).json()
    assert sim.call(WORK, "GET", "/cgi-bin/gettoken", **query).json()["access_token"] == first["access_token"]
    sim.advance(7201)
    assert sim.work(SEND, {"touser": "adv016"}, token=first["access_token"])["errcode"] == 42001
    assert sim.call(WORK, "GET", "/cgi-bin/gettoken", **query).json()["access_token"] != first["access_token"]
    assert sim.call(WORK, "GET", "/cgi-bin/gettoken", **{**query, "corpsecret": "x"}).json()["errcode"] == 40001
    assert sim.call(WORK, "GET", "/cgi-bin/gettoken", corpid="ww0", corpsecret="x").json()["errcode"] == 40013


def test_a_message_can_be_recalled_for_a_day(sim: Simulator) -> None:
    first, second = (send(sim, "adv018", msgtype="text", content={"content": text})["msgid"] for text in ("一", "二"))
    assert sim.work("/cgi-bin/message/recall", {"msgid": first})["errcode"] == 0
    assert [message["msgid"] for message in inbox(sim, "adv018")] == [second]
    sim.advance(24 * 3600 + 1)
    assert sim.work("/cgi-bin/message/recall", {"msgid": second})["errcode"] == 40058
    assert len(inbox(sim, "adv018")) == 1
