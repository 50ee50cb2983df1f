"""Which staff look at messages, and which decide about them."""

from __future__ import annotations

import uuid

from app.dealers.models import Role
from app.kit.errors import Forbidden
from app.kit.web import Caller


def brand_of(who: Caller) -> uuid.UUID:
    """The brand whose messages the caller may see: headquarters only. Raises `Forbidden`."""
    if not who.staff.sees_the_brand or who.brand_id is None:
        raise Forbidden
    return who.brand_id


def brand_to_change(who: Caller) -> uuid.UUID:
    """The brand about whose messages the caller may decide. Raises `Forbidden`."""
    if who.staff.role not in (Role.admin, Role.marketer):
        raise Forbidden
    return brand_of(who)
