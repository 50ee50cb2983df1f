"""Group sends: to everybody, to a tag or to a list; at most four a calendar month reach one person (spec 2.5).

Taken from the contract: the monthly quota, the sixty calls a minute, 45065, 45066 and 45028, and the administrator who confirms within
half an hour. All else (shapes of answers, states, `err(40001)` and `err(40002)`, who counts as filtered) is [K], not verified.
"""

import json
from typing import Any

from miniprogram_mock.platform.endpoints import Answer, Call
from miniprogram_mock.platform.errcode import Refusal, Result, ok
from miniprogram_mock.platform.limits import limit
from miniprogram_mock.platform.rates import per_minute
from miniprogram_mock.platform.service_account import inbox, tags
from miniprogram_mock.platform.service_account.console import CONFIRMS_GROUP_SENDS, media_title
from miniprogram_mock.platform.service_account.door import OPENID, follower, service
from miniprogram_mock.platform.service_account.group_delivery import has_quota, submit
from miniprogram_mock.platform.shapes import Flag, Int, Many, Object, Shape, Text
from miniprogram_mock.platform.store import Row

_K = "[K], not verified"
PER_MINUTE = limit("group_send.calls_per_minute", 60, "2.5")
FEWEST_OPENIDS = limit("group_send.fewest_openids", 2, _K)
MOST_OPENIDS = limit("group_send.most_openids", 10_000, _K)
TEXT_BYTES = limit("group_send.text_bytes", 2048, _K)
CLIENT_ID_BYTES = limit("group_send.clientmsgid_bytes", 64, _K)
RETRY_SECONDS = limit("group_send.retry_seconds", 60, f"2.5 names 45066; the minute is {_K}")
SAME_SECONDS = limit("group_send.clientmsgid_seconds", 86_400, f"2.5 names 45065; the day is {_K}")
PREVIEWS_PER_DAY = limit("group_send.previews_per_day", 100, _K)
_RATES = (per_minute(PER_MINUTE),)
_MEDIA = Object({"media_id": Text(required=True, missing=40007)})
_BODIES: dict[str, Any] = {
    "text": Object({"content": Text(most=TEXT_BYTES, measure="bytes", required=True, missing=44004, wrong=44004)}),
    "mpnews": _MEDIA, "image": _MEDIA, "voice": _MEDIA,
}  # fmt: skip
_MESSAGE: Shape = {"msgtype": Text(choices=tuple(_BODIES), required=True, missing=40008, wrong=40008), **_BODIES}
_SENT: Shape = {**_MESSAGE, "send_ignore_reprint": Int(choices=(0, 1)), "clientmsgid": Text(most=CLIENT_ID_BYTES, measure="bytes")}
_BY_ID: Shape = {"msg_id": Int(least=0, most=2**62, required=True)}


@service("POST", "/cgi-bin/message/mass/sendall", rates=_RATES, fields={
    "filter": Object({"is_to_all": Flag(required=True), "tag_id": Int(least=0, most=2**31)}, required=True), **_SENT,
})  # fmt: skip
def sendall(call: Call) -> Result:
    """To all followers, or to those of them who bear a tag."""
    wanted = call.data["filter"]
    if wanted["is_to_all"] == ("tag_id" in wanted):
        raise Refusal(40097, "invalid args, filter: either is_to_all or a tag_id")
    if not wanted["is_to_all"] and not tags.exists(call.platform, call.account.appid, wanted["tag_id"]):
        raise Refusal(45159, "invalid tag id")
    return _submit(call, {"tag_id": wanted.get("tag_id")})


@service("POST", "/cgi-bin/message/mass/send", rates=_RATES, fields={
    "touser": Many(OPENID, least=0, most=MOST_OPENIDS, too_long=40032, required=True, missing=40032), **_SENT,
})  # fmt: skip
def send(call: Call) -> Result:
    """To a list of openids, two at least."""
    openids = sorted(set(call.data["touser"]))
    if len(openids) < call.platform.limits[FEWEST_OPENIDS]:
        raise Refusal(40130, "invalid openid list size, at least two openid")
    known = call.platform.store.all(
        "SELECT o.openid FROM json_each(?) one JOIN openids o ON o.openid = one.value WHERE o.appid = ?",
        json.dumps(openids),
        call.account.appid,
    )
    if len(known) < len(openids):
        raise Refusal(40003, "invalid openid")
    return _submit(call, {"openids": openids})


