"""The report of a car's inspection."""

from __future__ import annotations

import hashlib
import uuid
from datetime import date
from typing import Any

from sqlalchemy import func
from sqlalchemy.orm import Session

from app.dealers.models import Staff
from app.kit.files import files
from app.vehicles import inspections
from app.vehicles.errors import NoInspection
from app.vehicles.models import Inspection
from app.vehicles.queries.inspections import report_of
from app.vehicles.queries.scope import of_staff


def report(session: Session, staff: Staff, vehicle_id: uuid.UUID, *, inspected_on: date, **found: Any) -> Inspection:
    """Write down an inspection in place of the last; a document stays while the day is the same. Raises `VehicleUnknown`.

    `found` are the other columns of `Inspection`.
    """
    vehicle = of_staff(session, staff, vehicle_id, lock=True)
    kept = report_of(session, vehicle.id)
    if kept is None:
        kept = Inspection(brand_id=vehicle.brand_id, vehicle_id=vehicle.id)
        session.add(kept)
    elif kept.inspected_on != inspected_on:
        kept.document = None
    kept.inspected_on = inspected_on
    for name, value in found.items():
        setattr(kept, name, value)
    vehicle.version += 1
    session.flush()
    return kept


def attach(session: Session, staff: Staff, vehicle_id: uuid.UUID, document: bytes) -> Inspection:
    """Keep a PDF with the report. Raises `VehicleUnknown`, `NoInspection`."""
    vehicle = of_staff(session, staff, vehicle_id, lock=True)
    kept = report_of(session, vehicle.id)
    if kept is None:
        raise NoInspection
    digest = hashlib.sha256(document).hexdigest()
    files().keep(inspections.file_name(digest), document)
    kept.document, kept.updated_at = digest, func.marque_now()
    session.flush()
    return kept


def take_back(session: Session, staff: Staff, vehicle_id: uuid.UUID) -> None:
    """The car has no report any more. Again changes nothing. Raises `VehicleUnknown`."""
    vehicle = of_staff(session, staff, vehicle_id, lock=True)
    kept = report_of(session, vehicle.id)
    if kept is not None:
        session.delete(kept)
        vehicle.version += 1
        session.flush()
