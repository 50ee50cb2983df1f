"""What was shipped: while WeChat manages the trade of a mini-program, what people paid is frozen until it is told (spec 1.12).

Not verified against the live platform: the codes beside 47001, 268485226 and 268485228, and the fields of an order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from enum import IntEnum
from typing import Any

from app.wechat.endpoints import Ask, Repeat, done, post
from app.wechat.endpoints.mini_program.door import MiniProgramDoor

_CHINA = timezone(timedelta(hours=8))


@dataclass(frozen=True)
class OrderKey:
    """Which payment: by WeChat Pay's number, or by the merchant's and ours. In partner mode `mchid` is the partner's own."""

    transaction_id: str | None = None
    mchid: str | None = None
    out_trade_no: str | None = None

    def __post_init__(self) -> None:
        if (self.transaction_id is None) == (self.mchid is None or self.out_trade_no is None):
            raise ValueError("a payment is named by its transaction_id, or by mchid and out_trade_no")

    def to_ship(self) -> dict[str, Any]:
        if self.transaction_id is not None:
            return {"order_number_type": 2, "transaction_id": self.transaction_id}
        return {"order_number_type": 1, "mchid": self.mchid, "out_trade_no": self.out_trade_no}

    def to_ask(self) -> dict[str, Any]:
        if self.transaction_id is not None:
            return {"transaction_id": self.transaction_id}
        return {"merchant_id": self.mchid, "merchant_trade_no": self.out_trade_no}


class Logistics(IntEnum):
    express = 1
    same_city = 2
    virtual = 3
    picked_up = 4


@dataclass(frozen=True)
class Parcel:
    """`description` ≤ 120 characters (not verified) is all that is needed when nothing is sent by express; `company` is WeChat's code.

    Some companies want a `receiver_phone` or `sender_phone`, of which the last four digits must show.
    """

    description: str
    tracking_no: str | None = None
    company: str | None = None
    receiver_phone: str | None = None
    sender_phone: str | None = None

    def body(self) -> dict[str, Any]:
        contact = {"receiver_contact": self.receiver_phone, "consignor_contact": self.sender_phone}
        fields = {"tracking_no": self.tracking_no, "express_company": self.company, "item_desc": self.description}
        given: dict[str, Any] = {name: value for name, value in fields.items() if value is not None}
        contact = {name: value for name, value in contact.items() if value is not None}
        return given | ({"contact": contact} if contact else {})


class OrderState(IntEnum):
    to_ship = 1
    shipped = 2
    confirmed = 3
    settled = 4
    refunded = 5
    # its money was paid out although nothing was shipped
    released = 6


@dataclass(frozen=True)
class ShippedOrder:
    """A paid order as WeChat sees it. `is_shipped`: all of it; only then may she confirm and the money go on."""

    transaction_id: str
    mchid: str
    out_trade_no: str
    openid: str
    amount_fen: int
    state: OrderState
    paid_at: datetime
    is_shipped: bool
    is_in_complaint: bool


@dataclass(frozen=True)
class ShippedOrders:
    """A page of orders; `after` is what to ask the next page with, None when this was the last."""

    orders: tuple[ShippedOrder, ...]
    after: str | None


