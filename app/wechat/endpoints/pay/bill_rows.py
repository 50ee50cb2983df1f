"""Read the bills of WeChat Pay by the names of their columns: which ones there are and in what order differs by kind, mode and year.

A bill is a row of names, the rows, a row of names for the sums, and the sums; every value has a backtick before it, so that commas in it
do no harm. The exact lists of columns are not verified against the live platform [K]: only those are wanted that the platform needs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from decimal import Decimal, InvalidOperation
from typing import Any

_CHINA = timezone(timedelta(hours=8))
Values = dict[str, str]


class BillUnreadable(ValueError):
    """A bill that is not what it should be: the text says which column or row, and why. Nothing of it is to be believed."""


@dataclass(frozen=True)
class TradeRow:
    """A payment, or with `out_refund_no` a refund of one. Amounts in fen; `fee_fen` is negative where WeChat Pay gives a fee back.

    `settled_fen` is what the merchant gets of the order (应结订单金额), `amount_fen` the order's whole amount where the bill has it.
    `extra` holds the columns that are not read here, by their names.
    """

    at: datetime
    mchid: str
    transaction_id: str
    out_trade_no: str
    state: str
    settled_fen: int
    fee_fen: int
    currency: str
    appid: str | None = None
    sub_mchid: str | None = None
    openid: str | None = None
    amount_fen: int | None = None
    refund_id: str | None = None
    out_refund_no: str | None = None
    refund_fen: int = 0
    refund_state: str | None = None
    extra: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class FlowRow:
    """One movement of an account. `amount_fen` is what came in, or negative what went out; `balance_fen` what was there after it."""

    at: datetime
    business_id: str
    flow_id: str
    business_name: str
    business_kind: str
    amount_fen: int
    balance_fen: int
    voucher: str
    extra: Mapping[str, str] = field(default_factory=dict)


def read_trade_bill(text: bytes) -> list[TradeRow]:
    """The rows of a trade bill of any kind, checked against its own sums. Raises `BillUnreadable`."""
    rows, sums = _split(text)
    read = [_trade_row(_Row(values, number)) for number, values in enumerate(rows, 1)]
    _check(sums, "总交易单数", len(read), int)
    _check(sums, "应结订单总金额", sum(row.settled_fen for row in read), fen)
    _check(sums, "退款总金额", sum(row.refund_fen for row in read), fen)
    _check(sums, "手续费总金额", sum(row.fee_fen for row in read), fen)
    amounts = [row.amount_fen for row in read if row.amount_fen is not None]
    if amounts and "订单总金额" in sums:
        _check(sums, "订单总金额", sum(amounts), fen)
    return read


def read_fund_flow_bill(text: bytes) -> list[FlowRow]:
    """The rows of a fund-flow bill, checked against its own sums. Raises `BillUnreadable`."""
    rows, sums = _split(text)
    read = [_flow_row(_Row(values, number)) for number, values in enumerate(rows, 1)]
    came, went = [row.amount_fen for row in read if row.amount_fen >= 0], [-row.amount_fen for row in read if row.amount_fen < 0]
    _check(sums, "资金流水总笔数", len(read), int)
    _check(sums, "收入金额", sum(came), fen)
    _check(sums, "支出金额", sum(went), fen)
    return read


def fen(yuan: str) -> int:
    """Fen of an amount in yuan, like "-12.30". Raises ValueError where that is no whole number: money is not rounded here."""
    try:
        hundredfold = Decimal(yuan) * 100
    except InvalidOperation:
        raise ValueError("not an amount") from None
    if not hundredfold.is_finite() or hundredfold != int(hundredfold):
        raise ValueError("not a whole number of fen")
    return int(hundredfold)


def moment(text: str) -> datetime:
    """An aware time of China's local "2026-11-21 10:00:00". Raises ValueError."""
    return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=_CHINA)


