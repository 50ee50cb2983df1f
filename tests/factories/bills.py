"""WeChat Pay's books of a merchant: what it says in its bills, and the same in our own tables."""

from __future__ import annotations

import gzip
import itertools
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from app.dealers.models import Role
from app.kit import clock
from app.orders.models import Order, OrderStatus
from app.payments.models import Account, LedgerEntry, LedgerLine, PaymentAttempt, PaymentIntent, Refund
from app.wechat.endpoints.pay.bills import BillFile
from app.wechat.errors import Outcome, WechatError
from app.wechat.fake import FakeGateway
from app.wechat.models import WechatAccount
from tests.factories import dealers
from tests.factories import orders as make

CHINA = ZoneInfo("Asia/Shanghai")
TRADE_NAMES = (
    "交易时间", "公众账号ID", "商户号", "特约商户号", "微信订单号", "商户订单号", "用户标识", "交易状态", "货币种类", "应结订单金额",
    "微信退款单号", "商户退款单号", "退款金额", "退款状态", "手续费", "订单金额",
)  # fmt: skip
FLOW_NAMES = (
    "记账时间", "微信支付业务单号", "资金流水单号", "业务名称", "业务类型", "收支类型", "收支金额(元)", "账户结余(元)", "业务凭证号",
)  # fmt: skip
_FILE = "https://api.mch.weixin.qq.com/v3/billdownload/file"
_count = itertools.count(1)


def yuan(fen: int) -> str:
    return f"{'-' if fen < 0 else ''}{abs(fen) // 100}.{abs(fen) % 100:02}"


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=CHINA)


def fee(amount_fen: int) -> int:
    return (amount_fen * 60 + 5000) // 10_000


@dataclass
class Line:
    """A payment, or with `out_refund_no` a refund of one, as a trade bill tells it."""

    at: datetime
    transaction_id: str
    out_trade_no: str
    amount_fen: int
    refund_id: str | None = None
    out_refund_no: str | None = None
    state: str = "SUCCESS"
    sub_mchid: str | None = None
    currency: str = "CNY"
    fee_fen: int | None = None

    @property
    def fee(self) -> int:
        return self.fee_fen if self.fee_fen is not None else fee(self.amount_fen) * (-1 if self.refund_id else 1)

    def values(self, mchid: str) -> dict[str, str]:
        is_refund = self.refund_id is not None
        return {
            "交易时间": self.at.astimezone(CHINA).strftime("%Y-%m-%d %H:%M:%S"),
            "公众账号ID": "wx0",
            "商户号": mchid,
            "特约商户号": self.sub_mchid or "0",
            "微信订单号": self.transaction_id,
            "商户订单号": self.out_trade_no,
            "用户标识": "o0",
            "交易状态": "REFUND" if is_refund else self.state,
            "货币种类": self.currency,
            "应结订单金额": yuan(0 if is_refund else self.amount_fen),
            "微信退款单号": self.refund_id or "0",
            "商户退款单号": self.out_refund_no or "0",
            "退款金额": yuan(self.amount_fen if is_refund else 0),
            "退款状态": self.state if is_refund else "",
            "手续费": yuan(self.fee),
            "订单金额": yuan(0 if is_refund else self.amount_fen),
        }


@dataclass
class Flow:
    """A movement of the merchant's account."""

    at: datetime
    business_id: str
    name: str
    amount_fen: int
    voucher: str = ""
    number: str = field(default_factory=lambda: f"1000{next(_count):024}")


def trade_bill(lines: Sequence[Line], mchid: str = "1900000109", *, names: Sequence[str] = TRADE_NAMES) -> bytes:
    """The text of a trade bill with these columns."""
    told = [line.values(mchid) for line in lines]
    sums = {
        "总交易单数": str(len(lines)),
        "应结订单总金额": yuan(sum(line.amount_fen for line in lines if not line.refund_id)),
        "退款总金额": yuan(sum(line.amount_fen for line in lines if line.refund_id)),
        "手续费总金额": yuan(sum(line.fee for line in lines)),
    }
    return _text(names, ([one[name] for name in names] for one in told), sums)


