"""Payments of a service provider for its sub-merchants: each dealer's money goes straight to the dealer.

pay.weixin.qq.com/doc/v3/partner/4012523579. Whose money it is, is the first thing that every call says.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from app.wechat.endpoints import Ask, Repeat, get, post
from app.wechat.endpoints.pay.door import PayDoor, number
from app.wechat.endpoints.pay.transactions import Trade, nothing, order_body, pay_sheet, prepay_id


class PartnerTransactions(PayDoor):
    door = "partner_pay"

    @post("/v3/pay/partner/transactions/jsapi", repeat=Repeat.keyed)
    def prepay(
        self,
        sub_mchid: str,
        out_trade_no: str,
        *,
        description: str,
        amount_fen: int,
        openid: str,
        expires_at: datetime,
        notify_url: str,
        sub_appid: str | None = None,
        attach: str | None = None,
        goods_tag: str | None = None,
        scene_info: Mapping[str, Any] | None = None,
        profit_sharing: bool = False,
    ) -> Ask[str]:
        """As `Transactions.prepay`. `openid` is that of the service provider's mini-program, or with `sub_appid` of the dealer's own.

        Further refusals: NO_AUTH (the dealer is not bound to the service provider).
        """
        payer = {"sub_openid": openid} if sub_appid else {"sp_openid": openid}
        whose = {"sp_appid": self.account.linked_appid, **self._both(sub_mchid), "payer": payer}
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
        return Ask(prepay_id, body=whose | ({"sub_appid": sub_appid} if sub_appid else {}) | order)

    @get("/v3/pay/partner/transactions/out-trade-no/{out_trade_no}")
    def query(self, sub_mchid: str, out_trade_no: str) -> Ask[Trade]:
        """What became of an order, by our number."""
        sp_appid, sp_mchid = self.account.linked_appid, self.account.appid
        unknown = Trade(out_trade_no=out_trade_no, state="NOT_EXIST", appid=sp_appid, mchid=sp_mchid, sub_mchid=sub_mchid)
        path = {"out_trade_no": number(out_trade_no)}
        return Ask(Trade.read, path=path, query=self._both(sub_mchid), instead={"ORDER_NOT_EXIST": unknown})

    @get("/v3/pay/partner/transactions/id/{transaction_id}")
    def query_by_id(self, sub_mchid: str, transaction_id: str) -> Ask[Trade]:
        """What became of a payment, by WeChat Pay's number. Refusal: ORDER_NOT_EXIST."""
        return Ask(Trade.read, path={"transaction_id": number(transaction_id)}, query=self._both(sub_mchid))

    @post("/v3/pay/partner/transactions/out-trade-no/{out_trade_no}/close", repeat=Repeat.harmless)
    def close(self, sub_mchid: str, out_trade_no: str) -> Ask[None]:
        """As `Transactions.close`."""
        path = {"out_trade_no": number(out_trade_no)}
        return Ask(nothing, body=self._both(sub_mchid), path=path, instead={"ORDER_CLOSED": None})

    def payment_params(self, prepay_id: str, *, sub_appid: str | None = None) -> dict[str, str]:
        """What wx.requestPayment takes, signed now; `sub_appid` as it was in the order. No network."""
        return pay_sheet(self.account, sub_appid or str(self.account.linked_appid), prepay_id)

    def _both(self, sub_mchid: str) -> dict[str, str]:
        return {"sp_mchid": self.account.appid, **self._of(sub_mchid)}


class PartnerRatio(PayDoor):
    door = "partner_pay"

    @get("/v3/profitsharing/merchant-configs/{sub_mchid}")
    def largest_share(self, sub_mchid: str) -> Ask[int]:
        """How much of a dealer's payment may be shared, in hundredths of a per cent: 3000 are 30 %. Only service providers may ask."""
        return Ask(lambda told: int(told["max_ratio"]), path=self._of(sub_mchid))
