"""What the account's messages look like in a person's WeChat: every kind of message ends here."""

import secrets
from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from miniprogram_mock.platform.server import Platform

CHANNEL = "service"


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


def as_kept(content: dict[str, Any]) -> str:
    return orjson.dumps({"title": "", "fields": [], **content}).decode()
