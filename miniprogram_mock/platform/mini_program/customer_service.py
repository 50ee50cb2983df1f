"""Customer-service messages of the mini-program: what she writes, and what may be answered in which window (spec 1.10).

Not verified: that a further message of hers opens the window anew, which window an answer is counted in when both are open (the one that
closes first), the 2,048 bytes of a text, and 40007 and 40008.
"""

import json
import secrets
from typing import TYPE_CHECKING, Any

from miniprogram_mock.platform import crypto, people
from miniprogram_mock.platform.endpoints import API, Call
from miniprogram_mock.platform.errcode import Refusal, Result, business, ok
from miniprogram_mock.platform.limits import limit
from miniprogram_mock.platform.mini_program.users import person
from miniprogram_mock.platform.people import NotPossible
from miniprogram_mock.platform.shapes import Object, Text
from miniprogram_mock.platform.store import Row, declare
from miniprogram_mock.platform.switches import switch

if TYPE_CHECKING:
    from miniprogram_mock.platform.server import Platform

AFTER_MESSAGE = limit("mini_program.answers_after_message", 5, "1.10")
AFTER_MESSAGE_SECONDS = limit("mini_program.answers_after_message_seconds", 48 * 3600, "1.10")
AFTER_ENTERING = limit("mini_program.answers_after_entering", 2, "1.10")
AFTER_ENTERING_SECONDS = limit("mini_program.answers_after_entering_seconds", 60, "1.10")
LONGEST_TEXT = limit("mini_program.customer_service_bytes", 2048, "1.10 names 45002 without a number; [K], not verified")
MEDIA_SECONDS = limit("mini_program.media_seconds", 3 * 86400, "1.10 names none; [K], not verified")
NO_CUSTOMER_SERVICE = switch("mini_program.customer_service_withdrawn", False, "客服消息接口权限被收回（48001）")

_WINDOWS = {"message": (AFTER_MESSAGE, AFTER_MESSAGE_SECONDS), "enter": (AFTER_ENTERING, AFTER_ENTERING_SECONDS)}
_BODIES = {
    "text": {"content": Text(required=True, most=LONGEST_TEXT, measure="bytes")},
    "image": {"media_id": Text(required=True)},
    "link": {
        "title": Text(required=True, most=LONGEST_TEXT, measure="bytes"), "description": Text(required=True, least=0),
        "url": Text(required=True, pattern=r"https?://\S+"), "thumb_url": Text(required=True, pattern=r"https?://\S+"),
    },
    "miniprogrampage": {"title": Text(required=True), "pagepath": Text(required=True), "thumb_media_id": Text(required=True)},
}  # fmt: skip

declare("""
CREATE TABLE IF NOT EXISTS chat_windows (
    appid TEXT NOT NULL, user_id INTEGER NOT NULL, kind TEXT NOT NULL, opened_at REAL NOT NULL, used INTEGER NOT NULL,
    PRIMARY KEY (appid, user_id, kind));
CREATE TABLE IF NOT EXISTS chat_messages (
    id INTEGER PRIMARY KEY, appid TEXT NOT NULL, user_id INTEGER NOT NULL, from_user INTEGER NOT NULL, msgtype TEXT NOT NULL,
    content TEXT NOT NULL, at REAL NOT NULL);
CREATE INDEX IF NOT EXISTS chat_messages_of ON chat_messages (user_id, appid, id);
CREATE TABLE IF NOT EXISTS mini_media (media_id TEXT PRIMARY KEY, appid TEXT NOT NULL, added_at REAL NOT NULL);
""")


@business(
    API, "POST", "/cgi-bin/message/custom/send", kind="mini_program",
    fields={
        "touser": Text(required=True, missing=40003, wrong=40003, least=0),
        "msgtype": Text(required=True, missing=40008, wrong=40008, choices=tuple(_BODIES)),
        **{msgtype: Object(shape) for msgtype, shape in _BODIES.items()},
    },
)  # fmt: skip
def send(call: Call) -> Result:
    """Answer her: 5 messages in 48 hours after she wrote, 2 in a minute after she entered; else 45015, or 45047 when they are used up."""
    data, platform = call.data, call.platform
    msgtype = data["msgtype"]
    given = [name for name in _BODIES if name in data]
    if given != [msgtype]:
        raise Refusal(40097, f"invalid args, {msgtype}: exactly this one belongs to msgtype")
    if platform.switches[call.account.appid, NO_CUSTOMER_SERVICE]:
        raise Refusal(48001, "api unauthorized")
    user = person(call, data["touser"])
    for name in ("media_id", "thumb_media_id"):
        if name in data[msgtype] and not _is_kept(call, data[msgtype][name]):
            raise Refusal(40007, "invalid media_id")
    if msgtype == "miniprogrampage" and data[msgtype]["pagepath"].partition("?")[0] not in call.account.pages:
        raise Refusal(40165, "invalid weapp pagepath")
    _use_window(platform, user["id"], call.account.appid)
    _keep(platform, user["id"], call.account.appid, msgtype=msgtype, content=data[msgtype], from_user=False)
    return ok()


def enter(platform: "Platform", user_id: int, *, appid: str, session_from: str) -> None:
    """She opens the conversation, which is told as `user_enter_tempsession`."""
    account = people.mini_program(platform, appid)
    people.present(platform, user_id)
    people.visit(platform, user_id, appid)
    _open_window(platform, user_id, appid, "enter")
    openid = people.openid_of(platform, user_id, appid)
    platform.callbacks.message(account, "user_enter_tempsession", recipient=openid, fields={"SessionFrom": session_from})


