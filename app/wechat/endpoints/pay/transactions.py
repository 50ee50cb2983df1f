"""Payments: open, ask after, close; and what the pay sheet takes. pay.weixin.qq.com/doc/v3/merchant/4012525167, 4012556398."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.wechat import pay_keys
from app.wechat.endpoints import Ask, Repeat, get, post
from app.wechat.endpoints.pay.door import PayDoor, moment, number, rfc3339
from app.wechat.models import WechatAccount


@dataclass(frozen=True)
class Trade:
    """A payment as WeChat Pay tells it; before it is paid only the first two fields, appid and mchid are there.

    `state`: SUCCESS, REFUND, NOTPAY, CLOSED, REVOKED, USERPAYING, PAYERROR, or NOT_EXIST when there is no such order.
    In partner mode `appid`, `mchid` and `openid` are the service provider's (sp_), the dealer's own begin with sub_.
    `amount_fen` is the order's, `paid_fen` what the customer paid of it after WeChat's coupons.
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
    sub_mchid: str | None = None
    sub_appid: str | None = None
    sub_openid: str | None = None
    paid_fen: int | None = None
    attach: str | None = None
    bank_type: str | None = None

    @classmethod
    def read(cls, told: dict[str, Any]) -> Trade:
        """From a query's answer or a notification's resource; they have the same form, for direct merchants and for service providers."""
        amount, payer = told.get("amount") or {}, told.get("payer") or {}
        return cls(
            out_trade_no=told["out_trade_no"],
            state=told["trade_state"],
            transaction_id=told.get("transaction_id"),
            amount_fen=amount.get("total"),
            currency=amount.get("currency"),
            appid=told.get("appid") or told.get("sp_appid"),
            mchid=told.get("mchid") or told.get("sp_mchid"),
            openid=payer.get("openid") or payer.get("sp_openid"),
            paid_at=moment(told.get("success_time")),
            sub_mchid=told.get("sub_mchid"),
            sub_appid=told.get("sub_appid"),
            sub_openid=payer.get("sub_openid"),
            paid_fen=amount.get("payer_total"),
            attach=told.get("attach"),
            bank_type=told.get("bank_type"),
        )


class Transactions(PayDoor):
    @post("/v3/pay/transactions/jsapi", repeat=Repeat.keyed)
    def prepay(
        self,
        out_trade_no: str,
        *,
        description: str,
        amount_fen: int,
        openid: str,
        expires_at: datetime,
        notify_url: str,
        attach: str | None = None,
        goods_tag: str | None = None,
        scene_info: Mapping[str, Any] | None = None,
        profit_sharing: bool = False,
    ) -> Ask[str]:
        """Open an order and give its prepay_id, good for 2 h; the same call again gives a fresh one.

        `openid` is that of the linked mini-program; `description` at most 127 characters, `attach` 128, `goods_tag` 32, `notify_url` 255,
        https and without a query. `expires_at` is the last moment to pay, a minute to 90 days away; nothing closes the order then.
        `scene_info`: payer_client_ip, and perhaps device_id and store_info {id, name, area_code, address}.
        `profit_sharing` freezes the money for up to 30 days, see `Sharing`.

        Refusals: ORDERPAID, ORDER_CLOSED, OUT_TRADE_NO_USED (other parameters before), OPENID_MISMATCH, APPID_MCHID_NOT_MATCH.
        """
        whose = {"appid": self.account.linked_appid, "mchid": self.account.appid, "payer": {"openid": openid}}
        order = order_body(
            out_trade_no,
            description=description,
            amount_fen=amount_fen,
            expires_at=expires_at,
            notify_url=notify_url,
            attach=attach,
            goods_tag=goods_tag,
            scene_info=scene_info,
            profit_sharing=profit_sharing,
        )
        return Ask(prepay_id, body=whose | order)

    @get("/v3/pay/transactions/out-trade-no/{out_trade_no}")
    def query(self, out_trade_no: str) -> Ask[Trade]:
        """What became of an order, by our number."""
        unknown = Trade(out_trade_no=out_trade_no, state="NOT_EXIST", appid=self.account.linked_appid, mchid=self.account.appid)
        path, query = {"out_trade_no": number(out_trade_no)}, {"mchid": self.account.appid}
        return Ask(Trade.read, path=path, query=query, instead={"ORDER_NOT_EXIST": unknown})

    @get("/v3/pay/transactions/id/{transaction_id}")
    def query_by_id(self, transaction_id: str) -> Ask[Trade]:
        """What became of a payment, by WeChat Pay's number. Refusal: ORDER_NOT_EXIST."""
        return Ask(Trade.read, path={"transaction_id": number(transaction_id)}, query={"mchid": self.account.appid})

    @post("/v3/pay/transactions/out-trade-no/{out_trade_no}/close", repeat=Repeat.harmless)
    def close(self, out_trade_no: str) -> Ask[None]:
        """Close an unpaid order; closing a closed one is fine. WeChat Pay advises to wait 5 minutes after it was opened.

        Refusals: ORDERPAID (it was paid: query it), ORDER_NOT_EXIST.
        """
        body, path = {"mchid": self.account.appid}, {"out_trade_no": number(out_trade_no)}
        return Ask(nothing, body=body, path=path, instead={"ORDER_CLOSED": None})

    def payment_params(self, prepay_id: str) -> dict[str, str]:
        """What wx.requestPayment takes, signed now. No network."""
        return pay_sheet(self.account, str(self.account.linked_appid), prepay_id)


def prepay_id(told: dict[str, Any]) -> str:
    """Reads the answer to an order."""
    return str(told["prepay_id"])


def nothing(_told: dict[str, Any]) -> None:
    """Reads an answer without content, 204."""


def order_body(
    out_trade_no: str,
    *,
    description: str,
    amount_fen: int,
    expires_at: datetime,
    notify_url: str,
    attach: str | None,
    goods_tag: str | None,
    scene_info: Mapping[str, Any] | None,
    profit_sharing: bool,
) -> dict[str, Any]:
    """What an order says besides whose it is and who pays."""
    body: dict[str, Any] = {
        "description": description,
        "out_trade_no": number(out_trade_no),
        "time_expire": rfc3339(expires_at),
        "notify_url": notify_url,
        "amount": {"total": amount_fen, "currency": "CNY"},
        "attach": attach,
        "goods_tag": goods_tag,
        "scene_info": scene_info,
        "settle_info": {"profit_sharing": True} if profit_sharing else None,
    }
    return {name: value for name, value in body.items() if value is not None}


def pay_sheet(account: WechatAccount, appid: str, prepay_id: str) -> dict[str, str]:
    """What wx.requestPayment takes in the mini-program `appid`, signed now."""
    timestamp, nonce, package = pay_keys.timestamp(), uuid.uuid4().hex, f"prepay_id={prepay_id}"
    return {
        "appId": appid,
        "timeStamp": timestamp,
        "nonceStr": nonce,
        "package": package,
        "signType": "RSA",
        "paySign": pay_keys.sign(account, appid, timestamp, nonce, package),
    }
