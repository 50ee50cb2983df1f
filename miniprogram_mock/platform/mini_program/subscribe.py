"""Subscribe messages: sent with a credit, every value checked by the type of its key (spec 1.8)."""

import hashlib
import json
import secrets
from typing import TYPE_CHECKING, Any

from miniprogram_mock.platform.endpoints import API, Call
from miniprogram_mock.platform.errcode import Refusal, Result, business, ok
from miniprogram_mock.platform.faults import kind
from miniprogram_mock.platform.limits import limit
from miniprogram_mock.platform.mini_program import subscriptions, templates
from miniprogram_mock.platform.mini_program.users import person
from miniprogram_mock.platform.shapes import Anything, Map, Object, Text
from miniprogram_mock.platform.switches import switch
from miniprogram_mock.platform.values import is_valid
from miniprogram_mock.platform.world import Template

if TYPE_CHECKING:
    from miniprogram_mock.platform.server import Platform

PER_DAY = limit("mini_program.subscribe_messages_per_day", 10_000_000, "1.8: of a mini-program without WeChat Pay")
PER_DAY_WITH_PAY = limit("mini_program.subscribe_messages_per_day_with_pay", 30_000_000, "1.8")
SUBSCRIBE_BANNED = switch("mini_program.subscribe_banned", False, "订阅消息能力被封禁（43107）")
MSGID_TOLD = switch("mini_program.subscribe_msgid", True, "订阅消息发送成功时返回 msgid（官方文档未写明）")
NOT_DELIVERED = kind("subscribe_status", "接下来的订阅消息未送达，subscribe_msg_sent_event 的 ErrorStatus 为 status", status=None)
CHANNEL = "mini"


@business(
    API, "POST", "/cgi-bin/message/subscribe/send", kind="mini_program",
    fields={
        "touser": Text(required=True, missing=40003, wrong=40003, least=0),
        "template_id": Text(required=True, missing=40037, wrong=40037, least=0),
        "page": Text(least=0), "data": Map(Object({"value": Anything()}), required=True, missing=47003),
        "miniprogram_state": Text(choices=("developer", "trial", "formal")), "lang": Text(choices=("zh_CN", "en_US", "zh_HK", "zh_TW")),
    },
)  # fmt: skip
def send(call: Call) -> Result:
    """Send one message for one credit; `subscribe_msg_sent_event` follows. There is nothing that makes a repeated call harmless."""
    data, platform, appid = call.data, call.platform, call.account.appid
    user = person(call, data["touser"])
    template = templates.find(platform, call.account, data["template_id"])
    if template is None or templates.is_card(template):
        raise Refusal(40037, "invalid template_id")
    if platform.switches[appid, SUBSCRIBE_BANNED]:
        raise Refusal(43107, "subscribe message capacity of the mini program is banned")
    values = _values(data["data"], template)
    page = data.get("page", "")
    if page and page.partition("?")[0] not in call.account.pages:
        raise Refusal(41030, "invalid page")
    _count(call)
    key = f"{user['openid']}:{template.template_id}:{hashlib.sha256(json.dumps(values).encode()).hexdigest()[:16]}"
    has_credit = subscriptions.spend(platform, user["id"], appid=appid, template_id=template.template_id)
    platform.store.attempt("subscribe", key, effect=has_credit)
    if not has_credit:
        raise Refusal(43101, "user refuse to accept the msg")
    msgid = _deliver(call, user["openid"], template, values)
    return ok(msgid=msgid) if platform.switches[appid, MSGID_TOLD] else ok()


def _values(data: dict[str, dict[str, Any]], template: Template) -> dict[str, str]:
    """The text of every field of the template; 47003 names the first one that is unknown, missing or breaks its type's rule."""
    for key in data:
        if key not in template.fields:
            raise Refusal(47003, f"argument invalid! data.{key} is not in the template")
    values = {}
    for key in template.fields:
        value = data.get(key, {}).get("value")
        if value is None or value == "":
            raise Refusal(47003, f"argument invalid! data.{key}.value is empty")
        if not isinstance(value, str) or not is_valid(key, value, template.choices.get(key)):
            raise Refusal(47003, f"argument invalid! data.{key}.value invalid")
        values[key] = value
    return values


def _count(call: Call) -> None:
    platform, appid = call.platform, call.account.appid
    has_pay = any(merchant.appid == appid for merchant in platform.world.merchants)
    most = platform.limits[PER_DAY_WITH_PAY if has_pay else PER_DAY]
    if platform.store.count_up(f"subscribe:{appid}", platform.clock.today()) > most:
        raise Refusal(45009, "reach max api daily quota limit")


def _deliver(call: Call, openid: str, template: Template, values: dict[str, str]) -> int:
    data, platform = call.data, call.platform
    msgid = 2**61 + secrets.randbelow(2**61)
    failure = platform.faults.take(NOT_DELIVERED, account=call.account.appid)
    platform.store.insert(
        "messages", channel=CHANNEL, account=call.account.appid, recipient=openid, msgid=str(msgid), state=failure or "delivered",
        sent_at=platform.clock.now(),
        content=json.dumps({
            "template": template.name, "title": template.title, "page": data.get("page", ""), "lang": data.get("lang", "zh_CN"),
            "miniprogram_state": data.get("miniprogram_state", "formal"),
            "fields": [{"key": key, "label": label, "value": values[key]} for key, label in template.fields.items()],
        }, ensure_ascii=False),
    )  # fmt: skip
    told = {"TemplateId": template.template_id, "MsgID": str(msgid), "ErrorCode": "1" if failure else "0"}
    told["ErrorStatus"] = failure or "success"
    subscriptions.push_list(platform, call.account, "subscribe_msg_sent_event", openid=openid, listed=[told])
    return msgid


def inbox(platform: "Platform", user_id: int, *, limit: int, after: int = 0) -> list[dict[str, Any]]:
    """The service notices that mini-programs sent her, newest first; with `after` (an id) those before it."""
    rows = platform.store.all(
        "SELECT m.* FROM messages m JOIN openids o ON o.openid = m.recipient AND o.appid = m.account "
        "WHERE m.channel = ? AND m.state = 'delivered' AND o.user_id = ? AND (? = 0 OR m.id < ?) ORDER BY m.id DESC LIMIT ?",
        CHANNEL, user_id, after, after, limit,
    )  # fmt: skip
    names = {one.appid: one.name for one in platform.world.mini_programs}
    return [
        {
            "id": row["id"], "msgid": row["msgid"], "account": row["account"], "account_name": names[row["account"]],
            "sent_at": platform.clock.rfc3339(row["sent_at"]), **json.loads(row["content"]),
        }
        for row in rows
    ]  # fmt: skip