def write(platform: "Platform", user_id: int, *, appid: str, msgtype: str, content: dict[str, str]) -> dict[str, Any]:
    """She sends a text (`content`), a picture (`url`) or a page of the mini-program (`title`, `path`); it is pushed to the account."""
    account = people.mini_program(platform, appid)
    people.present(platform, user_id)
    people.visit(platform, user_id, appid)
    _open_window(platform, user_id, appid, "message")
    pushed: dict[str, Any]
    if msgtype == "text":
        pushed = {"Content": content["content"]}
    elif msgtype == "image":
        pushed = {"PicUrl": content["url"], "MediaId": add_media(platform, appid)}
    else:
        pushed = {
            "Title": content["title"], "AppId": appid, "PagePath": content["path"], "ThumbUrl": "",
            "ThumbMediaId": add_media(platform, appid),
        }  # fmt: skip
    message = {"MsgType": msgtype, **pushed, "MsgId": 2**62 + secrets.randbelow(2**61)}
    platform.callbacks.push(account, message, recipient=people.openid_of(platform, user_id, appid))
    _keep(platform, user_id, appid, msgtype=msgtype, content=content, from_user=True)
    return {"MsgId": str(message["MsgId"]), **({"MediaId": pushed["MediaId"]} if "MediaId" in pushed else {})}


def add_media(platform: "Platform", appid: str) -> str:
    """A temporary picture that messages may carry for three days."""
    media_id = crypto.random_text(64)
    platform.store.insert("mini_media", media_id=media_id, appid=appid, added_at=platform.clock.now())
    return media_id


def conversation(platform: "Platform", user_id: int, *, appid: str, limit: int, after: int = 0) -> list[dict[str, Any]]:
    """What she sees when she opens the conversation, newest first; with `after` (an id) what was said before it."""
    people.get(platform, user_id)
    rows = platform.store.all(
        "SELECT * FROM chat_messages WHERE user_id = ? AND appid = ? AND (? = 0 OR id < ?) ORDER BY id DESC LIMIT ?",
        user_id, appid, after, after, limit,
    )  # fmt: skip
    return [
        {
            "id": row["id"], "from_user": bool(row["from_user"]), "msgtype": row["msgtype"], "content": json.loads(row["content"]),
            "at": platform.clock.rfc3339(row["at"]),
        }
        for row in rows
    ]  # fmt: skip


def parse(body: dict[str, Any]) -> tuple[str, dict[str, str]]:
    """What she wants to send: exactly one of `text`, `image` (an address) and `page` (`{title, path}`)."""
    text, image, page = body.get("text"), body.get("image"), body.get("page")
    if sum(one is not None for one in (text, image, page)) == 1:
        if isinstance(text, str) and text:
            return "text", {"content": text}
        if isinstance(image, str) and image:
            return "image", {"url": image}
        if isinstance(page, dict) and all(isinstance(page.get(name), str) for name in ("title", "path")):
            return "miniprogrampage", {"title": page["title"], "path": page["path"]}
    raise NotPossible("须有 text、image（地址）、page（title 与 path）三者之一", status=422)


def _open_window(platform: "Platform", user_id: int, appid: str, kind: str) -> None:
    platform.store.run("INSERT OR REPLACE INTO chat_windows VALUES (?, ?, ?, ?, 0)", appid, user_id, kind, platform.clock.now())


def _use_window(platform: "Platform", user_id: int, appid: str) -> None:
    open_ones = _open_ones(platform, user_id, appid)
    if not open_ones:
        raise Refusal(45015, "response out of time limit or subscription is canceled")
    free = [row for _, row in open_ones if row["used"] < platform.limits[_WINDOWS[row["kind"]][0]]]
    if not free:
        raise Refusal(45047, "out of response count limit")
    platform.store.run(
        "UPDATE chat_windows SET used = used + 1 WHERE appid = ? AND user_id = ? AND kind = ?", appid, user_id, free[0]["kind"]
    )


def _open_ones(platform: "Platform", user_id: int, appid: str) -> list[tuple[float, Row]]:
    """The open windows with their ends, the one that closes first before the other."""
    rows = platform.store.all("SELECT * FROM chat_windows WHERE appid = ? AND user_id = ?", appid, user_id)
    ends = [(row["opened_at"] + platform.limits[_WINDOWS[row["kind"]][1]], row) for row in rows]
    return sorted((one for one in ends if one[0] > platform.clock.now()), key=lambda one: one[0])


def _is_kept(call: Call, media_id: str) -> bool:
    since = call.platform.clock.now() - call.platform.limits[MEDIA_SECONDS]
    found = call.platform.store.value(
        "SELECT count(*) FROM mini_media WHERE media_id = ? AND appid = ? AND added_at > ?", media_id, call.account.appid, since
    )
    return bool(found)


def _keep(platform: "Platform", user_id: int, appid: str, *, msgtype: str, content: dict[str, Any], from_user: bool) -> None:
    platform.store.insert(
        "chat_messages", appid=appid, user_id=user_id, from_user=int(from_user), msgtype=msgtype,
        content=json.dumps(content, ensure_ascii=False), at=platform.clock.now(),
    )  # fmt: skip
