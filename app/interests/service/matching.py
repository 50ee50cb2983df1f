"""Hold cars that have changed against every saved search of their brand, in a few statements for many of both."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, func, select, text
from sqlalchemy.orm import Session

from app.dealers.models import Store
from app.interests.models import Alert, AlertKind, ChangedVehicle, Frequency, SavedSearch, StockFollowed
from app.interests.service.searches import SAVING, due_after
from app.interests.service.telling import NAMED, News, tell
from app.kit import clock, db
from app.kit.errors import Invalid
from app.kit.geo import Place, Points
from app.kit.logging import logger
from app.vehicles import queries as vehicles
from app.vehicles.queries import among, inverted, known

log = logger(__name__)

CARS_AT_ONCE = 2_000
# What a search finds beyond so many alerts an hour is told together when that hour is over.
ALERTS_AN_HOUR = 6
HOUR = timedelta(hours=1)


def follow(session: Session) -> None:
    """Note the cars that have changed since this was called last, whoever changed them and what: each change once, after its commit.

    Of several who do this at once one does; what it notes is there for all when it commits.
    """
    session.execute(text("INSERT INTO stock_followed (snapshot) VALUES (CAST(pg_current_snapshot() AS text)) ON CONFLICT DO NOTHING"))
    seen = select(StockFollowed.snapshot).with_for_update(skip_locked=True)
    snapshot = session.execute(seen).scalar_one_or_none()
    if snapshot is not None:
        _, began_later, running = snapshot.split(":")
        session.execute(text(_FOLLOW), {"began_later": int(began_later), "running": [int(one) for one in running.split(",") if one]})


# What this statement sees and the one of the older snapshot did not: rows of transactions that were running then, or began later; and
# what the transaction it is part of has changed itself.
_FOLLOW = """
    WITH noted AS (
        INSERT INTO changed_vehicles (brand_id, vehicle_id)
        SELECT brand_id, id FROM vehicles
        WHERE status IN ('listed', 'reserved') AND (changed_in >= :began_later OR changed_in = ANY(CAST(:running AS bigint[]))
            OR changed_in = CAST(CAST(pg_current_xact_id_if_assigned() AS text) AS bigint))
    )
    UPDATE stock_followed SET snapshot = CAST(pg_current_snapshot() AS text)