def flow_bill(flows: Sequence[Flow]) -> bytes:
    came = [flow.amount_fen for flow in flows if flow.amount_fen > 0]
    went = [-flow.amount_fen for flow in flows if flow.amount_fen < 0]
    rows = (
        [
            flow.at.astimezone(CHINA).strftime("%Y-%m-%d %H:%M:%S"),
            flow.business_id,
            flow.number,
            flow.name,
            flow.name,
            "收入" if flow.amount_fen > 0 else "支出",
            yuan(abs(flow.amount_fen)),
            "0.00",
            flow.voucher,
        ]
        for flow in flows
    )
    return _text(FLOW_NAMES, rows, {"资金流水总笔数": str(len(flows)), "收入金额": yuan(sum(came)), "支出金额": yuan(sum(went))})


def _text(names: Sequence[str], rows: Iterable[Sequence[str]], sums: dict[str, str]) -> bytes:
    lines = [names, *([f"`{value}" for value in row] for row in rows), sums.keys(), [f"`{value}" for value in sums.values()]]
    return ("\ufeff" + "".join(",".join(line) + "\r\n" for line in lines)).encode()


def flows_of(line: Line) -> list[Flow]:
    """What a trade moves: a sub-merchant's money moves elsewhere, and what has not gone back moves nothing."""
    if line.sub_mchid is not None or line.state != "SUCCESS":
        return []
    sign, names = (-1, ("退款", "退还交易手续费")) if line.refund_id else (1, ("交易", "扣除交易手续费"))
    voucher = line.refund_id or line.out_trade_no
    moved = ((names[0], sign * line.amount_fen), (names[1], -line.fee))
    return [Flow(line.at, line.transaction_id, name, fen, voucher) for name, fen in moved if fen]


@dataclass
class Books:
    """WeChat Pay's side: `lines` and `flows` by day; the fake answers with them. `names` are the columns of its trade bills."""

    wechat: FakeGateway
    lines: dict[date, list[Line]] = field(default_factory=dict)
    flows: dict[date, list[Flow]] = field(default_factory=dict)
    names: Sequence[str] = TRADE_NAMES
    creating: bool = False

    def __post_init__(self) -> None:
        self.wechat.answers |= {
            "trade_bill": lambda _merchant, on, **_: self._told(on, "trade", self.lines),
            "fund_flow_bill": lambda _merchant, on, **_: self._told(on, "flow", self.flows),
            "download_bill": lambda merchant, file, **_: self._content(merchant, file),
        }

    def add(self, line: Line, *flows: Flow, day: date | None = None) -> Line:
        """WeChat Pay has this trade in the bill of its day, with its movements unless others are given."""
        on = day or line.at.astimezone(CHINA).date()
        self.lines.setdefault(on, []).append(line)
        self.flows.setdefault(on, []).extend(flows or flows_of(line))
        return line

    def _told(self, on: date, kind: str, days: dict[date, Any]) -> BillFile | None:
        if self.creating:
            raise WechatError(Outcome.retry_later, "STATEMENT_CREATING")
        return BillFile("0" * 40, f"{_FILE}?{kind}={on}") if days.get(on) else None

    def _content(self, merchant: WechatAccount, file: BillFile) -> bytes:
        kind, _, day = file.address.partition("?")[2].partition("=")
        on = date.fromisoformat(day)
        return gzip.compress(trade_bill(self.lines[on], merchant.appid, names=self.names) if kind == "trade" else flow_bill(self.flows[on]))


def pay(
    session: Session,
    market: make.Market,
    *,
    at: datetime,
    amount_fen: int = 100_000,
    status: str = OrderStatus.paid,
    sub_mchid: str | None = None,
    booked: bool = True,
) -> Line:
    """An order whose deposit was paid at this time, in our tables; gives the line that WeChat Pay's bill has of it."""
    number = next(_count)
    transaction_id, out_trade_no = f"4200{number:024}", f"T{number:031}"
    customer = make.buyer(session, market)
    intent = PaymentIntent(
        brand_id=market.brand.id,
        customer_id=customer.id,
        subject_type="order",
        subject_id=f"{number}",
        amount_fen=amount_fen,
        description="意向金",
        payee_account_id=market.merchant.id,
        sub_mchid=sub_mchid,
        status="paid" if booked else "closed",
        expires_at=at,
    )
    session.add(intent)
    session.flush()
    attempt = PaymentAttempt(
        brand_id=market.brand.id,
        intent_id=intent.id,
        account_id=market.merchant.id,
        sub_mchid=sub_mchid,
        out_trade_no=out_trade_no,
        amount_fen=amount_fen,
        currency="CNY",
        appid=market.mini.appid,
        mchid=market.merchant.appid,
        status="succeeded" if booked else "closed",
        transaction_id=transaction_id if booked else None,
        expires_at=at,
        due_at=at,
        paid_at=at if booked else None,
        certain_at=at,
    )
    session.add_all([attempt, _order(market, intent, status=status, at=at)])
    if booked:
        lines = ((Account.wechat_clearing, amount_fen, 0), (Account.customer_deposits, 0, amount_fen))
        entry(session, market, f"payment {transaction_id}", "payment", at=at, lines=lines, intent_id=intent.id, sub_mchid=sub_mchid)
    session.flush()
    return Line(at, transaction_id, out_trade_no, amount_fen, sub_mchid=sub_mchid)


