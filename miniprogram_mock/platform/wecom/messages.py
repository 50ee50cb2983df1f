"""WeCom's endpoints: tokens, application messages, card updates; and what a click on a card sets off (spec 4.1 to 4.3)."""

import hashlib
import json
from typing import TYPE_CHECKING, Any

import orjson

from miniprogram_mock.platform import crypto, tokens
from miniprogram_mock.platform.endpoints import WORK, Call
from miniprogram_mock.platform.errcode import Refusal, Result, business, ok, open_endpoint
from miniprogram_mock.platform.store import Row
from miniprogram_mock.platform.wecom import content as content_rules
from miniprogram_mock.platform.world import Corp

if TYPE_CHECKING:
    from miniprogram_mock.platform.server import Platform

RESPONSE_CODE_LIFETIME = 72 * 3600
RECALL_SECONDS = 24 * 3600
DUPLICATE_SECONDS, LONGEST_DUPLICATE_SECONDS = 1800, 4 * 3600
# Anything above is dropped without a word (spec 4.2).
PER_MEMBER_MINUTE, PER_MEMBER_HOUR = 30, 1000
MOST_RECIPIENTS = 1000
_SEND_FIELDS = (
    "touser", "toparty", "totag", "msgtype", "agentid", "safe", "enable_id_trans", "enable_duplicate_check", "duplicate_check_interval",
    *content_rules.TYPES,
)  # fmt: skip


@open_endpoint(WORK, "GET", "/cgi-bin/gettoken")
def gettoken(call: Call) -> Result:
    """One token per app; asking again while it is valid gives the same one."""
    corp = call.platform.world.accounts.get(call.query.get("corpid", ""))
    if not isinstance(corp, Corp):
        raise Refusal(40013, "invalid corpid")
    if not crypto.same(corp.secret, call.query.get("corpsecret", "")):
        raise Refusal(40001, "invalid credential")
    now = call.platform.clock.now()
    current = call.platform.store.one(
        "SELECT token, expires_at FROM tokens WHERE account = ? AND family = 'corp' AND expires_at > ? ORDER BY issued_at DESC LIMIT 1",
        corp.corpid, now,
    )  # fmt: skip
    if current:
        return ok(access_token=current["token"], expires_in=int(current["expires_at"] - now))
    return ok(access_token=tokens.issue(call, corp.corpid, "corp"), expires_in=tokens.LIFETIME)


@business(WORK, "POST", "/cgi-bin/message/send", kind="corp", fields=_SEND_FIELDS)
def send_message(call: Call) -> Result:
    """Send to members in visibility; with the duplicate check on, the very same JSON again within the interval gives the first answer."""
    data, platform = call.data, call.platform
    _check_agent(call)
    content = content_rules.checked(call)
    reached, unreachable = _recipients(call)
    once = None
    if data.get("enable_duplicate_check") == 1:
        once = hashlib.sha256(orjson.dumps(data, option=orjson.OPT_SORT_KEYS)).hexdigest()
        if (earlier := _sent_before(call, once)) is not None:
            platform.store.attempt("wecom", once, effect=False)
            first: dict[str, Any] = json.loads(earlier)
            return first
    _take_task_id(call, content)
    msgid = crypto.random_text(40)
    for userid in reached:
        _deliver(platform, call.account, userid, msgid=msgid, content=content)
    answer = ok(
        invaliduser="|".join(userid.lower() for userid in unreachable), invalidparty="", invalidtag="", unlicenseduser="", msgid=msgid
    )
    if content_rules.is_interactive(content):
        answer["response_code"] = _new_response_code(platform, msgid)
    if once:
        platform.store.attempt("wecom", once, effect=True)
        platform.store.run("INSERT OR REPLACE INTO sent_once VALUES ('wecom', ?, ?, ?)", once, platform.clock.now(), json.dumps(answer))
    return answer


