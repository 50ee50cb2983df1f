"""What stands in a bill: UTF-8 with a BOM, a header row, rows whose every value begins with a backtick, a summary (spec 3.7).

Which columns there are is [K], not verified: only those of the bill of all trades are in the contract. So a merchant's switches take
the optional ones away and put the columns in another order; whoever reads a bill goes by the names in its header. A value is written as
it is, also with a comma inside: every comma that divides values is followed by a backtick.
"""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

from miniprogram_mock.platform.clock import CHINA
from miniprogram_mock.platform.pay import balance, refund_course, transactions
from miniprogram_mock.platform.store import Row
from miniprogram_mock.platform.switches import switch
from miniprogram_mock.platform.world import Merchant

if TYPE_CHECKING:
    from miniprogram_mock.platform.server import Platform

Write = Callable[[str], bytes | None]
Line = dict[str, str]

TRADE_BILLS = ("ALL", "SUCCESS", "REFUND")
COLUMNS = switch("pay_bill_columns", "full", "交易账单有多少可选列（3.7 [K]）", choices=("full", "without_rate_remark", "classic"))
SHUFFLED = switch("pay_bill_shuffled", False, "账单各列换一个顺序")
BLANK_LINE = switch("pay_bill_blank_line", False, "账单汇总之前有一个空行（3.7 [K]）")

_WHO = ["交易时间", "公众账号ID", "商户号", "特约商户号", "设备号", "微信订单号", "商户订单号", "用户标识", "交易类型", "交易状态"]
_MONEY = ["付款银行", "货币种类", "应结订单金额", "代金券金额"]
_REFUND = ["微信退款单号", "商户退款单号", "退款金额", "充值券退款金额", "退款类型", "退款状态"]
_GOODS = ["商品名称", "商户数据包", "手续费", "费率"]
_HEADERS = {
    "ALL": [*_WHO, *_MONEY, *_REFUND, *_GOODS, "订单金额", "申请退款金额", "费率备注"],
    "SUCCESS": [*_WHO, *_MONEY, *_GOODS, "订单金额", "费率备注"],
    "REFUND": [*_WHO, *_MONEY, "退款申请时间", "退款成功时间", *_REFUND, *_GOODS, "订单金额", "申请退款金额", "费率备注"],
}
_PARTNER_ONLY = ["特约商户公众账号ID", "用户子标识"]
_LEFT_OUT = {"full": set(), "without_rate_remark": {"费率备注"}, "classic": {"订单金额", "申请退款金额", "费率备注"}}
_TRADE_SUMMARY = ["总交易单数", "应结订单总金额", "退款总金额", "充值券退款总金额", "手续费总金额", "订单总金额", "申请退款总金额"]
_FUND_HEADERS = [
    "记账时间", "微信支付业务单号", "资金流水单号", "业务名称", "业务类型", "收支类型", "收支金额(元)", "账户结余(元)",
    "资金变更提交申请人", "备注", "业务凭证号",
]  # fmt: skip
_FUND_SUMMARY = ["资金流水总笔数", "收入笔数", "收入金额", "支出笔数", "支出金额"]


def trades(platform: "Platform", merchant: Merchant, day: str, *, bill_type: str, sub_mchid: str | None) -> bytes | None:
    """A day's payments and refunds as they stand now, oldest first; None when there were none."""
    lines: list[tuple[float, Line]] = []
    if bill_type in ("ALL", "SUCCESS"):
        paid = "SELECT * FROM payments WHERE mchid = ? AND paid_at >= ? AND paid_at < ?"
        lines += [(row["paid_at"], _paid_line(platform, row)) for row in platform.store.all(paid, merchant.mchid, *_bounds(day))]
    if bill_type in ("ALL", "REFUND"):
        back = "SELECT * FROM refunds WHERE mchid = ? AND created_at >= ? AND created_at < ?"
        lines += [(row["created_at"], _refund_line(platform, row)) for row in platform.store.all(back, merchant.mchid, *_bounds(day))]
    wanted = [line for _, line in sorted(lines, key=lambda one: one[0]) if sub_mchid in (None, line["特约商户号"])]
    if not wanted:
        return None
    headers = [name for name in _HEADERS[bill_type] if name not in _LEFT_OUT[platform.switches[merchant.mchid, COLUMNS]]]
    headers += _PARTNER_ONLY if merchant.sub_merchants else []
    total = {
        "总交易单数": str(len(wanted)), "应结订单总金额": _sum(wanted, "应结订单金额"), "退款总金额": _sum(wanted, "退款金额"),
        "充值券退款总金额": _sum(wanted, "充值券退款金额"), "手续费总金额": _sum(wanted, "手续费", digits=5),
        "订单总金额": _sum(wanted, "订单金额"), "申请退款总金额": _sum(wanted, "申请退款金额"),
    }  # fmt: skip
    return _file(platform, merchant, headers, wanted, summary=_TRADE_SUMMARY, total=total)


def funds(platform: "Platform", merchant: Merchant, day: str, account: str) -> bytes | None:
    """A day's movements of one account of the merchant, in the order of booking; None when there were none."""
    rows = platform.store.all(
        "SELECT * FROM pay_funds WHERE mchid = ? AND account = ? AND at >= ? AND at < ? ORDER BY id", merchant.mchid, account, *_bounds(day)
    )
    if not rows:
        return None
    income, outgo = [row["amount"] for row in rows if row["amount"] > 0], [-row["amount"] for row in rows if row["amount"] < 0]
    total = {
        "资金流水总笔数": str(len(rows)), "收入笔数": str(len(income)), "收入金额": _yuan(sum(income)), "支出笔数": str(len(outgo)),
        "支出金额": _yuan(sum(outgo)),
    }  # fmt: skip
    return _file(platform, merchant, _FUND_HEADERS, [_fund_line(row) for row in rows], summary=_FUND_SUMMARY, total=total)


