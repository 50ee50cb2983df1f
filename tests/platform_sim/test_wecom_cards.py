"""WeCom: all kinds of cards and messages, what a click carries, and what happens once among many."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tests.platform_sim.support import WORK, Simulator, wait_until
from tests.platform_sim.wecom import App, limited

URL = "https://example.com/x"
JUMP = {"type": 1, "url": URL}
OPTIONS = [{"id": "am", "text": "上午"}, {"id": "pm", "text": "下午"}]
SUBMIT = {"text": "提交", "key": "submit"}
TITLE = {"title": "试驾预约"}
CARDS = {
    "text_notice": {"main_title": TITLE, "card_action": JUMP, "emphasis_content": {"title": "3", "desc": "位客户等待"}},
    "news_notice": {"main_title": TITLE, "card_action": JUMP, "card_image": {"url": URL, "aspect_ratio": 2.25}},
    "button_interaction": {"main_title": TITLE, "button_list": [{"text": "接受", "key": "accept"}]},
    "vote_interaction": {
        "main_title": TITLE,
        "checkbox": {"question_key": "when", "mode": 1, "option_list": OPTIONS},
        "submit_button": SUBMIT,
    },
    "multiple_interaction": {
        "main_title": TITLE,
        "select_list": [{"question_key": key, "title": key, "option_list": OPTIONS} for key in ("day1", "day2")],
        "submit_button": SUBMIT,
    },
}
MENU = {"desc": "更多", "action_list": [{"text": "不再提醒", "key": "mute"}]}


@pytest.fixture(scope="module")
def app(sim: Simulator) -> App:
    return App(sim)


def send(app: App, to: str, kind: str, task_id: str | None = None, **changed: object) -> dict:
    content = {"card_type": kind, **CARDS[kind], **changed, **({"task_id": task_id} if task_id else {})}
    return app.post("message/send", touser=to, msgtype="template_card", agentid=app.agentid, template_card=content)


def last(app: App, userid: str) -> dict:
    return app.sim.get(f"staff/{userid}/inbox")["messages"][0]


def press(app: App, userid: str, key: str, **choices: list[str]) -> requests.Response:
    body = {"message_id": last(app, userid)["id"], "key": key, "choices": choices}
    return app.sim.http.post(f"{app.sim.base}/_sim/staff/{userid}/press", json=body, timeout=60)


def clicked(app: App, task_id: str, event: str = "template_card_event") -> dict:
    return wait_until(lambda: app.events(event, TaskId=task_id), what="the click")[0]


@pytest.mark.parametrize("kind", CARDS)
def test_every_kind_of_card_is_delivered_and_only_interactive_ones_can_be_changed(app: App, kind: str) -> None:
    answer = send(app, "adv020", kind, None if "notice" in kind else f"kind-{kind}")
    assert (answer["errcode"], "response_code" in answer) == (0, "interaction" in kind)
    assert last(app, "adv020")["template_card"]["card_type"] == kind


@pytest.mark.parametrize("kind", ["vote_interaction", "multiple_interaction", "button_interaction"])
def test_an_interactive_card_needs_a_task_id(app: App, kind: str) -> None:
    answer = send(app, "adv020", kind)
    assert (answer["errcode"], "task_id" in answer["errmsg"]) == (40058, True)


def test_a_vote_tells_what_was_chosen(app: App) -> None:
    send(app, "adv021", "vote_interaction", "vote-1")
    assert press(app, "adv021", "submit", when=["am", "pm"]).status_code == 200
    event = clicked(app, "vote-1")
    assert (event["EventKey"], event["CardType"]) == ("submit", "vote_interaction")
    assert event["SelectedItems"]["SelectedItem"] == {"QuestionKey": "when", "OptionIds": {"OptionId": ["am", "pm"]}}


def test_several_questions_are_told_one_by_one(app: App) -> None:
    send(app, "adv022", "multiple_interaction", "many-1")
    assert press(app, "adv022", "submit", day1=["am"], day2=["pm"]).status_code == 200
    items = clicked(app, "many-1")["SelectedItems"]["SelectedItem"]
    assert [(item["QuestionKey"], item["OptionIds"]["OptionId"]) for item in items] == [("day1", "am"), ("day2", "pm")]


def test_the_published_samples_spelling_can_be_switched_on(app: App) -> None:
    app.switch("wecom.opiton_spelling", True)
    send(app, "adv023", "vote_interaction", "opiton-1")
    press(app, "adv023", "submit", when=["am"])
    app.switch("wecom.opiton_spelling", False)
    assert clicked(app, "opiton-1")["SelectedItems"]["SelectedItem"] == {"QuestionKey": "when", "OpitonIds": {"OpitonId": "am"}}


@pytest.mark.parametrize(
    ("kind", "key", "choices"),
    [
        ("vote_interaction", "submit", {}),
        ("vote_interaction", "submit", {"when": ["noon"]}),
        ("vote_interaction", "submit", {"where": ["am"]}),
        ("vote_interaction", "other", {"when": ["am"]}),
        ("multiple_interaction", "submit", {"day1": ["am"]}),
        ("multiple_interaction", "submit", {"day1": ["am", "pm"], "day2": ["am"]}),
    ],
)
def test_what_the_card_does_not_offer_cannot_be_chosen(app: App, kind: str, key: str, choices: dict) -> None:
    task_id = "-".join(["not", kind, key, *(one for chosen in choices.values() for one in chosen)])
    send(app, "adv024", kind, task_id)
    assert press(app, "adv024", key, **choices).status_code == 409
    assert app.sim.callbacks(event="template_card_event", recipient="adv024") == []


def test_a_menu_entry_sends_its_own_event_and_leaves_the_buttons(app: App) -> None:
    answer = send(app, "adv025", "text_notice", "menu-1", action_menu=MENU)
    assert answer["response_code"]
    assert press(app, "adv025", "mute").status_code == 200
    event = clicked(app, "menu-1", "template_card_menu_event")
    assert (event["EventKey"], "SelectedItems" in event) == ("mute", False)


def test_a_card_can_be_greyed_with_a_whole_new_one(app: App) -> None:
    code = send(app, "adv026", "vote_interaction", "grey-1")["response_code"]
    new = {"card_type": "vote_interaction", **CARDS["vote_interaction"], "replace_text": "已提交"}
    answer = app.post("message/update_template_card", userids=["ADV026"], agentid=app.agentid, response_code=code, template_card=new)
    assert (answer["errcode"], last(app, "adv026")["replace_name"], last(app, "adv026")["buttons"]) == (0, "已提交", [])
    assert press(app, "adv026", "submit", when=["am"]).status_code == 409


def test_a_card_is_updated_for_a_department_or_for_all_who_got_it(app: App) -> None:
    for task_id, whom in (("party-1", {"partyids": [2]}), ("all-1", {"atall": 1})):
        code = send(app, "adv027|mgr027", "button_interaction", task_id)["response_code"]
        how = {"agentid": app.agentid, "response_code": code, "button": {"replace_name": "已处理"}}
        assert app.post("message/update_template_card", **whom, **how)["errcode"] == 0
        replaced = [last(app, userid)["replace_name"] for userid in ("adv027", "mgr027")]
        assert replaced == ["已处理", None if task_id == "party-1" else "已处理"]


def test_another_application_cannot_use_a_response_code(app: App) -> None:
    board = App(app.sim, "经销商经理看板")
    code = send(app, "mgr028", "button_interaction", "theirs-1")["response_code"]
    how = {"userids": ["mgr028"], "response_code": code, "button": {"replace_name": "x"}}
    assert board.post("message/update_template_card", agentid=board.agentid, **how)["errcode"] == 40058
    assert app.post("message/update_template_card", agentid=app.agentid, **how)["errcode"] == 0


def at_once(app: App, path: str, body: dict, times: int) -> list[dict]:
    token = app.gettoken()["access_token"]

    def one(_: int) -> dict:
        return requests.post(f"{app.sim.base}/{WORK}/cgi-bin/{path}", params={"access_token": token}, json=body, timeout=30).json()

    # requests writes JSON with ASCII escapes, which the platform refuses: these bodies are ASCII.
    with ThreadPoolExecutor(32) as pool:
        return list(pool.map(one, range(times)))


def test_of_200_identical_messages_at_once_one_is_delivered(app: App) -> None:
    body = {"touser": "adv030", "msgtype": "text", "agentid": app.agentid, "text": {"content": "once"}, "enable_duplicate_check": 1}
    answers = at_once(app, "message/send", body, 200)
    assert {answer["errcode"] for answer in answers} == {0}
    assert len({answer["msgid"] for answer in answers}) == 1
    box = app.sim.get("staff/adv030/inbox")
    assert (len(box["messages"]), box["dropped"]) == (1, 0)


def test_of_many_updates_with_one_response_code_one_works(app: App) -> None:
    code = send(app, "adv031", "button_interaction", "race-1")["response_code"]
    body = {"userids": ["adv031"], "agentid": app.agentid, "response_code": code, "button": {"replace_name": "done"}}
    codes = [answer["errcode"] for answer in at_once(app, "message/update_template_card", body, 50)]
    assert (codes.count(0), codes.count(40058)) == (1, 49)


def test_everybody_in_sight_can_be_written_to(app: App) -> None:
    board = App(app.sim, "经销商经理看板")
    assert board.send("@all", "例会改到三点")["invaliduser"] == ""
    texts = [app.sim.get(f"staff/{userid}/inbox")["messages"] for userid in ("mgr001", "mgr060", "adv001")]
    assert [bool(box and box[0].get("text", {}).get("content") == "例会改到三点") for box in texts] == [True, True, False]


def test_departments_and_tags_are_recipients_as_far_as_they_are_in_sight(app: App) -> None:
    app.sim.post("wecom/member-tags/7", name="新能源专员", userids=["adv040", "adv041", "hidden01"])
    answer = app.post(
        "message/send", toparty="3|4|99", totag="7|8", msgtype="text", agentid=app.agentid, text={"content": "周报"}, touser="nobody"
    )
    assert (answer["errcode"], answer["invalidparty"], answer["invalidtag"], answer["invaliduser"]) == (0, "4|99", "8", "nobody")
    got = [bool(app.sim.get(f"staff/{userid}/inbox")["messages"]) for userid in ("mgr050", "adv041", "adv042", "hidden01")]
    assert got == [True, True, False, False]
    only = {"toparty": "4", "totag": "8", "msgtype": "text", "agentid": app.agentid, "text": {"content": "x"}}
    assert app.post("message/send", **only)["errcode"] == 81013


def test_a_member_without_a_licence_is_named_as_such(app: App) -> None:
    app.sim.post("wecom/members/adv043", licensed=False)
    answer = app.send("adv043|adv044")
    assert (answer["unlicenseduser"], answer["invaliduser"]) == ("adv043", "")
    assert app.send("adv043")["errcode"] == 81013
    app.sim.post("wecom/members/adv043", licensed=True)
    assert app.send("adv043")["errcode"] == 0


def test_userids_are_the_same_in_whatever_case(app: App) -> None:
    assert app.send("ADV045|adv045")["invaliduser"] == ""
    assert len(app.sim.get("staff/adv045/inbox")["messages"]) == 1


def test_an_application_reaches_only_so_many_a_day(app: App) -> None:
    with limited(app.sim, "wecom.account_limit", 1), limited(app.sim, "wecom.daily_recipients_per_account", 3):
        app.sim.advance(86_400)
        assert [app.send(to)["errcode"] for to in ("adv046|adv047", "adv048|adv049", "adv048", "adv048")] == [0, 45009, 0, 45009]
        app.sim.advance(86_400)
        assert app.send("adv048")["errcode"] == 0


NOTICE = {"title": "试驾提醒", "content_item": [{"key": "客户", "value": "林女士"}]}


@pytest.mark.parametrize(
    ("changed", "errcode"),
    [
        ({}, 0),
        ({"appid": "wx0000000000000000"}, 40013),
        ({"title": "三个字"}, 40058),
        ({"title": "一二三四五六七八九十一二三"}, 45002),
        ({"content_item": [{"key": "k", "value": "v"}] * 11}, 45002),
        ({"content_item": [{"key": "键" * 11, "value": "v"}]}, 45002),
        ({"content_item": [{"key": "k", "value": "值" * 31}]}, 45002),
        ({"content_item": {"key": "k", "value": "v"}}, 47001),
        ({"emphasis_first_item": "true"}, 47001),
    ],
)
def test_a_mini_program_notice_keeps_its_rules(app: App, changed: dict, errcode: int) -> None:
    content = {"appid": app.sim.mini["appid"], **NOTICE, **changed}
    sent = app.post("message/send", touser="adv050", msgtype="miniprogram_notice", agentid=app.agentid, miniprogram_notice=content)
    assert sent["errcode"] == errcode
    everybody = app.post("message/send", touser="@all", msgtype="miniprogram_notice", agentid=app.agentid, miniprogram_notice=content)
    assert everybody["errcode"] == (errcode or 40058)
