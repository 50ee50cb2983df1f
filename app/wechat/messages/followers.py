"""What service accounts are told of their followers (developers.weixin.qq.com, "接收事件推送", "模板消息", "群发")."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar

from app.wechat.messages.base import Message, Reader, bare
from app.wechat.messages.consumers import SHARED
from app.wechat.messages.told import Told

_SCENE = "qrscene_"


@dataclass(frozen=True, kw_only=True)
class Followed(Message):
    """`scene` is that of the code she scanned to follow, if she did."""

    event: ClassVar[str] = "wechat.followed"

    scene: str

    @property
    def facts(self) -> dict[str, Any]:
        return {"scene": self.scene}

    @classmethod
    def read(cls, told: Told, **common: Any) -> Followed:
        key = told.text("EventKey")
        return cls(scene=key.removeprefix(_SCENE) if key.startswith(_SCENE) else "", **common)


@dataclass(frozen=True, kw_only=True)
class Unfollowed(Message):
    event: ClassVar[str] = "wechat.unfollowed"

    @property
    def facts(self) -> dict[str, Any]:
        return {}


@dataclass(frozen=True, kw_only=True)
class Scanned(Message):
    """A follower scanned a code of the service account."""

    event: ClassVar[str] = "wechat.scanned"

    scene: str

    @property
    def facts(self) -> dict[str, Any]:
        return {"scene": self.scene}

    @classmethod
    def read(cls, told: Told, **common: Any) -> Scanned:
        return cls(scene=told.text("EventKey"), **common)


@dataclass(frozen=True, kw_only=True)
class MenuPressed(Message):
    """A button of the menu; `name` is CLICK, VIEW or view_miniprogram, and `key` the button's, an address or a page."""

    event: ClassVar[str] = "wechat.menu_pressed"

    key: str
    menu_id: str

    @property
    def facts(self) -> dict[str, Any]:
        return {"event": self.name, "key": self.key, "menu_id": self.menu_id}

    @classmethod
    def read(cls, told: Told, **common: Any) -> MenuPressed:
        return cls(key=told.text("EventKey"), menu_id=told.text("MenuId", "MenuID"), **common)


@dataclass(frozen=True, kw_only=True)
class LocationReported(Message):
    """Where a follower is, in WGS-84. Where people are is theirs: the recorded event does not say it."""

    latitude: float | None
    longitude: float | None
    precision: float | None

    @classmethod
    def read(cls, told: Told, **common: Any) -> LocationReported:
        return cls(latitude=told.decimal("Latitude"), longitude=told.decimal("Longitude"), precision=told.decimal("Precision"), **common)


class Delivery(StrEnum):
    """What became of a message that WeChat had accepted."""

    success = "success"
    blocked = "blocked"  # the person refuses messages of this account
    limited = "limited"  # too many to this person
    system = "system"
    failed = "failed"  # for a reason nobody has heard of yet


@dataclass(frozen=True, kw_only=True)
class TemplateDelivered(Message):
    """`status` is Tencent's wording; `delivery` what it means, found by how it begins, since the wording varies."""

    event: ClassVar[str] = "wechat.template_delivered"

    msgid: str
    status: str

    @property
    def delivery(self) -> Delivery:
        told = "".join(self.status.lower().split())
        for start, meaning in _STATUSES.items():
            if told.startswith(start):
                return meaning
        return Delivery.failed

    @property
    def facts(self) -> dict[str, Any]:
        return {"msgid": self.msgid, "status": self.status, "delivery": self.delivery.value}

    @classmethod
    def read(cls, told: Told, **common: Any) -> TemplateDelivered:
        return cls(msgid=told.text("MsgID", "MsgId"), status=told.text("Status"), **common)


_STATUSES = {
    "success": Delivery.success,
    "failed:userblock": Delivery.blocked,
    "failed:user": Delivery.blocked,
    "failed:freq": Delivery.limited,
    "failed:system": Delivery.system,
}


@dataclass(frozen=True, kw_only=True)
class MassSent(Message):
    """A message to many is done: how many it was meant for, how many were left after WeChat's filters, and what became of those."""

    event: ClassVar[str] = "wechat.mass_sent"

    msgid: str
    status: str
    total: int | None
    filtered: int | None
    sent: int | None
    failed: int | None

    @property
    def facts(self) -> dict[str, Any]:
        figures = {"total": self.total, "filtered": self.filtered, "sent": self.sent, "failed": self.failed}
        return {"msgid": self.msgid, "status": self.status, **figures}

    @classmethod
    def read(cls, told: Told, **common: Any) -> MassSent:
        return cls(
            msgid=told.text("MsgID", "MsgId"),
            status=told.text("Status"),
            total=told.number("TotalCount"),
            filtered=told.number("FilterCount"),
            sent=told.number("SentCount"),
            failed=told.number("ErrorCount"),
            **common,
        )


SERVICE_ACCOUNT: dict[str, Reader] = SHARED | {
    "subscribe": Followed.read,
    "unsubscribe": bare(Unfollowed),
    "scan": Scanned.read,
    "click": MenuPressed.read,
    "view": MenuPressed.read,
    "view_miniprogram": MenuPressed.read,
    "location": LocationReported.read,
    "templatesendjobfinish": TemplateDelivered.read,
    "masssendjobfinish": MassSent.read,
}