class _Row:
    """One row by its columns' names; what nobody takes is left over."""

    def __init__(self, values: Values, number: int) -> None:
        self._left = dict(values)
        self._number = number

    def take(self, name: str, read: Callable[[str], Any] = str) -> Any:
        """A value that has to be there."""
        if name not in self._left:
            raise BillUnreadable(f"the bill has no column {name}")
        value = self._left.pop(name)
        try:
            return read(value)
        except ValueError as error:
            raise BillUnreadable(f"row {self._number}, {name}: {error}") from None

    def maybe(self, name: str, read: Callable[[str], Any] = str) -> Any:
        """A value or None: it may be absent, or empty, or a mere 0 where WeChat Pay has nothing to say."""
        if self._left.get(name, "") in ("", "0"):
            self._left.pop(name, None)
            return None
        return self.take(name, read)

    def rest(self) -> Values:
        return self._left


def _trade_row(row: _Row) -> TradeRow:
    state = row.take("交易状态")
    of_refund = row.take if state == "REFUND" else row.maybe
    return TradeRow(
        at=row.take("交易时间", moment),
        mchid=row.take("商户号"),
        transaction_id=row.take("微信订单号"),
        out_trade_no=row.take("商户订单号"),
        state=state,
        settled_fen=row.take("应结订单金额", fen),
        fee_fen=row.take("手续费", fen),
        currency=row.take("货币种类"),
        appid=row.maybe("公众账号ID"),
        sub_mchid=row.maybe("特约商户号"),
        openid=row.maybe("用户标识"),
        amount_fen=row.maybe("订单金额", fen),
        refund_id=of_refund("微信退款单号"),
        out_refund_no=of_refund("商户退款单号"),
        refund_fen=of_refund("退款金额", fen) or 0,
        refund_state=of_refund("退款状态"),
        extra=row.rest(),
    )


def _flow_row(row: _Row) -> FlowRow:
    direction = row.take("收支类型")
    if direction not in ("收入", "支出"):
        raise BillUnreadable(f"收支类型: {direction} is neither in nor out")
    amount = row.take("收支金额(元)", fen)
    return FlowRow(
        at=row.take("记账时间", moment),
        business_id=row.take("微信支付业务单号"),
        flow_id=row.take("资金流水单号"),
        business_name=row.take("业务名称"),
        business_kind=row.take("业务类型"),
        amount_fen=amount if direction == "收入" else -amount,
        balance_fen=row.take("账户结余(元)", fen),
        voucher=row.take("业务凭证号"),
        extra=row.rest(),
    )


def _split(text: bytes) -> tuple[list[Values], Values]:
    """The rows and the sums, by the names of their columns."""
    try:
        lines = [line for line in re.split(r"\r?\n", text.decode("utf-8-sig")) if line.strip()]
    except UnicodeDecodeError:
        raise BillUnreadable("the bill is not UTF-8") from None
    titles = [position for position, line in enumerate(lines) if not line.startswith("`")]
    if len(titles) != 2 or titles[0] != 0 or titles[1] != len(lines) - 2:
        raise BillUnreadable("the bill is not names, rows, names and sums")
    names = _names(lines[0])
    rows = [_values(names, line, number) for number, line in enumerate(lines[1:-2], 1)]
    return rows, _values(_names(lines[-2]), lines[-1], len(rows) + 1)


def _names(line: str) -> list[str]:
    """Column names; brackets come in both widths."""
    return [re.sub(r"\s", "", name).replace("\uff08", "(").replace("\uff09", ")") for name in line.split(",")]


def _values(names: list[str], line: str, number: int) -> Values:
    values = [value.strip() for value in line.removeprefix("`").split(",`")]
    if len(values) != len(names):
        raise BillUnreadable(f"row {number} has {len(values)} values for {len(names)} columns")
    return dict(zip(names, values, strict=True))


def _check(sums: Values, name: str, total: int, read: Callable[[str], int]) -> None:
    if name not in sums:
        raise BillUnreadable(f"the bill has no sum {name}")
    try:
        told = read(sums[name])
    except ValueError as error:
        raise BillUnreadable(f"sums, {name}: {error}") from None
    if told != total:
        raise BillUnreadable(f"{name}: the bill says {told}, its rows make {total}")
