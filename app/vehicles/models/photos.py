"""Photographs that staff uploaded of a car."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, Index, Integer, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.db import Root


class VehiclePhoto(Root):
    """One photograph. `digest` names its file, which was drawn anew from what was uploaded: nothing else of that was ever kept.

    `widths` are the sizes that there are, none before the job made them; `due_at` is when the job looks at it, None when it need not.
    What consumers see is `Vehicle.photos`, written anew from these rows whenever one changes.
    """

    __tablename__ = "vehicle_photos"
    __table_args__ = (
        # The same picture again is the same photograph.
        UniqueConstraint("vehicle_id", "digest"),
        Index("ix_vehicle_photos_digest", "digest"),
        Index("ix_vehicle_photos_due_at", "due_at", postgresql_where=text("due_at IS NOT NULL")),
        Index("ix_vehicle_photos_deleted_at", "deleted_at", postgresql_where=text("deleted_at IS NOT NULL")),
    )

    vehicle_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("vehicles.id"))
    digest: Mapped[str]
    width: Mapped[int]
    height: Mapped[int]
    alt: Mapped[str]
    position: Mapped[int]
    widths: Mapped[list[int]] = mapped_column(ARRAY(Integer), default=list, server_default="{}")
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    due_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]
