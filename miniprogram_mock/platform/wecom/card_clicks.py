"""What becomes of template cards once they are sent: clicks, their events, and updates by response_code (spec 4.2)."""

import json
from typing import TYPE_CHECKING, Any

from miniprogram_mock.platform.endpoints import Call, Refusal
from miniprogram_mock.platform.errcode import Result, ok
from miniprogram_mock.platform.limits import limit
from miniprogram_mock.platform.shapes import Field, Int, Many, Object, Text
from miniprogram_mock.platform.store import Row
from miniprogram_mock.platform.switches import switch
from miniprogram_mock.platform.wecom import cards, directory
from miniprogram_mock.platform.wecom.access import work
from miniprogram_mock.platform.wecom.messages import PARTIES, TAGS, USERS, check_agent, new_response_code
from miniprogram_mock.platform.world import Corp

if TYPE_CHECKING:
    from miniprogram_mock.platform.server import Platform

OPITON = switch("wecom.opiton_spelling", False, "点击卡片的回调里写作 OpitonIds 和 OpitonId，如官方示例")
RESPONSE_CODE_SECONDS = limit("wecom.response_code_seconds", 72 * 3600, "4.2")

Choices = dict[str, list[str]]


@work(
    "POST", "message/update_template_card",
    fields={
        "userids": Many(Text(), least=0, most=USERS),
        "partyids": Many(Int(), least=0, most=PARTIES),
        "tagids": Many(Int(), least=0, most=TAGS),
        "atall": Int(choices=(0, 1)),
        "agentid": Int(required=True, missing=41011),
        "response_code": Text(required=True),
        "button": Object({"replace_name": Text(required=True)}),
        "template_card": Field(),
        "enable_id_trans": Int(choices=(0, 1)),
    },
)  # fmt: skip
def update_template_card(call: Call) -> Result:
    """Replace a card's buttons by one grey text, or the whole card; each response_code works once and for 72 hours."""
    data, platform = call.data, call.platform
    check_agent(call)
    if ("button" in data) == ("template_card" in data):
        raise Refusal(40058, "invalid Request Parameter, either button or template_card")
    if "template_card" in data:
        cards.check(call, data["template_card"], is_update=True)
    named = data.get("userids", [])
    if data.get("atall") != 1 and not named and not data.get("partyids") and not data.get("tagids"):
        raise Refusal(40058, "invalid Request Parameter, userids")
    known = {row["recipient"].lower(): row for row in _cards_behind(call)}
    chosen = set(known) if data.get("atall") == 1 else {userid.lower() for userid in [*named, *_of_parties_and_tags(call)]}
    for userid in chosen & set(known):
        _update(platform, known[userid], data)
    return ok(invaliduser=[userid for userid in named if userid.lower() not in known])


def press(platform: "Platform", userid: str, *, message_id: int, key: str, choices: Choices | None = None) -> str | None:
    """A member presses a button, a submit button or a menu entry of a card in her inbox, which tells the application.

    `choices` are the ids she chose by question. Gives None, or why she cannot.
    """
    row = platform.store.one("SELECT * FROM messages WHERE channel = 'wecom' AND recipient = ? AND id = ?", userid, message_id)
    if row is None or row["state"] != "delivered":
        return "收件箱里没有这条消息"
    card, state = shown(row)
    is_menu = key in [action["key"] for action in card.get("action_menu", {}).get("action_list", [])]
    if not is_menu:
        if state.get("replace_name"):
            return f"按钮已变为「{state['replace_name']}」，不能再点击"
        if key not in [button["key"] for button in buttons(card)]:
            return "卡片上没有这个按钮"
    problem = None if is_menu else _problem_with(card, choices or {})
    if problem:
        return problem
    app = platform.world.accounts[row["account"]]
    assert isinstance(app, Corp)
    if not app.token:
        return "这个应用没有设置接收消息的地址"
    if not is_menu:
        state |= {"pressed": key, "choices": choices or {}}
        platform.store.run("UPDATE messages SET card_state = ? WHERE id = ?", json.dumps(state, ensure_ascii=False), message_id)
    fields = {
        "EventKey": key, "TaskId": card.get("task_id", ""), "CardType": card["card_type"],
        "ResponseCode": new_response_code(platform, row["msgid"]), "AgentID": app.agentid,
    }  # fmt: skip
    if choices and not is_menu:
        fields["SelectedItems"] = _selected(platform, app, choices)
    platform.callbacks.message(app, "template_card_menu_event" if is_menu else "template_card_event", recipient=userid, fields=fields)
    return None


