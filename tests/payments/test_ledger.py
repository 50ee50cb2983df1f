"""The database itself keeps the ledger balanced and unchanged, whoever writes to it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from app.payments import queries
from app.payments.models import Account, LedgerEntry, LedgerLine
from app.payments.service import ledger
from app.wechat.models import AccountKind
from tests.factories import dealers
from tests.factories import wechat as accounts


@dataclass
class Book:
    """A brand with one movement of 500 fen in its ledger."""

    brand_id: uuid.UUID
    account_id: uuid.UUID


@pytest.fixture
def kept(committed: Callable[[], Any]) -> Book:
    with committed() as session:
        brand = dealers.brand(session)
        merchant = accounts.account(session, brand, AccountKind.merchant)
        ledger.book(
            session,
            "payment",
            "1",
            brand_id=brand.id,
            account_id=merchant.id,
            amount_fen=500,
            debit=Account.wechat_clearing,
            credit=Account.customer_deposits,
        )
    return Book(brand.id, merchant.id)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger_lines SET debit_fen = debit_fen * 2, credit_fen = credit_fen * 2",
        "UPDATE ledger_entries SET reference = 'another'",
        "DELETE FROM ledger_lines",
        "DELETE FROM ledger_entries",
    ],
)
def test_what_is_booked_cannot_be_changed(committed: Callable[[], Any], kept: Book, statement: str) -> None:
    with pytest.raises(DBAPIError, match="append-only"), committed() as session:
        session.execute(text(statement))
    with committed() as session:
        assert queries.trial_balance(session, kept.brand_id)["wechat_clearing"] == 500


def _write(session: Any, of: Book, *lines: LedgerLine) -> None:
    reference = uuid.uuid4().hex
    session.add(LedgerEntry(brand_id=of.brand_id, account_id=of.account_id, kind="payment", reference=reference, lines=list(lines)))


@pytest.mark.parametrize(
    "lines",
    [
        [(Account.wechat_clearing, 100, 0), (Account.customer_deposits, 0, 99)],
        [(Account.wechat_clearing, 100, 0)],
        [(Account.wechat_clearing, 100, 0), (Account.customer_deposits, 100, 0)],
        [],
    ],
)
def test_an_entry_that_does_not_balance_cannot_be_committed(
    committed: Callable[[], Any], kept: Book, lines: list[tuple[str, int, int]]
) -> None:
    with pytest.raises(DBAPIError, match="does not balance"), committed() as session:
        _write(session, kept, *(LedgerLine(account=account, debit_fen=debit, credit_fen=credit) for account, debit, credit in lines))
    with committed() as session:
        assert len(session.execute(select(LedgerEntry)).scalars().all()) == 1


def test_a_line_added_to_an_old_entry_cannot_be_committed(committed: Callable[[], Any], kept: Book) -> None:
    with committed() as session:
        entry_id = session.execute(select(LedgerEntry.id)).scalar_one()
    with pytest.raises(DBAPIError, match="does not balance"), committed() as session:
        session.add(LedgerLine(entry_id=entry_id, account=Account.unallocated, debit_fen=1, credit_fen=0))


@pytest.mark.parametrize(("debit_fen", "credit_fen"), [(0, 0), (5, 5), (-5, 0), (0, -5)])
def test_a_line_has_one_side(committed: Callable[[], Any], kept: Book, debit_fen: int, credit_fen: int) -> None:
    with pytest.raises(IntegrityError, match="one_side"), committed() as session:
        _write(session, kept, LedgerLine(account=Account.unallocated, debit_fen=debit_fen, credit_fen=credit_fen))


def test_the_same_movement_cannot_be_booked_twice(committed: Callable[[], Any], kept: Book) -> None:
    with pytest.raises(IntegrityError, match="reference"), committed() as session:
        ledger.book(
            session,
            "payment",
            "1",
            brand_id=kept.brand_id,
            account_id=kept.account_id,
            amount_fen=500,
            debit=Account.wechat_clearing,
            credit=Account.customer_deposits,
        )
