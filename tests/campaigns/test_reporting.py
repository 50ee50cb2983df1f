"""What campaigns brought adds up to the tables of leads and orders, whatever happened in whatever order."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.campaigns import queries
from app.campaigns.models import Campaign, CampaignTouch, How
from app.campaigns.queries import Figures
from app.campaigns.view import report_lines, report_of_brand
from app.identity import service as identity
from app.identity.models import Customer
from app.kit import clock
from app.leads import service as leads
from app.leads.models import Lead
from app.orders.models import Order
from app.payments.models import PaymentAttempt, Refund
from tests.campaigns.conftest import Show
from tests.factories import campaigns as make
from tests.factories import dealers, vehicles
from tests.factories import leads as make_leads
from tests.factories import orders as make_orders

DAY = timedelta(days=1)


def touched(session: Session, by: Campaign, who: Customer, at: datetime) -> None:
    session.add(CampaignTouch(brand_id=by.brand_id, campaign_id=by.id, customer_id=who.id, how=How.opened, at=at))
    session.flush()


def bought(session: Session, show: Show, by: Customer, *, at: datetime | None, status: str = "paid") -> Order:
    """An order whose deposit was paid at a moment (None: never), of a car that costs 258,000 yuan."""
    car = vehicles.vehicle(session, show.market.store, price_fen=258_000_00)
    order = make_orders.order(session, show.market, by, vehicle_id=car.id)
    session.execute(update(Order).where(Order.id == order.id).values(paid_at=at, status=status))
    return order


def always(session: Session) -> tuple[datetime, datetime]:
    now = clock.now(session)
    return now - 400 * DAY, now + 400 * DAY


def everything(session: Session, show: Show, **asked: Any) -> dict[Any, Figures]:
    session.flush()
    return queries.by_campaign(session, show.market.brand.id, always(session), **{"touch": "last"} | asked)


@pytest.mark.parametrize(
    ("before", "credited"),
    [(timedelta(0), 1), (30 * DAY - timedelta(microseconds=1), 1), (30 * DAY, 0), (timedelta(microseconds=-1), 0)],
)
def test_the_window_ends_to_the_microsecond(session: Session, show: Show, before: timedelta, credited: int) -> None:
    guest = show.guest()
    lead = make_leads.lead(session, guest)
    touched(session, show.campaign, guest, lead.created_at - before)
    found = everything(session, show)
    assert found.get(show.campaign.id, Figures()).leads == credited
    assert found.get(None, Figures()).leads == 1 - credited


def test_the_last_touch_or_the_first_has_the_credit(session: Session, show: Show) -> None:
    guest, second = show.guest(), make.running(session, show.manager, name="店头活动")
    lead = make_leads.lead(session, guest)
    touched(session, show.campaign, guest, lead.created_at - 2 * DAY)
    touched(session, second, guest, lead.created_at - DAY)
    # Too old to be the first, too late to be the last
    touched(session, second, guest, lead.created_at - 40 * DAY)
    touched(session, show.campaign, guest, lead.created_at + DAY)
    last, first = everything(session, show), everything(session, show, touch="first")
    assert (last[second.id].leads, last[show.campaign.id].leads) == (1, 0)
    assert (first[second.id].leads, first[show.campaign.id].leads) == (0, 1)


def test_an_order_brings_its_deposit_its_refund_and_its_car(session: Session, show: Show) -> None:
    guest = show.guest()
    make.cost(session, show.campaign, show.manager, 1_000_00, code_id=show.code.id)
    show.opens(guest)
    now = clock.now(session)
    bought(session, show, guest, at=now, status="converted")
    ended = bought(session, show, show_again := show.guest(), at=now, status="closed")
    show.opens(show_again)
    bought(session, show, show.guest(), at=None)
    refunded(session, show, ended)
    figures = show.figures()
    assert (figures.deposits, figures.deposit_fen) == (2, 2 * ended.amount_fen)
    assert (figures.refunds, figures.refund_fen) == (1, ended.amount_fen)
    assert (figures.orders, figures.value_fen, figures.cost_fen) == (1, 258_000_00, 1_000_00)
    assert (figures.cost_per(figures.deposits), figures.roi) == (500_00, 258.0)
    assert Figures().roi is None
    assert Figures(cost_fen=5).cost_per(0) is None


def refunded(session: Session, show: Show, order: Order) -> None:
    attempt = {"brand_id": order.brand_id, "intent_id": order.intent_id, "account_id": show.market.merchant.id}
    once = session.execute(select(PaymentAttempt).filter_by(intent_id=order.intent_id)).scalars().first()
    if once is None:
        once = PaymentAttempt(**attempt, out_trade_no="T9", amount_fen=order.amount_fen, status="succeeded")
        session.add(once)
        session.flush()
    session.add(
        Refund(
            **attempt,
            attempt_id=once.id,
            out_trade_no="T9",
            out_refund_no="R9",
            paid_fen=order.amount_fen,
            amount_fen=order.amount_fen,
            reason="客户取消",
            source="unsettled",
            due_at=clock.now(session),
            status="succeeded",
        )
    )
    session.flush()


def test_a_test_drive_is_its_leads(session: Session, show: Show) -> None:
    guest = show.guest()
    lead = session.get_one(Lead, show.answers(guest).lead_id)
    adviser = dealers.staff(session, show.market.dealer)
    lead.owner_id = adviser.id
    for days in (1, 2):
        leads.book_test_drive(session, adviser, lead.id, at=clock.now(session) + days * DAY)
    assert (show.figures().leads, show.figures().test_drives) == (1, 1)


@pytest.mark.parametrize("seed", range(4))
def test_campaigns_and_none_add_up_to_the_leads_and_deposits_of_the_period(session: Session, show: Show, deliver: Any, seed: int) -> None:
    chance = random.Random(seed)
    now = clock.now(session)
    shows = [show.campaign, *(make.running(session, show.manager, name=f"活动{number}") for number in range(3))]
    guests = [show.guest() for _ in range(8)]
    for _ in range(40):
        guest, at = chance.choice(guests), now - chance.random() * 60 * DAY
        match chance.randrange(4):
            case 0 | 1:
                touched(session, chance.choice(shows), guest, at)
            case 2:
                make_leads.lead(session, guest, status=chance.choice(("won", "defeated")), created_at=at)
            case _:
                order = bought(session, show, show.guest(), at=at)
                session.execute(update(Order).where(Order.id == order.id).values(customer_id=guest.id))
    session.commit()
    identity.merge(session, guests[0], guests[1])
    deliver()
    period = now - 45 * DAY, now - 5 * DAY
    for touch in ("last", "first"):
        found = queries.by_campaign(session, show.market.brand.id, period, touch=touch)
        counted = [sum(getattr(one, name) for one in found.values()) for name in ("leads", "deposits", "deposit_fen")]
        wanted = select(func.count()).select_from(Lead).where(Lead.created_at >= period[0], Lead.created_at < period[1])
        paid = select(func.count(), func.coalesce(func.sum(Order.amount_fen), 0)).where(
            Order.paid_at >= period[0], Order.paid_at < period[1]
        )
        assert counted == [session.execute(wanted.where(Lead.status != "duplicate")).scalar_one(), *session.execute(paid).one()]
        # What a campaign says of itself is what the overview says of it.
        whole = queries.by_campaign(session, show.market.brand.id, always(session), touch=touch)
        for one in shows:
            by_code = queries.by_code(session, one.brand_id, one.id, touch=touch)
            alone, beside = sum(row.leads for row in by_code.values()), whole.get(one.id, Figures()).leads
            assert alone == beside
        # And each lead went to whom a person would have given it.
        assert {key: row.leads for key, row in whole.items() if row.leads} == by_hand(session, touch)


def by_hand(session: Session, touch: str) -> dict[Any, int]:
    """The same by plain loops."""
    counts: dict[Any, int] = {}
    touches = session.execute(select(CampaignTouch)).scalars().all()
    for lead in session.execute(select(Lead).where(Lead.status != "duplicate")).scalars():
        hers = [one for one in touches if one.customer_id == lead.customer_id and lead.created_at - 30 * DAY < one.at <= lead.created_at]
        hers.sort(key=lambda one: (one.at, one.id), reverse=touch == "last")
        key = hers[0].campaign_id if hers else None
        counts[key] = counts.get(key, 0) + 1
    return counts


def test_a_dealer_reads_of_its_own_leads_and_of_nobody_elses_costs(session: Session, show: Show) -> None:
    other = dealers.dealer(session, show.market.brand)
    stranger = make.manager(session, other)
    foreign = make.running(session, stranger, name="别家的活动")
    brands = make.running(session, make.manager(session, show.market.brand), name="品牌车展")
    make.cost(session, foreign, stranger, 9_999_00)
    for by, of in ((foreign, show.market.dealer), (brands, show.market.dealer), (show.campaign, show.market.dealer), (foreign, other)):
        guest = show.guest()
        touched(session, by, guest, make_leads.lead(session, guest, dealer_id=of.id).created_at)
    found = everything(session, show, dealer_id=show.market.dealer.id)
    report = report_of_brand(session, show.manager, found, "last")
    assert {row["name"]: row["leads"] for row in report["rows"]} == {
        "春季车展": 1,
        "品牌车展": 1,
        "其他经销商的活动": 1,
        "无活动来源": 0,
    }
    assert (report["total"]["leads"], report["total"]["cost_fen"]) == (3, 0)
    assert "别家的活动" not in "".join(report_lines(report))


def test_the_file_says_yuan_and_what_there_is_nothing_of_is_empty(session: Session, show: Show, app: Any) -> None:
    make.cost(session, show.campaign, show.manager, 1_234_50)
    show.answers(show.guest())
    session.commit()
    client = app.test_client()
    client.post("/api/public/staff/login", json={"username": show.manager.username, "password": dealers.PASSWORD})
    header, code, none, total = client.get(f"/api/staff/campaigns/{show.campaign.id}/report.csv").text.splitlines()
    assert header.startswith("\ufeff名称,打开人数,")
    assert header.count(",") == code.count(",") == none.count(",") == total.count(",") == 17
    assert code.split(",")[:6] == ["一号展台", "0", "1", "1", "0", "1"]
    assert total.split(",")[0] == "合计"
    assert total.split(",")[13:] == ["1234.50", "1234.50", "", "", "0.0"]
    whole = client.get("/api/staff/campaigns/report").json
    assert [(row["name"], row["leads"]) for row in whole["rows"]] == [("春季车展", 1), ("无活动来源", 0)]
    asked = client.get("/api/staff/campaigns/report?since=2026-05-02&until=2026-05-01")
    assert (asked.status_code, asked.json["message"]) == (422, "请检查：统计日期（不能早于开始日期）")
