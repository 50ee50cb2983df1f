"""The pictures that feeds name: noted with the rows, fetched afterwards, and among the car's photographs in the feed's order."""

from __future__ import annotations

import time
import uuid
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.kit import clock, db, queue
from app.kit.logging import logger
from app.kit.rows import LONGEST
from app.kit.settings import settings
from app.vehicles import fetching, imaging
from app.vehicles.errors import TooManyPhotos
from app.vehicles.fetching import Unfetchable
from app.vehicles.imaging import Picture
from app.vehicles.models import FeedPhoto, ImportRow, Vehicle, VehiclePhoto
from app.vehicles.service import photos

log = logger(__name__)

AT_ONCE = 8
MOST_TRIES = 4
# Longer than fetching one takes; doubled with each try.
LEASE = timedelta(minutes=2)
# A feed's pictures come before what people put up, whose positions begin at 1.
FIRST = -1_000

_NAMED = """
    FROM staged s JOIN vehicles v USING (dealer_id, stock_number)
    CROSS JOIN LATERAL unnest(s.photos) WITH ORDINALITY AS p(address, place)
    LEFT JOIN feed_photos f ON f.vehicle_id = v.id AND f.address = p.address
    WHERE s.refused_reason IS NULL AND v.status NOT IN ('sold', 'delivered')
"""
# What could not be fetched is tried anew a day later, if a feed still names it.
_NEW_OR_MOVED = f"""
    INSERT INTO feed_photos (id, vehicle_id, address, position, run_id, line, due_at)
    SELECT marque_new_id(), v.id, p.address, p.place, :run_id, s.line, marque_now()
    {_NAMED} AND (f.id IS NULL OR f.position IS DISTINCT FROM p.place OR f.failed_at < marque_now() - interval '1 day')
    ON CONFLICT (vehicle_id, address) DO UPDATE SET position = excluded.position, run_id = excluded.run_id, line = excluded.line,
        due_at = excluded.due_at, attempts = 0, error = NULL, failed_at = NULL
"""  # noqa: S608  # this module's own
_NOT_NAMED = """
    UPDATE feed_photos f SET position = NULL, due_at = marque_now(), attempts = 0
    FROM staged s JOIN vehicles v USING (dealer_id, stock_number)
    WHERE f.vehicle_id = v.id AND f.position IS NOT NULL AND f.address <> ALL (coalesce(s.photos, '{}'))
        AND s.refused_reason IS NULL AND v.status NOT IN ('sold', 'delivered')
"""
_STILL_MISSING = f"""
    INSERT INTO import_rows (run_id, line, picture, stock_number, field, value, reason)
    SELECT :run_id, s.line, p.place, s.stock_number, 'photos', left(p.address, :longest), f.error
    {_NAMED} AND f.error IS NOT NULL AND f.due_at IS NULL
"""


def note(session: Session, run_id: uuid.UUID) -> None:
    """Keep which pictures the rows in `staged` name, those that are new, elsewhere or gone for a job; again changes nothing."""
    session.execute(text(_NEW_OR_MOVED), {"run_id": run_id})
    session.execute(text(_NOT_NAMED))
    session.execute(text(_STILL_MISSING), {"run_id": run_id, "longest": LONGEST})
    queue.enqueue(session, "vehicles.fetch_photos")


def bring_photos(*, seconds: float) -> bool:
    """Bring the cars' photographs to what their feeds name, some at once, until this time is over; whether there may be more.

    Nothing is fetched within a transaction. Whoever dies at a picture is followed by another, ever more slowly, and a few times only.
    """
    until = time.monotonic() + seconds
    with ThreadPoolExecutor(AT_ONCE) as pool:
        while claimed := _claim():
            for one, got in zip(claimed, pool.map(_fetched, claimed), strict=True):
                with db.transaction() as session:
                    _take(session, one.id, got)
            if time.monotonic() >= until:
                return True
    return False


def _claim() -> Sequence[Any]:
    due = select(FeedPhoto.id).where(FeedPhoto.due_at <= func.marque_now()).order_by(FeedPhoto.due_at, FeedPhoto.position)
    with db.transaction() as session:
        return session.execute(
            update(FeedPhoto)
            .where(FeedPhoto.id == db.one_of(due.limit(AT_ONCE).with_for_update(skip_locked=True)))
            .values(due_at=func.marque_now() + LEASE * func.power(2.0, FeedPhoto.attempts), attempts=FeedPhoto.attempts + 1)
            .returning(FeedPhoto.id, FeedPhoto.address, FeedPhoto.position, FeedPhoto.fetched_at, FeedPhoto.attempts)
            .execution_options(synchronize_session=False)
        ).all()


def _fetched(one: Any) -> Picture | Unfetchable | None:
    """The picture, or why there is none; None where nothing has to be fetched."""
    if one.position is None or one.fetched_at is not None:
        return None
    if one.position > settings().photos_per_vehicle:
        return Unfetchable("photo_too_many", permanent=True)
    if one.attempts > MOST_TRIES:
        return Unfetchable("photo_broken", permanent=True)
    try:
        return imaging.cleaned(fetching.fetch(one.address))
    except imaging.Unusable as error:
        return Unfetchable(f"photo_{error}", permanent=True)
    except Unfetchable as error:
        return error
    except Exception:  # one picture holds up no other
        log.exception("a picture of a feed", feed_photo_id=str(one.id))
        return Unfetchable("photo_broken", permanent=False)


def _take(session: Session, feed_photo_id: uuid.UUID, got: Picture | Unfetchable | None) -> None:
    """What was got, as the feed has it now: it may have come by again meanwhile."""
    car = select(Vehicle).join(FeedPhoto, FeedPhoto.vehicle_id == Vehicle.id).where(FeedPhoto.id == feed_photo_id)
    vehicle = session.execute(car.with_for_update(of=Vehicle, key_share=True)).scalar_one_or_none()
    named = session.get(FeedPhoto, feed_photo_id, with_for_update=True)
    if vehicle is None or named is None:
        return
    photo = session.get(VehiclePhoto, named.photo_id) if named.photo_id else None
    if named.position is None:
        _forget(session, named, photo)
    elif named.fetched_at is not None:
        named.due_at = None
    elif isinstance(got, Picture):
        try:
            photo = photos.keep(session, vehicle, got, alt=vehicle.title)
            named.photo_id, named.fetched_at, named.due_at = photo.id, clock.now(session), None
        except TooManyPhotos:
            _give_up(session, named, vehicle, "photo_too_many")
    elif got is not None and (got.permanent or named.attempts >= MOST_TRIES):
        _give_up(session, named, vehicle, got.reason)
    if photo is not None:
        if named.position is not None:
            photo.position = FIRST + named.position
        photos.show(session, vehicle)


def _forget(session: Session, named: FeedPhoto, photo: VehiclePhoto | None) -> None:
    """The feed names it no more; the photograph goes, unless another address has led to the same."""
    session.delete(named)
    session.flush()
    if photo is not None and photo.deleted_at is None:
        others = select(FeedPhoto.id).where(FeedPhoto.photo_id == photo.id).limit(1)
        if session.execute(others).first() is None:
            photo.deleted_at = clock.now(session)


def _give_up(session: Session, named: FeedPhoto, vehicle: Vehicle, reason: str) -> None:
    named.error, named.failed_at, named.due_at = reason, clock.now(session), None
    line = {"run_id": named.run_id, "line": named.line, "picture": named.position, "stock_number": vehicle.stock_number}
    told = insert(ImportRow).values(**line, field="photos", value=named.address[:LONGEST], reason=reason)
    session.execute(told.on_conflict_do_nothing())
