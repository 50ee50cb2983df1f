"""What campaigns brought: each lead and each paid order goes to one touch before it, or to none, so that the sums are the tables'.

A lead counts on the day it came to be, for the campaign that touched her last (or first) in the window before. A test drive is its lead's.
An order counts when its deposit was paid, and its refund and its sale are its own. Value is the price of the cars that were bought.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import ColumnElement, Select, String, and_, cast, func, select, true
from sqlalchemy.orm import Session
from sqlalchemy.sql.selectable import LateralFromClause

from app.campaigns.models import CampaignAnswer, CampaignCheckIn, CampaignCost, CampaignTouch
from app.kit.settings import settings
from app.leads.models import Lead, LeadActivity, Status
from app.orders.models import Order, OrderStatus
from app.payments.models import PaymentAttempt, Refund, RefundStatus
from app.vehicles.models import Vehicle
from app.vehicles.queries import CHINA

Touch = Literal["last", "first"]
Period = tuple[datetime, datetime]


@dataclass
class Figures:
    """Counts, and money in fen. `opens` are people, or devices of nobody we know; `people` are customers whom it touched in any way."""

    opens: int = 0
    people: int = 0
    answers: int = 0
    check_ins: int = 0
    leads: int = 0
    test_drives: int = 0
    deposits: int = 0
    deposit_fen: int = 0
    refunds: int = 0
    refund_fen: int = 0
    orders: int = 0
    value_fen: int = 0
    cost_fen: int = 0

    def add(self, other: Figures) -> None:
        for name, value in vars(other).items():
            setattr(self, name, getattr(self, name) + value)

    def cost_per(self, count: int) -> int | None:
        """Fen, rounded; None where nothing came of it."""
        return round(self.cost_fen / count) if count else None

    @property
    def roi(self) -> float | None:
        """Value of the cars bought for each fen spent; None where nothing was spent."""
        return round(self.value_fen / self.cost_fen, 4) if self.cost_fen > 0 else None


def by_campaign(
    session: Session, brand_id: uuid.UUID, period: Period, *, touch: Touch, dealer_id: uuid.UUID | None = None
) -> dict[Any, Figures]:
    """By campaign what happened from one moment until another; under None the leads and orders that no campaign touched.

    With a dealer the leads and orders are the dealer's; opens, answers, check-ins and costs are those of whole campaigns.
    """
    return _figures(session, _Asked(brand_id, touch, period=period, dealer_id=dealer_id))


def by_code(session: Session, brand_id: uuid.UUID, campaign_id: uuid.UUID, *, touch: Touch) -> dict[Any, Figures]:
    """By code all that a campaign brought so far; under None what came by no code of it."""
    return _figures(session, _Asked(brand_id, touch, campaign_id=campaign_id))


@dataclass(frozen=True)
class _Asked:
    brand_id: uuid.UUID
    touch: Touch
    campaign_id: uuid.UUID | None = None
    period: Period | None = None
    dealer_id: uuid.UUID | None = None

    def key(self, source: Any) -> Any:
        return source.code_id if self.campaign_id else source.campaign_id

    def within(self, moment: Any) -> ColumnElement[bool]:
        return and_(moment >= self.period[0], moment < self.period[1]) if self.period else true()

    def of(self, model: Any) -> ColumnElement[bool]:
        mine = model.campaign_id == self.campaign_id if self.campaign_id else true()
        return and_(model.brand_id == self.brand_id, mine)


def _figures(session: Session, asked: _Asked) -> dict[Any, Figures]:
    found: dict[Any, Figures] = defaultdict(Figures)
    for names, rows in (
        (("opens", "people"), _touched(asked)),
        (("answers",), _counted(asked, CampaignAnswer)),
        (("check_ins",), _counted(asked, CampaignCheckIn)),
        (("cost_fen",), _costs(asked)),
        (("leads", "test_drives"), _leads(asked)),
        (("deposits", "deposit_fen", "refunds", "refund_fen", "orders", "value_fen"), _orders(asked)),
    ):
        for key, *values in session.execute(rows):
            for name, value in zip(names, values, strict=True):
                setattr(found[key], name, int(value or 0))
    return dict(found)


def _touched(asked: _Asked) -> Select[Any]:
    who = func.coalesce(cast(CampaignTouch.customer_id, String), CampaignTouch.visitor_id)
    opens = func.count(who.distinct()).filter(CampaignTouch.how.in_(("opened", "scanned")))
    people = func.count(CampaignTouch.customer_id.distinct())
    key = asked.key(CampaignTouch)
    return select(key, opens, people).where(asked.of(CampaignTouch), asked.within(CampaignTouch.at)).group_by(key)


def _counted(asked: _Asked, model: Any) -> Select[Any]:
    key = asked.key(model)
    return select(key, func.count()).where(asked.of(model), asked.within(model.created_at)).group_by(key)


def _costs(asked: _Asked) -> Select[Any]:
    key = asked.key(CampaignCost)
    found = select(key, func.sum(CampaignCost.amount_fen)).where(asked.of(CampaignCost)).group_by(key)
    if asked.period:
        since, until = (moment.astimezone(CHINA).date() for moment in asked.period)
        found = found.where(CampaignCost.spent_on >= since, CampaignCost.spent_on < until)
    return found


def _winner(asked: _Asked, customer_id: Any, at: Any) -> LateralFromClause:
    """The touch that has the credit for what she did at a moment."""
    window = timedelta(days=settings().campaign_window_days)
    when, which = CampaignTouch.at, CampaignTouch.id
    order = (when.desc(), which.desc()) if asked.touch == "last" else (when, which)
    found = select(CampaignTouch.campaign_id, CampaignTouch.code_id)
    return found.where(CampaignTouch.customer_id == customer_id, when <= at, when > at - window).order_by(*order).limit(1).lateral("winner")


def _credited(asked: _Asked, model: Any, at: Any, *columns: Any) -> Select[Any]:
    winner = _winner(asked, model.customer_id, at)
    key = asked.key(winner.c)
    found = select(key, *columns).select_from(model).outerjoin(winner, true()).where(model.brand_id == asked.brand_id, asked.within(at))
    if asked.campaign_id:
        touched = select(CampaignTouch.customer_id).where(
            CampaignTouch.campaign_id == asked.campaign_id, CampaignTouch.customer_id.is_not(None)
        )
        found = found.where(winner.c.campaign_id == asked.campaign_id, model.customer_id.in_(touched))
    if asked.dealer_id:
        found = found.where(model.dealer_id == asked.dealer_id)
    return found.group_by(key)


def _leads(asked: _Asked) -> Select[Any]:
    drives = select(1).where(LeadActivity.lead_id == Lead.id, LeadActivity.kind == "test_drive_booked").exists()
    found = _credited(asked, Lead, Lead.created_at, func.count(), func.count().filter(drives))
    return found.where(Lead.status != Status.duplicate)


def _orders(asked: _Asked) -> Select[Any]:
    # What was paid twice and went back is no refund of hers.
    back = (
        select(Refund.intent_id, func.sum(Refund.amount_fen).label("fen"))
        .join(PaymentAttempt, PaymentAttempt.id == Refund.attempt_id)
        .where(Refund.status == RefundStatus.succeeded, PaymentAttempt.is_surplus.is_(False), Refund.brand_id == asked.brand_id)
        .group_by(Refund.intent_id)
        .subquery()
    )
    bought = Order.status == OrderStatus.converted
    found = _credited(
        asked,
        Order,
        Order.paid_at,
        func.count(),
        func.sum(Order.amount_fen),
        func.count(back.c.fen),
        func.sum(back.c.fen),
        func.count().filter(bought),
        func.sum(Vehicle.price_fen).filter(bought),
    )
    found = found.join(Vehicle, Vehicle.id == Order.vehicle_id).outerjoin(back, back.c.intent_id == Order.intent_id)
    return found.where(Order.paid_at.is_not(None))