def _paid_line(platform: "Platform", row: Row) -> Line:
    """A payment as it was on its day, whatever was refunded since."""
    fee = balance.fee(platform, row["total"])
    return {
        **_common(platform, row), "交易时间": _time(row["paid_at"]), "交易状态": "SUCCESS", "应结订单金额": _yuan(row["total"]),
        "订单金额": _yuan(row["total"]), "手续费": _yuan(fee, digits=5),
    }  # fmt: skip


def _refund_line(platform: "Platform", row: Row) -> Line:
    payment = refund_course.payment_of(platform, row)
    fee: int | None = platform.store.value(
        "SELECT amount FROM pay_funds WHERE voucher = ? AND business = ?", row["refund_id"], balance.FEE_BACK
    )
    return {
        **_common(platform, payment), "交易时间": _time(row["created_at"]), "交易状态": "REFUND", "退款申请时间": _time(row["created_at"]),
        "退款成功时间": _time(row["settled_at"]) if row["state"] == "SUCCESS" else "", "微信退款单号": row["refund_id"],
        "商户退款单号": row["out_refund_no"], "退款金额": _yuan(row["amount"]), "申请退款金额": _yuan(row["amount"]),
        "退款类型": "ORIGINAL", "退款状态": {"ABNORMAL": "CHANGE", "CLOSED": "FAIL"}.get(row["state"], row["state"]),
        "手续费": _yuan(-(fee or 0), digits=5),
    }  # fmt: skip


def _common(platform: "Platform", payment: Row) -> Line:
    """What a payment's line and its refunds' lines share; of a refund, the amounts of the order are nought."""
    told, request = transactions.describe(platform, payment), transactions.request_of(payment)
    payer, rate = told["payer"], f"{platform.limits[balance.FEE] / 100:.2f}%"
    nought = dict.fromkeys(("应结订单金额", "代金券金额", "退款金额", "充值券退款金额", "订单金额", "申请退款金额"), "0.00")
    return {
        **nought, "公众账号ID": told.get("sp_appid", payment["appid"]), "商户号": payment["mchid"],
        "特约商户号": told.get("sub_mchid", "0"), "特约商户公众账号ID": told.get("sub_appid", ""),
        "设备号": told.get("scene_info", {}).get("device_id", ""),
        "微信订单号": payment["transaction_id"], "商户订单号": payment["out_trade_no"],
        "用户标识": payer.get("openid", payer.get("sp_openid", "")), "用户子标识": payer.get("sub_openid", ""),
        "交易类型": told["trade_type"], "付款银行": told["bank_type"], "货币种类": "CNY", "商品名称": request["description"],
        "商户数据包": told["attach"], "费率": rate, "微信退款单号": "0", "商户退款单号": "0", "退款类型": "", "退款状态": "",
        "费率备注": "",
    }  # fmt: skip


def _fund_line(row: Row) -> Line:
    return {
        "记账时间": _time(row["at"]), "微信支付业务单号": row["transaction_id"], "资金流水单号": f"1000{row['id']:024}",
        "业务名称": row["business"], "业务类型": row["business"], "收支类型": "收入" if row["amount"] > 0 else "支出",
        "收支金额(元)": _yuan(abs(row["amount"])), "账户结余(元)": _yuan(row["balance"]), "资金变更提交申请人": "system", "备注": "",
        "业务凭证号": row["voucher"],
    }  # fmt: skip


def _file(platform: "Platform", merchant: Merchant, headers: list[str], lines: Iterable[Line], *, summary: list[str], total: Line) -> bytes:
    if platform.switches[merchant.mchid, SHUFFLED]:
        headers = sorted(headers, key=lambda name: sha256(name.encode()).digest())
    rows = [",".join(headers), *(_row(line[name] for name in headers) for line in lines)]
    rows += [""] if platform.switches[merchant.mchid, BLANK_LINE] else []
    rows += [",".join(summary), _row(total[name] for name in summary)]
    return "".join(["\ufeff", *(f"{row}\r\n" for row in rows)]).encode()


def _row(values: Iterable[str]) -> str:
    return ",".join(f"`{value.replace(chr(13), ' ').replace(chr(10), ' ')}" for value in values)


def _bounds(day: str) -> tuple[float, float]:
    """The first moment of a day in China, and of the next."""
    start = datetime.fromisoformat(day).replace(tzinfo=CHINA)
    return start.timestamp(), (start + timedelta(days=1)).timestamp()


def _time(at: float) -> str:
    return datetime.fromtimestamp(at, CHINA).strftime("%Y-%m-%d %H:%M:%S")


def _yuan(fen: int, *, digits: int = 2) -> str:
    sign, whole = "-" if fen < 0 else "", abs(fen)
    return f"{sign}{whole // 100}.{whole % 100:02}" + "0" * (digits - 2)


def _sum(lines: list[Line], column: str, *, digits: int = 2) -> str:
    return _yuan(sum(_fen(line[column]) for line in lines), digits=digits)


def _fen(yuan: str) -> int:
    whole, _, part = yuan.removeprefix("-").partition(".")
    return (int(whole) * 100 + int(part[:2])) * (-1 if yuan.startswith("-") else 1)
