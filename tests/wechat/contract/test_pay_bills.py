"""Bills over HTTP: asked for the next day, fetched and verified, and read by the names of their columns whatever those are."""

from __future__ import annotations

import gzip
import itertools
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from app.wechat.client import Outcome, Trade
from app.wechat.endpoints.pay import bill_rows
from app.wechat.endpoints.pay.bill_rows import BillUnreadable, TradeRow, read_fund_flow_bill, read_trade_bill
from app.wechat.endpoints.pay.bills import BillFile, FundAccount, TradeBillKind
from tests.simulator import Simulator
from tests.wechat.contract.support import NOBODY, Shop, advance, latest, now, number, refused

PLAIN = {"pay_bill_columns": "full", "pay_bill_shuffled": False, "pay_bill_blank_line": False, "pay_bill_hash_over": "plain"}


def next_day(simulator: Simulator, *, hour: int = 10) -> date:
    """Sleep until the morning; gives the day that ended."""
    at = now(simulator)
    until = (at + timedelta(days=1)).replace(hour=hour, minute=0, second=1)
    advance(simulator, seconds=(until - at).total_seconds())
    return at.date()


def rows(shop: Shop, on: date, **asked: Any) -> list[TradeRow]:
    file = shop.door.trade_bill(on, **asked)
    assert file is not None
    return read_trade_bill(shop.door.download_bill(file))


def of(read: list[TradeRow], trade: Trade) -> list[TradeRow]:
    return [row for row in read if row.out_trade_no == trade.out_trade_no]


@pytest.fixture(params=["shop", "dealer_shop"])
def either(request: pytest.FixtureRequest) -> Shop:
    shop: Shop = request.getfixturevalue(request.param)
    return shop


@pytest.fixture
def half_back(either: Shop, simulator: Simulator) -> tuple[Trade, str]:
    """A payment of which a part went back on the same day."""
    at = now(simulator)
    if at.hour >= 23:
        next_day(simulator)
    trade, out_refund_no = either.paid(amount_fen=100_000, description="意向金,S90, 黑色", attach="order=17"), number("REFUND")
    money = {"amount_fen": 40_000, "total_fen": 100_000, "reason": "退一部分", "notify_url": NOBODY}
    either.door.refund(trade.out_trade_no, out_refund_no, **money, **either.whose)
    advance(simulator, minutes=1)
    return trade, out_refund_no


@pytest.fixture
def switches(simulator: Simulator, either: Shop) -> Iterator[Any]:
    """Switch what the merchant's bills look like; afterwards they are plain again."""
    where = f"accounts/{either.door.account.appid}/switches"
    yield lambda **how: simulator.ask(where, **how)
    simulator.ask(where, **PLAIN)


@pytest.mark.parametrize(
    "how",
    [
        PLAIN,
        {"pay_bill_columns": "without_rate_remark"},
        {"pay_bill_columns": "classic", "pay_bill_shuffled": True},
        {"pay_bill_shuffled": True, "pay_bill_blank_line": True},
        {"pay_bill_hash_over": "gzip"},
    ],
    ids=["plain", "without the last column", "old columns shuffled", "shuffled with a blank line", "hash over the packed file"],
)
def test_a_payment_and_its_refund_are_two_rows_however_the_bill_looks(
    either: Shop, half_back: tuple[Trade, str], simulator: Simulator, switches: Any, how: dict[str, Any]
) -> None:
    switches(**how)
    trade, out_refund_no = half_back
    paid, back = of(rows(either, next_day(simulator)), trade)
    assert (paid.state, paid.settled_fen, paid.fee_fen, paid.out_refund_no, paid.refund_fen) == ("SUCCESS", 100_000, 600, None, 0)
    assert (back.state, back.settled_fen, back.refund_fen, back.out_refund_no) == ("REFUND", 0, 40_000, out_refund_no)
    assert back.refund_state == "SUCCESS"
    assert back.fee_fen == -240
    assert (paid.transaction_id, paid.mchid, paid.sub_mchid) == (trade.transaction_id, either.door.account.appid, either.sub_mchid)
    assert trade.paid_at is not None
    assert paid.at == trade.paid_at.replace(microsecond=0)
    assert (paid.extra["商品名称"], paid.extra["商户数据包"], paid.openid) == ("意向金,S90, 黑色", "order=17", either.openid)


def test_kinds_of_bills_have_their_own_rows(either: Shop, half_back: tuple[Trade, str], simulator: Simulator) -> None:
    (trade, out_refund_no), on = half_back, next_day(simulator)
    [paid] = of(rows(either, on, kind=TradeBillKind.payments), trade)
    [back] = of(rows(either, on, kind=TradeBillKind.refunds), trade)
    assert (paid.state, back.out_refund_no) == ("SUCCESS", out_refund_no)
    assert back.extra["退款成功时间"]


