"""Refunds, entries and incidents as finance sees them: with their order, their merchant, and in Chinese words."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Any

from app.kit.texts import t
from app.payments.finance import CHINA, Entry, Totals
from app.payments.models import Account, PaymentIncident, PaymentIntent, Refund
from app.wechat.models import WechatAccount

# Spreadsheets read UTF-8 only behind this mark.
BOM = "\ufeff"


def order_of(intent: PaymentIntent | None) -> dict[str, str] | None:
    if intent is None or intent.subject_type != "order":
        return None
    return {"id": intent.subject_id, "number": intent.subject_number}


def merchant_out(account: WechatAccount, sub_mchid: str | None) -> dict[str, Any]:
    names = {one["sub_mchid"]: one["name"] for one in account.settings.get("sub_mchids") or ()}
    name = names.get(sub_mchid, account.name) if sub_mchid else account.name
    return {"account_id": str(account.id), "mchid": account.appid, "sub_mchid": sub_mchid, "name": name}


def refund_out(refund: Refund, intent: PaymentIntent | None, account: WechatAccount) -> dict[str, Any]:
    return {
        "id": str(refund.id),
        "out_refund_no": refund.out_refund_no,
        "out_trade_no": refund.out_trade_no,
        "refund_id": refund.refund_id,
        "amount_fen": refund.amount_fen,
        "paid_fen": refund.paid_fen,
        "status": refund.status,
        "status_label": t(f"payments.refund_states.{refund.status}"),
        "reason": refund.reason,
        "error_code": refund.error_code,
        "order": order_of(intent),
        "merchant": merchant_out(account, refund.sub_mchid),
        "created_at": refund.created_at,
        "settled_at": refund.settled_at,
    }


def entry_out(row: Entry) -> dict[str, Any]:
    entry, intent, account = row
    return {
        "id": str(entry.id),
        "at": entry.created_at,
        "kind": entry.kind,
        "label": _kind(entry.kind),
        "reference": entry.reference,
        "order": order_of(intent),
        "merchant": merchant_out(account, entry.sub_mchid),
        "lines": [_line(line.account, line.debit_fen, line.credit_fen) for line in entry.lines],
    }


def totals_out(found: Iterable[Totals]) -> dict[str, Any]:
    merchants = list(found)
    together = {account.value: [sum(one.sums[account][side] for one in merchants) for side in (0, 1)] for account in Account}
    return {
        "accounts": [_line(account, *sums) for account, sums in together.items()],
        "merchants": [
            {
                "merchant": merchant_out(one.account, one.sub_mchid),
                "accounts": [_line(account, *sums) for account, sums in one.sums.items()],
            }
            for one in merchants
        ],
    }


def incident_out(incident: PaymentIncident, intent: PaymentIntent | None) -> dict[str, Any]:
    return {
        "id": str(incident.id),
        "kind": incident.kind,
        "label": t(f"payments.incidents.{incident.kind}"),
        "out_trade_no": incident.out_trade_no,
        "reference": incident.reference,
        "amount_fen": incident.amount_fen,
        "details": incident.details,
        "order": order_of(intent),
        "created_at": incident.created_at,
        "resolved_at": incident.resolved_at,
        "resolution": incident.resolution,
        "note": incident.note,
    }


def ledger_csv(rows: Iterable[Entry]) -> Iterator[str]:
    """The lines of these entries as a spreadsheet, amounts in yuan, times in China's zone; piece by piece."""
    yield BOM + _csv(
        [
            t(f"payments.export.{column}")
            for column in ("at", "what", "reference", "order", "mchid", "sub_mchid", "account", "debit", "credit")
        ]
    )
    for entry, intent, account in rows:
        order, at = order_of(intent), f"{entry.created_at.astimezone(CHINA):%Y-%m-%d %H:%M:%S}"
        head = [at, _kind(entry.kind), entry.reference, order["number"] if order else "", account.appid, entry.sub_mchid or ""]
        for line in entry.lines:
            yield _csv([*head, t(f"payments.accounts.{line.account}"), _amount(line.debit_fen), _amount(line.credit_fen)])


def _csv(cells: list[str]) -> str:
    written = io.StringIO()
    csv.writer(written).writerow(cells)
    return written.getvalue()


def _amount(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02d}" if fen else ""


def _kind(kind: str) -> str:
    return t(f"payments.entries.{kind.replace(' ', '_')}")


def _line(account: str, debit_fen: int, credit_fen: int) -> dict[str, Any]:
    return {"account": account, "label": t(f"payments.accounts.{account}"), "debit_fen": debit_fen, "credit_fen": credit_fen}
