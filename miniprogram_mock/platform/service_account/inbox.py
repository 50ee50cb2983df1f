"""The conversation between a service account and a person, as it stands in her WeChat: every kind of message ends here."""

import secrets
from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from miniprogram_mock.platform.server import Platform

CHANNEL, FROM_HER = "service", "service_from_her"


def new_msgid() -> int:
    """A 64-bit number, as Tencent's are."""
    return 2**61 + secrets.randbelow(2**61)


def put(platform: "Platform", appid: str, openid: str, content: dict[str, Any], *, msgid: int, state: str = "delivered") -> None:
    """Put a message into her inbox; with another `state` it is kept, but she never sees it.

    `content` has `kind` (template, notice, one_time, customer, group, preview), `title`, and `fields` (a list of key, label and value).
    """
    platform.store.insert(
        "messages", channel=CHANNEL, account=appid, recipient=openid, msgid=str(msgid), sent_at=platform.clock.now(), state=state,
        content=as_kept(content),
    )  # fmt: skip


def keep_hers(platform: "Platform", appid: str, openid: str, content: dict[str, Any], *, msgid: int) -> None:
    """What she wrote herself; `content` is as it was pushed."""
    platform.store.insert(
        "messages", channel=FROM_HER, account=appid, recipient=openid, msgid=str(msgid), sent_at=platform.clock.now(), state="delivered",
        content=orjson.dumps(content).decode(),
    )  # fmt: skip


def conversation(platform: "Platform", appid: str, openid: str, *, limit: int, before: int) -> list[dict[str, Any]]:
    """Both sides of it, newest first; with `before` (an id) what was said before that."""
    rows = platform.store.all(
        "SELECT * FROM messages WHERE account = ? AND recipient = ? AND channel IN (?, ?) AND state = 'delivered' AND (? = 0 OR id < ?) "
        "ORDER BY id DESC LIMIT ?", appid, openid, CHANNEL, FROM_HER, before, before, limit,
    )  # fmt: skip
    return [
        {
            "id": row["id"], "msgid": row["msgid"], "from_her": row["channel"] == FROM_HER, "at": platform.clock.rfc3339(row["sent_at"]),
            **orjson.loads(row["content"]),
        }
        for row in rows
    ]  # fmt: skip


def as_kept(content: dict[str, Any]) -> str:
    return orjson.dumps({"title": "", "fields": [], **content}).decode()
