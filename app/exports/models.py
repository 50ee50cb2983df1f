"""Tables of exports."""

from __future__ import annotations

import uuid
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Uuid, func, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.db import Base, Root
from app.kit.states import Machine


class ExportStatus(StrEnum):
    waiting = "waiting"
    running = "running"
    done = "done"
    refused = "refused"
    cancelled = "cancelled"
    expired = "expired"


UNFINISHED = (ExportStatus.waiting, ExportStatus.running)
_ENDS = frozenset({ExportStatus.refused, ExportStatus.cancelled})
EXPORT = Machine(
    {
        ExportStatus.waiting: _ENDS | {ExportStatus.running},
        ExportStatus.running: _ENDS | {ExportStatus.done},
        ExportStatus.done: frozenset({ExportStatus.expired}),
    }
)


class Export(Root):
    """One file. It is written part by part; `cursor` is where the next part begins, and the row's lock is the lease of who writes one."""

    __tablename__ = "exports"
    __table_args__ = (
        CheckConstraint("status IN ('waiting', 'running', 'done', 'refused', 'cancelled', 'expired')", name="status"),
        Index("ix_exports_unfinished", "written_at", postgresql_where=text("status IN ('waiting', 'running')")),
        Index("ix_exports_expires_at", "expires_at", postgresql_where=text("status = 'done'")),
        Index("ix_exports_staff_id", "staff_id", "id"),
    )

    staff_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"))
    list_key: Mapped[str]
    # As it was given; the list's own schema reads it
    asked: Mapped[dict[str, Any]] = mapped_column(JSONB)
    name: Mapped[str]
    status: Mapped[str] = mapped_column(default=ExportStatus.waiting)
    of_rows: Mapped[int | None]
    rows: Mapped[int] = mapped_column(default=0)
    parts: Mapped[int] = mapped_column(default=0)
    bytes: Mapped[int] = mapped_column(BigInteger, default=0)
    cursor: Mapped[str | None]
    # When somebody has last written at it: a worker that says nothing for long is dead
    written_at: Mapped[datetime] = mapped_column(server_default=func.marque_now())
    tries: Mapped[int] = mapped_column(default=0)
    # The code of the refusal
    error: Mapped[str | None]
    finished_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]


class ExportPart(Base):
    """A part of a file, sealed as `kit.crypto.encrypt` does it; `about` are the customers who are in it."""

    __tablename__ = "export_parts"
    __table_args__ = (Index("ix_export_parts_about", "about", postgresql_using="gin"),)

    export_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("exports.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    sealed: Mapped[bytes]
    about: Mapped[list[uuid.UUID]] = mapped_column(ARRAY(Uuid))


class ExportDownload(Root):
    """That a file was fetched by whoever asked for it, in which request. Stays when the file is gone."""

    __tablename__ = "export_downloads"

    export_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("exports.id"), index=True)
    request_id: Mapped[str]
