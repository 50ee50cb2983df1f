"""Application messages to members: recipients, the duplicate check, limits per member and application (spec 4.2)."""

import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import orjson

from miniprogram_mock.platform import crypto
from miniprogram_mock.platform.endpoints import Call, Refusal
from miniprogram_mock.platform.errcode import Result, ok
from miniprogram_mock.platform.limits import limit
from miniprogram_mock.platform.shapes import Field, Int, Shape, Text
from miniprogram_mock.platform.wecom import cards, directory
from miniprogram_mock.platform.wecom import content as content_rules
from miniprogram_mock.platform.wecom.access import work
from miniprogram_mock.platform.world import Corp

if TYPE_CHECKING:
    from miniprogram_mock.platform.server import Platform

RECALL_SECONDS = limit("wecom.recall_seconds", 24 * 3600, "4.2")
DUPLICATE_SECONDS = limit("wecom.duplicate_check_seconds", 1800, "4.2")
LONGEST_DUPLICATE = limit("wecom.longest_duplicate_check_seconds", 4 * 3600, "4.2")
MEMBER_MINUTE = limit("wecom.messages_per_member_minute", 30, "4.2")
MEMBER_HOUR = limit("wecom.messages_per_member_hour", 1000, "4.2")
ACCOUNTS = limit("wecom.account_limit", 1000, "4.2: accounts that the corp may have [K], not verified")
PER_ACCOUNT = limit("wecom.daily_recipients_per_account", 200, "4.2")
USERS = limit("wecom.recipient_users", 1000, "4.2")
PARTIES = limit("wecom.recipient_parties", 100, "4.2")
TAGS = limit("wecom.recipient_tags", 100, "4.2")

_SEND: Shape = {
    "touser": Text(least=0),
    "toparty": Text(least=0),
    "totag": Text(least=0),
    "msgtype": Text(required=True, missing=40008),
    "agentid": Int(required=True, missing=41011),
    "safe": Int(choices=(0, 1, 2)),
    "enable_id_trans": Int(choices=(0, 1)),
    "enable_duplicate_check": Int(choices=(0, 1)),
    "duplicate_check_interval": Int(least=1, most=LONGEST_DUPLICATE),
    **dict.fromkeys(content_rules.TYPES, Field()),
}


@work("POST", "message/send", fields=_SEND)
def send_message(call: Call) -> Result:
    """Send to members in visibility; with the duplicate check on, the very same JSON again within the interval gives the first answer."""
    data, platform = call.data, call.platform
    check_agent(call)
    content = content_rules.check(call)
    to = _recipients(call)
    once = None
    if data.get("enable_duplicate_check") == 1:
        once = hashlib.sha256(call.account.appid.encode() + orjson.dumps(data, option=orjson.OPT_SORT_KEYS)).hexdigest()
        if (earlier := _sent_before(call, once)) is not None:
            platform.store.attempt("wecom", once, effect=False)
            return earlier
    _take_task_id(call, content)
    _count_recipients(call, len(to.reached))
    msgid = crypto.random_text(40)
    for userid in to.reached:
        _deliver(platform, call.account, userid, msgid=msgid, content=content)
    answer = ok(
        invaliduser="|".join(userid.lower() for userid in to.invalid_users), invalidparty="|".join(to.invalid_parties),
        invalidtag="|".join(to.invalid_tags), unlicenseduser="|".join(userid.lower() for userid in to.unlicensed), msgid=msgid,
    )  # fmt: skip
    if cards.is_interactive(content.get("template_card", {})):
        answer["response_code"] = new_response_code(platform, msgid)
    if once:
        platform.store.attempt("wecom", once, effect=True)
        platform.store.run("INSERT OR REPLACE INTO sent_once VALUES ('wecom', ?, ?, ?)", once, platform.clock.now(), json.dumps(answer))
    return answer


@work("POST", "message/recall", fields={"msgid": Text(required=True)})
def recall(call: Call) -> Result:
    """Take a message back out of every inbox, within 24 hours."""
    since = call.platform.clock.now() - call.platform.limits[RECALL_SECONDS]
    taken = call.platform.store.run(
        "UPDATE messages SET state = 'recalled' WHERE channel = 'wecom' AND account = ? AND msgid = ? AND sent_at > ?",
        call.account.appid, call.data["msgid"], since,
    )  # fmt: skip
    if not taken:
        raise Refusal(40058, "invalid Request Parameter, msgid: unknown or older than 24 hours")
    return ok()


def check_agent(call: Call) -> None:
    """The agentid is that of the token's application: 301002 for another one of the corp, 40056 for none."""
    agentid = call.data["agentid"]
    if agentid == call.account.agentid:
        return
    applications = call.platform.world.accounts[call.account.corpid].applications
    if agentid in [app.agentid for app in applications]:
        raise Refusal(301002, "not allow to operate another agent with this accesstoken")
    raise Refusal(40056, "invalid agentid")


def new_response_code(platform: "Platform", msgid: str) -> str:
    code = crypto.random_text(64)
    platform.store.insert("response_codes", code=code, msgid=msgid, issued_at=platform.clock.now())
    return code


