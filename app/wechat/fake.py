"""Tencent's doors for unit tests: every call is recorded, and can be told to fail, to time out, or what to answer."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from app.wechat.client import CardReceipt, RefundState, Session, Trade, UserInfo
from app.wechat.errors import Outcome, WechatError
from app.wechat.models import WechatAccount

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
    `trades` and `refunds` are what WeChat Pay knows, by our number.
    """

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.people: dict[str, Session] = {}
        self.phones: dict[str, str] = {}
        self.users: dict[str, UserInfo] = {}
        self.trades: dict[str, Trade] = {}
        self.refunds: dict[str, RefundState] = {}
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

    def mini_program(self, account: WechatAccount) -> _MiniProgram:
        return _MiniProgram(self, account)

    def service_account(self, account: WechatAccount) -> _ServiceAccount:
        return _ServiceAccount(self, account)

    def wecom(self, account: WechatAccount) -> _WeCom:
        return _WeCom(self, account)

    def pay(self, account: WechatAccount) -> _Pay:
        return _Pay(self, account)

    def number(self) -> int:
        return next(self._numbers)

    def take(self, endpoint: str, account: WechatAccount, given: dict[str, Any], effect: Callable[[], Any]) -> Any:
        """Record a call and have its effect, unless it was told to fail."""
        self.calls.append(Call(endpoint, account.appid, given))
        planned = next((failure for failure in self._failures if failure[0] == endpoint), None)
        if planned is None:
            return effect()
        self._failures.remove(planned)
        if planned[2]:
            effect()
        raise planned[1]


class _Door:
    def __init__(self, fake: FakeGateway, account: WechatAccount) -> None:
        self._fake = fake
        self._account = account

    def _take(self, endpoint: str, effect: Callable[[], Any], **given: Any) -> Any:
        return self._fake.take(endpoint, self._account, given, effect)


class _MiniProgram(_Door):
    def code_to_session(self, code: str) -> Session:
        def swap() -> Session:
            if code not in self._fake.people:
                raise WechatError(Outcome.permanent_person, "40029", "invalid code")
            return self._fake.people.pop(code)

        return self._take("code_to_session", swap, code=code)

    def phone_number(self, code: str) -> str:
        def swap() -> str:
            if code not in self._fake.phones:
                raise WechatError(Outcome.permanent_person, "40029", "invalid code")
            return self._fake.phones.pop(code)

        return self._take("phone_number", swap, code=code)

    def mini_program_code(self, scene: str, page: str) -> bytes:
        return self._take("mini_program_code", lambda: b"\x89PNG\r\n\x1a\n" + scene.encode(), scene=scene, page=page)


class _ServiceAccount(_Door):
    def send_template(self, openid: str, template_id: str, data: dict[str, str], *, client_msg_id: str, page: str | None = None) -> str:
        return self._take(
            "send_template",
            lambda: str(2**61 + self._fake.number()),
            openid=openid,
            template_id=template_id,
            data=data,
            client_msg_id=client_msg_id,
            page=page,
        )

    def user_info(self, openid: str) -> UserInfo:
        return self._take("user_info", lambda: self._fake.users.get(openid, UserInfo(subscribe=True, unionid=None)), openid=openid)

    def user_infos(self, openids: Sequence[str]) -> dict[str, UserInfo]:
        return self._take("user_infos", lambda: {openid: self._fake.users[openid] for openid in openids}, openids=list(openids))

    def followers(self, after: str = "") -> list[str]:
        def listed() -> list[str]:
            openids = [openid for openid, info in self._fake.users.items() if info.subscribe]
            return openids[openids.index(after) + 1 :] if after else openids

        return self._take("followers", listed, after=after)


class _WeCom(_Door):
    def send_card(self, userids: Sequence[str], card: dict[str, Any], *, duplicate_check_seconds: int = 1800) -> CardReceipt:
        return self._take("send_card", self._receipt, userids=list(userids), card=card)

    def send_text(self, userids: Sequence[str], text: str, *, duplicate_check_seconds: int = 1800) -> CardReceipt:
        return self._take("send_text", self._receipt, userids=list(userids), text=text)

    def update_card(
        self, userids: Sequence[str], response_code: str, *, replace_name: str | None = None, card: dict[str, Any] | None = None
    ) -> None:
        self._take("update_card", lambda: None, userids=list(userids), response_code=response_code, replace_name=replace_name, card=card)

    def _receipt(self) -> CardReceipt:
        number = self._fake.number()
        return CardReceipt(msgid=f"msg{number}", response_code=f"response{number}", invalid_userids=())


class _Pay(_Door):
    def prepay(self, out_trade_no: str, *, description: str, amount_fen: int, openid: str, expires_at: datetime, notify_url: str) -> str:
        def open_order() -> str:
            known = self._fake.trades.setdefault(
                out_trade_no,
                Trade(
                    out_trade_no,
                    "NOTPAY",
                    amount_fen=amount_fen,
                    appid=self._account.linked_appid,
                    mchid=self._account.appid,
                    openid=openid,
                ),
            )
            if known.state != "NOTPAY":
                raise WechatError(Outcome.permanent_person, "ORDER_CLOSED" if known.state == "CLOSED" else "ORDERPAID")
            return f"wx{self._fake.number():034d}"

        return self._take(
            "prepay",
            open_order,
            out_trade_no=out_trade_no,
            description=description,
            amount_fen=amount_fen,
            openid=openid,
            expires_at=expires_at,
            notify_url=notify_url,
        )

    def payment_params(self, prepay_id: str) -> dict[str, str]:
        return {
            "appId": str(self._account.linked_appid),
            "timeStamp": "1700000000",
            "nonceStr": "nonce",
            "package": f"prepay_id={prepay_id}",
            "signType": "RSA",
            "paySign": "signed by the fake",
        }

    def query(self, out_trade_no: str) -> Trade:
        return self._take("query", lambda: self._fake.trades.get(out_trade_no, Trade(out_trade_no, "NOT_EXIST")), out_trade_no=out_trade_no)

    def close(self, out_trade_no: str) -> None:
        def shut() -> None:
            known = self._fake.trades.get(out_trade_no)
            if known is None:
                raise WechatError(Outcome.permanent_person, "ORDER_NOT_EXIST")
            if known.state not in ("NOTPAY", "CLOSED"):
                raise WechatError(Outcome.permanent_person, "ORDERPAID")
            self._fake.trades[out_trade_no] = replace(known, state="CLOSED")

        self._take("close", shut, out_trade_no=out_trade_no)

    def refund(
        self, out_trade_no: str, out_refund_no: str, *, amount_fen: int, total_fen: int, reason: str, notify_url: str
    ) -> RefundState:
        def ask() -> RefundState:
            return self._fake.refunds.setdefault(
                out_refund_no,
                RefundState(
                    out_refund_no,
                    "PROCESSING",
                    refund_id=f"5030{self._fake.number():024d}",
                    amount_fen=amount_fen,
                    total_fen=total_fen,
                    currency="CNY",
                    out_trade_no=out_trade_no,
                ),
            )

        return self._take(
            "refund", ask, out_trade_no=out_trade_no, out_refund_no=out_refund_no, amount_fen=amount_fen, total_fen=total_fen, reason=reason
        )

    def query_refund(self, out_refund_no: str) -> RefundState:
        return self._take(
            "query_refund",
            lambda: self._fake.refunds.get(out_refund_no, RefundState(out_refund_no, "NOT_EXIST")),
            out_refund_no=out_refund_no,
        )
