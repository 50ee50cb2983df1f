"""Fetch a day's two bills and keep their lines."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from itertools import chain, count, islice
from typing import Any

from sqlalchemy import delete, text

from app.kit import clock, db
from app.kit.logging import logger
from app.reconciliation.models import RUN, BillLine, LineKind, Movement, RunStatus
from app.reconciliation.service import notices
from app.reconciliation.service.planning import held
from app.wechat.client import Outcome, Pay, WechatError, gateway
from app.wechat.endpoints.pay.bill_rows import BillUnreadable, FlowRow, TradeRow, flow_rows, trade_rows
from app.wechat.endpoints.pay.bills import BillFile, lines

log = logger(__name__)

BATCH = 5000
# Names of the columns, and the two lines of sums.
NOT_ROWS = 3
LONGEST_GAP = timedelta(hours=1)
# About a day.
PATIENCE = 24
COLUMNS = (
    "reconciliation_id", "position", "kind", "at", "number", "transaction_id", "out_trade_no", "out_refund_no", "voucher", "sub_mchid",
    "state", "amount_fen", "settled_fen", "fee_fen", "currency",
)  # fmt: skip


def load(run_id: uuid.UUID, fence: int) -> bool:
    """Whether the bills of the day are here now, all of their lines. Calls the outside, so it opens transactions of its own.

    May be interrupted at any point and called again: it begins from the beginning. Raises `Superseded`.
    """
    with db.transaction() as session:
        run = held(session, run_id, fence)
        account = run.account
        if run.status == RunStatus.waiting:
            RUN.move(session, run, RunStatus.downloading, started_at=clock.now(session), finished_at=None, error=None, detail=None)
        session.execute(delete(BillLine).filter_by(reconciliation_id=run_id))
        run.lines_read, run.lines_total = 0, None
    try:
        trades, flows = _fetch(gateway().pay(account), run.bill_on)
        with db.transaction() as session:
            held(session, run_id, fence).lines_total = sum(max(0, sum(1 for _ in lines(bill)) - NOT_ROWS) for bill in (trades, flows))
        _keep(run_id, fence, chain(_trades(trades), _flows(flows)))
    except WechatError as error:
        log.warning("WeChat Pay gave no bill", mchid=account.appid, bill_on=str(run.bill_on), error=str(error))
        _later(run_id, fence, error)
        return False
    except BillUnreadable as error:
        log.error("a bill is unreadable", mchid=account.appid, bill_on=str(run.bill_on), error=str(error))
        _give_up(run_id, fence, "bill_unreadable", str(error))
        return False
    with db.transaction() as session:
        RUN.move(session, held(session, run_id, fence), RunStatus.matching, tries=0)
    return True


def _fetch(merchant: Pay, day: date) -> tuple[bytes, bytes]:
    """Both bills as they came, each empty where the day has none. A service provider's trade bill is that of all its dealers."""

    def fetched(file: BillFile | None) -> bytes:
        try:
            return b"" if file is None else merchant.download_bill(file, unpack=False)
        except WechatError as error:
            if error.outcome is Outcome.permanent_person:
                # The address has ended; the bill gets a new one when it is asked for again.
                raise WechatError(Outcome.retry_later, error.code, error.message) from error
            raise

    return fetched(merchant.trade_bill(day)), fetched(merchant.fund_flow_bill(day))


def _trades(bill: bytes) -> Iterable[tuple[Any, ...]]:
    return map(_of_trade, trade_rows(lines(bill))) if bill else ()


def _flows(bill: bytes) -> Iterable[tuple[Any, ...]]:
    return map(_of_flow, flow_rows(lines(bill))) if bill else ()


def _of_trade(row: TradeRow) -> tuple[Any, ...]:
    numbers: tuple[Any, ...]
    if row.out_refund_no is not None:
        numbers = (LineKind.refund.value, row.at, row.refund_id, row.transaction_id, row.out_trade_no, row.out_refund_no)
        return *numbers, None, row.sub_mchid, row.refund_state, row.refund_fen, row.refund_fen, row.fee_fen, row.currency
    numbers = (LineKind.payment.value, row.at, row.transaction_id, row.transaction_id, row.out_trade_no, None)
    amount_fen = row.settled_fen if row.amount_fen is None else row.amount_fen
    return *numbers, None, row.sub_mchid, row.state, amount_fen, row.settled_fen, row.fee_fen, row.currency


def _of_flow(row: FlowRow) -> tuple[Any, ...]:
    numbers = (LineKind.flow.value, row.at, row.flow_id, row.business_id, None, None, row.voucher, None)
    return *numbers, movement(row).value, row.amount_fen, row.amount_fen, 0, "CNY"


def movement(row: FlowRow) -> Movement:
    """What a movement is, by its name, for which WeChat Pay gives no list [K]: 交易, 扣除交易手续费, 退款, 退还交易手续费, 提现 …"""
    name = f"{row.business_name} {row.business_kind}"
    if "手续费" in name:
        return Movement.fee_back if "退" in name else Movement.fee
    if "退款" in name:
        return Movement.refund
    return Movement.payment if "交易" in name else Movement.other


def _keep(run_id: uuid.UUID, fence: int, rows: Iterable[tuple[Any, ...]]) -> None:
    """A batch is a transaction: progress is seen, a dead process is noticed, and nothing grows with the length of a bill."""
    numbered: Iterator[tuple[Any, ...]] = ((run_id, position, *row) for position, row in zip(count(1), rows, strict=False))
    read = 0
    for batch in _batches(numbered):
        with db.transaction() as session:
            run = held(session, run_id, fence)
            db.copy_rows(session, "bill_lines", COLUMNS, batch)
            read += len(batch)
            run.lines_read = read
    if read > BATCH:
        with db.transaction() as session:
            # The planner of the comparison knows nothing of so many new rows.
            session.execute(text("ANALYZE bill_lines"))


def _batches(rows: Iterator[tuple[Any, ...]]) -> Iterator[list[tuple[Any, ...]]]:
    while batch := list(islice(rows, BATCH)):
        yield batch


def _later(run_id: uuid.UUID, fence: int, error: WechatError) -> None:
    """WeChat makes it still, or did not answer: again in a while. Where nothing will change by itself, or nothing did for a day, a person
    has to see it.
    """
    with db.transaction() as session:
        run = held(session, run_id, fence)
        hopeless = error.outcome in (Outcome.permanent_account, Outcome.permanent_person) or run.tries >= PATIENCE
        if not hopeless:
            gap = min(timedelta(minutes=2**run.tries), LONGEST_GAP)
            RUN.move(
                session,
                run,
                RunStatus.waiting,
                reason=error.code,
                due_at=clock.now(session) + gap,
                tries=run.tries + 1,
                error=error.code,
                detail=error.message,
            )
    if hopeless:
        _give_up(run_id, fence, error.code, error.message)


def _give_up(run_id: uuid.UUID, fence: int, code: str, detail: str) -> None:
    with db.transaction() as session:
        run = held(session, run_id, fence)
        session.execute(delete(BillLine).filter_by(reconciliation_id=run_id))
        RUN.move(session, run, RunStatus.failed, reason=code, due_at=None, finished_at=clock.now(session), error=code, detail=detail)
        notices.failed(session, run)