def test_a_bill_of_one_dealer_has_no_others_rows(dealer_shop: Shop, simulator: Simulator) -> None:
    [mine, other] = [one["sub_mchid"] for one in dealer_shop.door.account.settings["sub_mchids"]]
    trades = [replace(dealer_shop, sub_mchid=sub_mchid).paid() for sub_mchid in (mine, other)]
    on = next_day(simulator)
    everybody = rows(dealer_shop, on)
    assert all(of(everybody, trade) for trade in trades)
    assert {row.sub_mchid for row in rows(dealer_shop, on, sub_mchid=mine)} == {mine}


def test_every_movement_of_the_money_is_in_the_fund_flow_bill(shop: Shop, simulator: Simulator) -> None:
    trade = shop.paid()
    file = shop.door.fund_flow_bill(next_day(simulator))
    assert file is not None
    told = read_fund_flow_bill(shop.door.download_bill(file))
    assert [row.amount_fen for row in told if row.business_id == trade.transaction_id] == [100_000, -600]
    assert all(one.balance_fen + two.amount_fen == two.balance_fen for one, two in itertools.pairwise(told))
    assert shop.door.fund_flow_bill(now(simulator).date() - timedelta(days=1), account=FundAccount.fees) is None


def test_a_day_without_trade_has_no_bill(shop: Shop, simulator: Simulator) -> None:
    on = next_day(simulator)
    advance(simulator, days=1)
    quiet = on + timedelta(days=1)
    assert shop.door.trade_bill(quiet) is None
    assert shop.door.fund_flow_bill(quiet) is None


def test_before_ten_the_bill_is_asked_for_later(shop: Shop, simulator: Simulator) -> None:
    shop.paid()
    on = next_day(simulator, hour=9)
    with refused("STATEMENT_CREATING", Outcome.retry_later):
        shop.door.trade_bill(on)
    with refused("STATEMENT_CREATING", Outcome.retry_later):
        shop.door.fund_flow_bill(on)


def test_bills_of_today_and_of_long_ago_are_refused(shop: Shop, simulator: Simulator) -> None:
    today = now(simulator).date()
    with refused("PARAM_ERROR", Outcome.permanent_person):
        shop.door.trade_bill(today)
    with refused("INVALID_REQUEST", Outcome.permanent_person):
        shop.door.trade_bill(today - timedelta(days=120))


class TestTheFile:
    @pytest.fixture
    def file(self, shop: Shop, simulator: Simulator) -> BillFile:
        shop.paid()
        told = shop.door.trade_bill(next_day(simulator))
        assert told is not None
        return BillFile(told.sha1, told.address)

    def test_that_is_not_the_announced_one_is_not_believed(self, shop: Shop, file: BillFile) -> None:
        with refused("bill_damaged", Outcome.retry_now):
            shop.door.download_bill(replace(file, sha1="0" * 40))

    def test_is_at_its_address_for_minutes_only(self, shop: Shop, simulator: Simulator, file: BillFile) -> None:
        advance(simulator, minutes=6)
        with refused("INVALID_REQUEST", Outcome.permanent_person):
            shop.door.download_bill(file)

    def test_named_by_tencents_own_address_is_fetched_from_where_all_calls_go(self, shop: Shop, file: BillFile) -> None:
        query = file.address.partition("?")[2]
        at_tencent = replace(file, address=f"https://api.mch.weixin.qq.com/v3/billdownload/file?{query}")
        assert shop.door.download_bill(at_tencent) == shop.door.download_bill(file)

    @pytest.mark.parametrize(
        "address",
        [
            "https://api.mch.weixin.qq.com.example.com/v3/billdownload/file?token=t",
            "https://api.mch.weixin.qq.com@example.com/v3/billdownload/file?token=t",
            "http://api.mch.weixin.qq.com/v3/billdownload/file?token=t",
            "https://api.mch.weixin.qq.com/v3/pay/transactions/jsapi?token=t",
            "https://api.mch.weixin.qq.com/v3/billdownload/../refund/domestic/refunds?token=t",
            "//api.mch.weixin.qq.com/v3/billdownload/file?token=t",
            "file:///v3/billdownload/file?token=t",
            "",
        ],
    )
    def test_is_fetched_from_wechat_pay_and_nowhere_else(self, shop: Shop, simulator: Simulator, address: str) -> None:
        before = latest(simulator)
        with pytest.raises(ValueError, match="address"):
            shop.door.download_bill(BillFile("0" * 40, address))
        assert simulator.look("calls", after=before)["calls"] == []


HEAD = "交易时间,商户号,微信订单号,商户订单号,交易状态,应结订单金额,手续费,货币种类"
ROW = "`2026-11-21 10:00:00,`1900000109,`4200001,`PAY0000001,`SUCCESS,`1000.00,`6.00000,`CNY"
SUMS = "总交易单数,应结订单总金额,退款总金额,手续费总金额"


