"""The platform's own books beside ours: every payment and every refund, one by one and to the fen."""

from __future__ import annotations

import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

# Reference and amount of everything that the ledger says came in or went back.
_BOOKED = text("""
    SELECT e.reference, sum(l.debit_fen) AS fen FROM ledger_entries e JOIN ledger_lines l ON l.entry_id = e.id
    WHERE e.kind = :kind GROUP BY e.reference
""")
# What no state of the world excuses: each of these has to find nothing.
_NEVER = {
    "an entry that is not balanced": """
        SELECT entry_id FROM ledger_lines GROUP BY entry_id HAVING sum(debit_fen) <> sum(credit_fen)""",
    "a vehicle with two holders": """
        SELECT vehicle_id FROM reservations WHERE status IN ('soft_held', 'expiring', 'cancelling', 'hard_held')
        GROUP BY vehicle_id HAVING count(*) > 1""",
    "a holder of a vehicle that is on sale": """
        SELECT r.id FROM reservations r JOIN vehicles v ON v.id = r.vehicle_id
        WHERE r.status IN ('soft_held', 'expiring', 'cancelling', 'hard_held') AND v.status <> 'reserved'""",
    "more sent back than was paid": """
        SELECT out_trade_no FROM refunds WHERE status <> 'closed' GROUP BY out_trade_no HAVING sum(amount_fen) > max(paid_fen)""",
    "one attempt paid twice": """
        SELECT transaction_id FROM payment_attempts WHERE status = 'succeeded' GROUP BY transaction_id HAVING count(*) > 1""",
    "an order that is paid without the money": """
        SELECT o.id FROM orders o JOIN payment_intents i ON i.id = o.intent_id
        WHERE o.status IN ('paid', 'confirmed', 'converted') AND i.status <> 'paid'""",
}
# Besides, when nothing is under way any more.
_AT_REST = {
    "a vehicle held for nobody": """
        SELECT v.id FROM vehicles v WHERE v.status = 'reserved' AND NOT EXISTS (
            SELECT FROM reservations r WHERE r.vehicle_id = v.id AND r.status IN ('soft_held', 'expiring', 'cancelling', 'hard_held'))
        AND NOT EXISTS (SELECT FROM waitlist_entries w WHERE w.vehicle_id = v.id AND w.status = 'offered')""",
    "an order between two states": """
        SELECT r.id FROM reservations r WHERE r.status IN ('expiring', 'cancelling')
            OR r.status IN ('soft_held', 'hard_held') AND r.expires_at <= marque_now()""",
    "money that is kept for an order that is closed": """
        SELECT o.id FROM orders o JOIN ledger_entries e ON e.intent_id = o.intent_id JOIN ledger_lines l ON l.entry_id = e.id
        WHERE o.status = 'closed' AND l.account IN ('customer_deposits', 'unallocated')
        GROUP BY o.id HAVING sum(l.credit_fen) <> sum(l.debit_fen)""",
    "a refund on its way": "SELECT id FROM refunds WHERE status IN ('requested', 'submitted')",
    "a payment that nobody has settled": "SELECT id FROM payment_attempts WHERE status = 'unknown'",
}


def never(session: Session) -> list[str]:
    """What is wrong now, though nothing may make it so, not even for the moment between two steps."""
    return [f"{what}: {found}" for what, query in _NEVER.items() if (found := session.execute(text(query)).scalars().all())]


def left_between(session: Session) -> list[str]:
    """Orders between two states, where every process has had its time to go on."""
    what = "an order between two states"
    return [f"{what}: {found}" for found in [session.execute(text(_AT_REST[what])).scalars().all()] if found]


def at_rest(session: Session) -> list[str]:
    """What is left over where nothing is under way any more."""
    return [f"{what}: {found}" for what, query in _AT_REST.items() if (found := session.execute(text(query)).scalars().all())]


class Books:
    """The simulator's books from now on, read in its own store; `folder` is where it keeps it."""

    def __init__(self, folder: Path) -> None:
        self._store = folder / "state.sqlite"
        self._begin = {what: self._ask(f"SELECT coalesce(max(rowid), 0) AS id FROM {what}")[0]["id"] for what in ("payments", "refunds")}

    def differences(self, session: Session) -> list[str]:
        """Between the simulator's books and our ledger; there are none when everything under way has come to its end."""
        paid = {row["out_trade_no"]: row for row in self.payments() if row["state"] in ("SUCCESS", "REFUND")}
        taken = {f"payment {row['transaction_id']}": row["total"] for row in paid.values()}
        returned = {f"refund paid {row['out_refund_no']}": row["amount"] for row in self.refunds() if row["state"] == "SUCCESS"}
        found = _compare(taken, _booked(session, "payment")) + _compare(returned, _booked(session, "refund paid"))
        back: Counter[str] = Counter()
        for row in self.refunds():
            back[row["out_trade_no"]] += row["amount"] if row["state"] != "CLOSED" else 0
        return found + [f"refunded twice at WeChat: {number}" for number, fen in back.items() if fen > paid[number]["total"]]

    def payments(self) -> list[dict[str, Any]]:
        return self._ask("SELECT * FROM payments WHERE rowid > ?", self._begin["payments"])

    def refunds(self) -> list[dict[str, Any]]:
        return self._ask("SELECT * FROM refunds WHERE rowid > ?", self._begin["refunds"])

    def _ask(self, query: str, *values: Any) -> list[dict[str, Any]]:
        with closing(sqlite3.connect(f"file:{self._store}?mode=ro", uri=True, timeout=60)) as store:
            store.row_factory = sqlite3.Row
            return [dict(row) for row in store.execute(query, values)]


def _booked(session: Session, kind: str) -> dict[str, int]:
    return {row.reference: int(row.fen) for row in session.execute(_BOOKED, {"kind": kind})}


def _compare(theirs: dict[str, int], ours: dict[str, int]) -> list[str]:
    return [
        f"{reference}: WeChat says {theirs.get(reference)}, the ledger {ours.get(reference)}"
        for reference in sorted(theirs.keys() | ours.keys())
        if theirs.get(reference) != ours.get(reference)
    ]
