"""Tell once in a while, in one alert, what saved searches have found meanwhile."""

from __future__ import annotations

import uuid
from collections import defaultdict

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.interests.models import AlertKind, SavedSearch, SavedSearchMatch
from app.interests.service.telling import News, tell
from app.kit import db
from app.vehicles.models import VISIBLE, Vehicle

SEARCHES_AT_ONCE = 500


def tell_due(session: Session) -> int:
    """Tell of what is due, for as many searches as one transaction takes; how many there were. Several may do this at once.

    Cars that were sold or taken off sale since they were found are not told of any more.
    """
    due = select(SavedSearch).where(SavedSearch.due_at <= func.marque_now()).order_by(SavedSearch.due_at).limit(SEARCHES_AT_ONCE)
    searches = session.execute(due.with_for_update(key_share=True, skip_locked=True)).scalars().all()
    ids = [one.id for one in searches]
    untold = (SavedSearchMatch.saved_search_id.in_(ids), SavedSearchMatch.told_at.is_(None))
    there = select(SavedSearchMatch.saved_search_id, SavedSearchMatch.vehicle_id).join(Vehicle, Vehicle.id == SavedSearchMatch.vehicle_id)
    there = there.where(*untold, Vehicle.status.in_(VISIBLE))
    cars: dict[uuid.UUID, list[uuid.UUID]] = defaultdict(list)
    for search_id, vehicle_id in session.execute(there.order_by(SavedSearchMatch.matched_at.desc(), SavedSearchMatch.vehicle_id.desc())):
        cars[search_id].append(vehicle_id)
    session.execute(update(SavedSearchMatch).where(*untold).values(told_at=func.marque_now()).execution_options(synchronize_session=False))
    session.execute(update(SavedSearch).where(SavedSearch.id.in_(ids)).values(due_at=None))
    tell(
        session,
        [
            News(
                kind=AlertKind.matched,
                brand_id=one.brand_id,
                customer_id=one.customer_id,
                cause=db.new_id(),
                vehicle_ids=cars[one.id],
                count=len(cars[one.id]),
                saved_search_id=one.id,
                frequency=one.frequency,
            )
            for one in searches
            if one.id in cars and not one.paused
        ],
    )
    return len(searches)
