"""The photographs of a car, as staff see them."""

from __future__ import annotations

import re
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kit.files import files
from app.kit.settings import settings
from app.vehicles import photos, studio
from app.vehicles.models import VehiclePhoto
from app.vehicles.queries.stock import picture_url


def photos_of(session: Session, vehicle_id: uuid.UUID) -> Sequence[VehiclePhoto]:
    """Those that a car has, in their order; some may not be ready yet. Those taken off are not among them."""
    return (
        session.execute(
            select(VehiclePhoto)
            .where(VehiclePhoto.vehicle_id == vehicle_id, VehiclePhoto.deleted_at.is_(None))
            .order_by(VehiclePhoto.position, VehiclePhoto.id)
        )
        .scalars()
        .all()
    )


def taken_off(session: Session, vehicle_id: uuid.UUID) -> Sequence[VehiclePhoto]:
    """Those that can still be put back, the last one first."""
    return (
        session.execute(
            select(VehiclePhoto)
            .where(VehiclePhoto.vehicle_id == vehicle_id, VehiclePhoto.deleted_at.is_not(None))
            .order_by(VehiclePhoto.deleted_at.desc(), VehiclePhoto.id)
        )
        .scalars()
        .all()
    )


def album(session: Session, vehicle_id: uuid.UUID) -> dict[str, Any]:
    """All of them as `AlbumOut` describes them."""
    return {
        "items": [_told(one) for one in photos_of(session, vehicle_id)],
        "taken_off": [_told(one) for one in taken_off(session, vehicle_id)],
    }


def _told(photo: VehiclePhoto) -> dict[str, Any]:
    shown = photos.of_row(photo) if photo.widths else None
    return {
        "id": str(photo.id),
        "alt": photo.alt,
        "width": photo.width,
        "height": photo.height,
        "ready": shown is not None,
        "url": picture_url(shown["url"]) if shown else None,
        "deleted_at": photo.deleted_at,
    }


def picture(url: str) -> bytes | None:
    """The picture behind one of our own addresses as a file that programs read; None when it is not ours, or gone."""
    if ours := re.fullmatch(r"/media/photos/([^/]+)/([^/]+)", url):
        name = photos.served(ours[1], ours[2])
        return files().read(name) if name else None
    if drawn := re.fullmatch(r"/media/vehicles/(\w+)/(\w+)/(\w+)\.svg", url):
        try:
            return studio.png(*drawn.groups(), kept_in=Path(settings().media_dir) / "vehicles")
        except KeyError:
            return None
    return None
