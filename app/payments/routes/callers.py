"""Who may look at money, and who may deal with it."""

from __future__ import annotations

import uuid

from app.dealers.models import Role
from app.kit.errors import Forbidden
from app.kit.web import Caller
from app.payments.errors import FinanceOnly


def looking(who: Caller) -> uuid.UUID:
    """The brand whose money the caller may see. Raises `Forbidden` for a dealer's people."""
    if not who.staff.sees_the_brand or who.brand_id is None:
        raise Forbidden
    return who.brand_id


def acting(who: Caller) -> uuid.UUID:
    """The brand whose money the caller deals with. Raises `FinanceOnly`."""
    if who.staff.role not in (Role.admin, Role.finance):
        raise FinanceOnly
    return looking(who)
