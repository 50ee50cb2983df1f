"""What the platform asks of Tencent: one door per kind of account; `gateway()` gives the real ones, a test may put a fake in their place.

Every endpoint is a call over the network: use it from jobs and stepwise doors, never inside a transaction. Every failure is a
`WechatError`, whose `outcome` says what to do. Where the calls are described: developers.weixin.qq.com, pay.weixin.qq.com/doc/v3,
developer.work.weixin.qq.com.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Protocol, TypeVar

from app.wechat.endpoints import Exchange
from app.wechat.endpoints.mini_program import MiniProgram
from app.wechat.endpoints.mini_program.login import Session
from app.wechat.endpoints.pay import PartnerPay, Pay
from app.wechat.endpoints.pay.refunds import RefundState
from app.wechat.endpoints.pay.transactions import Trade
from app.wechat.endpoints.service_account import ServiceAccount
from app.wechat.endpoints.service_account.users import UserInfo
from app.wechat.endpoints.wecom import WeCom
from app.wechat.endpoints.wecom.messages import CardReceipt
from app.wechat.errors import Outcome, WechatError
from app.wechat.models import WechatAccount

__all__ = [
    "CardReceipt",
    "Gateway",
    "MiniProgram",
    "Outcome",
    "PartnerPay",
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

T = TypeVar("T")


class Gateway(Protocol):
    def mini_program(self, account: WechatAccount) -> MiniProgram: ...
    def service_account(self, account: WechatAccount) -> ServiceAccount: ...
    def wecom(self, account: WechatAccount) -> WeCom: ...
    def pay(self, account: WechatAccount) -> Pay: ...
    def partner_pay(self, account: WechatAccount) -> PartnerPay: ...

    def carry_out_all(self, exchanges: Sequence[Exchange[T]]) -> list[T | WechatError]:
        """Make many prepared calls at once, of whatever accounts; give for each, in their order, its result or its failure."""
        ...


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
