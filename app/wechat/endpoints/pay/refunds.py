"""Refunds: ask for one, ask after it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.wechat.endpoints import Ask, Repeat, get, post
from app.wechat.endpoints.pay.door import PayDoor, moment, number


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
            settled_at=moment(told.get("success_time")),
        )


class Refunds(PayDoor):
    @post("/v3/refund/domestic/refunds", repeat=Repeat.keyed)
    def refund(
        self, out_trade_no: str, out_refund_no: str, *, amount_fen: int, total_fen: int, reason: str, notify_url: str
    ) -> Ask[RefundState]:
        """Ask for money to go back; the same `out_refund_no` is the same refund, so repeat with it whatever happened."""
        body = {
            "out_trade_no": out_trade_no,
            "out_refund_no": number(out_refund_no),
            "reason": reason,
            "notify_url": notify_url,
            "amount": {"refund": amount_fen, "total": total_fen, "currency": "CNY"},
        }
        return Ask(RefundState.read, body=body)

    @get("/v3/refund/domestic/refunds/{out_refund_no}")
    def query_refund(self, out_refund_no: str) -> Ask[RefundState]:
        unknown = RefundState(out_refund_no=out_refund_no, status="NOT_EXIST")
        return Ask(RefundState.read, path={"out_refund_no": number(out_refund_no)}, instead={"RESOURCE_NOT_EXISTS": unknown})
