"""Read the bills of WeChat Pay by the names of their columns: which ones there are and in what order differs by kind, mode and year.

A bill is a row of names, the rows, a row of names for the sums, and the sums; every value has a backtick before it, so that commas in it
do no harm. The exact lists of columns are not verified against the live platform [K]: only those are wanted that the platform needs.
"""

from __future__ import annotations

import functools
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

_MOMENT = len("2026-11-21 10:00:00")
# The columns of both bills that are read here.
_READ = frozenset(
    (
        "交易时间", "商户号", "微信订单号", "商户订单号", "交易状态", "应结订单金额", "手续费", "货币种类", "公众账号ID", "特约商户号",
        "用户标识", "订单金额", "微信退款单号", "商户退款单号", "退款金额", "退款状态", "记账时间", "微信支付业务单号", "资金流水单号",
        "业务名称", "业务类型", "收支类型", "收支金额(元)", "账户结余(元)", "业务凭证号",
    )
)  # fmt: skip
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
    return list(trade_rows(io.BytesIO(text)))


def read_fund_flow_bill(text: bytes) -> list[FlowRow]:
    """The rows of a fund-flow bill, checked against its own sums. Raises `BillUnreadable`."""
    return list(flow_rows(io.BytesIO(text)))


def trade_rows(lines: Iterable[bytes]) -> Iterator[TradeRow]:
    """The rows of a trade bill one after the other, for bills of any length.

    Raises `BillUnreadable`, at the latest after the last row, when the sums are known: until then nothing of it is to be believed.
    """
    count = settled = refunded = fees = 0
    amounts: int | None = None
    bill = _Bill(lines)
    for row in map(_trade_row, bill.rows()):
        count, settled, refunded, fees = count + 1, settled + row.settled_fen, refunded + row.refund_fen, fees + row.fee_fen
        if row.amount_fen is not None:
            amounts = (amounts or 0) + row.amount_fen
        yield row
    bill.check("总交易单数", count, int)
    bill.check("应结订单总金额", settled, fen)
    bill.check("退款总金额", refunded, fen)
    bill.check("手续费总金额", fees, fen)
    if amounts and "订单总金额" in bill.sums:
        bill.check("订单总金额", amounts, fen)


def flow_rows(lines: Iterable[bytes]) -> Iterator[FlowRow]:
    """The rows of a fund-flow bill one after the other. Raises like `trade_rows`."""
    count = came = went = 0
    bill = _Bill(lines)
    for row in map(_flow_row, bill.rows()):
        count, came, went = count + 1, came + max(row.amount_fen, 0), went - min(row.amount_fen, 0)
        yield row
    bill.check("资金流水总笔数", count, int)
    bill.check("收入金额", came, fen)
    bill.check("支出金额", went, fen)


@functools.lru_cache(maxsize=4096)
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
    if len(text) != _MOMENT:
        raise ValueError("not a time of the form 2026-11-21 10:00:00")
    return datetime.fromisoformat(f"{text}+08:00")


class _Row:
    """One row by its columns' names. `columns` and `unread` are the bill's: where each column stands, and which of them nobody reads."""

    __slots__ = ("_columns", "_number", "_unread", "_values")

    def __init__(self, values: list[str], columns: dict[str, int], unread: dict[str, int], number: int) -> None:
        self._values, self._columns, self._unread, self._number = values, columns, unread, number

    def take(self, name: str, read: Callable[[str], Any] = str) -> Any:
        """A value that has to be there."""
        place = self._columns.get(name)
        if place is None:
            raise BillUnreadable(f"the bill has no column {name}")
        try:
            return read(self._values[place].strip())
        except ValueError as error:
            raise BillUnreadable(f"row {self._number}, {name}: {error}") from None

    def maybe(self, name: str, read: Callable[[str], Any] = str) -> Any:
        """A value or None: it may be absent, or empty, or a mere 0 where WeChat Pay has nothing to say."""
        place = self._columns.get(name)
        if place is None or self._values[place] in ("", "0"):
            return None
        return self.take(name, read)

    def rest(self) -> Values:
        return {name: self._values[place].strip() for name, place in self._unread.items()}


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


class _Bill:
    """A bill by its lines: names, rows, names of the sums, and the sums, which are there once all rows were read."""

    def __init__(self, lines: Iterable[bytes]) -> None:
        self._lines = lines
        self.sums: Values = {}

    def rows(self) -> Iterator[_Row]:
        lines = _texts(self._lines)
        names, number = _names(next(lines, "")), 0
        columns = {name: place for place, name in enumerate(names)}
        unread = {name: place for name, place in columns.items() if name not in _READ}
        for number, line in enumerate(lines, 1):
            if not line.startswith("`"):
                break
            yield _Row(_values(names, line, number), columns, unread, number)
        else:
            line = ""
        sums, last = _names(line), list(lines)
        if not names or not sums or len(last) != 1 or not last[0].startswith("`"):
            raise BillUnreadable("the bill is not names, rows, names and sums")
        self.sums = dict(zip(sums, _values(sums, last[0], number), strict=True))

    def check(self, name: str, total: int, read: Callable[[str], int]) -> None:
        """Compare what the rows make with a sum that the bill has to have."""
        if name not in self.sums:
            raise BillUnreadable(f"the bill has no sum {name}")
        try:
            told = read(self.sums[name].strip())
        except ValueError as error:
            raise BillUnreadable(f"sums, {name}: {error}") from None
        if told != total:
            raise BillUnreadable(f"{name}: the bill says {told}, its rows make {total}")


def _texts(lines: Iterable[bytes]) -> Iterator[str]:
    """The lines that are not empty."""
    try:
        for line in lines:
            if text := line.decode().removeprefix("\ufeff").strip():
                yield text
    except UnicodeDecodeError:
        raise BillUnreadable("the bill is not UTF-8") from None


def _names(line: str) -> list[str]:
    """Column names; brackets come in both widths. None where a row stands instead."""
    if not line or line.startswith("`"):
        return []
    return [re.sub(r"\s", "", name).replace("\uff08", "(").replace("\uff09", ")") for name in line.split(",")]


def _values(names: list[str], line: str, number: int) -> list[str]:
    values = line.removeprefix("`").split(",`")
    if len(values) != len(names):
        raise BillUnreadable(f"row {number} has {len(values)} values for {len(names)} columns")
    return values
