"""Subscription notices (bizsend): she accepts a template on a page of the account, each accept is good for one notice (spec 2.4).

One-time messages, the older form, are here too: she confirms one message of one scene (legacy, [K]: its codes are not verified).
"""

import hashlib
import json
from typing import TYPE_CHECKING

from miniprogram_mock.platform.endpoints import Call
from miniprogram_mock.platform.errcode import Refusal, Result, ok
from miniprogram_mock.platform.limits import limit
from miniprogram_mock.platform.people import NotPossible
from miniprogram_mock.platform.service_account import inbox, templates
from miniprogram_mock.platform.service_account.console import account_of, openid_of
from miniprogram_mock.platform.service_account.door import MINI_PROGRAM, OPENID, check_mini_program, person, service
from miniprogram_mock.platform.service_account.template_values import DATA, checked_values
from miniprogram_mock.platform.shapes import Either, Int, Object, Text
from miniprogram_mock.platform.store import Row, declare
from miniprogram_mock.platform.world import ServiceAccount

if TYPE_CHECKING:
    from miniprogram_mock.platform.server import Platform

declare("""
CREATE TABLE IF NOT EXISTS notice_answers (
    openid TEXT NOT NULL, template_id TEXT NOT NULL, answer TEXT NOT NULL, credits INTEGER NOT NULL, answered_at REAL NOT NULL,
    PRIMARY KEY (openid, template_id));
CREATE TABLE IF NOT EXISTS one_time_confirmations (
    openid TEXT NOT NULL, template_id TEXT NOT NULL, scene INTEGER NOT NULL, PRIMARY KEY (openid, template_id, scene));
""")
PER_DAY = limit("notice.per_day", 100_000, "[K], not verified")
MOST_ASKED = limit("notice.templates_per_question", 3, "[K], not verified")
LARGEST_SCENE = limit("one_time.largest_scene", 10_000, "2.4")
TITLE_CHARACTERS = limit("one_time.title_characters", 15, "2.4")
VALUE_CHARACTERS = limit("one_time.value_characters", 200, "2.4")
# Where she was asked, as PopupScene tells it.
SCENES = {"page": "1", "article": "2"}
_SENT_SECONDS = 0.3
_CONTENT = Object({"value": Text(most=VALUE_CHARACTERS, required=True), "color": Text(least=0)}, required=True)
_TEMPLATE_ID = Text(required=True, missing=40037, wrong=40037)


@service("POST", "/cgi-bin/message/subscribe/bizsend", fields={
    "touser": OPENID, "template_id": _TEMPLATE_ID, "page": Text(least=0), "miniprogram": MINI_PROGRAM, "data": DATA,
})  # fmt: skip
def bizsend(call: Call) -> Result:
    """Send a notice for one accept of hers, whether she follows or not; `subscribe_msg_sent_event` follows."""
    platform, openid = call.platform, person(call, call.data["touser"])["openid"]
    template = templates.find(platform, call.account, call.data["template_id"], kind="notice")
    if template is None or template["state"] == "withdrawn":
        raise Refusal(40037, "invalid template_id")
    shown = checked_values(call, template)
    check_mini_program(call, call.data.get("miniprogram"))
    if platform.store.count_up(f"notice:{call.account.appid}", platform.clock.today()) > platform.limits[PER_DAY]:
        raise Refusal(45009, "reach max api daily quota limit")
    spent = platform.store.run(
        "UPDATE notice_answers SET credits = credits - 1 WHERE openid = ? AND template_id = ? AND credits > 0",
        openid,
        template["template_id"],
    )
    values = hashlib.sha256(json.dumps(shown).encode()).hexdigest()[:16]
    platform.store.attempt("notice", f"{openid}:{template['template_id']}:{values}", effect=bool(spent))
    if not spent:
        raise Refusal(43101, "user refuse to accept the msg")
    msgid = inbox.new_msgid()
    content = {
        "kind": "notice", "title": template["title"], "url": call.data.get("page"), "miniprogram": call.data.get("miniprogram"),
        "fields": shown,
    }  # fmt: skip
    inbox.put(platform, call.account.appid, openid, content, msgid=msgid)
    sent = {"TemplateId": template["template_id"], "MsgID": str(msgid), "ErrorCode": "0", "ErrorStatus": "success"}
    _tell(platform, call.account, openid, what="sent", listed=[sent], after=_SENT_SECONDS)
    return ok()


