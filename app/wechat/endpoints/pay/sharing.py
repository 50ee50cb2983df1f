"""Profit sharing (分账): hand a part of a payment to others. pay.weixin.qq.com/doc/v3/merchant/4014547102.

The order is opened with `profit_sharing`, which freezes its money; sharing starts a minute after the payment at the earliest, in at most
50 rounds of 50 receivers, and whatever is left after 30 days (180 in partner mode) unfreezes by itself. How much of a payment may be
shared is set in WeChat Pay's console (30 % as a rule [K]), so that no whole deposit can be passed on this way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from app.wechat import pay_keys
from app.wechat.endpoints import Ask, Repeat, get, post
from app.wechat.endpoints.pay.door import PayDoor, moment, number

MOST_RECEIVERS = 50


class ReceiverKind(StrEnum):
    merchant = "MERCHANT_ID"
    # by the openid that she has at the mini-program the merchant takes payments for
    person = "PERSONAL_OPENID"


@dataclass(frozen=True)
class Share:
    """A part for one receiver, who was added before. `name` is checked when given, and goes out sealed."""

    kind: ReceiverKind
    account: str
    amount_fen: int
    description: str
    name: str | None = None


@dataclass(frozen=True)
class SharedPart:
    """What became of one part. `result`: PENDING, SUCCESS, CLOSED; the last has a `fail_reason`, and its money is the merchant's again."""

    kind: str
    account: str
    amount_fen: int
    result: str
    fail_reason: str | None
    finished_at: datetime | None

    @classmethod
    def read(cls, told: dict[str, Any]) -> SharedPart:
        return cls(
            kind=told["type"],
            account=told["account"],
            amount_fen=told["amount"],
            result=told["result"],
            fail_reason=told.get("fail_reason"),
            finished_at=moment(told.get("finish_time")),
        )


@dataclass(frozen=True)
class SharingState:
    """One round of sharing. `state`: PROCESSING, FINISHED, or NOT_EXIST when there is no such round."""

    out_order_no: str
    state: str
    order_id: str | None = None
    transaction_id: str | None = None
    parts: tuple[SharedPart, ...] = ()

    @classmethod
    def read(cls, told: dict[str, Any]) -> SharingState:
        parts = tuple(SharedPart.read(part) for part in told.get("receivers") or ())
        return cls(told["out_order_no"], told["state"], told["order_id"], told["transaction_id"], parts)


@dataclass(frozen=True)
class ShareReturn:
    """Money that a receiver gives back. `result`: PROCESSING, SUCCESS, FAILED, or NOT_EXIST when there is no such return."""

    out_return_no: str
    result: str
    return_id: str | None = None
    amount_fen: int | None = None
    return_mchid: str | None = None
    fail_reason: str | None = None
    finished_at: datetime | None = None

    @classmethod
    def read(cls, told: dict[str, Any]) -> ShareReturn:
        return cls(
            out_return_no=told["out_return_no"],
            result=told["result"],
            return_id=told["return_id"],
            amount_fen=told["amount"],
            return_mchid=told["return_mchid"],
            fail_reason=told.get("fail_reason"),
            finished_at=moment(told.get("finish_time")),
        )


