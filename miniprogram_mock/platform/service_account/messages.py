"""The service account's endpoints: template messages, followers and their unionids (spec 2.2, 2.3)."""

import json
import secrets
from typing import Any

from miniprogram_mock.platform.endpoints import API, Call
from miniprogram_mock.platform.errcode import Refusal, Result, business, ok, refuse_unknown
from miniprogram_mock.platform.store import Row
from miniprogram_mock.platform.values import is_valid
from miniprogram_mock.platform.world import Template

TEMPLATES_PER_DAY = 100_000
SAME_MESSAGE_SECONDS = 600
# "Sent" means delivered to the client, which WeChat reports a moment later.
DELIVERY_SECONDS = 0.3
# Filtered out of every template since 2023-05-04, without an error.
_FILTERED = ("first", "remark")
_BATCH, _PAGE = 100, 10_000


@business(
    API, "POST", "/cgi-bin/message/template/send", kind="service_account",
    fields=("touser", "template_id", "url", "miniprogram", "client_msg_id", "data"),
)  # fmt: skip
def send_template(call: Call) -> Result:
    """Send a template message; TEMPLATESENDJOBFINISH follows.

    The same `client_msg_id` to the same person within ten minutes gives the same msgid and shows nothing new.
    """
    data, platform = call.data, call.platform
    person = _person(call, data.get("touser"))
    template = _template(call)
    if not person["following"]:
        raise Refusal(43004, "require subscribe")
    if person["blacklisted"]:
        raise Refusal(43019, "require remove blacklist")
    values = _values(data.get("data"), template)
    _check_link(call)
    client_msg_id = data.get("client_msg_id")
    if client_msg_id is not None and (not isinstance(client_msg_id, str) or not 1 <= len(client_msg_id) <= 32):
        raise Refusal(40097, "invalid args, client_msg_id")
    once = f"{person['openid']}:{client_msg_id}"
    if client_msg_id and (sent := _sent_before(call, once)):
        platform.store.attempt("template", once, effect=False)
        return ok(msgid=int(sent))
    if platform.store.count_up(f"template:{call.account.appid}", platform.clock.today()) > TEMPLATES_PER_DAY:
        raise Refusal(45009, "reach max api daily quota limit")
    msgid = _deliver(call, person, template, values)
    if client_msg_id:
        platform.store.attempt("template", once, effect=True)
        platform.store.run("INSERT OR REPLACE INTO sent_once VALUES ('template', ?, ?, ?)", once, platform.clock.now(), str(msgid))
    return ok(msgid=msgid)


@business(API, "GET", "/cgi-bin/user/info", kind="service_account")
def user_info(call: Call) -> Result:
    return _profile(_person(call, call.query.get("openid")))


@business(API, "POST", "/cgi-bin/user/info/batchget", kind="service_account", fields=("user_list",))
def user_info_batch(call: Call) -> Result:
    listed = call.data.get("user_list")
    if not isinstance(listed, list) or not listed or not all(isinstance(one, dict) for one in listed):
        raise Refusal(40097, "invalid args, user_list")
    if len(listed) > _BATCH:
        raise Refusal(45008, "article size out of limit, user_list: at most 100")
    return {"user_info_list": [_profile(_person(call, one.get("openid"))) for one in listed]}


@business(API, "GET", "/cgi-bin/user/get", kind="service_account")
def followers(call: Call) -> Result:
    """Up to 10,000 openids after `next_openid`, in the order in which they were first known."""
    store, appid, after = call.platform.store, call.account.appid, call.query.get("next_openid", "")
    start = 0
    if after:
        start = store.value("SELECT user_id FROM openids WHERE appid = ? AND openid = ?", appid, after)
        if start is None:
            raise Refusal(40003, "invalid openid")
    where = "FROM follows f JOIN openids o ON o.appid = f.appid AND o.user_id = f.user_id WHERE f.appid = ? AND f.following"
    total = store.value(f"SELECT count(*) {where}", appid)
    rows = store.all(f"SELECT o.openid {where} AND f.user_id > ? ORDER BY f.user_id LIMIT {_PAGE}", appid, start)
    openids = [row["openid"] for row in rows]
    return {"total": total, "count": len(openids), "data": {"openid": openids}, "next_openid": openids[-1] if openids else ""}


