"""Reconciliations and differences as finance sees them: on the page, and in files for Excel."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from app.kit import texts
from app.kit.rows import BOM, excel_line
from app.kit.texts import t
from app.reconciliation.models import Action, Difference, DifferenceStatus, Reconciliation, RunStatus
from app.reconciliation.queries import Counts, ways
from app.reconciliation.service.planning import CHINA


def run_out(run: Reconciliation, counts: Mapping[str, Counts]) -> dict[str, Any]:
    return {
        "id": str(run.id),
        "bill_on": run.bill_on,
        "merchant": _merchant(run),
        "status": run.status,
        "status_label": t(f"reconciliation.run_status.{run.status}"),
        "progress": _progress(run),
        "lines_read": run.lines_read,
        "lines_total": run.lines_total,
        "ours": run.figures.get("ours"),
        "theirs": run.figures.get("theirs"),
        "flow": run.figures.get("flow"),
        "differences": sum(count.all for count in counts.values()),
        "open_differences": sum(count.open for count in counts.values()),
        "error": run.error,
        "error_label": _error(run.error),
        "next_try_at": run.due_at if run.status == RunStatus.waiting and run.tries else None,
        "started_at": run.started_at,
        "finished_at": run.finished_at,
    }


def run_detail_out(run: Reconciliation, counts: Mapping[str, Counts]) -> dict[str, Any]:
    kinds = [
        {"kind": kind, "label": t(f"reconciliation.kinds.{kind}"), "open": count.open, "all": count.all}
        for kind, count in sorted(counts.items())
    ]
    return run_out(run, counts) | {"kinds": kinds, "detail": run.detail}


def _merchant(run: Reconciliation) -> dict[str, Any]:
    return {"account_id": str(run.account_id), "mchid": run.account.appid, "name": run.account.name}


def _progress(run: Reconciliation) -> int:
    """Percent: reading is most of it, and comparing is the rest."""
    if run.status == RunStatus.done:
        return 100
    if run.status == RunStatus.matching:
        return 90
    return 90 * run.lines_read // run.lines_total if run.status == RunStatus.downloading and run.lines_total else 0


def _error(code: str | None) -> str | None:
    if code is None:
        return None
    return t(f"reconciliation.errors.{code if texts.has(f'reconciliation.errors.{code}') else 'other'}")


def difference_out(row: Any, *, may_act: bool) -> dict[str, Any]:
    difference, order_number, staff_name = row
    run = difference.reconciliation
    is_open = difference.status == DifferenceStatus.open
    return {
        "id": str(difference.id),
        "reconciliation_id": str(run.id),
        "bill_on": run.bill_on,
        "merchant": _merchant(run),
        "kind": difference.kind,
        "label": t(f"reconciliation.kinds.{difference.kind}"),
        "concerns": difference.concerns,
        "concerns_label": t(f"reconciliation.concerns.{difference.concerns}"),
        "reference": difference.reference,
        "transaction_id": difference.transaction_id,
        "out_trade_no": difference.out_trade_no,
        "out_refund_no": difference.out_refund_no,
        "sub_mchid": difference.sub_mchid,
        "order": {"id": str(difference.order_id), "number": order_number} if difference.order_id else None,
        "ours_fen": difference.ours_fen,
        "theirs_fen": difference.theirs_fen,
        "ours": _state(difference.ours),
        "theirs": _state(difference.theirs),
        "status": difference.status,
        "status_label": t(f"reconciliation.difference_status.{difference.status}"),
        "actions": [{"action": way, "label": _action(way)} for way in ways(difference)] if is_open and may_act else [],
        "resolution": difference.resolution,
        "resolution_label": _action(difference.resolution),
        "note": difference.note,
        "resolved_by": staff_name,
        "resolved_at": difference.resolved_at,
        "created_at": difference.created_at,
    }


def _state(code: str | None) -> str | None:
    """A state of ours or of WeChat Pay's in Chinese; a number stays as it is."""
    key = f"reconciliation.states.{code}"
    return t(key) if code is not None and texts.has(key) else code


def _action(action: Action | str | None) -> str | None:
    return None if action is None else t(f"reconciliation.actions.{action}")


def differences_file(rows: Iterable[Any]) -> Iterator[str]:
    """The pieces of a CSV file with all of these differences."""
    yield BOM + excel_line(t("reconciliation.columns.differences").split(","))
    for difference, order_number, staff_name in rows:
        yield _difference_line(difference, order_number, staff_name)


def _difference_line(difference: Difference, order_number: str | None, staff_name: str | None) -> str:
    return excel_line(
        (
            difference.reconciliation.bill_on.isoformat(),
            _number(difference.reconciliation.account.appid),
            _number(difference.sub_mchid),
            t(f"reconciliation.kinds.{difference.kind}"),
            t(f"reconciliation.concerns.{difference.concerns}"),
            _number(difference.transaction_id),
            _number(difference.out_trade_no),
            _number(difference.out_refund_no),
            _number(order_number),
            yuan(difference.ours_fen),
            yuan(difference.theirs_fen),
            yuan((difference.theirs_fen or 0) - (difference.ours_fen or 0)),
            _state(difference.ours),
            _state(difference.theirs),
            t(f"reconciliation.difference_status.{difference.status}"),
            _action(difference.resolution),
            difference.note,
            staff_name,
            _local(difference.resolved_at),
        )
    )


def lines_file(rows: Iterable[Any]) -> Iterator[str]:
    """The pieces of a CSV file with these lines of a trade bill."""
    yield BOM + excel_line(t("reconciliation.columns.lines").split(","))
    for row in rows:
        yield excel_line(
            (
                _local(row.at),
                t(f"reconciliation.concerns.{row.kind}"),
                _number(row.transaction_id),
                _number(row.out_trade_no),
                _number(row.out_refund_no),
                _number(row.sub_mchid),
                _number(row.order_number),
                _state(row.state),
                yuan(row.amount_fen),
                yuan(row.settled_fen),
                yuan(row.fee_fen),
                yuan(row.ours_fen),
            )
        )


def yuan(fen: int | None) -> str:
    """An amount with two decimals; nothing for no amount."""
    if fen is None:
        return ""
    return f"{'-' if fen < 0 else ''}{abs(fen) // 100}.{abs(fen) % 100:02}"


def _local(at: datetime | None) -> str:
    return "" if at is None else at.astimezone(CHINA).strftime("%Y-%m-%d %H:%M:%S")


def _number(number: str | None) -> str:
    """A number that Excel leaves alone."""
    return f"\t{number}" if number else ""
