"""Photographs of a car: put up, ordered, taken off, put back; and their sizes, which a job makes."""

from __future__ import annotations

import math
import time
import uuid
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from app.dealers.models import Staff
from app.kit import clock, db
from app.kit.files import files
from app.kit.logging import logger
from app.kit.queue import enqueue
from app.kit.settings import settings
from app.vehicles import imaging, photos
from app.vehicles.errors import PhotosMoved, PhotoUnknown, TooManyPhotos
from app.vehicles.imaging import Picture
from app.vehicles.models import Vehicle, VehiclePhoto
from app.vehicles.queries.photos import photos_of
from app.vehicles.queries.scope import of_staff

log = logger(__name__)

# Longer than making the sizes of one picture takes; after it another process takes over what a dead one left.
LEASE = timedelta(minutes=2)
_LONGEST_WAIT = timedelta(hours=6)


def put_up(session: Session, staff: Staff, vehicle_id: uuid.UUID, picture: Picture, *, alt: str) -> VehiclePhoto:
    """A new last photograph. The same picture again is the one that is there, put back if it was taken off.

    Raises:
        VehicleUnknown: also for another dealer's. TooManyPhotos.
    """
    return keep(session, of_staff(session, staff, vehicle_id, lock=True), picture, alt=alt)


def keep(session: Session, vehicle: Vehicle, picture: Picture, *, alt: str) -> VehiclePhoto:
    """`put_up` for a car that is locked already. Raises `TooManyPhotos`."""
    same = session.execute(select(VehiclePhoto).filter_by(vehicle_id=vehicle.id, digest=picture.digest)).scalar_one_or_none()
    if same is not None and same.deleted_at is None:
        return same
    there = _room_for_one(session, vehicle)
    position = max((one.position for one in there), default=0) + 1
    if same is not None:
        same.position, same.deleted_at, same.alt = position, None, alt or same.alt
        show(session, vehicle)
        return same
    # Under this lock no other process clears away the last car's copy of the same picture.
    _lock_file(session, picture.digest)
    files().keep(photos.file_name(picture.digest, photos.MASTER), picture.content)
    made = VehiclePhoto(
        brand_id=vehicle.brand_id,
        vehicle_id=vehicle.id,
        digest=picture.digest,
        width=picture.width,
        height=picture.height,
        alt=alt or vehicle.title,
        position=position,
        due_at=clock.now(session),
    )
    session.add(made)
    session.flush()
    enqueue(session, "vehicles.make_photo_sizes")
    return made


def arrange(session: Session, staff: Staff, vehicle_id: uuid.UUID, order: Sequence[tuple[uuid.UUID, str | None]]) -> None:
    """Give a car's photographs this order, the cover first, and those with a text this text.

    Raises:
        VehicleUnknown: also for another dealer's.
        PhotosMoved: these are not the car's photographs, each once; somebody else may have added or taken off one.
    """
    vehicle = of_staff(session, staff, vehicle_id, lock=True)
    there = {one.id: one for one in photos_of(session, vehicle.id)}
    if sorted(there) != sorted(photo_id for photo_id, _ in order):
        raise PhotosMoved
    for position, (photo_id, alt) in enumerate(order, 1):
        there[photo_id].position = position
        there[photo_id].alt = alt or there[photo_id].alt
    show(session, vehicle)


def take_off(session: Session, staff: Staff, vehicle_id: uuid.UUID, photo_id: uuid.UUID) -> None:
    """Nobody sees it any more; for some days it can be put back. Again changes nothing. Raises `VehicleUnknown`, `PhotoUnknown`."""
    vehicle = of_staff(session, staff, vehicle_id, lock=True)
    photo = _of(session, vehicle, photo_id)
    if photo.deleted_at is None:
        photo.deleted_at = clock.now(session)
        show(session, vehicle)


def put_back(session: Session, staff: Staff, vehicle_id: uuid.UUID, photo_id: uuid.UUID) -> None:
    """Undo `take_off`: it is where it was. Again changes nothing. Raises `VehicleUnknown`, `PhotoUnknown`, `TooManyPhotos`."""
    vehicle = of_staff(session, staff, vehicle_id, lock=True)
    photo = _of(session, vehicle, photo_id)
    if photo.deleted_at is not None:
        _room_for_one(session, vehicle)
        photo.deleted_at = None
        show(session, vehicle)