class Shipping(MiniProgramDoor):
    @post("/wxa/sec/order/is_trade_managed", repeat=Repeat.harmless)
    def is_trade_managed(self) -> Ask[bool]:
        """Whether WeChat freezes what people pay in this mini-program until it was shipped."""
        return Ask(lambda told: _flag(told["is_trade_managed"]), body={"appid": self.account.appid})

    @post("/wxa/sec/order/is_trade_management_confirmation_completed", repeat=Repeat.harmless)
    def is_trade_confirmed(self) -> Ask[bool]:
        """Whether the operator has confirmed in the console that orders are managed."""
        return Ask(lambda told: _flag(told["completed"]), body={"appid": self.account.appid})

    @post("/wxa/sec/order/upload_shipping_info", repeat=Repeat.keyed)
    def upload_shipping(
        self,
        order: OrderKey,
        openid: str,
        parcels: Sequence[Parcel],
        *,
        logistics: Logistics,
        at: datetime,
        is_all: bool | None = None,
    ) -> Ask[None]:
        """Tell that an order of hers was shipped: at once in one parcel, or with `is_all` (is that all of it?) in several, 15 at the most.

        Told again just so it is done (10060023); otherwise a shipped order may be shipped anew once. Refusals: 10060001 (no such payment),
        10060002, 10060003 (shipped; shipped anew), 10060004 (refunded or confirmed), 10060031 (somebody else's), 268485226 (tracking
        number), 268485228 (one parcel), 47001.
        """
        if not 1 <= len(parcels) <= 15:
            raise ValueError("parcels: 1 to 15")
        body: dict[str, Any] = {
            "order_key": order.to_ship(),
            "logistics_type": int(logistics),
            "delivery_mode": 1 if is_all is None else 2,
            "shipping_list": [parcel.body() for parcel in parcels],
            "upload_time": at.astimezone(_CHINA).isoformat(timespec="milliseconds"),
            "payer": {"openid": openid},
        }
        whole = body if is_all is None else body | {"is_all_delivered": is_all}
        return Ask(done, body=whole, instead={"10060023": None})

    @post("/wxa/sec/order/get_order", repeat=Repeat.harmless)
    def shipped_order(self, order: OrderKey) -> Ask[ShippedOrder | None]:
        """One paid order; None when WeChat knows no such payment (10060001)."""
        return Ask(lambda told: _order(told["order"]), body=order.to_ask(), instead={"10060001": None})

    @post("/wxa/sec/order/get_order_list", repeat=Repeat.harmless)
    def shipped_orders(
        self,
        *,
        state: OrderState | None = None,
        openid: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        after: str | None = None,
        size: int = 100,
    ) -> Ask[ShippedOrders]:
        """A page of at most 100 paid orders, narrowed by state, person and when she paid. Refusals: 10060011 (after), 10060014."""
        between = {"begin_time": since, "end_time": until}
        body: dict[str, Any] = {"page_size": size}
        if times := {name: int(moment.timestamp()) for name, moment in between.items() if moment is not None}:
            body["pay_time_range"] = times
        narrowed = {"order_state": None if state is None else int(state), "openid": openid, "last_index": after}
        return Ask(_orders, body=body | {name: value for name, value in narrowed.items() if value is not None})

    @post("/wxa/sec/order/notify_confirm_receive", repeat=Repeat.keyed)
    def ask_to_confirm(self, order: OrderKey, *, received_at: datetime) -> Ask[None]:
        """Have WeChat ask her, once per order, to confirm an express delivery.

        Refusals: 10060028 (not shipped), 10060029 (time), 10060030 (asked before), 10060032 (no express).
        """
        return Ask(done, body=order.to_ask() | {"received_time": int(received_at.timestamp())})

    @post("/wxa/sec/order/set_msg_jump_path", repeat=Repeat.harmless)
    def set_shipping_page(self, path: str) -> Ask[None]:
        """Where WeChat's own notices about deliveries lead: a page, with a query if wanted. Refusal: 40165."""
        return Ask(done, body={"path": path})

    @post("/wxa/sec/order/opspecialorder", repeat=Repeat.harmless)
    def report_special_order(self, order_id: str, *, delayed_until: datetime | None = None) -> Ask[None]:
        """Report a payment (by WeChat's number or ours) that ships late, as pre-sales do, by 330 days at the most; or with None a test.

        Refusals: 268546000, 268546001 (moment), 268546002 (nothing to ship under this number).
        """
        if delayed_until is None:
            return Ask(done, body={"order_id": order_id, "type": 2})
        return Ask(done, body={"order_id": order_id, "type": 1, "delay_to": int(delayed_until.timestamp())})


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("neither true nor false")
    return value


def _order(told: Mapping[str, Any]) -> ShippedOrder:
    return ShippedOrder(
        transaction_id=told["transaction_id"],
        mchid=told["merchant_id"],
        out_trade_no=told["merchant_trade_no"],
        openid=told["openid"],
        amount_fen=int(told["paid_amount"]),
        state=OrderState(told["order_state"]),
        paid_at=datetime.fromtimestamp(told["pay_time"], UTC),
        is_shipped=bool(told["shipping"].get("finish_shipping")),
        is_in_complaint=bool(told["in_complaint"]),
    )


def _orders(told: dict[str, Any]) -> ShippedOrders:
    orders = tuple(_order(one) for one in told["order_list"])
    return ShippedOrders(orders, str(told["last_index"]) if told["has_more"] else None)
