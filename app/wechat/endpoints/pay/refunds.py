"""Refunds: ask for one, ask after it, and lead one elsewhere that did not arrive.

pay.weixin.qq.com/doc/v3/merchant/4012556457, 4012552567.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.wechat import pay_keys
from app.wechat.endpoints import Ask, Repeat, get, post
from app.wechat.endpoints.pay.door import PayDoor, moment, number

# WeChat Pay allows 150 a second, and 6 a second of those that it refuses.
_PER_MINUTE = 150 * 60


@dataclass(frozen=True)
class RefundState:
    """A refund as WeChat Pay tells it. `status`: SUCCESS, CLOSED, PROCESSING, ABNORMAL, or NOT_EXIST when there is no such refund.

    `mchid` is there in notifications only, and their amounts carry no currency; in partner mode it is the service provider's, and
    `sub_mchid` the dealer's. `channel`: ORIGINAL, BALANCE, OTHER_BALANCE, OTHER_BANKCARD. `receiver`: the card or purse, in words.
    `paid_back_fen` is what the customer gets, without WeChat's coupons.
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
    sub_mchid: str | None = None
    channel: str | None = None
    receiver: str | None = None
    funds_account: str | None = None
    paid_back_fen: int | None = None

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
            mchid=told.get("mchid") or told.get("sp_mchid"),
            settled_at=moment(told.get("success_time")),
            sub_mchid=told.get("sub_mchid"),
            channel=told.get("channel"),
            receiver=told.get("user_received_account"),
            funds_account=told.get("funds_account"),
            paid_back_fen=amount.get("payer_refund"),
        )


class Refunds(PayDoor):
    """In partner mode each call says whose money it is, `sub_mchid`."""

    @post("/v3/refund/domestic/refunds", repeat=Repeat.keyed, per_minute=_PER_MINUTE)
    def refund(
        self,
        out_trade_no: str | None,
        out_refund_no: str,
        *,
        amount_fen: int,
        total_fen: int,
        reason: str,
        notify_url: str,
        transaction_id: str | None = None,
        from_available: bool = False,
        sub_mchid: str | None = None,
    ) -> Ask[RefundState]:
        """Ask for money to go back; the same `out_refund_no` is the same refund, so repeat with it whatever happened.

        The payment is named by either of its numbers. All of it or a part: at most 50 refunds of one payment, a minute apart, within a
        year, together no more than was paid. `reason` at most 80 characters. `from_available` takes the money from the available balance
        and not from what is not settled yet. Taken is not arrived: see `query_refund` and the notifications.

        Refusals: NOT_ENOUGH, USER_ACCOUNT_ABNORMAL, RESOURCE_NOT_EXISTS, INVALID_REQUEST, REQUEST_BLOCKED, FREQUENCY_LIMITED.
        """
        if (out_trade_no is None) == (transaction_id is None):
            raise ValueError("out_trade_no, transaction_id: one of them")
        body = {
            **self._of(sub_mchid),
            **({"out_trade_no": number(out_trade_no)} if out_trade_no is not None else {"transaction_id": transaction_id}),
            "out_refund_no": number(out_refund_no),
            "reason": reason,
            "notify_url": notify_url,
            **({"funds_account": "AVAILABLE"} if from_available else {}),
            "amount": {"refund": amount_fen, "total": total_fen, "currency": "CNY"},
        }
        return Ask(RefundState.read, body=body)

    @get("/v3/refund/domestic/refunds/{out_refund_no}")
    def query_refund(self, out_refund_no: str, *, sub_mchid: str | None = None) -> Ask[RefundState]:
        """What became of a refund, by our number."""
        unknown = RefundState(out_refund_no=out_refund_no, status="NOT_EXIST")
        path = {"out_refund_no": number(out_refund_no)}
        return Ask(RefundState.read, path=path, query=self._of(sub_mchid), instead={"RESOURCE_NOT_EXISTS": unknown})

    @post("/v3/refund/domestic/refunds/{refund_id}/apply-abnormal-refund", repeat=Repeat.keyed)
    def refund_to_card(
        self, refund_id: str, out_refund_no: str, *, bank_type: str, bank_account: str, real_name: str, sub_mchid: str | None = None
    ) -> Ask[RefundState]:
        """Lead an ABNORMAL refund to another bank card of the customer: `bank_type` like ICBC_DEBIT, the card's number, its owner's name.

        The last two go out sealed, for WeChat Pay only. Refusal: INVALID_REQUEST (the refund is not abnormal).
        """
        serial, (sealed_account, sealed_name) = pay_keys.seal(self.account, bank_account, real_name)
        card = {"bank_type": bank_type, "bank_account": sealed_account, "real_name": sealed_name}
        body = {**self._of(sub_mchid), "out_refund_no": number(out_refund_no), "type": "USER_BANK_CARD", **card}
        return Ask(RefundState.read, body=body, path={"refund_id": number(refund_id)}, headers={pay_keys.SERIAL: serial})

    @post("/v3/refund/domestic/refunds/{refund_id}/apply-abnormal-refund", repeat=Repeat.keyed)
    def refund_to_merchant(self, refund_id: str, out_refund_no: str, *, sub_mchid: str | None = None) -> Ask[RefundState]:
        """Lead an ABNORMAL refund to the merchant's own bank account, who pays the customer by other ways. Refusals: as above."""
        body = {**self._of(sub_mchid), "out_refund_no": number(out_refund_no), "type": "MERCHANT_BANK_CARD"}
        return Ask(RefundState.read, body=body, path={"refund_id": number(refund_id)})
