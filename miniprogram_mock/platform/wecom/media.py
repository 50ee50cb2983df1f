"""What may be attached to a message to customers: pictures, links, mini-programs, files (spec 4.5).

Lengths and the three days of an uploaded picture are not in the contract [K]; pictures are uploaded in the console only.
"""

from typing import TYPE_CHECKING, Any

from miniprogram_mock.platform import crypto
from miniprogram_mock.platform.endpoints import Call, Refusal
from miniprogram_mock.platform.limits import limit
from miniprogram_mock.platform.shapes import Field, Many, Object, Shape, Text, checked
from miniprogram_mock.platform.store import declare

if TYPE_CHECKING:
    from miniprogram_mock.platform.server import Platform

declare("CREATE TABLE IF NOT EXISTS wecom_media (media_id TEXT PRIMARY KEY, corpid TEXT NOT NULL, kind TEXT NOT NULL, at REAL NOT NULL)")

CONTENT = limit("wecom.customer_text_bytes", 4000, "4.5")
ATTACHMENTS = limit("wecom.attachments", 9, "4.5")
TITLE = limit("wecom.attachment_title_bytes", 128, "4.5 [K], not verified")
MINI_TITLE = limit("wecom.attachment_mini_program_title_bytes", 64, "4.5 [K], not verified")
DESCRIPTION = limit("wecom.attachment_description_bytes", 512, "4.5 [K], not verified")
URL = limit("wecom.attachment_url_bytes", 2048, "4.5 [K], not verified")
MEDIA_SECONDS = limit("wecom.media_seconds", 3 * 86400, "4.5 [K], not verified")

KINDS = ("image", "video", "file")


def _bytes(most: str, *, required: bool = False) -> Text:
    return Text(most=most, measure="bytes", required=required)


_SHAPES: dict[str, Shape] = {
    "image": {"media_id": Text(), "pic_url": _bytes(URL)},
    "link": {"title": _bytes(TITLE, required=True), "picurl": _bytes(URL), "desc": _bytes(DESCRIPTION), "url": _bytes(URL, required=True)},
    "miniprogram": {
        "title": _bytes(MINI_TITLE, required=True),
        "pic_media_id": Text(required=True),
        "appid": Text(required=True),
        "page": _bytes(URL, required=True),
    },
    "video": {"media_id": Text(required=True)},
    "file": {"media_id": Text(required=True)},
}
# What a message to customers may have; `checked_content` looks into it.
FIELDS: Shape = {
    "text": Object({"content": _bytes(CONTENT, required=True)}),
    "attachments": Many(Field(), least=0, most=ATTACHMENTS),
}


def checked_content(call: Call) -> dict[str, Any]:
    """Text and attachments of the body; 44004 when there is neither, 40007 for a picture that was not uploaded (any more)."""
    text, attachments = call.data.get("text"), call.data.get("attachments", [])
    if not text and not attachments:
        raise Refusal(44004, "empty content, text and attachments")
    for position, attachment in enumerate(attachments):
        _check(call, attachment, f"attachments[{position}].")
    return {**({"text": text} if text else {}), "attachments": attachments}


def _check(call: Call, attachment: Any, where: str) -> None:
    msgtype = attachment.get("msgtype") if isinstance(attachment, dict) else None
    if msgtype not in _SHAPES:
        raise Refusal(40008, f"invalid message type, {where}msgtype")
    checked(call, attachment, {"msgtype": Text(), msgtype: Object(_SHAPES[msgtype], required=True)}, where=where)
    part = attachment[msgtype]
    if msgtype == "image" and not part.get("media_id") and not part.get("pic_url"):
        raise Refusal(40058, f"invalid Request Parameter, {where}image: media_id and pic_url are both empty")
    if msgtype == "miniprogram" and part["appid"] not in call.account.linked:
        raise Refusal(40013, f"invalid appid, {where}miniprogram.appid is not linked to the corp")
    media_id, kind = part.get("media_id") or part.get("pic_media_id"), "image" if msgtype == "miniprogram" else msgtype
    if media_id and not _is_uploaded(call, media_id, kind):
        raise Refusal(40007, f"invalid media_id, {where}{msgtype}")


def _is_uploaded(call: Call, media_id: str, kind: str) -> bool:
    since = call.platform.clock.now() - call.platform.limits[MEDIA_SECONDS]
    found = "SELECT 1 FROM wecom_media WHERE media_id = ? AND corpid = ? AND kind = ? AND at > ?"
    return call.platform.store.one(found, media_id, call.account.corpid, kind, since) is not None


def upload(platform: "Platform", corpid: str, kind: str) -> str:
    """Somebody uploads a picture, a video or a file; gives its media_id."""
    media_id = f"3{crypto.random_text(63)}"
    platform.store.insert("wecom_media", media_id=media_id, corpid=corpid, kind=kind, at=platform.clock.now())
    return media_id
