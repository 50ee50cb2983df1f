"""Remember which cars a customer looked at: each once, the newest of them, until she clears them."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.identity.models import Customer
from app.interests.models import VehicleView, ViewsCleared
from app.interests.service.people import living, standing_still
from app.kit import clock
from app.kit.settings import settings
from app.vehicles.models import Status, Vehicle

# A clock that was never set tells of years that no column takes.
LONGEST_AGO = timedelta(days=3650)


@dataclass(frozen=True)
class View:
    """That somebody looked at a car; a time to come counts as now."""

    customer_id: uuid.UUID
    vehicle_id: uuid.UUID
    at: datetime


def keep(session: Session, views: Iterable[View]) -> None:
    """Keep views of customers whoever they are by now; those before she cleared her list, and of cars that there are not, are left out.

    May be called twice with the same views.
    """
    views = list(views)
    people = living(session, {view.customer_id for view in views})
    if not people:
        return
    now = clock.now(session)
    last: dict[tuple[uuid.UUID, uuid.UUID], datetime] = {}
    for view in views:
        if view.customer_id in people:
            key, at = (people[view.customer_id], view.vehicle_id), max(now - LONGEST_AGO, min(view.at, now))
            last[key] = max(last.get(key, at), at)
    hers = set(people.values())
    cleared = dict(
        session.execute(select(ViewsCleared.customer_id, ViewsCleared.cleared_at).where(ViewsCleared.customer_id.in_(hers))).all()
    )
    wanted = select(Vehicle.id, Vehicle.brand_id).where(Vehicle.id.in_({car for _, car in last}))
    cars = dict(session.execute(wanted.where(Vehicle.status.not_in((Status.draft, Status.in_preparation)))).all())
    brands = dict(session.execute(select(Customer.id, Customer.brand_id).where(Customer.id.in_(hers))).all())
    rows = [
        {"customer_id": who, "vehicle_id": car, "viewed_at": at}
        for (who, car), at in sorted(last.items())
        if cars.get(car) == brands[who] and (who not in cleared or at > cleared[who])
    ]
    if rows:
        upsert = insert(VehicleView).values(rows)
        newest = func.greatest(VehicleView.viewed_at, upsert.excluded.viewed_at)
        session.execute(upsert.on_conflict_do_update(index_elements=["customer_id", "vehicle_id"], set_={"viewed_at": newest}))
        bound(session, hers)


def bound(session: Session, customer_ids: Collection[uuid.UUID]) -> None:
    """Of each of these customers' views only the newest stay."""
    place = func.row_number().over(
        partition_by=VehicleView.customer_id, order_by=(VehicleView.viewed_at.desc(), VehicleView.vehicle_id.desc())
    )
    wanted = select(VehicleView.customer_id, VehicleView.vehicle_id, place.label("place"))
    ranked = wanted.where(VehicleView.customer_id.in_(customer_ids)).subquery()
    old = select(ranked.c.customer_id, ranked.c.vehicle_id).where(ranked.c.place > settings().recent_views_per_customer)
    session.execute(delete(VehicleView).where(tuple_(VehicleView.customer_id, VehicleView.vehicle_id).in_(old)))


def clear(session: Session, customer: Customer) -> None:
    """Forget every view of hers, and those that are still to be heard of."""
    customer = standing_still(session, customer)
    now = clock.now(session)
    session.execute(delete(VehicleView).filter_by(customer_id=customer.id))
    mark = insert(ViewsCleared).values(customer_id=customer.id, cleared_at=now)
    session.execute(mark.on_conflict_do_update(index_elements=["customer_id"], set_={"cleared_at": now}))
