"""A day's bills of 20,000, 100,000 and 400,000 trades reconciled with as many payments of ours: seconds, and memory that does not grow."""

from __future__ import annotations

import gzip
import hashlib
import tempfile
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import psycopg

from bench.import_ import database
from bench.report import Figure, Report

SIZES = (20_000, 100_000, 400_000)
SECONDS = 30
# What the largest bill may need more than the smallest, twenty times shorter one; its packed bytes, of both files, are in it.
GROWTH_MIB = 32
# Of so many trades one is in no bill, one in no ledger, and one has another amount.
PLANTED = 1000
REFUNDS = 20
FEN = 100_000
DAY = date(2026, 1, 5)
NOON = datetime(2026, 1, 5, 12, tzinfo=ZoneInfo("Asia/Shanghai"))
TRADES = "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注"  # noqa: E501
FLOWS = "记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额(元),账户结余(元),资金变更提交申请人,备注,业务凭证号"


@dataclass(frozen=True)
class Measured:
    """Of one size: seconds to read and to compare, those of this process's own work, memory above idle at the highest, rows kept,
    differences by kind.
    """

    load: float
    match: float
    own: float
    peak_mib: float
    rows: int
    found: dict[str, int]

    @property
    def seconds(self) -> float:
        return self.load + self.match


