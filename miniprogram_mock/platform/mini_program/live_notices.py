"""Live service notices after a payment (新版一次性订阅, "服务动态"): one card per payment, written again as the order goes on (spec 1.8).

Not verified: 85437 for a code that is none, the values of `code_state`, how long a code lives, what check_json must say.
"""

import hashlib
import json
from typing import TYPE_CHECKING, Any

from miniprogram_mock.platform.endpoints import API, Call
from miniprogram_mock.platform.errcode import Refusal, Result, business, ok
from miniprogram_mock.platform.limits import limit
from miniprogram_mock.platform.mini_program import shipping, templates
from miniprogram_mock.platform.mini_program.subscribe import CHANNEL
from miniprogram_mock.platform.mini_program.users import person
from miniprogram_mock.platform.shapes import Int, Text
from miniprogram_mock.platform.store import Row, declare

if TYPE_CHECKING:
    from miniprogram_mock.platform.server import Platform

CODE_SECONDS = limit("mini_program.notify_code_seconds", 30 * 86400, "1.8 names none; [K], not verified")
_NOT_SHOWN, _SHOWN, _EXPIRED = 0, 1, 2
_TITLES = dict(templates.CARDS.values())
_CODE = {
    "openid": Text(required=True, missing=40003, wrong=40003, least=0),
    "notify_type": Int(required=True, choices=tuple(_TITLES)), "notify_code": Text(required=True),
}  # fmt: skip

declare("""
CREATE TABLE IF NOT EXISTS live_notices (
    appid TEXT NOT NULL, notify_code TEXT NOT NULL, notify_type INTEGER NOT NULL, content TEXT NOT NULL, extension TEXT NOT NULL DEFAULT '',
    shown_at REAL NOT NULL, PRIMARY KEY (appid, notify_code, notify_type));
""")


@business(
    API, "POST", "/wxa/set_user_notify", kind="mini_program",
    fields={**_CODE, "content_json": Text(required=True), "check_json": Text(least=0)},
)  # fmt: skip
def set_user_notify(call: Call) -> Result:
    """Show her the card of a payment, or what it says now. `notify_code` is the transaction_id; no dialog was needed."""
    data, platform, appid = call.data, call.platform, call.account.appid
    paid = _paid(call)
    if data["notify_type"] not in templates.card_types(platform, call.account):
        raise Refusal(40037, "invalid template_id, the template of this notify_type is not added")
    if platform.clock.now() >= _end(platform, paid):
        raise Refusal(85437, "notify_code is expired")
    content = _parsed(data, "content_json")
    if _find(call) is None:
        _check(paid, _parsed(data, "check_json"))
    platform.store.attempt("user_notify", f"{data['notify_code']}:{data['notify_type']}:{_digest(data['content_json'])}", effect=True)
    platform.store.run(
        "INSERT INTO live_notices (appid, notify_code, notify_type, content, shown_at) VALUES (?, ?, ?, ?, ?) "
        "ON CONFLICT DO UPDATE SET content = excluded.content",
        appid, data["notify_code"], data["notify_type"], data["content_json"], platform.clock.now(),
    )  # fmt: skip
    _show(call, content)
    return ok()


@business(API, "POST", "/wxa/set_user_notifyext", kind="mini_program", fields={**_CODE, "ext_json": Text(required=True)})
def set_user_notifyext(call: Call) -> Result:
    """Add to a card that is shown already."""
    _paid(call)
    _parsed(call.data, "ext_json")
    if _find(call) is None:
        raise Refusal(85437, "notify_code is not activated")
    call.platform.store.run(
        "UPDATE live_notices SET extension = ? WHERE appid = ? AND notify_code = ? AND notify_type = ?",
        call.data["ext_json"], call.account.appid, call.data["notify_code"], call.data["notify_type"],
    )  # fmt: skip
    return ok()


@business(API, "POST", "/wxa/get_user_notify", kind="mini_program", fields=_CODE)
def get_user_notify(call: Call) -> Result:
    """How a card stands: not shown yet, shown, or too old to be changed."""
    end, row = _end(call.platform, _paid(call)), _find(call)
    state = _EXPIRED if call.platform.clock.now() >= end else _NOT_SHOWN if row is None else _SHOWN
    return ok(notify_info={
        "notify_type": call.data["notify_type"], "content_json": row["content"] if row else "", "code_state": state,
        "code_expire_time": int(end),
    })  # fmt: skip


def _paid(call: Call) -> Row:
    """The payment behind the code, which must be hers."""
    user = person(call, call.data["openid"])
    paid = shipping.payment(call.platform, call.account.appid, transaction_id=call.data["notify_code"])
    if paid is None or paid["openid"] != user["openid"]:
        raise Refusal(85437, "notify_code is not exist")
    return paid


def _find(call: Call) -> Row | None:
    return call.platform.store.one(
        "SELECT * FROM live_notices WHERE appid = ? AND notify_code = ? AND notify_type = ?",
        call.account.appid, call.data["notify_code"], call.data["notify_type"],
    )  # fmt: skip


def _parsed(data: dict[str, Any], name: str) -> dict[str, Any]:
    """The object inside a text that must be JSON itself."""
    try:
        value = json.loads(data.get(name, ""))
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise Refusal(40097, f"invalid args, {name}: should be a json string of an object")
    return value


def _check(paid: Row, said: dict[str, Any]) -> None:
    """What the first call says of the payment has to be true."""
    for name, true in (("pay_amount", paid["total"]), ("pay_time", int(paid["paid_at"]))):
        if said.get(name, true) != true:
            raise Refusal(40097, f"invalid args, check_json.{name} does not match the payment")


def _end(platform: "Platform", paid: Row) -> float:
    end: float = paid["paid_at"] + platform.limits[CODE_SECONDS]
    return end


def _show(call: Call, content: dict[str, Any]) -> None:
    """The card in her inbox, which stays one however often it changes."""
    data, platform = call.data, call.platform
    msgid = f"card:{data['notify_type']}:{data['notify_code']}"
    text = json.dumps({"template": "服务动态", "title": _TITLES[data["notify_type"]], "card": content, "fields": []}, ensure_ascii=False)
    changed = platform.store.run(
        "UPDATE messages SET content = ?, sent_at = ? WHERE msgid = ? AND account = ?",
        text,
        platform.clock.now(),
        msgid,
        call.account.appid,
    )
    if not changed:
        platform.store.insert(
            "messages", channel=CHANNEL, account=call.account.appid, recipient=data["openid"], msgid=msgid, state="delivered",
            content=text, sent_at=platform.clock.now(),
        )  # fmt: skip


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
