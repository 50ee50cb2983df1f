"""A merchant with a day behind it: WeChat Pay's books on one side, ours on the other."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.kit import clock, queue
from app.reconciliation.models import BillLine, Difference, Reconciliation
from app.wechat.fake import FakeGateway
from tests.factories import bills
from tests.factories import orders as make


@dataclass
class Shop:
    """`day` is the first that has a bill: the clock stands on the morning after it."""

    session: Session
    market: make.Market
    books: bills.Books
    day: date

    @property
    def noon(self) -> datetime:
        return bills.noon(self.day)

    def pays(self, at: datetime | None = None, *, ours: bool = True, theirs: bool = True, **fields: Any) -> bills.Line:
        """Somebody pays; what of it each side knows."""
        line = bills.pay(self.session, self.market, at=at or self.noon, booked=ours, **fields)
        return self.books.add(line) if theirs else line

    def gets_back(self, of: bills.Line, at: datetime | None = None, *, theirs: bool = True, amount_fen: int = 40_000, **fields: Any) -> Any:
        line = bills.pay_back(self.session, self.market, of, at=at or self.noon, amount_fen=amount_fen, **fields)
        return self.books.add(line) if theirs else line

    def reconciles(self) -> None:
        """The scheduler's job, until nothing is due."""
        self.session.commit()
        due = True
        while due:
            queue.run("reconciliation.work")
            self.session.expire_all()
            due = self.session.execute(select(Reconciliation.id).where(Reconciliation.due_at <= func.marque_now())).first() is not None

    def again(self, day: date | None = None) -> None:
        """Somebody asks for the same day once more."""
        from app.reconciliation import service

        service.run_again(self.session, self.market.brand.id, day or self.day)
        self.reconciles()

    def next_morning(self, days: int = 1) -> None:
        clock.advance(self.session, timedelta(days=days))
        self.reconciles()

    def run(self, day: date | None = None) -> Reconciliation:
        self.session.expire_all()
        return self.session.execute(select(Reconciliation).filter_by(bill_on=day or self.day)).scalar_one()

    def differences(self, **fields: Any) -> list[Difference]:
        self.session.expire_all()
        return list(self.session.execute(select(Difference).filter_by(**fields).order_by(Difference.kind, Difference.reference)).scalars())

    @property
    def open(self) -> list[tuple[str, str, int | None, int | None]]:
        """(kind, concerns, ours, theirs) of every open difference."""
        return [(one.kind, one.concerns, one.ours_fen, one.theirs_fen) for one in self.differences(status="open")]

    def everything(self) -> list[Any]:
        """All that reconciliation keeps, without ids and the numbers of its own rounds."""
        runs = self.session.execute(select(Reconciliation.status, Reconciliation.figures, Reconciliation.lines_read, Reconciliation.error))
        lines = self.session.execute(
            select(BillLine.position, BillLine.number, BillLine.amount_fen, BillLine.state).order_by(BillLine.position)
        )
        found = self.session.execute(
            select(
                Difference.kind, Difference.reference, Difference.status, Difference.ours_fen, Difference.theirs_fen, Difference.note
            ).order_by(Difference.kind, Difference.reference)
        )
        return [runs.all(), lines.all(), found.all()]


@pytest.fixture
def shop(session: Session, wechat: FakeGateway) -> Shop:
    market = make.market(session)
    day = clock.now(session).astimezone(bills.CHINA).date() + timedelta(days=1)
    # The account came on that day, so it is the first with a bill.
    market.merchant.created_at = bills.noon(day) - timedelta(hours=11)
    bills.morning_after(session, day)
    return Shop(session, market, bills.Books(wechat), day)
