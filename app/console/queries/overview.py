"""Today in figures, and what a person has to look at."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, true
from sqlalchemy.orm import Session

from app.analytics.models import Anomaly
from app.console.queries.leads import CHINA
from app.console.queries.scope import Scope
from app.dealers.models import Staff
from app.events.models import Event, EventDelivery
from app.kit import clock
from app.kit.money import yuan
from app.kit.texts import t
from app.leads import queries as leads
from app.leads.models import Lead
from app.messaging.models import Delivery, Send, SendStatus
from app.orders.models import Order
from app.payments.models import IncidentKind, PaymentIncident
from app.vehicles import queries as vehicles

MOST_INCIDENTS = 20
# What was out of the ordinary longer ago stands in its list alone.
ANOMALIES_OF = timedelta(days=7)
# Money is not where it should be; the other kinds only need a second look.
GRAVE = {
    IncidentKind.mismatch,
    IncidentKind.unknown_order,
    IncidentKind.refund_abnormal,
    IncidentKind.refund_refused,
    IncidentKind.pay_by_hand,
    IncidentKind.double_return_owed,
    IncidentKind.money_without_order,
    IncidentKind.sold_while_held,
}


def show(session: Session, scope: Scope, *, may_resolve: bool) -> dict[str, Any]:
    """The figures of `OverviewOut`, and at most 20 incidents, the latest first; `may_resolve` says whether the reader deals with money."""
    now = clock.now(session)
    midnight = now.astimezone(CHINA).replace(hour=0, minute=0, second=0, microsecond=0)
    cars = vehicles.counts(session, scope.brand_id, scope.dealer_id)
    waiting = leads.counts(session, scope.brand_id, scope.dealer_id)
    sent, failed = _messages(session, scope, midnight)
    unseen = (scope.covers(Anomaly), Anomaly.seen_at.is_(None), Anomaly.on_day >= midnight.date() - ANOMALIES_OF)
    return {
        "reservations": session.scalar(select(func.count(Order.id)).where(scope.covers(Order), Order.created_at >= midnight)) or 0,
        "deposits_fen": session.scalar(select(func.sum(Order.amount_fen)).where(scope.covers(Order), Order.paid_at >= midnight)) or 0,
        "leads_open": waiting["open"],
        "leads_overdue": waiting["overdue"],
        "messages_sent": sent,
        "messages_failed": failed,
        "vehicles_listed": cars["listed"],
        "vehicles_reserved": cars["reserved"],
        "anomalies_unseen": session.scalar(select(func.count(Anomaly.id)).where(*unseen)) or 0,
        "incidents": _incidents(session, scope, may_resolve=may_resolve),
        "money_tasks": session.scalar(select(func.count()).select_from(_of_scope(scope).subquery())) or 0,
        "now": now,
    }


def _messages(session: Session, scope: Scope, since: datetime) -> tuple[int, int]:
    """(left us, did not arrive) since a moment: a dealer counts what went to its customers and its own staff."""
    reached: ColumnElement[bool] = true()
    if scope.dealer_id is not None:
        customers = select(Lead.customer_id).where(Lead.dealer_id == scope.dealer_id)
        colleagues = select(Staff.id).where(Staff.dealer_id == scope.dealer_id)
        reached = or_(Send.customer_id.in_(customers), Send.staff_id.in_(colleagues))
    failed = or_(Send.status.in_((SendStatus.rejected, SendStatus.unknown)), Send.delivery == Delivery.failed)
    row = session.execute(
        select(func.count().filter(Send.status == SendStatus.accepted), func.count().filter(failed)).where(
            Send.brand_id == scope.brand_id, Send.created_at >= since, reached
        )
    ).one()
    return row[0], row[1]


def _incidents(session: Session, scope: Scope, *, may_resolve: bool) -> list[dict[str, Any]]:
    found = [_of_money(incident, order_id, may_resolve=may_resolve) for incident, order_id in _money(session, scope)]
    if scope.dealer_id is None:
        found += [_of_delivery(one) for one in _dead(session, scope)]
    return sorted(found, key=lambda one: one["at"], reverse=True)[:MOST_INCIDENTS]


def _of_scope(scope: Scope) -> Select[PaymentIncident, uuid.UUID]:
    """Unresolved incidents with the order they are about; those about no order are headquarters'."""
    rows = (
        select(PaymentIncident, Order.id)
        .outerjoin(Order, Order.intent_id == PaymentIncident.intent_id)
        .where(PaymentIncident.brand_id == scope.brand_id, PaymentIncident.resolved_at.is_(None))
    )
    return rows if scope.dealer_id is None else rows.where(Order.dealer_id == scope.dealer_id)


def _money(session: Session, scope: Scope) -> list[tuple[PaymentIncident, uuid.UUID | None]]:
    rows = _of_scope(scope).order_by(PaymentIncident.id.desc()).limit(MOST_INCIDENTS)
    return [(incident, order_id) for incident, order_id in session.execute(rows)]


def _dead(session: Session, scope: Scope) -> Sequence[EventDelivery]:
    """Events of the brand that a handler gave up on."""
    same = and_(Event.id == EventDelivery.event_id, Event.recorded_at == EventDelivery.recorded_at)
    rows = select(EventDelivery).join(Event, same).where(EventDelivery.dead_at.is_not(None), Event.brand_id == scope.brand_id)
    return session.execute(rows.order_by(EventDelivery.dead_at.desc()).limit(MOST_INCIDENTS)).scalars().all()


def _of_money(incident: PaymentIncident, order_id: uuid.UUID | None, *, may_resolve: bool) -> dict[str, Any]:
    return {
        "id": incident.id,
        "kind": incident.kind,
        "severity": "error" if incident.kind in GRAVE else "warning",
        "title": t(f"payments.incidents.{incident.kind}"),
        "detail": t("console.incidents.money", amount=yuan(incident.amount_fen), number=incident.out_trade_no),
        "at": incident.created_at,
        "link": {"type": "order", "id": order_id} if order_id else None,
        "can_resolve": may_resolve,
    }


def _of_delivery(delivery: EventDelivery) -> dict[str, Any]:
    return {
        "id": f"{delivery.handler}-{delivery.event_id}",
        "kind": "dead_delivery",
        "severity": "error",
        "title": t("console.incidents.dead_delivery"),
        "detail": t("console.incidents.dead_delivery_detail", handler=delivery.handler, attempts=delivery.attempts),
        "at": delivery.dead_at,
        "link": None,
        "can_resolve": False,
    }
