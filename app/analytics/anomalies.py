"""Which figures of a day are far from the same weekday of the eight weeks before it."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from math import sqrt
from statistics import median

from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from app.analytics.errors import AnomalyUnknown
from app.analytics.models import NONE, Anomaly, Figure, StoreDay, StoreDaysRead
from app.analytics.store_days import OPEN_DAYS
from app.dealers.hours import CHINA
from app.dealers.models import Brand, Staff
from app.dealers.scope import Scope
from app.kit import clock

WEEKS = 8
# Of how many days at most something is said that was not said in time, as after an outage.
CATCH_UP_DAYS = 31
# Three standard deviations, told by the median of the distances, which one wild day does not move.
SPREAD = 3 * 1.4826
# Chance alone moves a count by its root, and of a handful every one is far.
LEAST = 5
# A store at which nothing happened in so many days before the eight weeks is too new to compare.
KNOWN_WITHIN = timedelta(days=14)

# Brand, dealer, store; the latter two are None for the brand as a whole.
Whose = tuple[uuid.UUID, uuid.UUID | None, uuid.UUID | None]


def bound_of(values: list[int]) -> tuple[float, float]:
    """The median, and how far from it a figure is nothing out of the ordinary."""
    middle = median(values)
    return middle, max(SPREAD * median(abs(value - middle) for value in values), 3 * sqrt(middle), LEAST)


def judge(session: Session) -> None:
    """Say of the last days, and of those of which nothing was said, what was out of the ordinary; it changes with what became known."""
    session.execute(text("SELECT pg_advisory_xact_lock(hashtext('anomalies'))"))
    today = clock.now(session).astimezone(CHINA).date()
    said = judged_until(session)
    unsaid = (today - said).days - 1 if said else CATCH_UP_DAYS
    for passed in range(1, max(OPEN_DAYS, min(unsaid, CATCH_UP_DAYS)) + 1):
        _judge(session, today - timedelta(days=passed))
    session.execute(update(StoreDaysRead).values(judged_until=today - timedelta(days=1)))


def judged_until(session: Session) -> date | None:
    """The last day of which was said what was out of the ordinary; None before the first time."""
    return session.execute(select(StoreDaysRead.judged_until)).scalar_one_or_none()


def _judge(session: Session, day: date) -> None:
    before = {(one.brand_id, one.store_id, one.figure): one for one in session.execute(select(Anomaly).filter_by(on_day=day)).scalars()}
    for (brand_id, dealer_id, store_id), figure, times, values in _figures(session, day):
        middle, bound = bound_of(values)
        if abs(times - middle) <= bound:
            continue
        said = before.pop((brand_id, store_id, figure), None)
        if said is None:
            said = Anomaly(brand_id=brand_id, on_day=day, figure=figure, store_id=store_id, dealer_id=dealer_id)
            session.add(said)
        said.times, said.median, said.bound, said.before = times, middle, bound, values
    for gone in before.values():
        session.delete(gone)


def _figures(session: Session, day: date) -> Iterator[tuple[Whose, Figure, int, list[int]]]:
    """Of every store that can be compared, and of these together, each figure and the same weekday's of the weeks before."""
    weekdays = [day - timedelta(weeks=week) for week in range(WEEKS, 0, -1)]
    for brand_id in session.execute(select(Brand.id)).scalars():
        known = comparable(session, brand_id, day)
        counted: dict[tuple[Whose, str], dict[date, int]] = defaultdict(lambda: defaultdict(int))
        rows = select(StoreDay.dealer_id, StoreDay.store_id, StoreDay.figure, StoreDay.on_day, StoreDay.times).where(
            StoreDay.brand_id == brand_id, StoreDay.on_day.in_([day, *weekdays]), StoreDay.store_id.in_(known)
        )
        for dealer_id, store_id, figure, on_day, times in session.execute(rows):
            counted[(brand_id, None, None), figure][on_day] += times
            if store_id != NONE:
                counted[(brand_id, dealer_id, store_id), figure][on_day] += times
        for (whose, figure), days in counted.items():
            yield whose, Figure(figure), days[day], [days[one] for one in weekdays]


def comparable(session: Session, brand_id: uuid.UUID, day: date) -> set[uuid.UUID]:
    """The stores that are known for long enough, and what is no store's: a store that opens is no leap of its brand."""
    first = day - timedelta(weeks=WEEKS)
    long_ago = (StoreDay.brand_id == brand_id, StoreDay.on_day.between(first - KNOWN_WITHIN, first))
    found = set(session.execute(select(StoreDay.store_id).where(*long_ago).distinct()).scalars())
    return found | {NONE} if found else set()


def of(session: Session, scope: Scope, anomaly_id: uuid.UUID) -> Anomaly:
    """An anomaly of the scope. Raises `AnomalyUnknown`, also for another dealer's."""
    found = session.execute(select(Anomaly).where(Anomaly.id == anomaly_id, scope.covers(Anomaly))).scalar_one_or_none()
    if found is None:
        raise AnomalyUnknown
    return found


def see(session: Session, one: Anomaly, *, by: Staff) -> None:
    """Note who looked at it first."""
    session.refresh(one, with_for_update=True)
    if one.seen_at is None:
        one.seen_at, one.seen_by_id = clock.now(session), by.id


def unsee(one: Anomaly) -> None:
    one.seen_at = one.seen_by_id = None