class Sharing(PayDoor):
    """In partner mode each call says whose money it is, `sub_mchid`."""

    @post("/v3/profitsharing/receivers/add", repeat=Repeat.harmless)
    def add_receiver(
        self, kind: ReceiverKind, account: str, *, relation: str, name: str | None = None, sub_mchid: str | None = None
    ) -> Ask[None]:
        """Let somebody receive parts; adding again is fine. `relation`: STORE, DISTRIBUTOR, PARTNER, STAFF, HEADQUARTER, BRAND, …

        `name`: of a merchant its full one, which is required; of a person checked when given. Refusals: PARAM_ERROR, INVALID_REQUEST.
        """
        if kind is ReceiverKind.merchant and not name:
            raise ValueError("name: a merchant's full name is required")
        body = {**self._whose(sub_mchid), "type": kind, "account": account, "relation_type": relation}
        if not name:
            return Ask(_account, body=body)
        serial, (sealed,) = pay_keys.seal(self.account, name)
        return Ask(_account, body=body | {"name": sealed}, headers={pay_keys.SERIAL: serial})

    @post("/v3/profitsharing/receivers/delete", repeat=Repeat.harmless)
    def delete_receiver(self, kind: ReceiverKind, account: str, *, sub_mchid: str | None = None) -> Ask[None]:
        """Let somebody receive no more parts."""
        return Ask(_account, body={**self._whose(sub_mchid), "type": kind, "account": account})

    @post("/v3/profitsharing/orders", repeat=Repeat.keyed)
    def share(
        self, transaction_id: str, out_order_no: str, shares: Sequence[Share], *, unfreeze_rest: bool, sub_mchid: str | None = None
    ) -> Ask[SharingState]:
        """Share; the same `out_order_no` is the same round. Taken is not done: see `query_share`. `unfreeze_rest` makes it the last round.

        Refusals: NOT_ENOUGH (more than is frozen), RULE_LIMIT (over the ratio, too many rounds), INVALID_REQUEST (too early, not frozen, no
        such receiver), RESOURCE_NOT_EXISTS.
        """
        if not 1 <= len(shares) <= MOST_RECEIVERS:
            raise ValueError(f"shares: 1 to {MOST_RECEIVERS}")
        names = [share.name for share in shares if share.name]
        serial, sealed = pay_keys.seal(self.account, *names) if names else ("", [])
        left = iter(sealed)
        receivers = [
            {
                "type": share.kind,
                "account": share.account,
                "amount": share.amount_fen,
                "description": share.description,
                **({"name": next(left)} if share.name else {}),
            }
            for share in shares
        ]
        body = {
            **self._whose(sub_mchid),
            "transaction_id": transaction_id,
            "out_order_no": number(out_order_no),
            "receivers": receivers,
            "unfreeze_unsplit": unfreeze_rest,
        }
        return Ask(SharingState.read, body=body, headers={pay_keys.SERIAL: serial} if names else {})

    @get("/v3/profitsharing/orders/{out_order_no}")
    def query_share(self, transaction_id: str, out_order_no: str, *, sub_mchid: str | None = None) -> Ask[SharingState]:
        """What became of a round, part by part."""
        unknown = SharingState(out_order_no=out_order_no, state="NOT_EXIST")
        path, query = {"out_order_no": number(out_order_no)}, {"transaction_id": transaction_id, **self._of(sub_mchid)}
        return Ask(SharingState.read, path=path, query=query, instead={"RESOURCE_NOT_EXISTS": unknown})

    @post("/v3/profitsharing/orders/unfreeze", repeat=Repeat.keyed)
    def unfreeze(self, transaction_id: str, out_order_no: str, description: str, *, sub_mchid: str | None = None) -> Ask[SharingState]:
        """Give what is still frozen to the merchant; nothing of the payment can be shared any more. `out_order_no` as in `share`."""
        body = {"transaction_id": transaction_id, "out_order_no": number(out_order_no), "description": description}
        return Ask(SharingState.read, body=self._of(sub_mchid) | body)

    @post("/v3/profitsharing/return-orders", repeat=Repeat.keyed)
    def return_share(
        self,
        out_order_no: str,
        out_return_no: str,
        *,
        return_mchid: str,
        amount_fen: int,
        description: str,
        sub_mchid: str | None = None,
    ) -> Ask[ShareReturn]:
        """Take back from a receiver, who is a merchant and has allowed it, as before a refund; the same `out_return_no` is the same return.

        At most 20 per receiver of a round, within 180 days. Refusals: NOT_ENOUGH (at the receiver), NO_AUTH, INVALID_REQUEST.
        """
        body = {
            **self._of(sub_mchid),
            "out_order_no": number(out_order_no),
            "out_return_no": number(out_return_no),
            "return_mchid": return_mchid,
            "amount": amount_fen,
            "description": description,
        }
        return Ask(ShareReturn.read, body=body)

    @get("/v3/profitsharing/return-orders/{out_return_no}")
    def query_return(self, out_order_no: str, out_return_no: str, *, sub_mchid: str | None = None) -> Ask[ShareReturn]:
        """What became of a return."""
        unknown = ShareReturn(out_return_no=out_return_no, result="NOT_EXIST")
        path, query = {"out_return_no": number(out_return_no)}, {"out_order_no": number(out_order_no), **self._of(sub_mchid)}
        return Ask(ShareReturn.read, path=path, query=query, instead={"RESOURCE_NOT_EXISTS": unknown})

    @get("/v3/profitsharing/transactions/{transaction_id}/amounts")
    def unshared(self, transaction_id: str) -> Ask[int]:
        """How much of a payment is still frozen for sharing, in fen."""
        return Ask(lambda told: int(told["unsplit_amount"]), path={"transaction_id": number(transaction_id)})

    def _whose(self, sub_mchid: str | None) -> dict[str, Any]:
        return {**self._of(sub_mchid), "appid": self.account.linked_appid}


def _account(told: dict[str, Any]) -> None:
    """Reads an answer that repeats the receiver."""
    if not told["account"]:
        raise ValueError("no receiver")