"""


def match_some(session: Session) -> int:
    """Match the cars that have waited longest, as many as one transaction takes; how many there were. Several may do this at once."""
    oldest = select(ChangedVehicle.number).order_by(ChangedVehicle.number).limit(CARS_AT_ONCE).with_for_update(skip_locked=True)
    taken = (
        delete(ChangedVehicle)
        .where(ChangedVehicle.number == db.one_of(oldest))
        .returning(ChangedVehicle.brand_id, ChangedVehicle.vehicle_id)
    )
    by_brand: dict[uuid.UUID, list[uuid.UUID]] = defaultdict(list)
    for brand_id, vehicle_id in session.execute(taken):
        by_brand[brand_id].append(vehicle_id)
    if by_brand:
        # Whoever was saving a search when these cars changed is done after this; whoever begins later finds them as they are now.
        session.execute(text(f"SELECT pg_advisory_lock({SAVING}), pg_advisory_unlock({SAVING})"))
    for brand_id in sorted(by_brand):
        match(session, brand_id, by_brand[brand_id])
    return sum(map(len, by_brand.values()))


def match(session: Session, brand_id: uuid.UUID, vehicle_ids: Collection[uuid.UUID]) -> None:
    """Tell of the brand's cars that have become results of a saved search, each once for ever; again tells nothing more.

    Whether a car is a result says the search: by its own conditions turned around where they can be, by measuring where there is a
    radius, and by asking it where there are words or other things that cannot.
    """
    # A store, or a series, that is as new as its car is known, too.
    today = known.anew(session, brand_id).today
    session.execute(text("DROP TABLE IF EXISTS found"))
    session.execute(
        text(_FOUND.format(columns=inverted.COLUMNS, condition=inverted.condition(":{}"))),
        {"brand_id": brand_id, "today": today, "ids": list(vehicle_ids), "asked": sorted(inverted.ASKED)},
    )
    _measure(session)
    _ask(session, brand_id)
    _tell(session)


# Cars that were results when the search was saved, and those that it has found before, are no news whatever has changed.
_FOUND = """
    CREATE TEMPORARY TABLE found ON COMMIT DROP AS
    WITH cars AS MATERIALIZED (
        SELECT v.id, v.store_id, v.price_fen, v.condition, m.key AS series, t.city, t.lat_gcj02 AS lat, t.lng_gcj02 AS lng
        FROM vehicles v JOIN model_series m ON m.id = v.series_id JOIN stores t ON t.id = v.store_id
        WHERE v.brand_id = :brand_id AND v.id = ANY(:ids) AND v.status IN ('listed', 'reserved')
    ), wanted AS (
        SELECT id, condition, city, price_min_fen, price_max_fen, south, north, west, east,
            unnest(CASE WHEN series = '{{}}' THEN '{{""}}' ELSE series END) AS of_series
        FROM saved_searches WHERE brand_id = :brand_id
    ), maybe AS MATERIALIZED (
        SELECT s.id AS search_id, c.id AS vehicle_id
        FROM cars c CROSS JOIN LATERAL unnest(ARRAY[c.series, '']) AS of(series) JOIN wanted s ON s.of_series = of.series
            AND (s.price_max_fen IS NULL OR c.price_fen <= s.price_max_fen)
            AND (s.price_min_fen IS NULL OR c.price_fen >= s.price_min_fen)
            AND (s.condition = '{{}}' OR c.condition = ANY(s.condition))
            AND (s.city = '{{}}' OR c.city = ANY(s.city))
            AND (s.south IS NULL OR (c.lat BETWEEN s.south AND s.north AND c.lng BETWEEN s.west AND s.east))
    ), searches AS MATERIALIZED (
        SELECT s.id, s.filters ?| CAST(:asked AS text[]) OR CAST(s.filters AS text) LIKE '%\\\\%' AS is_asked, x.*
        FROM saved_searches s CROSS JOIN LATERAL jsonb_to_record(s.filters) AS x({columns})
        WHERE s.id IN (SELECT search_id FROM maybe)
    )
    SELECT maybe.search_id, maybe.vehicle_id, v.store_id, x.is_asked
    FROM maybe JOIN searches x ON x.id = maybe.search_id JOIN vehicles v ON v.id = maybe.vehicle_id
        JOIN saved_searches s ON s.id = maybe.search_id
    WHERE (x.is_asked OR ({condition})) AND v.number <> ALL(s.known)
        AND NOT EXISTS (SELECT FROM saved_search_matches f WHERE f.saved_search_id = maybe.search_id AND f.vehicle_id = maybe.vehicle_id)