def shown(row: Row) -> tuple[dict[str, Any], dict[str, Any]]:
    """The card of a message as it looks now, and what happened to it: `pressed`, `choices`, `replace_name`."""
    state = json.loads(row["card_state"] or "{}")
    card = state.get("template_card") or json.loads(row["content"]).get("template_card", {})
    if card.get("replace_text"):
        state["replace_name"] = card["replace_text"]
    return card, state


def buttons(card: dict[str, Any]) -> list[dict[str, Any]]:
    """The buttons of a card that send a click, the submit button among them."""
    sending = [button for button in card.get("button_list", []) if button.get("type", 0) == 0]
    return [*sending, *([card["submit_button"]] if "submit_button" in card else [])]


def _problem_with(card: dict[str, Any], choices: Choices) -> str | None:
    """Why these choices cannot be sent with the card, or None."""
    questions = {question["question_key"]: question for question in cards.questions(card)}
    if unknown := set(choices) - set(questions):
        return f"卡片上没有问题「{'、'.join(sorted(unknown))}」"
    for key, question in questions.items():
        chosen = choices.get(key, [])
        if not chosen and card["card_type"] != "button_interaction":
            return f"问题「{key}」还没有选择"
        if question.get("disable") and chosen:
            return f"问题「{key}」已不能选择"
        if len(chosen) > 1 and not question.get("mode"):
            return f"问题「{key}」只能选一项"
        if not set(chosen) <= {option["id"] for option in question["option_list"]} or len(set(chosen)) < len(chosen):
            return f"问题「{key}」没有这个选项"
    return None


def _selected(platform: "Platform", app: Corp, choices: Choices) -> dict[str, Any]:
    """The published sample spells `OpitonIds`; which one is sent is a switch (spec 4.2)."""
    option = "Opiton" if platform.switches[app.corpid, OPITON] else "Option"
    items = [{"QuestionKey": key, f"{option}Ids": {f"{option}Id": chosen}} for key, chosen in choices.items() if chosen]
    return {"SelectedItem": items}


def _cards_behind(call: Call) -> list[Row]:
    """Use up the response_code and give every member's copy of its message."""
    store, now = call.platform.store, call.platform.clock.now()
    row = store.one(
        "SELECT r.* FROM response_codes r WHERE r.code = ? AND EXISTS (SELECT 1 FROM messages m WHERE m.msgid = r.msgid AND m.account = ?)",
        call.data["response_code"], call.account.appid,
    )  # fmt: skip
    if row is None or now - row["issued_at"] > call.platform.limits[RESPONSE_CODE_SECONDS]:
        raise Refusal(40058, "invalid response_code, unknown or expired")
    once = store.run("UPDATE response_codes SET used_at = ? WHERE code = ? AND used_at IS NULL", now, row["code"]) == 1
    store.attempt("wecom_card_update", row["code"], effect=once)
    if not once:
        raise Refusal(40058, "invalid response_code, already used")
    return store.all("SELECT * FROM messages WHERE channel = 'wecom' AND msgid = ? AND state <> 'dropped'", row["msgid"])


def _of_parties_and_tags(call: Call) -> list[str]:
    parties = set(call.data.get("partyids", []))
    userids = directory.of_departments(call.platform, call.account.corpid, parties) if parties else []
    return [
        *userids,
        *(userid for tag in call.data.get("tagids", []) for userid in directory.of_tag(call.platform, call.account.corpid, tag)),
    ]


def _update(platform: "Platform", row: Row, data: dict[str, Any]) -> None:
    state = json.loads(row["card_state"] or "{}")
    if "button" in data:
        state["replace_name"] = data["button"]["replace_name"]
    else:
        state = {"template_card": data["template_card"]}
    platform.store.run("UPDATE messages SET card_state = ? WHERE id = ?", json.dumps(state, ensure_ascii=False), row["id"])
