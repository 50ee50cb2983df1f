"""Customer-service messages of the service account: free text to somebody who has just done something (spec 1.10).

The contract names text, image, link and miniprogrampage for both kinds of account; `news` is [K], not verified, and so is whether `link`
works for a service account.
"""

from typing import Any

from miniprogram_mock.platform.endpoints import Call
from miniprogram_mock.platform.errcode import Refusal, Result, ok
from miniprogram_mock.platform.limits import limit
from miniprogram_mock.platform.service_account import inbox, windows
from miniprogram_mock.platform.service_account.console import media_title
from miniprogram_mock.platform.service_account.door import OPENID, check_mini_program, person, service
from miniprogram_mock.platform.shapes import Many, Object, Shape, Text

TEXT_BYTES = limit("customer_service.text_bytes", 2048, "1.10 names 45002, not the number [K], not verified")
_URL = Text(pattern=r"https?://\S+", required=True)
_TITLE = Text(required=True)
_ARTICLE = Object({"title": _TITLE, "description": Text(least=0), "url": _URL, "picurl": Text(least=0)})
_BODIES: dict[str, Shape] = {
    "text": {"content": Text(most=TEXT_BYTES, measure="bytes", required=True, missing=44004, wrong=44004)},
    "image": {"media_id": Text(required=True, missing=40007)},
    "link": {"title": _TITLE, "description": Text(least=0, required=True), "url": _URL, "thumb_url": _URL},
    "miniprogrampage": {
        "title": _TITLE, "appid": Text(required=True), "pagepath": Text(required=True), "thumb_media_id": Text(required=True, missing=40007)
    },
    "news": {"articles": Many(_ARTICLE, most=1, too_long=45008, required=True)},
}  # fmt: skip


@service("POST", "/cgi-bin/message/custom/send", fields={
    "touser": OPENID, "msgtype": Text(choices=tuple(_BODIES), required=True, missing=40008, wrong=40008),
    **{name: Object(shape) for name, shape in _BODIES.items()},
})  # fmt: skip
def send(call: Call) -> Result:
    """Write to somebody within a window that she opened; there is nothing that makes a repeated call harmless."""
    msgtype, platform = call.data["msgtype"], call.platform
    if [name for name in _BODIES if name in call.data] != [msgtype]:
        raise Refusal(40097, f"invalid args, {msgtype}: it and no other belongs to msgtype")
    body = call.data[msgtype]
    openid = person(call, call.data["touser"])["openid"]
    _check(call, body)
    windows.use(platform, call.account, openid)
    inbox.put(platform, call.account.appid, openid, {"kind": "customer", "msgtype": msgtype, msgtype: body}, msgid=inbox.new_msgid())
    return ok()


def _check(call: Call, body: dict[str, Any]) -> None:
    """Pictures are the account's own, pages those of a mini-program that is linked."""
    for name in ("media_id", "thumb_media_id"):
        if name in body and media_title(call.platform, call.account.appid, type_="image", media_id=body[name]) is None:
            raise Refusal(40007, "invalid media_id")
    check_mini_program(call, body if "pagepath" in body else None)