"""


def _measure(session: Session) -> None:
    """Take out the cars beyond the radius of their search."""
    wanted = text("""
        SELECT s.id, s.lat, s.lng, CAST(s.filters ->> 'radius_km' AS float) AS radius_km, array_agg(DISTINCT f.store_id) AS stores
        FROM found f JOIN saved_searches s ON s.id = f.search_id WHERE s.lat IS NOT NULL AND NOT f.is_asked GROUP BY s.id
    """)
    rows = session.execute(wanted).all()
    placed = select(Store.id, Store.lat_gcj02, Store.lng_gcj02).where(Store.id.in_({store for row in rows for store in row.stores}))
    places = {row[0]: (row[1], row[2]) for row in session.execute(placed)}
    beyond: list[tuple[uuid.UUID, uuid.UUID]] = []
    for row in rows:
        lats, lngs = zip(*(places[store] for store in row.stores), strict=True)
        metres = Points(lats, lngs).distances_m(Place(row.lat, row.lng))
        beyond += [(row.id, store) for store, far in zip(row.stores, metres, strict=True) if far > row.radius_km * 1000]
    _take_out(session, "store_id", beyond)


def _ask(session: Session, brand_id: uuid.UUID) -> None:
    """Take out the cars that those searches do not find which have to be asked one by one, once for all who saved the same."""
    wanted = text("""
        SELECT s.digest, array_agg(DISTINCT s.id) AS ids, array_agg(DISTINCT f.vehicle_id) AS cars
        FROM found f JOIN saved_searches s ON s.id = f.search_id WHERE f.is_asked GROUP BY s.digest
    """)
    wrong: list[tuple[uuid.UUID, uuid.UUID]] = []
    for row in session.execute(wanted).all():
        saved = session.get_one(SavedSearch, row.ids[0])
        place = None if saved.lat is None or saved.lng is None else Place(saved.lat, saved.lng)
        try:
            results = among.among(session, brand_id, vehicles.filters_of(saved.filters), near=place, ids=row.cars)
        except Invalid as error:
            log.error("a saved search cannot be read", saved_search_id=str(saved.id), error=str(error))
            results = set()
        wrong += [(search_id, car) for search_id in row.ids for car in row.cars if car not in results]
    _take_out(session, "vehicle_id", wrong)


def _take_out(session: Session, column: str, pairs: Collection[tuple[uuid.UUID, uuid.UUID]]) -> None:
    if pairs:
        statement = f"""
            DELETE FROM found f USING unnest(CAST(:searches AS uuid[]), CAST(:others AS uuid[])) AS w(search_id, other)
            WHERE f.search_id = w.search_id AND f.{column} = w.other
        """  # noqa: S608  # a column of this module's own
        session.execute(text(statement), {"searches": [one for one, _ in pairs], "others": [other for _, other in pairs]})


def _tell(session: Session) -> None:
    """Keep what was found; those who want to hear at once are told now, the others when their time comes."""
    moment = clock.now(session)
    free_at = _free_at(session, moment)
    rows = session.execute(text(_KEEP), {"moment": moment, "busy": list(free_at), "named": NAMED}).all()
    tell(
        session,
        [
            News(
                kind=AlertKind.matched,
                brand_id=row.brand_id,
                customer_id=row.customer_id,
                cause=db.new_id(),
                vehicle_ids=row.cars,
                count=row.found,
                saved_search_id=row.id,
                frequency=row.frequency,
            )
            for row in rows
            if row.is_told and not row.paused
        ],
    )
    waiting = {row.id: free_at.get(row.id) or due_after(moment, row.frequency) for row in rows if not row.is_told}
    if waiting:
        session.execute(text(_WAIT), {"ids": list(waiting), "due": list(waiting.values())})


def _free_at(session: Session, moment: Any) -> dict[uuid.UUID, Any]:
    """When those of the searches may tell at once again that have done so too often of late."""
    found = select(SavedSearch.id).where(SavedSearch.frequency == Frequency.instant, text("id IN (SELECT search_id FROM found)"))
    wanted = select(Alert.saved_search_id, func.min(Alert.created_at) + HOUR)
    wanted = wanted.where(Alert.saved_search_id.in_(found), Alert.created_at > moment - HOUR)
    often = session.execute(wanted.group_by(Alert.saved_search_id).having(func.count() >= ALERTS_AN_HOUR))
    return {search_id: free_at for search_id, free_at in often if search_id}


# A search that was dropped meanwhile finds nothing any more, and one that is being dropped is waited for.
_KEEP = """
    WITH kept AS (
        INSERT INTO saved_search_matches (saved_search_id, vehicle_id, matched_at, told_at)
        SELECT s.id, f.vehicle_id, :moment,
            CASE WHEN s.paused OR (s.frequency = 'instant' AND s.id <> ALL(CAST(:busy AS uuid[]))) THEN CAST(:moment AS timestamptz) END
        FROM found f JOIN saved_searches s ON s.id = f.search_id
        ORDER BY s.id, f.vehicle_id
        FOR KEY SHARE OF s
        ON CONFLICT DO NOTHING
        RETURNING saved_search_id, vehicle_id, told_at
    )
    SELECT s.id, s.brand_id, s.customer_id, s.frequency, s.paused, bool_or(kept.told_at IS NOT NULL) AS is_told, count(*) AS found,
        (array_agg(kept.vehicle_id ORDER BY kept.vehicle_id DESC))[1:CAST(:named AS int)] AS cars
    FROM kept JOIN saved_searches s ON s.id = kept.saved_search_id GROUP BY s.id
"""
_WAIT = """
    UPDATE saved_searches s SET due_at = least(s.due_at, w.due)
    FROM unnest(CAST(:ids AS uuid[]), CAST(:due AS timestamptz[])) AS w(id, due) WHERE s.id = w.id
"""