@business(
    WORK, "POST", "/cgi-bin/message/update_template_card", kind="corp",
    fields=("userids", "partyids", "tagids", "atall", "agentid", "response_code", "button", "template_card", "enable_id_trans"),
)  # fmt: skip
def update_template_card(call: Call) -> Result:
    """Replace a card's buttons by one grey text, or the whole card; each response_code works once and for 72 hours."""
    data, platform = call.data, call.platform
    _check_agent(call)
    if ("button" in data) == ("template_card" in data):
        raise Refusal(40058, "invalid Request Parameter, either button or template_card")
    if "button" in data:
        button = data["button"]
        replace_name = button.get("replace_name") if isinstance(button, dict) else None
        if not isinstance(replace_name, str) or not replace_name:
            raise Refusal(40058, "invalid Request Parameter, button.replace_name")
    else:
        content_rules.check_card(call, data["template_card"])
    userids = data.get("userids", [])
    if data.get("atall") != 1 and not (isinstance(userids, list) and userids):
        raise Refusal(40058, "invalid Request Parameter, userids")
    copies = _cards_behind(call)
    known = {row["recipient"]: row for row in copies}
    chosen = list(known) if data.get("atall") == 1 else [userid for userid in userids if userid in known]
    for userid in chosen:
        _update(platform, known[userid], data)
    return ok(invaliduser=[userid for userid in userids if userid not in known])


@business(WORK, "POST", "/cgi-bin/message/recall", kind="corp", fields=("msgid",))
def recall(call: Call) -> Result:
    """Take a message back out of every inbox, within 24 hours."""
    since = call.platform.clock.now() - RECALL_SECONDS
    taken = call.platform.store.run(
        "UPDATE messages SET state = 'recalled' WHERE channel = 'wecom' AND account = ? AND msgid = ? AND sent_at > ?",
        call.account.corpid, call.data.get("msgid"), since,
    )  # fmt: skip
    if not taken:
        raise Refusal(40058, "invalid Request Parameter, msgid: unknown or older than 24 hours")
    return ok()


def press(platform: "Platform", userid: str, *, message_id: int, key: str) -> str | None:
    """A member presses a callback button on a card in her inbox, which pushes `template_card_event`; gives None, or why she cannot."""
    row = platform.store.one("SELECT * FROM messages WHERE channel = 'wecom' AND recipient = ? AND id = ?", userid, message_id)
    if row is None or row["state"] != "delivered":
        return "收件箱里没有这条消息"
    card = json.loads(row["content"]).get("template_card", {})
    state = json.loads(row["card_state"] or "{}")
    if "replace_name" in state:
        return f"按钮已变为「{state['replace_name']}」，不能再点击"
    card = state.get("template_card", card)
    if key not in [button.get("key") for button in card.get("button_list", []) if button.get("type", 0) == 0]:
        return "卡片上没有这个按钮"
    corp = platform.world.accounts[row["account"]]
    assert isinstance(corp, Corp)
    platform.store.run(
        "UPDATE messages SET card_state = ? WHERE id = ?", json.dumps({**state, "pressed": key}, ensure_ascii=False), message_id
    )
    fields = {
        "EventKey": key, "TaskId": card.get("task_id", ""), "CardType": card["card_type"],
        "ResponseCode": _new_response_code(platform, row["msgid"]), "AgentID": corp.agentid,
    }  # fmt: skip
    platform.callbacks.message(corp, "template_card_event", recipient=userid, fields=fields)
    return None


def _check_agent(call: Call) -> None:
    if call.data.get("agentid") != call.account.agentid:
        raise Refusal(40056, "invalid agentid")