def bill(*, head: str = HEAD, row: str = ROW, sums: str = SUMS, total: str = "`1,`1000.00,`0.00,`6.00000") -> bytes:
    return f"\ufeff{head}\r\n{row}\r\n{sums}\r\n{total}\r\n".encode()


class TestReading:
    def test_the_needed_columns_are_enough(self) -> None:
        [row] = read_trade_bill(bill())
        assert (row.settled_fen, row.fee_fen, row.amount_fen, row.extra) == (100_000, 600, None, {})
        assert row.at == datetime.fromisoformat("2026-11-21T10:00:00+08:00")

    def test_an_unknown_column_is_kept(self) -> None:
        [row] = read_trade_bill(bill(head=f"新的一列,{HEAD}", row=f"`新的值,{ROW}"))
        assert row.extra == {"新的一列": "新的值"}

    @pytest.mark.parametrize("name", HEAD.split(","))
    def test_a_missing_column_is_named(self, name: str) -> None:
        with pytest.raises(BillUnreadable, match=f"column {name}"):
            read_trade_bill(bill(head=HEAD.replace(name, "别的")))

    @pytest.mark.parametrize("name", ["微信退款单号", "商户退款单号", "退款金额", "退款状态"])
    def test_a_refund_has_its_columns_too(self, name: str) -> None:
        refund = {"微信退款单号": "5030001", "商户退款单号": "REFUND0001", "退款金额": "10.00", "退款状态": "SUCCESS"}
        row, total = ROW.replace("SUCCESS", "REFUND"), "`1,`1000.00,`10.00,`6.00000"

        def with_columns(names: list[str]) -> bytes:
            return bill(head=",".join([HEAD, *names]), row="".join([row, *(f",`{refund[one]}" for one in names)]), total=total)

        [told] = read_trade_bill(with_columns(list(refund)))
        assert (told.refund_id, told.out_refund_no, told.refund_fen, told.refund_state) == ("5030001", "REFUND0001", 1000, "SUCCESS")
        with pytest.raises(BillUnreadable, match=f"column {name}"):
            read_trade_bill(with_columns([one for one in refund if one != name]))

    @pytest.mark.parametrize(
        ("changed", "why"),
        [
            ({"total": "`2,`1000.00,`0.00,`6.00000"}, "总交易单数: the bill says 2, its rows make 1"),
            ({"total": "`1,`999.99,`0.00,`6.00000"}, "应结订单总金额: the bill says 99999, its rows make 100000"),
            ({"total": "`1,`1000.00,`0.01,`6.00000"}, "退款总金额"),
            ({"total": "`1,`1000.00,`0.00,`5.99000"}, "手续费总金额"),
            ({"sums": "总交易单数,别的,退款总金额,手续费总金额"}, "no sum 应结订单总金额"),
            ({"row": ROW + ",`one too many"}, "row 1 has 9 values for 8 columns"),
            ({"row": ROW.replace("1000.00", "1000.001")}, "row 1, 应结订单金额: not a whole number of fen"),
            ({"row": ROW.replace("1000.00", "NaN")}, "row 1, 应结订单金额"),
            ({"row": ROW.replace("1000.00", "一千")}, "row 1, 应结订单金额: not an amount"),
            ({"row": ROW.replace("2026-11-21", "21.11.2026")}, "row 1, 交易时间"),
            ({"total": ""}, "not names, rows, names and sums"),
            ({"row": "no backtick"}, "not names, rows, names and sums"),
        ],
    )
    def test_a_bill_that_contradicts_itself_is_not_read_at_all(self, changed: dict[str, str], why: str) -> None:
        with pytest.raises(BillUnreadable, match=why):
            read_trade_bill(bill(**changed))

    @pytest.mark.parametrize("raw", [b"", b"\xff\xfe", gzip.compress(bill())], ids=["nothing", "no UTF-8", "still packed"])
    def test_what_is_no_bill_is_said_to_be_none(self, raw: bytes) -> None:
        with pytest.raises(BillUnreadable):
            read_trade_bill(raw)

    def test_a_fund_flow_says_in_or_out(self) -> None:
        head = "记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额（元）,账户结余（元）,业务凭证号"
        row = "`2026-11-21 10:00:00,`4200001,`1000001,`退款,`退款,`支出,`400.00,`600.00,`5030001"
        sums, total = "资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额", "`1,`0,`0.00,`1,`400.00"
        [told] = read_fund_flow_bill(bill(head=head, row=row, sums=sums, total=total))
        assert (told.amount_fen, told.balance_fen) == (-40_000, 60_000)
        with pytest.raises(BillUnreadable, match="收支类型"):
            read_fund_flow_bill(bill(head=head, row=row.replace("支出", "不明"), sums=sums, total=total))

    @pytest.mark.parametrize(("yuan", "fen"), [("0.01", 1), ("-0.01", -1), ("1000", 100_000), ("0.60000", 60), ("0.0", 0)])
    def test_yuan_are_fen(self, yuan: str, fen: int) -> None:
        assert bill_rows.fen(yuan) == fen
