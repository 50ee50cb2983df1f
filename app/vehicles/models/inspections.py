"""What an inspector found on a car."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.db import Root


class Finding(StrEnum):
    """What one point of an inspection came to."""

    ok = "ok"
    minor = "minor"
    major = "major"


class Inspection(Root):
    """The last inspection of a car. `groups`: [{"name", "points": [{"name", "finding", "remark"}]}]; `score` is out of 100."""

    __tablename__ = "vehicle_inspections"
    __table_args__ = (CheckConstraint("score BETWEEN 0 AND 100", name="score"),)

    vehicle_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("vehicles.id"), unique=True)
    inspected_on: Mapped[date]
    inspector: Mapped[str]
    score: Mapped[int | None]
    summary: Mapped[str] = mapped_column(default="", server_default="")
    groups: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    # The SHA-256 of the report as a PDF, which names its file.
    document: Mapped[str | None]
    updated_at: Mapped[datetime] = mapped_column(server_default=func.marque_now(), onupdate=func.marque_now())
