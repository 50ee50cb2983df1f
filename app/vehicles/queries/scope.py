"""Which cars a staff member deals with: headquarters the whole brand's, a dealer's people their dealer's."""

from __future__ import annotations

import uuid

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.dealers.models import Staff
from app.dealers.scope import Scope
from app.vehicles.errors import VehicleUnknown
from app.vehicles.models import Vehicle


def of_staff(session: Session, staff: Staff, vehicle_id: uuid.UUID, *, lock: bool = False) -> Vehicle:
    """A car in any state of this person's dealer, or of the brand for headquarters; locked until the end of the transaction on request.

    Raises:
        VehicleUnknown: also for another dealer's.
    """
    wanted = select(Vehicle).where(Scope.of(staff).covers(Vehicle), Vehicle.id == vehicle_id)
    if lock:
        wanted = wanted.with_for_update(key_share=True).execution_options(populate_existing=True)
    found = session.execute(wanted).scalar_one_or_none()
    if found is None:
        raise VehicleUnknown
    return found
