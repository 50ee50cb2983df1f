"""Hold cars that have changed against every saved search of their brand, in a few statements for many of both.

Whom a car may concern is found by what was taken out of the filters; whether it does, the search itself says.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, insert, select, text
from sqlalchemy.orm import Session

from app.interests.models import Alert, AlertKind, ChangedVehicle, Frequency
from app.interests.service.searches import SAVING, due_after
from app.interests.service.telling import News, tell
from app.kit import clock, db, queue
from app.kit.errors import Invalid
from app.kit.geo import Place
from app.kit.logging import logger
from app.vehicles import queries as vehicles
from app.vehicles.queries import among

log = logger(__name__)

CARS_AT_ONCE = 2_000
# What a search finds beyond so many alerts an hour is told together when that hour is over.
ALERTS_AN_HOUR = 6
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Concerned:
    """A saved search, and those of the cars that may be news to it, by id."""

    id: uuid.UUID
    brand_id: uuid.UUID
    customer_id: uuid.UUID
    filters: dict[str, Any]
    place: Place | None
    digest: str
    frequency: str
    paused: bool
    cars: frozenset[uuid.UUID]


def note(session: Session, cars: Collection[tuple[uuid.UUID, uuid.UUID]]) -> None:
    """These cars, as (brand, vehicle), have changed: they are held against the saved searches soon. Noting one again does no harm."""
    if cars:
        session.execute(insert(ChangedVehicle), [{"brand_id": brand, "vehicle_id": car} for brand, car in sorted(cars)])
        queue.enqueue(session, "interests.match")


def match_some(session: Session) -> int:
    """Match the cars that have waited longest, as many as one transaction takes; how many there were. Several may do this at once."""
    oldest = select(ChangedVehicle.number).order_by(ChangedVehicle.number).limit(CARS_AT_ONCE).with_for_update(skip_locked=True)
    taken = (
        session.execute(delete(ChangedVehicle).where(ChangedVehicle.number.in_(oldest)).returning(ChangedVehicle.vehicle_id))
        .scalars()
        .all()
    )
    if taken:
        # Whoever was saving a search when these cars changed is done after this; whoever begins later finds them as they are now.
        session.execute(text(f"SELECT pg_advisory_lock({SAVING}), pg_advisory_unlock({SAVING})"))
        match(session, set(taken))
    return len(taken)


def match(session: Session, vehicle_ids: Collection[uuid.UUID]) -> None:
    """Tell of the cars that have become results of a saved search, each once for ever; calling it again tells nothing more."""
    found = _news(session, _concerned(session, vehicle_ids))
    if found:
        _tell(session, found)


def _concerned(session: Session, vehicle_ids: Collection[uuid.UUID]) -> list[Concerned]:
    rows = session.execute(text(_CONCERNED), {"ids": list(vehicle_ids)})
    return [
        Concerned(
            id=row.id,
            brand_id=row.brand_id,
            customer_id=row.customer_id,
            filters=row.filters,
            place=None if row.lat is None else Place(row.lat, row.lng),
            digest=row.digest,
            frequency=row.frequency,
            paused=row.paused,
            cars=frozenset(row.cars),
        )
        for row in rows
        if row.cars
    ]


# Cars that were results when the search was saved, and those that it has found before, are no news whatever has changed.
_CONCERNED = """
    WITH cars AS MATERIALIZED (
        SELECT v.id, v.number, v.brand_id, v.price_fen, v.condition, m.key AS series, t.city
        FROM vehicles v JOIN model_series m ON m.id = v.series_id JOIN stores t ON t.id = v.store_id
        WHERE v.id = ANY(:ids) AND v.status IN ('listed', 'reserved')
    ), maybe AS MATERIALIZED (
        SELECT s.id, array_agg(c.id) AS cars, array_agg(c.number) AS numbers
        FROM cars c JOIN saved_searches s ON s.brand_id = c.brand_id
            AND (s.series = '{}' OR c.series = ANY(s.series))
            AND (s.price_max_fen IS NULL OR c.price_fen <= s.price_max_fen)
            AND (s.price_min_fen IS NULL OR c.price_fen >= s.price_min_fen)
            AND (s.condition = '{}' OR c.condition = ANY(s.condition))
            AND (s.city = '{}' OR c.city = ANY(s.city))
            AND NOT EXISTS (SELECT FROM saved_search_matches f WHERE f.saved_search_id = s.id AND f.vehicle_id = c.id)
        GROUP BY s.id
    )
    SELECT s.id, s.brand_id, s.customer_id, s.filters, s.lat, s.lng, s.digest, s.frequency, s.paused,
        ARRAY(
            SELECT c.id FROM unnest(maybe.cars, maybe.numbers) AS c(id, number) LEFT JOIN unnest(s.known) AS k(number) USING (number)
            WHERE k.number IS NULL
        ) AS cars
    FROM maybe JOIN saved_searches s ON s.id = maybe.id
