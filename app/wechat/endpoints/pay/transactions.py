"""Payments: open, ask after, close; and what the pay sheet takes."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.wechat import pay_keys
from app.wechat.endpoints import Ask, Repeat, get, post
from app.wechat.endpoints.pay.door import PayDoor, moment, number, rfc3339


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
            paid_at=moment(told.get("success_time")),
        )


class Transactions(PayDoor):
    @post("/v3/pay/transactions/jsapi", repeat=Repeat.keyed)
    def prepay(
        self, out_trade_no: str, *, description: str, amount_fen: int, openid: str, expires_at: datetime, notify_url: str
    ) -> Ask[str]:
        """Open an order and give its prepay_id; the same call again gives a fresh one.

        Refusals: ORDERPAID, ORDER_CLOSED, OUT_TRADE_NO_USED.
        """
        body = {
            "appid": self.account.linked_appid,
            "mchid": self.account.appid,
            "description": description,
            "out_trade_no": number(out_trade_no),
            "time_expire": rfc3339(expires_at),
            "notify_url": notify_url,
            "amount": {"total": amount_fen, "currency": "CNY"},
            "payer": {"openid": openid},
        }
        return Ask(lambda told: str(told["prepay_id"]), body=body)

    @get("/v3/pay/transactions/out-trade-no/{out_trade_no}")
    def query(self, out_trade_no: str) -> Ask[Trade]:
        unknown = Trade(out_trade_no=out_trade_no, state="NOT_EXIST", appid=self.account.linked_appid, mchid=self.account.appid)
        path, query = {"out_trade_no": number(out_trade_no)}, {"mchid": self.account.appid}
        return Ask(Trade.read, path=path, query=query, instead={"ORDER_NOT_EXIST": unknown})

    @post("/v3/pay/transactions/out-trade-no/{out_trade_no}/close", repeat=Repeat.harmless)
    def close(self, out_trade_no: str) -> Ask[None]:
        """Close an unpaid order; closing a closed one is fine. Refusals: ORDERPAID (it was paid: query it), ORDER_NOT_EXIST."""
        body, path = {"mchid": self.account.appid}, {"out_trade_no": number(out_trade_no)}
        return Ask(lambda _nothing: None, body=body, path=path, instead={"ORDER_CLOSED": None})

    def payment_params(self, prepay_id: str) -> dict[str, str]:
        """What wx.requestPayment takes, signed now. No network."""
        appid, package = str(self.account.linked_appid), f"prepay_id={prepay_id}"
        timestamp, nonce = pay_keys.timestamp(), uuid.uuid4().hex
        return {
            "appId": appid,
            "timeStamp": timestamp,
            "nonceStr": nonce,
            "package": package,
            "signType": "RSA",
            "paySign": pay_keys.sign(self.account, appid, timestamp, nonce, package),
        }
