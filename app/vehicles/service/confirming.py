"""Stock that its dealer has not confirmed for some days: he is told, and then it is taken off sale until he says that it is there."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.kit import db
from app.kit.settings import settings
from app.vehicles.models import Status, Vehicle, Withdrawn
from app.vehicles.service.merge import record_all, withdraw_all

# Nobody loses a car that he was not told of so long before.
WARNED_FOR = timedelta(days=3)
# So many cars are one transaction: what is reserved meanwhile waits for no more.
BATCH = 500


def warn_due(session: Session) -> int:
    """Tell of listed cars that will be taken off sale in three days, once per confirmation; how many, at most `BATCH`."""
    days = settings().stock_confirm_days
    if days == 0:
        return 0
    until = func.marque_now() - max(timedelta(days=days) - WARNED_FOR, timedelta(0))
    due = (
        select(Vehicle.id)
        .where(Vehicle.status == Status.listed, Vehicle.warned_at.is_(None), Vehicle.confirmed_at <= until)
        .order_by(Vehicle.confirmed_at)
        .limit(BATCH)
        .with_for_update(key_share=True, skip_locked=True)
    )
    told = (
        update(Vehicle)
        .where(Vehicle.id == db.one_of(due))
        .values(warned_at=func.marque_now())
        .returning(Vehicle.id, Vehicle.brand_id, Vehicle.dealer_id, Vehicle.store_id)
        .execution_options(synchronize_session=False)
    )
    cars = session.execute(told).all()
    record_all(session, "vehicle.confirmation_due", cars)
    return len(cars)


def unlist_due(session: Session) -> int:
    """Take listed cars off sale that nobody has confirmed although their dealer was told; how many, at most `BATCH`."""
    days = settings().stock_confirm_days
    if days == 0:
        return 0
    due = (
        select(Vehicle.id)
        .where(
            Vehicle.status == Status.listed,
            Vehicle.warned_at <= func.marque_now() - WARNED_FOR,
            Vehicle.confirmed_at <= func.marque_now() - timedelta(days=days),
        )
        .order_by(Vehicle.warned_at)
        .limit(BATCH)
        .with_for_update(key_share=True, skip_locked=True)
    )
    ids = session.execute(due).scalars().all()
    cars = withdraw_all(session, Vehicle.id.in_(ids), why=Withdrawn.unconfirmed)
    record_all(session, "vehicle.withdrawn", cars)
    return len(cars)