"""


def _news(session: Session, concerned: Sequence[Concerned]) -> list[Concerned]:
    """Of each search what it really finds, asked once for all who saved the same one; without those that find nothing."""
    alike: dict[tuple[uuid.UUID, str], list[Concerned]] = defaultdict(list)
    for one in concerned:
        alike[one.brand_id, one.digest].append(one)
    found = []
    for (brand_id, _), same in alike.items():
        cars = frozenset().union(*(one.cars for one in same))
        try:
            results = among.among(session, brand_id, vehicles.filters_of(same[0].filters), same[0].place, cars)
        except Invalid as error:
            log.error("a saved search cannot be read", saved_search_id=str(same[0].id), error=str(error))
            continue
        found += [replace(one, cars=one.cars & results) for one in same if one.cars & results]
    return found


def _tell(session: Session, found: Sequence[Concerned]) -> None:
    """Keep what was found; those who want to hear at once are told now, the others when their time comes."""
    moment = clock.now(session)
    free_at = _free_at(session, [one.id for one in found if one.frequency == Frequency.instant], moment)
    due = {one.id: free_at.get(one.id) or due_after(moment, one.frequency) for one in found}
    later = {one.id for one in found if due[one.id] > moment and not one.paused}
    kept = _keep(session, found, later, moment)
    tell(
        session,
        [
            News(
                kind=AlertKind.matched,
                brand_id=one.brand_id,
                customer_id=one.customer_id,
                cause=db.new_id(),
                vehicle_ids=kept[one.id],
                saved_search_id=one.id,
                frequency=one.frequency,
            )
            for one in found
            if one.id in kept and one.id not in later and not one.paused
        ],
    )
    waiting = sorted(later & kept.keys())
    if waiting:
        session.execute(text(_WAIT), {"ids": waiting, "due": [due[one] for one in waiting]})


_WAIT = """
    UPDATE saved_searches s SET due_at = least(s.due_at, w.due)
    FROM unnest(CAST(:ids AS uuid[]), CAST(:due AS timestamptz[])) AS w(id, due) WHERE s.id = w.id
"""


def _free_at(session: Session, search_ids: Sequence[uuid.UUID], moment: datetime) -> dict[uuid.UUID, datetime]:
    """When those searches may tell at once again that have done so too often of late."""
    wanted = select(Alert.saved_search_id, func.min(Alert.created_at) + HOUR)
    wanted = wanted.where(Alert.saved_search_id.in_(search_ids), Alert.created_at > moment - HOUR)
    often = session.execute(wanted.group_by(Alert.saved_search_id).having(func.count() >= ALERTS_AN_HOUR))
    return {search_id: free_at for search_id, free_at in often if search_id}


def _keep(session: Session, found: Sequence[Concerned], later: Collection[uuid.UUID], moment: datetime) -> dict[uuid.UUID, list[uuid.UUID]]:
    """Write down what was found, and return what of it nobody had found before; a search that was dropped meanwhile finds nothing."""
    pairs = [(one.id, car) for one in found for car in one.cars]
    asked = {
        "searches": [search for search, _ in pairs],
        "cars": [car for _, car in pairs],
        "told": [None if search in later else moment for search, _ in pairs],
        "moment": moment,
    }
    kept: dict[uuid.UUID, list[uuid.UUID]] = defaultdict(list)
    for search, car in session.execute(text(_KEEP), asked):
        kept[search].append(car)
    return {search: sorted(cars, reverse=True) for search, cars in kept.items()}


_KEEP = """
    INSERT INTO saved_search_matches (saved_search_id, vehicle_id, matched_at, told_at)
    SELECT s.id, f.vehicle_id, :moment, f.told_at
    FROM unnest(CAST(:searches AS uuid[]), CAST(:cars AS uuid[]), CAST(:told AS timestamptz[])) AS f(search_id, vehicle_id, told_at)
    JOIN saved_searches s ON s.id = f.search_id
    ORDER BY s.id, f.vehicle_id
    FOR KEY SHARE OF s
    ON CONFLICT DO NOTHING
    RETURNING saved_search_id, vehicle_id
"""
