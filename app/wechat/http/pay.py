"""WeChat Pay's door: APIv3 for one direct merchant, in public-key mode."""

from __future__ import annotations

import json
import re
import time
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any, TypeVar

import requests
from wechatpayv3 import WeChatPay, WeChatPayType

from app.kit.logging import logger
from app.kit.settings import settings
from app.wechat.client import RefundState, Trade
from app.wechat.errors import Outcome, WechatError
from app.wechat.http import outcomes
from app.wechat.http.transport import of_network, timeouts, traced
from app.wechat.models import WechatAccount

log = logger(__name__)

_CHINA = timezone(timedelta(hours=8))
_OK = range(200, 300)
Read = TypeVar("Read")


class PayDoor:
    def __init__(self, account: WechatAccount) -> None:
        self._mchid = account.appid
        self._appid = account.linked_appid
        self._pay = WeChatPay(
            wechatpay_type=WeChatPayType.MINIPROG,
            mchid=account.appid,
            private_key=account.secrets["merchant_private_key"],
            cert_serial_no=account.settings["merchant_serial"],
            appid=account.linked_appid,
            apiv3_key=account.secrets["apiv3_key"],
            public_key=account.settings["public_key"],
            public_key_id=account.settings["public_key_id"],
            timeout=timeouts(),
        )
        self._pay._core._gate_way = settings().wechat_pay_base.rstrip("/")
        # The library would fetch certificates whenever an answer names a serial it does not know; here only the public key counts.
        self._pay._core._update_certificates = lambda: None

    def prepay(self, out_trade_no: str, *, description: str, amount_fen: int, openid: str, expires_at: datetime, notify_url: str) -> str:
        _check(out_trade_no)
        return self._call(
            "prepay",
            lambda: self._pay.pay(
                description=description,
                out_trade_no=out_trade_no,
                amount={"total": amount_fen, "currency": "CNY"},
                payer={"openid": openid},
                time_expire=expires_at.astimezone(_CHINA).isoformat(timespec="seconds"),
                notify_url=notify_url,
            ),
            lambda told: str(told["prepay_id"]),
        )

    def payment_params(self, prepay_id: str) -> dict[str, str]:
        timestamp, nonce, package = str(int(time.time())), uuid.uuid4().hex, f"prepay_id={prepay_id}"
        return {
            "appId": str(self._appid),
            "timeStamp": timestamp,
            "nonceStr": nonce,
            "package": package,
            "signType": "RSA",
            "paySign": self._pay.sign([str(self._appid), timestamp, nonce, package]),
        }

    def query(self, out_trade_no: str) -> Trade:
        _check(out_trade_no)
        try:
            return self._call("query", lambda: self._pay.query(out_trade_no=out_trade_no), Trade.read)
        except WechatError as error:
            if error.code == "ORDER_NOT_EXIST":
                return Trade(out_trade_no=out_trade_no, state="NOT_EXIST", appid=self._appid, mchid=self._mchid)
            raise

    def close(self, out_trade_no: str) -> None:
        _check(out_trade_no)
        try:
            self._call("close", lambda: self._pay.close(out_trade_no), lambda _nothing: None)
        except WechatError as error:
            if error.code != "ORDER_CLOSED":
                raise

    def refund(
        self, out_trade_no: str, out_refund_no: str, *, amount_fen: int, total_fen: int, reason: str, notify_url: str
    ) -> RefundState:
        _check(out_refund_no)
        return self._call(
            "refund",
            lambda: self._pay.refund(
                out_refund_no=out_refund_no,
                out_trade_no=out_trade_no,
                amount={"refund": amount_fen, "total": total_fen, "currency": "CNY"},
                reason=reason,
                notify_url=notify_url,
            ),
            RefundState.read,
        )

    def query_refund(self, out_refund_no: str) -> RefundState:
        _check(out_refund_no)
        try:
            return self._call("query_refund", lambda: self._pay.query_refund(out_refund_no), RefundState.read)
        except WechatError as error:
            if error.code == "RESOURCE_NOT_EXISTS":
                return RefundState(out_refund_no=out_refund_no, status="NOT_EXIST")
            raise

    def _call(self, endpoint: str, send: Callable[[], tuple[int, Any]], read: Callable[[dict[str, Any]], Read]) -> Read:
        """What `read` makes of the answer of a call whose signature holds.

        Errors come unsigned, so they decide nothing but whether to ask again.
        """
        with traced(self._mchid, f"pay/{endpoint}"):
            try:
                status, body = send()
            except requests.RequestException as error:
                raise of_network(error) from None
            except Exception as error:
                # wechatpayv3 raises bare exceptions when an answer's signature, or its very form, does not hold.
                raise WechatError(Outcome.unknown, "answer_refused", str(error)) from None
            told = _json(body)
            if status in _OK:
                try:
                    return read(told)
                except (KeyError, TypeError, ValueError):
                    raise WechatError(Outcome.unknown, "unreadable", "an answer of another form") from None
            if "code" not in told:
                raise outcomes.of_status(status)
            raise outcomes.of_code(told["code"], str(told.get("message", "")))


def _check(number: str) -> None:
    """The library puts numbers into paths as they are, so nothing else may stand in them."""
    if not re.fullmatch(r"[0-9A-Za-z]{6,64}", number):
        raise ValueError("numbers at WeChat Pay are 6 to 64 letters and digits here")


def _json(body: str | bytes) -> dict[str, Any]:
    try:
        told = json.loads(body or "{}")
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}
