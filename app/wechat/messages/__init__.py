"""Every message that Tencent pushes, in one typed form: `read` makes it of the elements, in whichever shape they came.

To add one: a dataclass in the file of its kind of account, its reader in that file's table, and its `event` in the catalogue of events.
"""

from __future__ import annotations

from typing import Any

from app.wechat.messages.base import Message, PersonWrote, Reader, UnknownMessage
from app.wechat.messages.consumers import (
    MINI_PROGRAM,
    AuthorizationCancelled,
    AuthorizationRevoked,
    MediaChecked,
    ProfileModified,
    Revoked,
    SessionEntered,
    ShippingReminded,
    SubscribeAnswer,
    SubscribeAnswered,
    SubscribeResult,
    SubscribeSent,
    TradeSettled,
)
from app.wechat.messages.followers import (
    SERVICE_ACCOUNT,
    Delivery,
    Followed,
    LocationReported,
    MassSent,
    MenuPressed,
    Scanned,
    TemplateDelivered,
    Unfollowed,
)
from app.wechat.messages.told import Told
from app.wechat.messages.wecom import (
    CORP,
    AppEntered,
    CardPressed,
    ContactAdded,
    ContactChanged,
    ContactDeleted,
    DepartmentChanged,
    GroupChanged,
    MemberChanged,
    TagChanged,
)
from app.wechat.models import AccountKind

__all__ = [
    "AppEntered",
    "AuthorizationCancelled",
    "AuthorizationRevoked",
    "CardPressed",
    "ContactAdded",
    "ContactChanged",
    "ContactDeleted",
    "Delivery",
    "DepartmentChanged",
    "Followed",
    "GroupChanged",
    "LocationReported",
    "MassSent",
    "MediaChecked",
    "MemberChanged",
    "MenuPressed",
    "Message",
    "PersonWrote",
    "ProfileModified",
    "Revoked",
    "Scanned",
    "SessionEntered",
    "ShippingReminded",
    "SubscribeAnswer",
    "SubscribeAnswered",
    "SubscribeResult",
    "SubscribeSent",
    "TagChanged",
    "TemplateDelivered",
    "TradeSettled",
    "Unfollowed",
    "UnknownMessage",
    "read",
]

_READERS: dict[str, dict[str, Reader]] = {
    AccountKind.mini_program: MINI_PROGRAM,
    AccountKind.service_account: SERVICE_ACCOUNT,
    AccountKind.corp: CORP,
}
# What people write; "event" is not among them.
_WRITTEN = frozenset({"text", "image", "voice", "video", "shortvideo", "location", "link", "file", "miniprogrampage"})


def read(kind: AccountKind | str, elements: dict[str, Any]) -> Message:
    """The message that these elements are. Never refuses: what nobody knows is an `UnknownMessage`."""
    told = Told(elements)
    # Samples of WeCom for third parties have InfoType and TimeStamp in the place of Event and CreateTime.
    name = told.text("Event", "InfoType")
    common: dict[str, Any] = {"sender": told.text("FromUserName"), "sent_at": told.moment("CreateTime", "TimeStamp")}
    if name:
        reader = _READERS[kind].get(name.lower())
        return reader(told, name=name, **common) if reader else UnknownMessage(name=name, **common)
    written = told.text("MsgType")
    if written in _WRITTEN:
        return PersonWrote.read(told, name=written, **common)
    return UnknownMessage(name=written, **common)
