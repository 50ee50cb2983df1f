"""Save a search, change how often it tells, look at it, and drop it."""

from __future__ import annotations

import hashlib
import uuid
from datetime import datetime, timedelta, timezone
from typing import Any

from sqlalchemy import delete, func, select, text, update
from sqlalchemy.orm import Session

from app.events import service as events
from app.identity.models import Customer
from app.interests import naming, queries
from app.interests.errors import SearchLimit, SearchTooBroad
from app.interests.models import Frequency, SavedSearch, SavedSearchMatch
from app.interests.service.people import standing_still
from app.kit import clock, geo
from app.kit.geo import Place
from app.kit.json import dumps
from app.kit.settings import settings
from app.vehicles.queries import Filters, among

# Whoever saves a search holds this lock with others who do; the matcher waits once for all of them (see `matching`).
SAVING = "hashtextextended('saved searches', 0)"
# About a hundred metres: where she lives to the metre is not ours to keep.
DECIMALS = 3
CHINA = timezone(timedelta(hours=8))


def save(
    session: Session,
    customer: Customer,
    filters: Filters,
    *,
    place: Place | None,
    place_label: str | None,
    name: str | None,
    frequency: str,
) -> SavedSearch:
    """Tell her from now on of cars that this search does not find yet. The same search again is the one that she has, unchanged.

    A place counts only with a radius.

    Raises:
        SearchLimit: she has as many as one person may.
        SearchTooBroad: it finds more cars now than a search that is saved may.
    """
    customer = standing_still(session, customer)
    if place is None or filters.radius_km is None:
        place, place_label = None, None
    else:
        place = Place(round(place.lat, DECIMALS), round(place.lng, DECIMALS))
    asked = filters.as_json()
    digest = hashlib.sha256(dumps([asked, place and [place.lat, place.lng]])).hexdigest()
    if known := session.execute(select(SavedSearch).filter_by(customer_id=customer.id, digest=digest)).scalar_one_or_none():
        return known
    if queries.count_of(session, SavedSearch, customer.id) >= (most := settings().saved_searches_per_customer):
        raise SearchLimit(most=most)
    session.execute(text(f"SELECT pg_advisory_xact_lock_shared({SAVING})"))
    results = among.numbers(session, customer.brand_id, filters, place, limit=settings().saved_search_most_results + 1)
    if len(results) > settings().saved_search_most_results:
        raise SearchTooBroad(most=settings().saved_search_most_results)
    saved = SavedSearch(
        brand_id=customer.brand_id,
        customer_id=customer.id,
        name=name or naming.name(naming.summary(session, customer.brand_id, filters, place_label)),
        filters=asked,
        lat=place.lat if place else None,
        lng=place.lng if place else None,
        place_label=place_label,
        digest=digest,
        frequency=frequency,
        known=sorted(results),
        **narrowing(filters, place),
    )
    session.add(saved)
    session.flush()
    _record(session, "saved_search.created", saved)
    return saved


def narrowing(filters: Filters, place: Place | None) -> dict[str, Any]:
    """What is taken out of a search, to find quickly whom a car may concern."""
    lists = {name: list(getattr(filters, name)) for name in ("series", "condition", "city")}
    box = geo.box(place, filters.radius_km * 1000) if place and filters.radius_km is not None else None
    sides = {side: getattr(box, side) for side in ("south", "north", "west", "east")} if box else {}
    return lists | sides | {"price_min_fen": filters.price_min_fen, "price_max_fen": filters.price_max_fen}


def change(
    session: Session,
    customer: Customer,
    search_id: uuid.UUID,
    *,
    name: str | None = None,
    frequency: str | None = None,
    paused: bool | None = None,
) -> SavedSearch:
    """Another name or frequency, or a pause; None leaves it as it is. What was found for the next digest comes when that comes.

    While it pauses, what it finds is in its list, and she is told nothing of it, afterwards neither.

    Raises:
        SearchUnknown: she has no such search.
    """
    saved = queries.search_of(session, customer.id, search_id, locked=True)
    saved.name = name or saved.name
    if paused is not None:
        saved.paused = paused
    if frequency is not None:
        saved.frequency = frequency
    untold = (SavedSearchMatch.saved_search_id == saved.id, SavedSearchMatch.told_at.is_(None))
    if saved.paused:
        session.execute(update(SavedSearchMatch).where(*untold).values(told_at=func.marque_now()))
        saved.due_at = None
    elif saved.due_at is not None:
        saved.due_at = due_after(clock.now(session), saved.frequency)
    session.flush()
    return saved


def look(session: Session, customer: Customer, search_id: uuid.UUID) -> SavedSearch:
    """She has seen what it found: from now on only what comes later is new. Raises `SearchUnknown`."""
    saved = queries.search_of(session, customer.id, search_id, locked=True)
    saved.looked_at = clock.now(session)
    session.flush()
    return saved


def drop(session: Session, customer: Customer, search_id: uuid.UUID) -> None:
    """She no longer wants to be told, nor to see what she was; without such a search nothing changes. Saving it again starts anew."""
    found = select(SavedSearch).filter_by(id=search_id, customer_id=customer.id).with_for_update()
    saved = session.execute(found).scalar_one_or_none()
    if saved is not None:
        _record(session, "saved_search.deleted", saved)
        session.execute(delete(SavedSearch).filter_by(id=saved.id))
        session.expunge(saved)


def due_after(moment: datetime, frequency: str) -> datetime:
    """When the next digest is sent: in the morning of China, for weekly ones on a Monday. What is told at once waits for nothing."""
    if frequency == Frequency.instant:
        return moment
    local = moment.astimezone(CHINA)
    due = local.replace(hour=settings().digest_hour, minute=0, second=0, microsecond=0)
    if due <= local:
        due += timedelta(days=1)
    if frequency == Frequency.weekly:
        due += timedelta(days=-due.weekday() % 7)
    return due


def _record(session: Session, name: str, saved: SavedSearch) -> None:
    events.record(
        session,
        name,
        brand_id=saved.brand_id,
        customer_id=saved.customer_id,
        subject=("saved_search", saved.id),
        data={"saved_search_id": saved.id, "frequency": saved.frequency},
        actor=("customer", saved.customer_id),
    )
