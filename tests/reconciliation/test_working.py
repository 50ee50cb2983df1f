"""A day is reconciled once its bill is there, whoever dies on the way, and reconciled again without a trace."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.kit import clock, db
from app.payments.models import PaymentIncident
from app.reconciliation import service
from app.reconciliation.errors import AlreadyRunning, DayUnfit
from app.reconciliation.models import BillLine, Reconciliation
from app.reconciliation.service import loading, matching, notices, planning
from app.wechat.errors import Outcome, WechatError
from tests.factories import bills
from tests.reconciliation.conftest import Shop


class Killed(BaseException):
    """A process dies here, without a word."""


def busy(shop: Shop) -> None:
    """A day with something of everything."""
    shop.pays()
    shop.gets_back(shop.pays())
    shop.pays(theirs=False)
    shop.pays(ours=False, status="closed")
    shop.pays(status="closed")
    shop.books.add(replace(shop.pays(theirs=False), amount_fen=99_999))


def test_nothing_is_asked_before_ten_and_everything_after(shop: Shop) -> None:
    shop.reconciles()
    before = len(shop.books.wechat.calls_of("trade_bill"))
    bills.morning_after(shop.session, shop.day + timedelta(days=1), hour=9)
    shop.reconciles()
    assert len(shop.books.wechat.calls_of("trade_bill")) == before
    clock.advance(shop.session, timedelta(hours=1))
    shop.reconciles()
    assert [call["on"] for call in shop.books.wechat.calls_of("trade_bill")[before:]] == [shop.day + timedelta(days=1)]


def test_missed_days_are_caught_up_for_three_months_and_no_longer(shop: Shop) -> None:
    shop.market.merchant.created_at = bills.noon(shop.day) - timedelta(days=200)
    shop.session.commit()
    with db.transaction() as session:
        service.plan(session)
        service.plan(session)
    days = shop.session.execute(select(Reconciliation.bill_on).order_by(Reconciliation.bill_on)).scalars().all()
    assert (days[0], days[-1], len(days)) == (shop.day + timedelta(days=1) - timedelta(days=89), shop.day, 89)


def test_a_bill_that_is_still_being_made_is_asked_for_later(shop: Shop) -> None:
    shop.pays()
    shop.books.creating = True
    shop.reconciles()
    run = shop.run()
    assert (run.status, run.error, run.tries) == ("waiting", "STATEMENT_CREATING", 1)
    shop.reconciles()
    assert shop.run().tries == 1
    shop.books.creating = False
    clock.advance(shop.session, timedelta(minutes=2))
    shop.reconciles()
    assert (shop.run().status, shop.run().error, shop.run().figures["theirs"]["payments"]) == ("done", None, 1)


def test_an_account_that_may_not_have_bills_is_seen_by_a_person_and_may_try_again(shop: Shop) -> None:
    shop.books.wechat.fail("trade_bill", WechatError(Outcome.permanent_account, "NO_AUTH", "无权限"))
    shop.reconciles()
    assert (shop.run().status, shop.run().error, shop.run().due_at) == ("failed", "NO_AUTH", None)
    [incident] = shop.session.query(PaymentIncident)
    assert (incident.kind, incident.details["error"], incident.resolved_at) == ("unreconciled", "NO_AUTH", None)
    shop.again()
    assert shop.run().status == "done"
    shop.session.expire_all()
    assert incident.resolution == "settled"


def test_a_bill_that_never_comes_is_given_up(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "PATIENCE", 1)
    shop.books.creating = True
    shop.reconciles()
    assert shop.run().status == "waiting"
    clock.advance(shop.session, loading.LONGEST_GAP)
    shop.reconciles()
    assert shop.run().status == "failed"


def test_a_damaged_file_is_fetched_again(shop: Shop) -> None:
    shop.pays()
    shop.books.wechat.fail("download_bill", WechatError(Outcome.retry_now, "bill_damaged"))
    shop.reconciles()
    assert (shop.run().status, shop.run().error, shop.session.query(BillLine).count()) == ("waiting", "bill_damaged", 0)
    clock.advance(shop.session, timedelta(minutes=2))
    shop.reconciles()
    assert shop.run().status == "done"


def test_an_address_that_has_ended_is_asked_for_again(shop: Shop) -> None:
    shop.pays()
    shop.books.wechat.fail("download_bill", WechatError(Outcome.permanent_person, "INVALID_REQUEST"))
    shop.reconciles()
    assert shop.run().status == "waiting"


def test_of_a_bill_that_contradicts_itself_not_a_line_is_kept(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.pays()
    shop.pays()
    monkeypatch.setattr(loading, "BATCH", 1)
    whole = shop.books.wechat.answers["download_bill"]
    shop.books.wechat.answers["download_bill"] = lambda merchant, file, **_: bills.torn(whole(merchant, file))
    shop.reconciles()
    run = shop.run()
    assert (run.status, run.error, shop.session.query(BillLine).count()) == ("failed", "bill_unreadable", 0)
    assert "总交易单数" in str(run.detail)


@pytest.mark.parametrize(
    "names",
    [
        tuple(name for name in bills.TRADE_NAMES if name not in ("订单金额", "用户标识", "公众账号ID")),
        tuple(reversed(bills.TRADE_NAMES)),
        tuple(name for name in bills.TRADE_NAMES if name != "特约商户号"),
    ],
    ids=["old columns", "another order", "a direct merchant's"],
)
def test_whatever_columns_a_bill_has_the_result_is_the_same(shop: Shop, names: tuple[str, ...]) -> None:
    busy(shop)
    shop.reconciles()
    before = shop.everything()
    shop.books.names = names
    shop.again()
    assert shop.everything() == before


def test_reconciling_again_changes_nothing_and_keeps_what_people_said(shop: Shop) -> None:
    busy(shop)
    shop.reconciles()
    ids = {one.id for one in shop.differences()}
    assert {one.kind for one in shop.differences()} >= {"over", "short", "amount", "order"}
    auditor = bills.auditor(shop.session, shop.market)
    first, second = shop.differences(status="open")[:2]
    own = {"brand_id": shop.market.brand.id, "staff_id": auditor}
    service.resolve(first.id, action="accept", note="已核对", **own)
    service.resolve(second.id, action="wait", note="等明天", **own)
    before = shop.everything()
    for _ in range(2):
        shop.again()
        assert shop.everything() == before
    assert {one.id for one in shop.differences()} == ids


def test_what_clears_and_comes_back_is_open_again(shop: Shop) -> None:
    line = shop.pays(theirs=False)
    shop.reconciles()
    shop.books.add(line)
    shop.again()
    assert [one.status for one in shop.differences()] == ["cleared_by_itself"]
    shop.books.lines.clear()
    shop.books.flows.clear()
    shop.again()
    [found] = shop.differences()
    assert (found.status, found.resolved_at) == ("open", None)


STEPS = {
    "right after it was taken": (planning, "held", 1),
    "before the bills": (loading, "_fetch", 1),
    "after the bills": (loading, "_keep", 1),
    "amid the lines": (db, "copy_rows", 2),
    "after the lines": (loading, "flow_rows", 1),
    "before the comparison": (matching, "match", 1),
    "amid the comparison": (matching, "_move", 2),
    "before the end": (notices, "finished", 1),
}


@pytest.mark.parametrize("step", STEPS)
def test_whoever_dies_at_any_step_the_next_one_ends_with_the_same(shop: Shop, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    monkeypatch.setattr(loading, "BATCH", 4)
    busy(shop)
    shop.reconciles()
    whole = shop.everything()
    service.run_again(shop.session, shop.market.brand.id, shop.day)
    shop.session.commit()
    where, name, turn = STEPS[step]
    with monkeypatch.context() as patched:
        doomed = dies(getattr(where, name), turn)
        for module in {where, loading} if name == "held" else {where}:
            patched.setattr(module, name, doomed)
        with pytest.raises(Killed):
            shop.reconciles()
    shop.session.rollback()
    assert shop.run().status in ("waiting", "downloading", "matching")
    clock.advance(shop.session, planning.LEASE + timedelta(seconds=1))
    shop.reconciles()
    assert shop.run().status == "done"
    assert shop.everything() == whole


def dies(work: Callable[..., Any], turn: int) -> Callable[..., Any]:
    """The same, but for the call at which the process dies."""
    calls = iter(range(1, 1000))

    def doomed(*args: Any, **kwargs: Any) -> Any:
        if next(calls) == turn:
            raise Killed
        return work(*args, **kwargs)

    return doomed


def test_of_two_schedulers_each_day_has_one(shop: Shop) -> None:
    shop.market.merchant.created_at -= timedelta(days=1)
    shop.session.commit()
    with db.transaction() as session:
        service.plan(session)
        claims = [service.claim(session) for _ in range(3)]
    assert claims[2] is None
    assert len({run_id for run_id, _ in filter(None, claims)}) == 2


def test_who_was_thought_dead_and_comes_back_writes_nothing(shop: Shop) -> None:
    shop.pays()
    with db.transaction() as session:
        service.plan(session)
        first = service.claim(session)
    clock.advance(shop.session, planning.LEASE + timedelta(seconds=1))
    shop.reconciles()
    assert shop.run().status == "done"
    before = shop.everything()
    assert first is not None
    service.work(*first)
    assert shop.everything() == before


class TestAsking:
    def test_for_a_day_without_a_bill_is_refused(self, shop: Shop) -> None:
        for day in (shop.day + timedelta(days=1), shop.day - timedelta(days=100)):
            with pytest.raises(DayUnfit):
                service.run_again(shop.session, shop.market.brand.id, day)
        with pytest.raises(DayUnfit):
            service.run_again(shop.session, shop.market.brand.id, shop.day, account_id=uuid.uuid4())

    def test_for_a_day_that_is_being_worked_on_is_refused(self, shop: Shop) -> None:
        shop.reconciles()
        shop.session.execute(
            Reconciliation.__table__.update().values(status="downloading", due_at=clock.now(shop.session))  # type: ignore[attr-defined]
        )
        with pytest.raises(AlreadyRunning):
            service.run_again(shop.session, shop.market.brand.id, shop.day)

    def test_rings_at_once(self, shop: Shop, rings: list[Any]) -> None:
        shop.reconciles()
        rings.clear()
        service.run_again(shop.session, shop.market.brand.id, shop.day)
        shop.session.commit()
        assert ("reconciliation.work", {}) in rings
