"""What the platform asks of Tencent: one door per kind of account; `gateway()` gives the real doors, a test may put a fake in their place.

Every method is a call over the network: use them from jobs and stepwise doors, never inside a transaction. Every failure is a
`WechatError`, whose `outcome` says what to do. Where the calls are described: developers.weixin.qq.com, pay.weixin.qq.com/doc/v3,
developer.work.weixin.qq.com.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from app.wechat.errors import Outcome, WechatError
from app.wechat.models import WechatAccount

__all__ = [
    "CardReceipt",
    "Gateway",
    "MiniProgram",
    "Outcome",
    "Pay",
    "RefundState",
    "ServiceAccount",
    "Session",
    "Trade",
    "UserInfo",
    "WeCom",
    "WechatError",
    "gateway",
]


@dataclass(frozen=True)
class Session:
    """What a login code was worth; `unionid` only where the accounts are bound to one open-platform account."""

    openid: str
    unionid: str | None
    session_key: str


@dataclass(frozen=True)
class UserInfo:
    """A person as the service account sees her."""

    subscribe: bool
    unionid: str | None
    subscribed_at: datetime | None = None


@dataclass(frozen=True)
class CardReceipt:
    """That WeCom took a message; `invalid_userids` (lower case) did not get it. `response_code` updates the card once within 72 hours."""

    msgid: str
    response_code: str | None
    invalid_userids: tuple[str, ...]


@dataclass(frozen=True)
class Trade:
    """A payment as WeChat Pay tells it; before it is paid only the first two fields, appid and mchid are there.

    `state`: SUCCESS, REFUND, NOTPAY, CLOSED, REVOKED, USERPAYING, PAYERROR, or NOT_EXIST when there is no such order.
    """

    out_trade_no: str
    state: str
    transaction_id: str | None = None
    amount_fen: int | None = None
    currency: str | None = None
    appid: str | None = None
    mchid: str | None = None
    openid: str | None = None
    paid_at: datetime | None = None

    @classmethod
    def read(cls, told: dict[str, Any]) -> Trade:
        """From a query's answer or a notification's resource; they have the same form."""
        amount = told.get("amount") or {}
        return cls(
            out_trade_no=told["out_trade_no"],
            state=told["trade_state"],
            transaction_id=told.get("transaction_id"),
            amount_fen=amount.get("total"),
            currency=amount.get("currency"),
            appid=told.get("appid"),
            mchid=told.get("mchid"),
            openid=(told.get("payer") or {}).get("openid"),
            paid_at=_moment(told.get("success_time")),
        )


@dataclass(frozen=True)
class RefundState:
    """A refund as WeChat Pay tells it. `status`: SUCCESS, CLOSED, PROCESSING, ABNORMAL, or NOT_EXIST when there is no such refund.

    `mchid` is there in notifications only, and their amounts carry no currency.
    """

    out_refund_no: str
    status: str
    refund_id: str | None = None
    amount_fen: int | None = None
    total_fen: int | None = None
    currency: str | None = None
    out_trade_no: str | None = None
    transaction_id: str | None = None
    mchid: str | None = None
    settled_at: datetime | None = None

    @classmethod
    def read(cls, told: dict[str, Any]) -> RefundState:
        """From an answer or from a notification's resource, which calls the status `refund_status`."""
        amount = told.get("amount") or {}
        return cls(
            out_refund_no=told["out_refund_no"],
            status=told.get("refund_status") or told["status"],
            refund_id=told.get("refund_id"),
            amount_fen=amount.get("refund"),
            total_fen=amount.get("total"),
            currency=amount.get("currency"),
            out_trade_no=told.get("out_trade_no"),
            transaction_id=told.get("transaction_id"),
            mchid=told.get("mchid"),
            settled_at=_moment(told.get("success_time")),
        )


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


class MiniProgram(Protocol):
    def code_to_session(self, code: str) -> Session:
        """Swap a wx.login code, which works once and for five minutes. Refusals: 40029, 40163 (code), 40226 (person blocked)."""
        ...

    def phone_number(self, code: str) -> str:
        """Swap a getPhoneNumber code (not a login code), once and for five minutes, for the number as WeChat writes it. Refusal: 40029."""
        ...

    def mini_program_code(self, scene: str, page: str) -> bytes:
        """The picture (PNG or JPEG) of an unlimited code. `scene` ≤ 32 visible ASCII characters, `page` without a leading slash."""
        ...


class ServiceAccount(Protocol):
    def send_template(self, openid: str, template_id: str, data: dict[str, str], *, client_msg_id: str, page: str | None = None) -> str:
        """Send a template message and give its msgid. The same `client_msg_id` (≤ 32 characters) within ten minutes sends nothing twice.

        `data` is value by key (thing1, amount2, …); `page` opens in the linked mini-program.
        """
        ...

    def user_info(self, openid: str) -> UserInfo: ...

    def user_infos(self, openids: Sequence[str]) -> dict[str, UserInfo]:
        """At most 100 people at once, by openid."""
        ...

    def followers(self, after: str = "") -> list[str]:
        """The openids of up to 10,000 followers after this one, oldest first; none when there are no more. 500 calls a day."""
        ...


class WeCom(Protocol):
    def send_card(self, userids: Sequence[str], card: dict[str, Any], *, duplicate_check_seconds: int = 1800) -> CardReceipt:
        """Send a template card to members. The very same call within `duplicate_check_seconds` (≤ 4 h) gives the first receipt."""
        ...

    def send_text(self, userids: Sequence[str], text: str, *, duplicate_check_seconds: int = 1800) -> CardReceipt: ...

    def update_card(
        self, userids: Sequence[str], response_code: str, *, replace_name: str | None = None, card: dict[str, Any] | None = None
    ) -> None:
        """Grey the buttons out under one text, or replace the whole card. Each response_code works once, for 72 hours."""
        ...


class Pay(Protocol):
    """Direct merchant, public-key mode, JSAPI. Numbers are of [0-9A-Z] only."""

    def prepay(self, out_trade_no: str, *, description: str, amount_fen: int, openid: str, expires_at: datetime, notify_url: str) -> str:
        """Open an order and give its prepay_id; the same call again gives a fresh one.

        Refusals: ORDERPAID, ORDER_CLOSED, OUT_TRADE_NO_USED.
        """
        ...

    def payment_params(self, prepay_id: str) -> dict[str, str]:
        """What wx.requestPayment takes, signed now. No network."""
        ...

    def query(self, out_trade_no: str) -> Trade: ...

    def close(self, out_trade_no: str) -> None:
        """Close an unpaid order; closing a closed one is fine. Refusals: ORDERPAID (it was paid: query it), ORDER_NOT_EXIST."""
        ...

    def refund(
        self, out_trade_no: str, out_refund_no: str, *, amount_fen: int, total_fen: int, reason: str, notify_url: str
    ) -> RefundState:
        """Ask for money to go back; the same `out_refund_no` is the same refund, so repeat with it whatever happened."""
        ...

    def query_refund(self, out_refund_no: str) -> RefundState: ...


class Gateway(Protocol):
    def mini_program(self, account: WechatAccount) -> MiniProgram: ...
    def service_account(self, account: WechatAccount) -> ServiceAccount: ...
    def wecom(self, account: WechatAccount) -> WeCom: ...
    def pay(self, account: WechatAccount) -> Pay: ...


# What a test puts in the place of the real doors.
replacement: Gateway | None = None


def gateway() -> Gateway:
    """The doors of this process."""
    return replacement or _real()


@functools.cache
def _real() -> Gateway:
    # The implementation imports this module for what it implements.
    from app.wechat.http import HttpGateway

    return HttpGateway()