@dataclass
class _Recipients:
    reached: list[str] = field(default_factory=list)
    invalid_users: list[str] = field(default_factory=list)
    invalid_parties: list[str] = field(default_factory=list)
    invalid_tags: list[str] = field(default_factory=list)
    unlicensed: list[str] = field(default_factory=list)


def _recipients(call: Call) -> _Recipients:
    """Who gets the message and who cannot; 81013 when nobody can."""
    platform, app, data = call.platform, call.account, call.data
    to, chosen = _Recipients(), list[str]()
    if data.get("touser") == "@all":
        chosen = directory.visible(platform, app)
    else:
        users, parties, tags = (_named(call, *one) for one in (("touser", USERS), ("toparty", PARTIES), ("totag", TAGS)))
        if not users and not parties and not tags:
            raise Refusal(82001, "touser, toparty and totag are all empty")
        chosen = [userid for userid in users if directory.sees(platform, app, userid)]
        to.invalid_users = [userid for userid in users if userid not in chosen]
        seen = directory.visible_departments(platform, app) if parties else set()
        to.invalid_parties = [party for party in parties if not party.isdigit() or int(party) not in seen]
        valid = {int(party) for party in parties if party not in to.invalid_parties}
        chosen += directory.of_departments(platform, app.corpid, valid) if valid else []
        seen = directory.visible_tags(platform, app) if tags else set()
        to.invalid_tags = [tag for tag in tags if not tag.isdigit() or int(tag) not in seen]
        for tag in (tag for tag in tags if tag not in to.invalid_tags):
            chosen += [userid for userid in directory.of_tag(platform, app.corpid, int(tag)) if directory.sees(platform, app, userid)]
    for userid in dict.fromkeys(userid.lower() for userid in chosen):
        row = directory.member(platform, app.corpid, userid)
        if row is not None:
            (to.reached if row["licensed"] else to.unlicensed).append(row["userid"])
    if not to.reached:
        raise Refusal(81013, "user & party & tag all invalid")
    return to


def _named(call: Call, name: str, most: str) -> list[str]:
    """The names between the bars, each once; a userid counts the same in whatever case."""
    each = {one.lower(): one for one in reversed(call.data.get(name, "").split("|")) if one}
    if len(each) > call.platform.limits[most]:
        raise Refusal(40058, f"invalid Request Parameter, {name}: at most {call.platform.limits[most]}")
    return list(reversed(each.values()))


def _sent_before(call: Call, once: str) -> dict[str, Any] | None:
    interval = call.data.get("duplicate_check_interval", call.platform.limits[DUPLICATE_SECONDS])
    since = call.platform.clock.now() - interval
    answer = call.platform.store.value("SELECT answer FROM sent_once WHERE kind = 'wecom' AND key = ? AND at > ?", once, since)
    return None if answer is None else dict(json.loads(answer))


def _take_task_id(call: Call, content: dict[str, Any]) -> None:
    """A task_id names one message of the app for ever."""
    task_id = content.get("template_card", {}).get("task_id")
    if task_id is None:
        return
    where = (call.account.corpid, call.account.agentid, task_id)
    if call.platform.store.run("INSERT OR IGNORE INTO task_ids VALUES (?, ?, ?)", *where) == 0:
        raise Refusal(42014, "invalid task_id, already used by this app")


def _count_recipients(call: Call, recipients: int) -> None:
    """An application reaches at most accountLimit * 200 recipients a day, each counted every time."""
    platform = call.platform
    name, today = f"wecom.recipients:{call.account.appid}", platform.clock.today()
    used = platform.store.value("SELECT used FROM counters WHERE name = ? AND window = ?", name, today) or 0
    if used + recipients > platform.limits[ACCOUNTS] * platform.limits[PER_ACCOUNT]:
        raise Refusal(45009, "api freq out of limit")
    platform.store.run(
        "INSERT INTO counters VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET used = used + excluded.used", name, today, recipients
    )


def _deliver(platform: "Platform", app: Corp, userid: str, *, msgid: str, content: dict[str, Any]) -> None:
    """Above 30 a minute or 1000 an hour a member gets no more of an application's messages, and nobody is told."""
    now = platform.clock.now()
    recent = platform.store.one(
        "SELECT count(*) AS hour, coalesce(sum(sent_at > ?), 0) AS minute FROM messages "
        "WHERE channel = 'wecom' AND recipient = ? AND account = ? AND state = 'delivered' AND sent_at > ?",
        now - 60, userid, app.appid, now - 3600,
    )  # fmt: skip
    assert recent is not None
    dropped = recent["minute"] >= platform.limits[MEMBER_MINUTE] or recent["hour"] >= platform.limits[MEMBER_HOUR]
    platform.store.insert(
        "messages", channel="wecom", account=app.appid, recipient=userid, msgid=msgid, state="dropped" if dropped else "delivered",
        content=json.dumps(content, ensure_ascii=False), sent_at=now,
    )  # fmt: skip
