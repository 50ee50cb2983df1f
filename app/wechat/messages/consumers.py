"""What mini-programs and service accounts are told of consumers.

Sources: developers.weixin.qq.com, "订阅消息", "内容安全", "授权用户信息变更", "发货信息管理", "接收事件推送". Not verified against the live
platform: the fields of trade_manage_*.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

from app.wechat.messages.base import Message, Reader
from app.wechat.messages.told import Told


@dataclass(frozen=True)
class SubscribeAnswer:
    """`answer`: accept, reject, or another word of Tencent's."""

    template_id: str
    answer: str
    scene: str


@dataclass(frozen=True, kw_only=True)
class SubscribeAnswered(Message):
    """A person answered the dialog of subscribe messages, or (`place` is "settings", from where only refusals come) took answers back."""

    event: ClassVar[str] = "wechat.subscribe_answered"

    place: str
    answers: tuple[SubscribeAnswer, ...]

    @property
    def facts(self) -> dict[str, Any]:
        return {"place": self.place, "answers": [{"template_id": one.template_id, "answer": one.answer} for one in self.answers]}

    @classmethod
    def popup(cls, told: Told, **common: Any) -> SubscribeAnswered:
        return cls(place="dialog", answers=_answers(_listed(told, "SubscribeMsgPopupEvent")), **common)

    @classmethod
    def change(cls, told: Told, **common: Any) -> SubscribeAnswered:
        return cls(place="settings", answers=_answers(_listed(told, "SubscribeMsgChangeEvent")), **common)


@dataclass(frozen=True)
class SubscribeResult:
    """What became of one subscribe message; `status` is "success" when it arrived."""

    template_id: str
    msgid: str
    code: str
    status: str


@dataclass(frozen=True, kw_only=True)
class SubscribeSent(Message):
    event: ClassVar[str] = "wechat.subscribe_sent"

    results: tuple[SubscribeResult, ...]

    @property
    def facts(self) -> dict[str, Any]:
        return {"results": [vars(one) for one in self.results]}

    @classmethod
    def read(cls, told: Told, **common: Any) -> SubscribeSent:
        results = (
            SubscribeResult(one.text("TemplateId"), one.text("MsgID", "MsgId"), one.text("ErrorCode"), one.text("ErrorStatus"))
            for one in _listed(told, "SubscribeMsgSentEvent")
        )
        return cls(results=tuple(results), **common)


@dataclass(frozen=True, kw_only=True)
class MediaChecked(Message):
    """Whether a picture or a sound may be shown. `suggest`: pass, review, risky; "" when the check itself failed, which `code` says."""

    event: ClassVar[str] = "wechat.media_checked"

    trace_id: str
    suggest: str
    label: int | None
    code: int | None

    @property
    def facts(self) -> dict[str, Any]:
        return {"trace_id": self.trace_id, "suggest": self.suggest, "label": self.label, "code": self.code}

    @classmethod
    def read(cls, told: Told, **common: Any) -> MediaChecked:
        result = told.part("result")
        code = next((one.number("errcode") for one in (told, *told.parts("detail")) if one.number("errcode")), None)
        return cls(trace_id=told.text("trace_id"), suggest=result.text("suggest"), label=result.number("label"), code=code, **common)


class Revoked(StrEnum):
    """What a person may take back that concerns this platform; Tencent's numbers in `AuthorizationRevoked.SCOPES`."""

    profile = "profile"
    phone = "phone"
    location = "location"


@dataclass(frozen=True, kw_only=True)
class _AboutAPerson(Message):
    """`sender` is the person, whom these events name in an element of their own; the envelope's sender is the platform."""

    unionid: str

    @property
    def facts(self) -> dict[str, Any]:
        return {}

    @classmethod
    def _common(cls, told: Told, common: dict[str, Any]) -> dict[str, Any]:
        return {**common, "sender": told.text("OpenID", "openid"), "unionid": told.text("UnionID")}

    @classmethod
    def read(cls, told: Told, **common: Any) -> Message:
        return cls(**cls._common(told, common))


@dataclass(frozen=True, kw_only=True)
class AuthorizationRevoked(_AboutAPerson):
    """She took back what she had let the mini-program know; it has to be deleted."""

    event: ClassVar[str] = "wechat.authorization_revoked"
    SCOPES: ClassVar[dict[str, Revoked]] = {
        "6": Revoked.profile,
        "8": Revoked.phone,
        "13": Revoked.location,
        "18": Revoked.location,
        "19": Revoked.profile,
        "20": Revoked.profile,
    }

    codes: tuple[str, ...]

    @property
    def scopes(self) -> frozenset[Revoked]:
        return frozenset(self.SCOPES[code] for code in self.codes if code in self.SCOPES)

    @property
    def facts(self) -> dict[str, Any]:
        return {"codes": list(self.codes)}

    @classmethod
    def read(cls, told: Told, **common: Any) -> AuthorizationRevoked:
        return cls(codes=told.texts("RevokeInfo"), **cls._common(told, common))


