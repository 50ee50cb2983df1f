"""What all messages have in common."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, TypeVar

from app.wechat.messages.told import Told


@dataclass(frozen=True, kw_only=True)
class Message:
    """A message push. `name` is Tencent's: an event's name, or the type of what a person wrote.

    `sender` is an openid at mini-programs and service accounts; at a corp a member's userid, or "sys".
    `event` is the name under which the platform records it.
    """

    event: ClassVar[str] = "wechat.message_received"

    name: str
    sender: str
    sent_at: datetime | None

    @property
    def facts(self) -> dict[str, Any]:
        """What the recorded event says of it: ids and figures, and nothing that names a person; None and "" are left out."""
        return {"event": self.name}


@dataclass(frozen=True, kw_only=True)
class UnknownMessage(Message):
    """One that this platform has no form for: it is kept, and its elements are in the inbox."""


@dataclass(frozen=True, kw_only=True)
class PersonWrote(Message):
    """Somebody wrote to a mini-program's customer service, a service account, or a corp's application. `name` is the kind: text, image …

    It opens the 48 hours in which customer-service messages may be sent.
    """

    message_id: str
    text: str
    media_id: str
    picture_url: str

    @classmethod
    def read(cls, told: Told, **common: Any) -> PersonWrote:
        return cls(
            message_id=told.text("MsgId"),
            text=told.text("Content"),
            media_id=told.text("MediaId"),
            picture_url=told.text("PicUrl"),
            **common,
        )


Some = TypeVar("Some", bound=Message)
# How a message of one name is read: its elements, and `name`, `sender` and `sent_at`.
Reader = Callable[..., Message]


def bare(kind: type[Some]) -> Callable[..., Some]:
    """The reader of a message that says nothing but what all say."""

    def read(_told: Told, **common: Any) -> Some:
        return kind(**common)

    return read
