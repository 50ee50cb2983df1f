"""Who may say what tags there are, and bring people in files."""

from __future__ import annotations

import uuid

from app.audience.errors import MarketersOnly
from app.dealers.models import Role
from app.kit.web import Caller


def marketing(who: Caller) -> uuid.UUID:
    """The brand of a marketer or an administrator. Raises `MarketersOnly` for everybody else."""
    if who.staff.role not in (Role.admin, Role.marketer):
        raise MarketersOnly
    brand_id: uuid.UUID = who.staff.brand_id
    return brand_id