@dataclass(frozen=True, kw_only=True)
class AuthorizationCancelled(_AboutAPerson):
    """She closed her WeChat account; what is known of her has to be deleted or made anonymous."""

    event: ClassVar[str] = "wechat.authorization_cancelled"


@dataclass(frozen=True, kw_only=True)
class ProfileModified(_AboutAPerson):
    """WeChat cleaned up her profile, because something in it is not allowed: her nickname and picture are to be cleaned up here, too."""

    event: ClassVar[str] = "wechat.profile_modified"


@dataclass(frozen=True, kw_only=True)
class TradeMessage(Message):
    """About the shipping of an order, whose money WeChat keeps until then. `sub_mchid` is there in partner mode."""

    transaction_id: str
    out_trade_no: str
    mchid: str
    sub_mchid: str

    @property
    def facts(self) -> dict[str, Any]:
        return {"transaction_id": self.transaction_id, "out_trade_no": self.out_trade_no}

    @classmethod
    def _of_trade(cls, told: Told) -> dict[str, Any]:
        return {
            "transaction_id": told.text("transaction_id"),
            "out_trade_no": told.text("merchant_trade_no"),
            "mchid": told.text("merchant_id"),
            "sub_mchid": told.text("sub_merchant_id"),
        }

    @classmethod
    def read(cls, told: Told, **common: Any) -> TradeMessage:
        return cls(**cls._of_trade(told), **common)


@dataclass(frozen=True, kw_only=True)
class ShippingReminded(TradeMessage):
    """Shipping has to be reported: of one order, or (`name` is trade_manage_remind_access_api, and there is no order) at all."""

    event: ClassVar[str] = "wechat.shipping_reminded"

    @property
    def facts(self) -> dict[str, Any]:
        return {"event": self.name, **super().facts}


@dataclass(frozen=True, kw_only=True)
class TradeSettled(TradeMessage):
    """The money of an order will come (only `expected_at` is known), or has come (`settled_at`)."""

    event: ClassVar[str] = "wechat.trade_settled"

    expected_at: datetime | None
    confirmed_at: datetime | None
    settled_at: datetime | None

    @property
    def facts(self) -> dict[str, Any]:
        return {**super().facts, "settled": self.settled_at is not None}

    @classmethod
    def read(cls, told: Told, **common: Any) -> TradeSettled:
        return cls(
            expected_at=told.moment("estimated_settlement_time"),
            confirmed_at=told.moment("confirm_receive_time"),
            settled_at=told.moment("settlement_time"),
            **cls._of_trade(told),
            **common,
        )


@dataclass(frozen=True, kw_only=True)
class SessionEntered(Message):
    """A person opened the customer-service window: two messages may be sent within a minute. `source` is what the page passed on."""

    source: str

    @classmethod
    def read(cls, told: Told, **common: Any) -> SessionEntered:
        return cls(source=told.text("SessionFrom"), **common)


def _listed(told: Told, nested: str) -> list[Told]:
    """XML nests the list in an element named after the event; JSON has it at the top, and sometimes nested as well."""
    return told.part(nested).parts("List") or told.parts("List")


def _answers(listed: list[Told]) -> tuple[SubscribeAnswer, ...]:
    return tuple(SubscribeAnswer(one.text("TemplateId"), one.text("SubscribeStatusString"), one.text("PopupScene")) for one in listed)


# What both kinds of account may be told.
SHARED: dict[str, Reader] = {
    "subscribe_msg_popup_event": SubscribeAnswered.popup,
    "subscribe_msg_change_event": SubscribeAnswered.change,
    "subscribe_msg_sent_event": SubscribeSent.read,
    "user_authorization_revoke": AuthorizationRevoked.read,
    "user_authorization_cancellation": AuthorizationCancelled.read,
    "user_info_modified": ProfileModified.read,
}
MINI_PROGRAM: dict[str, Reader] = SHARED | {
    "wxa_media_check": MediaChecked.read,
    "trade_manage_remind_access_api": ShippingReminded.read,
    "trade_manage_remind_shipping": ShippingReminded.read,
    "trade_manage_order_settlement": TradeSettled.read,
    "user_enter_tempsession": SessionEntered.read,
}