def _recipients(call: Call) -> tuple[list[str], list[str]]:
    """Who gets the message and who cannot; 81013 when nobody can."""
    touser = call.data.get("touser", "")
    if not isinstance(touser, str):
        raise Refusal(40058, "invalid Request Parameter, touser")
    if touser == "@all":
        return call.account.visible, []
    named = list(dict.fromkeys(userid for userid in touser.split("|") if userid))
    if len(named) > MOST_RECIPIENTS:
        raise Refusal(40058, "invalid Request Parameter, touser: at most 1000")
    if not named and not call.data.get("toparty") and not call.data.get("totag"):
        raise Refusal(44004, "touser, toparty and totag are all empty")
    in_sight = set(call.account.visible)
    reached = [userid for userid in named if userid in in_sight]
    if not reached:
        raise Refusal(81013, "user & party & tag all invalid")
    return reached, [userid for userid in named if userid not in in_sight]


def _sent_before(call: Call, once: str) -> str | None:
    interval = call.data.get("duplicate_check_interval", DUPLICATE_SECONDS)
    if not isinstance(interval, int) or not 1 <= interval <= LONGEST_DUPLICATE_SECONDS:
        raise Refusal(40058, "invalid Request Parameter, duplicate_check_interval")
    since = call.platform.clock.now() - interval
    answer: str | None = call.platform.store.value("SELECT answer FROM sent_once WHERE kind = 'wecom' AND key = ? AND at > ?", once, since)
    return answer


def _take_task_id(call: Call, content: dict[str, Any]) -> None:
    """A task_id names one message of the app for ever."""
    task_id = content.get("template_card", {}).get("task_id")
    if task_id is None:
        return
    where = (call.account.corpid, call.account.agentid, task_id)
    if call.platform.store.run("INSERT OR IGNORE INTO task_ids VALUES (?, ?, ?)", *where) == 0:
        raise Refusal(42014, "invalid task_id, already used by this app")


def _deliver(platform: "Platform", corp: Corp, userid: str, *, msgid: str, content: dict[str, Any]) -> None:
    now = platform.clock.now()
    recent = platform.store.one(
        "SELECT count(*) AS hour, coalesce(sum(sent_at > ?), 0) AS minute FROM messages "
        "WHERE channel = 'wecom' AND recipient = ? AND account = ? AND state = 'delivered' AND sent_at > ?",
        now - 60, userid, corp.corpid, now - 3600,
    )  # fmt: skip
    assert recent is not None
    dropped = recent["minute"] >= PER_MEMBER_MINUTE or recent["hour"] >= PER_MEMBER_HOUR
    platform.store.insert(
        "messages", channel="wecom", account=corp.corpid, recipient=userid, msgid=msgid, state="dropped" if dropped else "delivered",
        content=json.dumps(content, ensure_ascii=False), sent_at=now,
    )  # fmt: skip


def _new_response_code(platform: "Platform", msgid: str) -> str:
    code = crypto.random_text(64)
    platform.store.insert("response_codes", code=code, msgid=msgid, issued_at=platform.clock.now())
    return code


def _cards_behind(call: Call) -> list[Row]:
    """Use up the response_code and give every member's copy of its message."""
    store, now = call.platform.store, call.platform.clock.now()
    row = store.one("SELECT * FROM response_codes WHERE code = ?", str(call.data.get("response_code", "")))
    if row is None or now - row["issued_at"] > RESPONSE_CODE_LIFETIME:
        raise Refusal(40058, "invalid response_code, unknown or expired")
    if row["used_at"] is not None:
        raise Refusal(40058, "invalid response_code, already used")
    store.run("UPDATE response_codes SET used_at = ? WHERE code = ?", now, row["code"])
    return store.all("SELECT * FROM messages WHERE channel = 'wecom' AND msgid = ?", row["msgid"])


def _update(platform: "Platform", row: Row, data: dict[str, Any]) -> None:
    state = json.loads(row["card_state"] or "{}")
    if "button" in data:
        state["replace_name"] = data["button"]["replace_name"]
    else:
        state = {"template_card": data["template_card"]}
    platform.store.run("UPDATE messages SET card_state = ? WHERE id = ?", json.dumps(state, ensure_ascii=False), row["id"])