@service("POST", "/cgi-bin/message/template/subscribe", fields={
    "touser": OPENID, "template_id": _TEMPLATE_ID, "url": Text(least=0), "miniprogram": MINI_PROGRAM,
    "scene": Either((Int(least=0, most=LARGEST_SCENE), Text(pattern=r"[0-9]{1,5}")), required=True),
    "title": Text(most=TITLE_CHARACTERS, required=True), "data": Object({"content": _CONTENT}, required=True, missing=47003),
})  # fmt: skip
def one_time(call: Call) -> Result:
    """The one message that she confirmed for this scene."""
    platform, data, openid = call.platform, call.data, person(call, call.data["touser"])["openid"]
    template = templates.find(platform, call.account, data["template_id"], kind="one_time")
    if template is None:
        raise Refusal(40037, "invalid template_id")
    check_mini_program(call, call.data.get("miniprogram"))
    if not platform.store.run(
        "DELETE FROM one_time_confirmations WHERE openid = ? AND template_id = ? AND scene = ?",
        openid, template["template_id"], int(data["scene"]),
    ):  # fmt: skip
        raise Refusal(43101, "user refuse to accept the msg")
    content = {
        "kind": "one_time", "title": data["title"], "url": data.get("url"), "miniprogram": data.get("miniprogram"),
        "text": data["data"]["content"]["value"],
    }  # fmt: skip
    inbox.put(platform, call.account.appid, openid, content, msgid=inbox.new_msgid())
    return ok()


def answer(platform: "Platform", user_id: int, appid: str, answers: list[tuple[str, str]], *, asked_on: str) -> None:
    """What she answered when a page or an article asked her, as (template_id, accept or reject)."""
    account = account_of(platform, appid)
    openid = openid_of(platform, account, user_id)
    if not 1 <= len({template_id for template_id, _ in answers}) == len(answers) <= platform.limits[MOST_ASKED]:
        raise NotPossible(f"一次询问 1 到 {platform.limits[MOST_ASKED]} 个不同的模板", status=422)
    if asked_on not in SCENES:
        raise NotPossible(f"asked_on 只能是 {'、'.join(SCENES)}", status=422)
    for template_id, told in answers:
        if templates.find(platform, account, template_id, kind="notice") is None:
            raise NotPossible(f"没有模板 {template_id}", status=422)
        if told not in ("accept", "reject"):
            raise NotPossible("答复只能是 accept、reject", status=422)
        platform.store.run(
            "INSERT INTO notice_answers VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE "
            "SET answer = excluded.answer, credits = credits + excluded.credits, answered_at = excluded.answered_at",
            openid, template_id, told, int(told == "accept"), platform.clock.now(),
        )  # fmt: skip
    shown = [{"TemplateId": one, "SubscribeStatusString": told, "PopupScene": SCENES[asked_on]} for one, told in answers]
    _tell(platform, account, openid, what="popup", listed=shown)


def withdraw(platform: "Platform", user_id: int, appid: str, template_id: str) -> None:
    """She turns a template off in the settings: what she had accepted is gone."""
    account = account_of(platform, appid)
    openid = openid_of(platform, account, user_id)
    if not platform.store.run(
        "UPDATE notice_answers SET answer = 'reject', credits = 0, answered_at = ? WHERE openid = ? AND template_id = ?",
        platform.clock.now(), openid, template_id,
    ):  # fmt: skip
        raise NotPossible("她没有订阅过这个模板", status=404)
    changed = [{"TemplateId": template_id, "SubscribeStatusString": "reject"}]
    _tell(platform, account, openid, what="change", listed=changed)


def confirm_one_time(platform: "Platform", user_id: int, appid: str, *, template_id: str, scene: int) -> dict[str, str]:
    """She confirms a one-time message; gives what is put to the address that she is sent back to."""
    account = account_of(platform, appid)
    openid = openid_of(platform, account, user_id)
    if not 0 <= scene <= platform.limits[LARGEST_SCENE]:
        raise NotPossible(f"scene 是 0 到 {platform.limits[LARGEST_SCENE]}", status=422)
    if templates.find(platform, account, template_id, kind="one_time") is None:
        raise NotPossible(f"没有模板 {template_id}", status=422)
    platform.store.run("INSERT OR IGNORE INTO one_time_confirmations VALUES (?, ?, ?)", openid, template_id, scene)
    return {"openid": openid, "template_id": template_id, "action": "confirm", "scene": str(scene)}


def answers_of(platform: "Platform", user_id: int, appid: str) -> list[Row]:
    """Her latest answer for each template, and how many notices she is willing to get."""
    openid = openid_of(platform, account_of(platform, appid), user_id)
    return platform.store.all("SELECT * FROM notice_answers WHERE openid = ? ORDER BY answered_at, template_id", openid)


def _tell(platform: "Platform", account: ServiceAccount, openid: str, *, what: str, listed: list[dict[str, str]], after: float = 0) -> None:
    """Push one of the three events of subscriptions: `what` is popup, change or sent."""
    fields = {f"SubscribeMsg{what.capitalize()}Event": {"List": listed}}
    platform.callbacks.message(account, f"subscribe_msg_{what}_event", recipient=openid, fields=fields, after=after)
