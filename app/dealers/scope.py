"""How far a staff member sees: headquarters the whole brand, a dealer's people their dealer."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any, Self

from sqlalchemy import ColumnElement, and_, true

from app.dealers.models import Staff


@dataclass(frozen=True)
class Scope:
    """A brand, and one dealer of it or None for all."""

    brand_id: uuid.UUID
    dealer_id: uuid.UUID | None

    @classmethod
    def of(cls, staff: Staff) -> Self:
        return cls(staff.brand_id, None if staff.sees_the_brand else staff.dealer_id)

    def covers(self, model: Any) -> ColumnElement[bool]:
        """The condition on a model with brand_id and dealer_id."""
        return and_(model.brand_id == self.brand_id, true() if self.dealer_id is None else model.dealer_id == self.dealer_id)