def _order(market: make.Market, intent: PaymentIntent, *, status: str, at: datetime) -> Order:
    return Order(
        brand_id=market.brand.id,
        number=f"D{next(_count):012}",
        status=status,
        customer_id=intent.customer_id,
        vehicle_id=market.vehicle.id,
        dealer_id=market.dealer.id,
        store_id=market.store.id,
        intent_id=intent.id,
        amount_fen=intent.amount_fen,
        deposit_type="intent_deposit",
        terms_version=market.terms.version,
        terms_accepted_at=at,
        hold_hours=72,
        close_reason="expired" if status == "closed" else None,
    )


def entry(session: Session, market: make.Market, reference: str, kind: str, *, at: datetime, lines: Any, **fields: Any) -> None:
    """An entry of the ledger that was booked at another time than now: (account, debit, credit) for each line."""
    session.add(
        LedgerEntry(
            brand_id=market.brand.id,
            account_id=market.merchant.id,
            reference=reference,
            kind=kind,
            created_at=at,
            lines=[LedgerLine(account=account, debit_fen=debit, credit_fen=credit) for account, debit, credit in lines],
            **fields,
        )
    )
    session.flush()


def pay_back(session: Session, market: make.Market, of: Line, *, at: datetime, amount_fen: int, status: str = "succeeded") -> Line:
    """A refund of a payment in our tables, its order closed when all of it went back; gives the line that WeChat Pay's bill has of it."""
    number = next(_count)
    attempt = session.query(PaymentAttempt).filter_by(out_trade_no=of.out_trade_no).one()
    refund = Refund(
        brand_id=market.brand.id,
        intent_id=attempt.intent_id,
        attempt_id=attempt.id,
        account_id=market.merchant.id,
        sub_mchid=attempt.sub_mchid,
        out_trade_no=of.out_trade_no,
        out_refund_no=f"R{number:031}",
        refund_id=f"5030{number:024}",
        paid_fen=of.amount_fen,
        amount_fen=amount_fen,
        reason="退",
        source=Account.customer_deposits,
        status=status,
        due_at=at,
        settled_at=at if status == "succeeded" else None,
    )
    session.add(refund)
    session.flush()
    own: dict[str, Any] = {"at": at, "intent_id": attempt.intent_id, "refund_id": refund.id, "sub_mchid": attempt.sub_mchid}
    asked = ((Account.customer_deposits, amount_fen, 0), (Account.refunds_payable, 0, amount_fen))
    entry(session, market, f"refund requested {refund.out_refund_no}", "refund requested", lines=asked, **own)
    if status == "succeeded":
        paid = ((Account.refunds_payable, amount_fen, 0), (Account.wechat_clearing, 0, amount_fen))
        entry(session, market, f"refund paid {refund.out_refund_no}", "refund paid", lines=paid, **own)
    if amount_fen == of.amount_fen:
        session.query(Order).filter_by(intent_id=attempt.intent_id).update({"status": "closed", "close_reason": "cancelled_by_customer"})
    session.flush()
    return Line(at, of.transaction_id, of.out_trade_no, amount_fen, refund.refund_id, refund.out_refund_no, sub_mchid=of.sub_mchid)


def morning_after(session: Session, day: date, *, hour: int = 10) -> None:
    """Move the clock to that hour of the day after, in China."""
    to = datetime(day.year, day.month, day.day, hour, 30, tzinfo=CHINA) + timedelta(days=1)
    clock.advance(session, to - clock.now(session).astimezone(UTC))
    session.commit()


def torn(bill: bytes) -> bytes:
    """The same bill without its last row, so that its sums do not hold."""
    lines = gzip.decompress(bill).split(b"\r\n")
    return gzip.compress(b"\r\n".join([*lines[:-4], *lines[-3:]]))


def auditor(session: Session, market: make.Market) -> uuid.UUID:
    """Somebody of finance."""
    return dealers.staff(session, market.brand, Role.finance).id