def run() -> Report:
    """Each size in a process of its own, and a bare COPY of the same rows beside it."""
    with tempfile.TemporaryDirectory() as folder, database() as url:
        done, copied, packed = {}, {}, {}
        for size in SIZES:
            place = Path(folder) / str(size)
            place.mkdir()
            packed[size] = sum(_bill(place / name, lines) for name, lines in (("trade", _trades(size)), ("flow", _flows(size))))
            _fill(url, size)
            with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as child:
                done[size] = child.submit(measured, str(place)).result()
            assert done[size].found == dict.fromkeys(("amount", "over", "short"), size // PLANTED), done[size].found
            copied[size] = _copied(url, Path(folder) / "bare")
    return _report(done, copied, packed)


def _report(done: dict[int, Measured], copied: dict[int, float], packed: dict[int, int]) -> Report:
    small, usual, large = (done[size] for size in SIZES)
    figures = [
        Figure(f"{SIZES[1]:,} trades reconciled", usual.seconds, "s", at_most=SECONDS),
        Figure("of that reading and keeping", usual.load, "s"),
        Figure("of that comparing", usual.match, "s"),
        Figure("of all that the working process's own", usual.own, "s"),
        Figure("trades", SIZES[1] / usual.seconds, "lines/s"),
        Figure("rows of both bills", usual.rows / usual.seconds, "rows/s"),
        Figure("bare COPY of the same rows", usual.rows / copied[SIZES[1]], "rows/s"),
        Figure("times a bare COPY", usual.seconds / copied[SIZES[1]], "ratio"),
    ]
    for size, one in done.items():
        figures += [
            Figure(f"{size:,} trades: seconds", one.seconds, "s"),
            Figure(f"{size:,} trades: memory above idle", one.peak_mib, "MiB"),
            Figure(f"{size:,} trades: both bills packed", packed[size] / 2**20, "MiB"),
        ]
    figures.append(Figure("memory for twenty times the trades", large.peak_mib - small.peak_mib, "MiB", at_most=GROWTH_MIB))
    notes = [
        f"each trade is a line of the trade bill and two of the fund-flow bill; one in {REFUNDS} is a refund",
        f"three in {PLANTED:,} trades differ, and these were found, and no others",
        "memory is the highest resident set of the working process, less what it had before",
    ]
    return Report(figures, notes)


def measured(folder: str) -> Measured:
    """Work the only reconciliation that is due off, in this process."""
    from sqlalchemy import func, select

    from app.factory import assemble
    from app.kit import db
    from app.reconciliation import service
    from app.reconciliation.models import BillLine, Difference
    from app.reconciliation.service import loading, matching
    from app.wechat import client

    assemble()
    client.replacement = _Folder(Path(folder))  # type: ignore[assignment]
    with db.transaction() as session:
        claimed = service.claim(session)
    assert claimed is not None
    before = _resident("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")
    started, worked = time.perf_counter(), time.process_time()
    assert loading.load(*claimed)
    loaded = time.perf_counter()
    with db.transaction() as session:
        matching.match(session, *claimed)
    ended, own = time.perf_counter(), time.process_time() - worked
    peak = _resident("VmHWM") - before
    with db.transaction() as session:
        rows = session.execute(select(func.count()).select_from(BillLine).filter_by(reconciliation_id=claimed[0])).scalar_one()
        kinds = select(Difference.kind, func.count()).filter_by(reconciliation_id=claimed[0]).group_by(Difference.kind)
        found = {kind: int(count) for kind, count in session.execute(kinds)}
    return Measured(loaded - started, ended - loaded, own, peak / 1024, rows, found)


def _resident(name: str) -> int:
    """KiB of this process: VmRSS now, VmHWM at the highest since it was reset."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(name)).split()[1])


class _Folder:
    """WeChat Pay, with one day's bills in a folder; what it gives is verified like any download."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def pay(self, _account: Any) -> Any:
        return self

    def trade_bill(self, _on: date) -> Any:
        return self._file("trade")

    def fund_flow_bill(self, _on: date) -> Any:
        return self._file("flow")

    def _file(self, name: str) -> Any:
        from app.wechat.endpoints.pay.bills import BillFile

        return BillFile((self._folder / f"{name}.sha1").read_text(), f"https://api.mch.weixin.qq.com/v3/billdownload/file?token={name}")

    def download_bill(self, file: Any, *, unpack: bool) -> bytes:
        from app.wechat.endpoints import Reply
        from app.wechat.endpoints.pay.bills import Bills

        read = Bills.download_bill.ask(self, file, unpack=unpack).read  # type: ignore[arg-type]
        answer: bytes = read(Reply(200, {}, (self._folder / file.address.rpartition("=")[2]).read_bytes()))
        return answer


def _bill(path: Path, lines: Iterator[str]) -> int:
    """Write a packed bill and its hash; gives its bytes."""
    hashed = hashlib.sha1(usedforsecurity=False)
    with gzip.open(path, "wb", compresslevel=6) as file:
        for line in lines:
            plain = f"{line}\r\n".encode()
            hashed.update(plain)
            file.write(plain)
    path.with_suffix(".sha1").write_text(hashed.hexdigest())
    return path.stat().st_size


def _row(values: str) -> str:
    """A row, each of whose values, here divided by |, begins with a backtick."""
    return "`" + values.replace("|", ",`")


def _numbers(size: int, n: int) -> tuple[str, str, str, str]:
    """transaction_id, out_trade_no, refund_id and out_refund_no of a trade, as `_fill` makes them."""
    return f"4200{size:06}{n:018}", f"T{size:06}{n:025}", f"5030{size:06}{n:018}", f"R{size:06}{n:025}"


def _kept(size: int) -> Iterator[tuple[int, int]]:
    """The payments that are in the bill and their fen; those of ours are 1 … size - refunds."""
    refunds = size // REFUNDS
    for n in range(1, size - refunds + 1 + size // PLANTED):
        if n > size // PLANTED:
            yield n, FEN - (n <= 2 * (size // PLANTED))


def _trades(size: int) -> Iterator[str]:
    refunds, payments, fen = size // REFUNDS, 0, 0
    yield f"\ufeff{TRADES}"
    who, what = f"{NOON:%Y-%m-%d %H:%M:%S}|wx0123456789abcdef|19{size:08}|0||", "|oUpF8uMuAJO_M2pxb1Q9zNjWeS6o|JSAPI|"
    for n, amount in _kept(size):
        transaction, order, _, _ = _numbers(size, n)
        money = f"SUCCESS|OTHERS|CNY|{amount / 100:.2f}|0.00|0|0|0.00|0.00|||意向金|intent|6.00|0.60%|{amount / 100:.2f}|0.00|"
        yield _row(f"{who}{transaction}|{order}{what}{money}")
        payments, fen = payments + 1, fen + amount
    for n in range(size - 2 * refunds + 1, size - refunds + 1):
        transaction, order, refund_id, refund_no = _numbers(size, n)
        money = f"REFUND|OTHERS|CNY|0.00|0.00|{refund_id}|{refund_no}|1000.00|0.00|ORIGINAL|SUCCESS|意向金|intent|-6.00|0.60%|0.00|1000.00|"
        yield _row(f"{who}{transaction}|{order}{what}{money}")
    yield "总交易单数,应结订单总金额,退款总金额,手续费总金额"
    yield _row(f"{payments + refunds}|{fen / 100:.2f}|{refunds * FEN / 100:.2f}|{6 * (payments - refunds)}.00")


def _flows(size: int) -> Iterator[str]:
    refunds, count, came, went = size // REFUNDS, 0, 0, 0
    yield f"\ufeff{FLOWS}"

    def flow(business: str, name: str, fen: int, voucher: str) -> str:
        nonlocal count, came, went
        count, came, went = count + 1, came + max(fen, 0), went - min(fen, 0)
        kind = "收入" if fen > 0 else "支出"
        return _row(f"{NOON:%Y-%m-%d %H:%M:%S}|{business}|1000{count:024}|{name}|{name}|{kind}|{abs(fen) / 100:.2f}|0.00|system||{voucher}")

    for n, amount in _kept(size):
        transaction, order, _, _ = _numbers(size, n)
        yield flow(transaction, "交易", amount, order)
        yield flow(transaction, "扣除交易手续费", -600, order)
    for n in range(size - 2 * refunds + 1, size - refunds + 1):
        transaction, _, refund_id, _ = _numbers(size, n)
        yield flow(transaction, "退款", -FEN, refund_id)
        yield flow(transaction, "退还交易手续费", 600, refund_id)
    yield "资金流水总笔数,收入金额,支出金额"
    yield _row(f"{count}|{came / 100:.2f}|{went / 100:.2f}")


# %(…)s: brand, account, customer, size, count of payments, first of those that went back, amount, noon. Ids are made of what they are for.
_FILL = (
    """INSERT INTO payment_intents (id, brand_id, customer_id, subject_type, subject_id, amount_fen, currency, description,
           payee_account_id, status, expires_at, paid_at)
       SELECT md5('i' || %(size)s || n)::uuid, %(brand)s, %(customer)s, 'order', %(size)s || '-' || n, %(fen)s, 'CNY', '意向金',
           %(account)s, 'paid', %(noon)s, %(noon)s FROM generate_series(1, %(count)s) n""",
    """INSERT INTO payment_attempts (id, brand_id, intent_id, account_id, out_trade_no, amount_fen, currency, appid, mchid, status,
           transaction_id, expires_at, due_at, paid_at, certain_at)
       SELECT md5('a' || %(size)s || n)::uuid, %(brand)s, md5('i' || %(size)s || n)::uuid, %(account)s,
           'T' || lpad(%(size)s::text, 6, '0') || lpad(n::text, 25, '0'), %(fen)s, 'CNY', 'wx', 'm', 'succeeded',
           '4200' || lpad(%(size)s::text, 6, '0') || lpad(n::text, 18, '0'), %(noon)s, %(noon)s, %(noon)s, %(noon)s
       FROM generate_series(1, %(count)s) n""",
    """INSERT INTO orders (id, brand_id, number, kind, status, customer_id, vehicle_id, dealer_id, store_id, intent_id, amount_fen,
           deposit_type, terms_version, terms_accepted_at, hold_hours)
       SELECT md5('o' || %(size)s || n)::uuid, %(brand)s, %(size)s || '-' || n, 'deposit',
           CASE WHEN n >= %(first)s THEN 'closed' ELSE 'paid' END, %(customer)s, %(customer)s, %(customer)s, %(customer)s,
           md5('i' || %(size)s || n)::uuid, %(fen)s, 'intent_deposit', '1', %(noon)s, 72 FROM generate_series(1, %(count)s) n""",
    """INSERT INTO refunds (id, brand_id, intent_id, attempt_id, account_id, out_trade_no, out_refund_no, refund_id, paid_fen, amount_fen,
           reason, source, status, due_at, settled_at)
       SELECT md5('r' || %(size)s || n)::uuid, %(brand)s, md5('i' || %(size)s || n)::uuid, md5('a' || %(size)s || n)::uuid, %(account)s,
           'T' || lpad(%(size)s::text, 6, '0') || lpad(n::text, 25, '0'), 'R' || lpad(%(size)s::text, 6, '0') || lpad(n::text, 25, '0'),
           '5030' || lpad(%(size)s::text, 6, '0') || lpad(n::text, 18, '0'), %(fen)s, %(fen)s, 'x', 'customer_deposits', 'succeeded',
           %(noon)s, %(noon)s FROM generate_series(%(first)s, %(count)s) n""",
)  # fmt: skip
_BOOK = """
WITH booked AS (
    INSERT INTO ledger_entries (id, brand_id, created_at, account_id, reference, kind, intent_id, refund_id)
    SELECT md5(%(kind)s || %(size)s || n)::uuid, %(brand)s, %(noon)s, %(account)s,
        %(kind)s || ' ' || %(prefix)s || lpad(%(size)s::text, 6, '0') || lpad(n::text, %(digits)s, '0'), %(kind)s,
        md5('i' || %(size)s || n)::uuid, CASE WHEN %(kind)s = 'payment' THEN NULL ELSE md5('r' || %(size)s || n)::uuid END
    FROM generate_series(%(from)s, %(count)s) n RETURNING id
)
INSERT INTO ledger_lines (id, entry_id, account, debit_fen, credit_fen)
SELECT gen_random_uuid(), id, account, CASE side WHEN 'debit' THEN %(fen)s ELSE 0 END, CASE side WHEN 'credit' THEN %(fen)s ELSE 0 END
FROM booked, (VALUES (%(debit)s, 'debit'), (%(credit)s, 'credit')) lines (account, side)
"""
_BOOKED = (
    ("payment", "4200", 18, "wechat_clearing", "customer_deposits"),
    ("refund requested", "R", 25, "customer_deposits", "refunds_payable"),
    ("refund paid", "R", 25, "refunds_payable", "wechat_clearing"),
)


def _fill(url: str, size: int) -> None:
    """A merchant of its own with so many trades on the day, and its reconciliation that is due."""
    from app.dealers import service as dealers
    from app.kit import db
    from app.reconciliation.models import Reconciliation
    from app.wechat.models import WechatAccount

    with db.transaction() as session:
        brand = dealers.found_brand(session, key=uuid.uuid4().hex, name="bench")
        account = WechatAccount(
            brand_id=brand.id, kind="merchant", appid=f"19{size:08}", name="bench", linked_appid="wx", settings={}, secrets={}
        )
        session.add(account)
        session.flush()
        session.add(Reconciliation(brand_id=brand.id, account_id=account.id, bill_on=DAY, due_at=NOON - timedelta(days=1)))
    count = size - size // REFUNDS
    own = {
        "brand": brand.id, "account": account.id, "customer": uuid.uuid4(), "size": size, "count": count,
        "first": count - size // REFUNDS + 1, "fen": FEN, "noon": NOON,
    }  # fmt: skip
    with psycopg.connect(url) as connection:
        # Triggers and foreign keys are not asked; the values stand in the statements, whose types follow from them.
        fill = psycopg.ClientCursor(connection)
        fill.execute("SET session_replication_role = replica")
        for statement in _FILL:
            fill.execute(statement, own)
        for kind, prefix, digits, debit, credit in _BOOKED:
            entry = {"kind": kind, "prefix": prefix, "digits": digits, "debit": debit, "credit": credit}
            fill.execute(_BOOK, own | entry | {"from": 1 if kind == "payment" else own["first"]})
        connection.commit()
        connection.autocommit = True
        connection.execute("VACUUM ANALYZE")


def _copied(url: str, path: Path) -> float:
    """Seconds that PostgreSQL needs for the last run's rows alone, into a table without indexes."""
    with psycopg.connect(url) as connection:
        last = "SELECT * FROM bill_lines WHERE reconciliation_id = (SELECT id FROM reconciliations ORDER BY finished_at DESC LIMIT 1)"
        with path.open("wb") as file, connection.cursor().copy(f"COPY ({last}) TO STDOUT") as copy:
            for block in copy:
                file.write(block)
        connection.execute("CREATE TEMPORARY TABLE bare (LIKE bill_lines)")
        started = time.perf_counter()
        with path.open("rb") as file, connection.cursor().copy("COPY bare FROM STDIN") as copy:
            while block := file.read(65_536):
                copy.write(block)
        return time.perf_counter() - started