@service("POST", "/cgi-bin/message/mass/preview", rates=_RATES, fields={"touser": OPENID, **_MESSAGE})
def preview(call: Call) -> Result:
    """To one follower, to look at it; costs nothing of her monthly quota."""
    openid, content = follower(call, call.data["touser"])["openid"], _content(call)
    if call.platform.store.count_up(f"preview:{call.account.appid}", call.platform.clock.today()) > call.platform.limits[PREVIEWS_PER_DAY]:
        raise Refusal(45009, "reach max api daily quota limit")
    msgid = inbox.new_msgid()
    inbox.put(call.platform, call.account.appid, openid, {**content, "kind": "preview"}, msgid=msgid)
    return {"errcode": 0, "errmsg": "preview success", "msg_id": msgid}


@service("POST", "/cgi-bin/message/mass/get", fields=_BY_ID)
def get(call: Call) -> Result:
    row = _row(call)
    status = {"confirming": "SENDING", "sending": "SENDING", "sent": "SEND_SUCCESS", "failed": "SEND_FAIL", "deleted": "DELETE"}
    return {"msg_id": row["msg_id"], "msg_status": status[row["state"]]}


@service("POST", "/cgi-bin/message/mass/delete", fields={**_BY_ID, "article_idx": Int(least=0, most=8)})
def delete(call: Call) -> Result:
    """Take away the article behind a message that was sent; who has got the card keeps it."""
    row = _row(call)
    if row["state"] != "sent" or json.loads(row["content"])["msgtype"] != "mpnews":
        raise Refusal(40008, "invalid message type: only news that were sent can be deleted")
    call.platform.store.run("UPDATE group_sends SET state = 'deleted' WHERE msg_id = ?", row["msg_id"])
    return ok()


def _submit(call: Call, audience: dict[str, Any]) -> Result:
    content, platform, client_id = _content(call), call.platform, call.data.get("clientmsgid")
    if client_id is not None and (before := _sent_before(call, client_id)):
        return before
    if not has_quota(platform, call.account.appid, audience):
        raise Refusal(45028, "has no masssend quota")
    waits = platform.switches[call.account.appid, CONFIRMS_GROUP_SENDS]
    msg_id = submit(platform, call.account.appid, content, audience=audience, client_id=client_id, waits=waits)
    if client_id is not None:
        platform.store.attempt("group_send", f"{call.account.appid}:{client_id}", effect=True)
    return {"errcode": 0, "errmsg": "send job submission success", "msg_id": msg_id, "msg_data_id": msg_id + 1}


def _sent_before(call: Call, client_id: str) -> Answer | None:
    """45066 to a retry within a minute, 45065 with the msg_id to a later one; None to a new `clientmsgid`."""
    row = call.platform.store.one(
        "SELECT msg_id, submitted_at FROM group_sends WHERE appid = ? AND client_id = ? ORDER BY msg_id DESC LIMIT 1",
        call.account.appid, client_id,
    )  # fmt: skip
    age = call.platform.clock.now() - row["submitted_at"] if row else float("inf")
    if row is None or age > call.platform.limits[SAME_SECONDS]:
        return None
    call.platform.store.attempt("group_send", f"{call.account.appid}:{client_id}", effect=False)
    if age <= call.platform.limits[RETRY_SECONDS]:
        raise Refusal(45066, "same clientmsgid retry too fast")
    content = {"errcode": 45065, "errmsg": "clientmsgid exist", "msg_id": row["msg_id"]}
    return Answer.json(content, errcode="45065")


def _content(call: Call) -> dict[str, Any]:
    """What the recipients will see."""
    msgtype = call.data["msgtype"]
    if [name for name in _BODIES if name in call.data] != [msgtype]:
        raise Refusal(40097, f"invalid args, {msgtype}: it and no other belongs to msgtype")
    body = call.data[msgtype]
    if msgtype == "text":
        return {"kind": "group", "msgtype": "text", "text": body}
    title = media_title(call.platform, call.account.appid, type_=msgtype, media_id=body["media_id"])
    if title is None:
        raise Refusal(40007, "invalid media_id")
    return {"kind": "group", "msgtype": msgtype, "title": title, msgtype: body}


def _row(call: Call) -> Row:
    row = call.platform.store.one("SELECT * FROM group_sends WHERE appid = ? AND msg_id = ?", call.account.appid, call.data["msg_id"])
    if row is None:
        raise Refusal(40097, "invalid args, msg_id")
    return row
