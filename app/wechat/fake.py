"""Tencent's doors for unit tests: every call is recorded, and can be told to fail, to time out, or what to answer."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, TypeVar

from app.wechat.client import CardReceipt, MiniProgram, PartnerPay, Pay, RefundState, ServiceAccount, Session, Trade, UserInfo, WeCom
from app.wechat.endpoints import Exchange, Ticket
from app.wechat.errors import Outcome, WechatError
from app.wechat.models import WechatAccount

T = TypeVar("T")
_NO_ANSWER = object()
SOME_MOMENT = datetime(2026, 1, 1, tzinfo=UTC)
TIMEOUT = WechatError(Outcome.unknown, "timeout", "no answer")


@dataclass(frozen=True)
class Call:
    """One call: the method's name, the account it was made for, and its arguments by name."""

    endpoint: str
    account: str
    given: dict[str, Any]


class FakeGateway:
    """Stands in for all accounts. `people` maps login codes to sessions, `phones` phone codes to numbers, `users` openids to followers;
    `trades` and `refunds` are what WeChat Pay knows, by our number. `answers` holds what any other endpoint gives, by its method's name:
    a value, or a function of the account and the arguments by name.
    """

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.people: dict[str, Session] = {}
        self.phones: dict[str, str] = {}
        self.users: dict[str, UserInfo] = {}
        self.trades: dict[str, Trade] = {}
        self.refunds: dict[str, RefundState] = {}
        self.answers: dict[str, Any] = {}
        self._failures: list[tuple[str, WechatError, bool]] = []
        self._numbers = itertools.count(1)

    def fail(self, endpoint: str, error: WechatError = TIMEOUT, *, times: int = 1, after_effect: bool = False) -> None:
        """Let the next calls of an endpoint fail; `after_effect` for an answer lost on the way back."""
        self._failures += [(endpoint, error, after_effect)] * times

    def calls_of(self, endpoint: str) -> list[dict[str, Any]]:
        """The arguments of every call of an endpoint, oldest first."""
        return [call.given for call in self.calls if call.endpoint == endpoint]

    def pay_for(self, out_trade_no: str, **told: Any) -> Trade:
        """The customer pays an order that was opened before."""
        number = f"4200{next(self._numbers):024d}"
        paid: dict[str, Any] = {"state": "SUCCESS", "transaction_id": number, "currency": "CNY", "paid_at": SOME_MOMENT}
        self.trades[out_trade_no] = replace(self.trades[out_trade_no], **(paid | told))
        return self.trades[out_trade_no]

    def settle(self, out_refund_no: str, status: str = "SUCCESS") -> RefundState:
        """The money of a refund arrives, or does not."""
        self.refunds[out_refund_no] = replace(self.refunds[out_refund_no], status=status, settled_at=SOME_MOMENT)
        return self.refunds[out_refund_no]

    def mini_program(self, account: WechatAccount) -> MiniProgram:
        return MiniProgram(account, self)

    def service_account(self, account: WechatAccount) -> ServiceAccount:
        return ServiceAccount(account, self)

    def wecom(self, account: WechatAccount) -> WeCom:
        return WeCom(account, self)

    def pay(self, account: WechatAccount) -> Pay:
        return Pay(account, self)

    def partner_pay(self, account: WechatAccount) -> PartnerPay:
        return PartnerPay(account, self)

    def carry_out(self, exchange: Exchange[T]) -> T:
        """Record a call and have its effect, unless it was told to fail."""
        endpoint, told = exchange.endpoint.name.partition(".")[2], exchange.given()
        self.calls.append(Call(endpoint, exchange.account.appid, told))

        def effect() -> Any:
            answer = self.answers.get(endpoint, getattr(self, f"_{endpoint}", _NO_ANSWER))
            if answer is _NO_ANSWER:
                raise AssertionError(f"the fake has no answer for {endpoint}: put one into `answers`")
            return answer(exchange.account, **told) if callable(answer) else answer

        planned = next((failure for failure in self._failures if failure[0] == endpoint), None)
        if planned is None:
            return effect()
        self._failures.remove(planned)
        if planned[2]:
            effect()
        raise planned[1]

    def carry_out_all(self, exchanges: Sequence[Exchange[T]]) -> list[T | WechatError]:
        """One after the other."""
        results: list[T | WechatError] = []
        for exchange in exchanges:
            try:
                results.append(self.carry_out(exchange))
            except WechatError as error:
                results.append(error)
        return results

    def kept(self, exchange: Exchange[Ticket]) -> str:
        """Nothing is kept: every use is a call."""
        return self.carry_out(exchange).value

    def _code_to_session(self, _account: WechatAccount, code: str) -> Session:
        if code not in self.people:
            raise WechatError(Outcome.permanent_person, "40029", "invalid code")
        return self.people.pop(code)

    def _phone_number(self, _account: WechatAccount, code: str, **_given: Any) -> str:
        if code not in self.phones:
            raise WechatError(Outcome.permanent_person, "40029", "invalid code")
        return self.phones.pop(code)

    def _mini_program_code(self, _account: WechatAccount, scene: str, page: str | None, **_given: Any) -> bytes:
        return b"\x89PNG\r\n\x1a\n" + scene.encode() + (page or "").encode()

    def _send_template(self, _account: WechatAccount, **_given: Any) -> str:
        return str(2**61 + next(self._numbers))

    def _user_info(self, _account: WechatAccount, openid: str) -> UserInfo:
        return self.users.get(openid, UserInfo(subscribe=True, unionid=None))

    def _user_infos(self, _account: WechatAccount, openids: Sequence[str]) -> dict[str, UserInfo]:
        return {openid: self.users[openid] for openid in openids}

    def _followers(self, _account: WechatAccount, after: str) -> list[str]:
        openids = [openid for openid, info in self.users.items() if info.subscribe]
        return openids[openids.index(after) + 1 :] if after else openids

    def _send_card(self, _account: WechatAccount, **_given: Any) -> CardReceipt:
        number = next(self._numbers)
        return CardReceipt(msgid=f"msg{number}", response_code=f"response{number}", invalid_userids=())

    _send_text = _send_card

    def _update_card(self, _account: WechatAccount, **_given: Any) -> None:
        return None

    def _prepay(self, account: WechatAccount, out_trade_no: str, amount_fen: int, openid: str, **given: Any) -> str:
        mchid, appid = account.appid, account.linked_appid
        told: dict[str, Any] = {"appid": appid, "mchid": mchid, "openid": openid, "sub_mchid": given.get("sub_mchid")}
        opened = Trade(out_trade_no, "NOTPAY", amount_fen=amount_fen, **told)
        known = self.trades.setdefault(out_trade_no, opened)
        if known.state != "NOTPAY":
            raise WechatError(Outcome.permanent_person, "ORDER_CLOSED" if known.state == "CLOSED" else "ORDERPAID")
        return f"wx{next(self._numbers):034d}"

    def _query(self, _account: WechatAccount, out_trade_no: str, **given: Any) -> Trade:
        return self._whose(self.trades, out_trade_no, given) or Trade(out_trade_no, "NOT_EXIST")

    def _close(self, _account: WechatAccount, out_trade_no: str, **given: Any) -> None:
        known = self._whose(self.trades, out_trade_no, given)
        if known is None:
            raise WechatError(Outcome.permanent_person, "ORDER_NOT_EXIST")
        if known.state not in ("NOTPAY", "CLOSED"):
            raise WechatError(Outcome.permanent_person, "ORDERPAID")
        self.trades[out_trade_no] = replace(known, state="CLOSED")

    def _refund(self, _account: WechatAccount, *, out_trade_no: str, out_refund_no: str, **given: Any) -> RefundState:
        asked = RefundState(out_refund_no, "PROCESSING", amount_fen=given["amount_fen"], total_fen=given["total_fen"], currency="CNY")
        refund_id = f"5030{next(self._numbers):024d}"
        numbered = replace(asked, refund_id=refund_id, out_trade_no=out_trade_no, sub_mchid=given.get("sub_mchid"))
        paid = self.trades.get(out_trade_no)
        if paid is not None and paid.sub_mchid != given.get("sub_mchid"):
            raise WechatError(Outcome.permanent_person, "RESOURCE_NOT_EXISTS", "this dealer was never paid that")
        return self.refunds.setdefault(out_refund_no, numbered)

    def _query_refund(self, _account: WechatAccount, out_refund_no: str, **given: Any) -> RefundState:
        return self._whose(self.refunds, out_refund_no, given) or RefundState(out_refund_no, "NOT_EXIST")

    def _refund_to_card(self, _account: WechatAccount, out_refund_no: str, **given: Any) -> RefundState:
        return self._led_elsewhere(out_refund_no, "其他银行卡", given)

    def _refund_to_merchant(self, _account: WechatAccount, out_refund_no: str, **given: Any) -> RefundState:
        return self._led_elsewhere(out_refund_no, "商户基本账户", given)

    def _led_elsewhere(self, out_refund_no: str, receiver: str, given: dict[str, Any]) -> RefundState:
        known = self._whose(self.refunds, out_refund_no, given)
        if known is None or known.status != "ABNORMAL":
            raise WechatError(Outcome.permanent_person, "INVALID_REQUEST", "not abnormal")
        self.refunds[out_refund_no] = replace(known, status="PROCESSING", receiver=receiver)
        return self.refunds[out_refund_no]

    @staticmethod
    def _whose(kept: dict[str, Any], number: str, given: dict[str, Any]) -> Any:
        """What is kept under a number, if it belongs to whom the caller speaks for."""
        found = kept.get(number)
        return found if found is not None and found.sub_mchid == given.get("sub_mchid") else None