def _person(call: Call, openid: Any) -> Row:
    row = None
    if isinstance(openid, str):
        row = call.platform.store.one(
            "SELECT o.openid, o.user_id, u.unionid, f.following, f.followed_at, f.blacklisted, f.refuses_messages FROM openids o "
            "JOIN users u ON u.id = o.user_id LEFT JOIN follows f ON f.appid = o.appid AND f.user_id = o.user_id "
            "WHERE o.appid = ? AND o.openid = ?", call.account.appid, openid,
        )  # fmt: skip
    if row is None:
        raise Refusal(40003, "invalid openid")
    return row


def _profile(person: Row) -> dict[str, Any]:
    """Nickname and picture are empty since 2021-12-27; somebody who does not follow has almost nothing."""
    if not person["following"]:
        return {"subscribe": 0, "openid": person["openid"], "unionid": person["unionid"]}
    return {
        "subscribe": 1, "openid": person["openid"], "nickname": "", "sex": 0, "language": "zh_CN", "city": "", "province": "",
        "country": "", "headimgurl": "", "subscribe_time": int(person["followed_at"]), "unionid": person["unionid"], "remark": "",
        "groupid": 0, "tagid_list": [], "subscribe_scene": "ADD_SCENE_SEARCH", "qr_scene": 0, "qr_scene_str": "",
    }  # fmt: skip


def _template(call: Call) -> Template:
    template_id = call.data.get("template_id")
    if not template_id:
        raise Refusal(40036, "invalid template_id size")
    template = call.account.template(template_id)
    if template is None:
        raise Refusal(40037, "invalid template_id")
    return template


def _values(data: Any, template: Template) -> dict[str, str]:
    """The text of every field of the template; 47003 names the first one that is missing, unknown or breaks its type's rule."""
    if not isinstance(data, dict):
        raise Refusal(47003, "argument invalid! data is empty")
    given = {key: value for key, value in data.items() if key not in _FILTERED}
    for key in given:
        if key not in template.fields:
            raise Refusal(47003, f"argument invalid! data.{key} is not in the template")
    values = {}
    for key in template.fields:
        value = given[key].get("value") if isinstance(given.get(key), dict) else None
        if value is None or value == "":
            raise Refusal(47003, f"argument invalid! data.{key}.value is empty")
        if not isinstance(value, str) or not is_valid(key, value):
            raise Refusal(47003, f"argument invalid! data.{key}.value invalid")
        values[key] = value
    return values


def _check_link(call: Call) -> None:
    link = call.data.get("miniprogram")
    if link is None:
        return
    if not isinstance(link, dict):
        raise Refusal(40097, "invalid args, miniprogram")
    refuse_unknown(call, link, ("appid", "pagepath"), where="miniprogram.")
    if link.get("appid") not in call.account.linked:
        raise Refusal(40013, "invalid appid, the mini program is not linked")
    pages = call.platform.world.accounts[link["appid"]].pages  # type: ignore[union-attr]
    if str(link.get("pagepath", pages[0])).split("?")[0].lstrip("/") not in pages:
        raise Refusal(40165, "invalid weapp pagepath")


def _sent_before(call: Call, once: str) -> str | None:
    since = call.platform.clock.now() - SAME_MESSAGE_SECONDS
    answer: str | None = call.platform.store.value(
        "SELECT answer FROM sent_once WHERE kind = 'template' AND key = ? AND at > ?", once, since
    )  # fmt: skip
    return answer


def _deliver(call: Call, person: Row, template: Template, values: dict[str, str]) -> int:
    """Put the message into the inbox (unless its owner refuses messages) and schedule the delivery report."""
    platform, now = call.platform, call.platform.clock.now()
    msgid = 2**61 + secrets.randbelow(2**61)
    status = "failed:user block" if person["refuses_messages"] else platform.faults.take("template_status") or "success"
    platform.store.insert(
        "messages", channel="service", account=call.account.appid, recipient=person["openid"], msgid=str(msgid), sent_at=now,
        state="delivered" if status == "success" else status,
        content=json.dumps({
            "template": template.name, "title": template.title, "url": call.data.get("url"), "miniprogram": call.data.get("miniprogram"),
            "fields": [{"key": key, "label": label, "value": values[key]} for key, label in template.fields.items()],
        }, ensure_ascii=False),
    )  # fmt: skip
    platform.callbacks.message(
        call.account, "TEMPLATESENDJOBFINISH", recipient=person["openid"], fields={"MsgID": msgid, "Status": status}, after=DELIVERY_SECONDS
    )
    return msgid
