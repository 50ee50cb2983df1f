"""The real doors to Tencent, over HTTP; the simulator is reached through the same code by other base addresses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from app.wechat.endpoints import Exchange
from app.wechat.endpoints.mini_program import MiniProgram
from app.wechat.endpoints.pay import PartnerPay, Pay
from app.wechat.endpoints.service_account import ServiceAccount
from app.wechat.endpoints.wecom import WeCom
from app.wechat.errors import WechatError
from app.wechat.http import concurrent, pooled, quota, wire
from app.wechat.http.line import HttpLine
from app.wechat.models import WechatAccount

T = TypeVar("T")


class HttpGateway:
    """All accounts over one line."""

    def __init__(self) -> None:
        self._line = HttpLine()

    def mini_program(self, account: WechatAccount) -> MiniProgram:
        return MiniProgram(account, self._line)

    def service_account(self, account: WechatAccount) -> ServiceAccount:
        return ServiceAccount(account, self._line)

    def wecom(self, account: WechatAccount) -> WeCom:
        return WeCom(account, self._line)

    def pay(self, account: WechatAccount) -> Pay:
        return Pay(account, self._line)

    def partner_pay(self, account: WechatAccount) -> PartnerPay:
        return PartnerPay(account, self._line)

    def carry_out_all(self, exchanges: Sequence[Exchange[T]]) -> list[T | WechatError]:
        return self._line.carry_out_all(exchanges)


def forget() -> None:
    """Let the next call read the settings again: base addresses, time-outs, numbers."""
    wire.forget()
    pooled.forget()
    concurrent.forget()
    quota.forget()
