"""Which cars a staff member deals with: headquarters the whole brand's, a dealer's people their dealer's."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, select, true
from sqlalchemy.orm import Session

from app.dealers.models import Staff
from app.vehicles.errors import VehicleUnknown
from app.vehicles.models import Vehicle


@dataclass(frozen=True)
class Scope:
    """A brand, and one dealer of it or None for all."""

    brand_id: uuid.UUID
    dealer_id: uuid.UUID | None

    @classmethod
    def of(cls, staff: Staff) -> Scope:
        return cls(staff.brand_id, None if staff.sees_the_brand else staff.dealer_id)

    def covers(self, model: Any) -> ColumnElement[bool]:
        """The condition on a model with brand_id and dealer_id."""
        return and_(model.brand_id == self.brand_id, true() if self.dealer_id is None else model.dealer_id == self.dealer_id)


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