def _of(session: Session, vehicle: Vehicle, photo_id: uuid.UUID) -> VehiclePhoto:
    found = session.execute(select(VehiclePhoto).filter_by(id=photo_id, vehicle_id=vehicle.id)).scalar_one_or_none()
    if found is None:
        raise PhotoUnknown
    return found


def _room_for_one(session: Session, vehicle: Vehicle) -> Sequence[VehiclePhoto]:
    there = photos_of(session, vehicle.id)
    if len(there) >= settings().photos_per_vehicle:
        raise TooManyPhotos(most=settings().photos_per_vehicle)
    return there


def show(session: Session, vehicle: Vehicle) -> None:
    """What consumers see is written anew. Drawings go when the first photograph is ready, and do not come back."""
    session.flush()
    ready = [photos.of_row(one) for one in photos_of(session, vehicle.id) if one.widths]
    is_drawn = any("widths" not in one for one in vehicle.photos)
    if vehicle.photos != ready and (ready or not is_drawn):
        vehicle.photos, vehicle.version = ready, vehicle.version + 1
        session.flush()


def make_due_sizes(*, seconds: float = math.inf) -> int:
    """Make the sizes of every photograph that waits for them, one after the other, until this time is over; how many.

    One that fails holds up no other.
    """
    done, until = 0, time.monotonic() + seconds
    while time.monotonic() < until and (claimed := _claim()) is not None:
        photo_id, digest = claimed
        try:
            _make_sizes(photo_id, digest)
            done += 1
        except Exception:
            log.exception("sizes could not be made", photo_id=str(photo_id))
    return done


def _make_sizes(photo_id: uuid.UUID, digest: str) -> None:
    content = files().read(photos.file_name(digest, photos.MASTER))
    if content is None:
        raise FileNotFoundError(digest)
    for file, size in imaging.sizes(content):
        files().keep(photos.file_name(digest, file), size)
    with db.transaction() as session:
        _sizes_are_there(session, photo_id)


def _claim() -> tuple[uuid.UUID, str] | None:
    with db.transaction() as session:
        due = (
            select(VehiclePhoto.id)
            .where(VehiclePhoto.due_at <= func.marque_now())
            .order_by(VehiclePhoto.due_at)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        # Whoever dies at it is followed by another, ever more slowly, so that what kills a process does not kill all.
        wait = func.least(LEASE * func.power(2.0, VehiclePhoto.attempts), _LONGEST_WAIT)
        row = session.execute(
            update(VehiclePhoto)
            .where(VehiclePhoto.id == db.one_of(due))
            .values(due_at=func.marque_now() + wait, attempts=VehiclePhoto.attempts + 1)
            .returning(VehiclePhoto.id, VehiclePhoto.digest)
            .execution_options(synchronize_session=False)
        ).first()
    return None if row is None else (row.id, row.digest)


def _sizes_are_there(session: Session, photo_id: uuid.UUID) -> None:
    vehicle_id = session.execute(select(VehiclePhoto.vehicle_id).filter_by(id=photo_id)).scalar_one_or_none()
    if vehicle_id is None:
        return  # cleared away meanwhile
    vehicle = session.execute(select(Vehicle).filter_by(id=vehicle_id).with_for_update(key_share=True)).scalar_one()
    photo = session.get_one(VehiclePhoto, photo_id)
    photo.widths, photo.due_at = imaging.widths(photo.width), None
    show(session, vehicle)


def clear_away() -> int:
    """Drop photographs that were taken off long ago, and the files that no car has any more; how many photographs."""
    kept_for = timedelta(days=settings().photo_undo_days)
    done = 0
    while True:
        with db.transaction() as session:
            old = select(VehiclePhoto).where(VehiclePhoto.deleted_at < func.marque_now() - kept_for)
            photo = session.execute(old.limit(1).with_for_update(skip_locked=True)).scalar_one_or_none()
            if photo is None:
                return done
            _lock_file(session, photo.digest)
            session.delete(photo)
            session.flush()
            if session.execute(select(VehiclePhoto.id).filter_by(digest=photo.digest).limit(1)).first() is None:
                for file in (photos.MASTER, photos.CARD_FILE, *(f"{width}.webp" for width in imaging.widths(photo.width))):
                    files().drop(photos.file_name(photo.digest, file))
        done += 1


def _lock_file(session: Session, digest: str) -> None:
    session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": f"photo {digest}"})
