"""What customers keep an eye on, for tests."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from app.identity.models import Customer
from app.interests.models import SavedSearch
from app.interests.service import searches
from app.kit.geo import Place
from app.vehicles.queries import Filters


def search(session: Session, by: Customer, *, place: Place | None = None, frequency: str = "instant", **filters: Any) -> SavedSearch:
    """A saved search, by default one that tells at once, and asks for nothing in particular."""
    return searches.save(session, by, Filters(**filters), place=place, place_label=None, name=None, frequency=frequency)
