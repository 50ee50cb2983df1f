"""The runs of feeds: what was handed in, what became of it, and which of its rows did not hold."""

from __future__ import annotations

import uuid
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, SmallInteger, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.db import Base, Root, new_id
from app.kit.states import Machine


class RunStatus(StrEnum):
    """`held`: it would take so many cars off sale that a person has to say yes first. `refused`: nothing of it can be taken over."""

    waiting = "waiting"
    running = "running"
    held = "held"
    done = "done"
    refused = "refused"
    discarded = "discarded"


class FeedFormat(StrEnum):
    """`json` is an array of objects, or one object after the other (JSON lines)."""

    csv = "csv"
    json = "json"


# To itself when a worker takes up what another one left.
RUN = Machine(
    {
        "": frozenset({"waiting", "running"}),
        "waiting": frozenset({"running"}),
        "running": frozenset({"running", "done", "held", "refused"}),
        "held": frozenset({"waiting", "discarded"}),
    }
)


class ImportRun(Root):
    """One reading of a feed, of one dealer or of the whole brand. Its refused rows are `ImportRow`s for some weeks."""

    __tablename__ = "import_runs"
    __table_args__ = (
        CheckConstraint("status IN ('waiting', 'running', 'held', 'done', 'refused', 'discarded')", name="status"),
        Index("ix_import_runs_due", "id", postgresql_where=text("status IN ('waiting', 'running')")),
        Index("ix_import_runs_feed", "brand_id", "feed", "id"),
    )

    feed: Mapped[str]
    dealer_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("dealers.id"))
    # Who handed it in; None by hand on the server
    staff_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    status: Mapped[str] = mapped_column(default=RunStatus.running, server_default="done")
    mapping: Mapped[str] = mapped_column(default="", server_default="")
    format: Mapped[str] = mapped_column(default=FeedFormat.csv, server_default="csv")
    file_name: Mapped[str]
    file_sha256: Mapped[str]
    file_bytes: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    read_bytes: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    withdraw_after: Mapped[int] = mapped_column(default=3, server_default="3")
    # A person has said that it may take as many cars off sale as it does.
    may_withdraw_many: Mapped[bool] = mapped_column(default=False, server_default="false")
    rows: Mapped[int] = mapped_column(default=0)
    created: Mapped[int] = mapped_column(default=0)
    updated: Mapped[int] = mapped_column(default=0)
    unchanged: Mapped[int] = mapped_column(default=0)
    # While it is held: how many it would take off sale
    withdrawn: Mapped[int] = mapped_column(default=0)
    rejected: Mapped[int] = mapped_column(default=0)
    # Why it was refused: {"error": code, "details"}
    error: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    lease_until: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(default=0, server_default="0")
    finished_at: Mapped[datetime | None]


class ImportChunk(Base):
    """A part of a file that was handed in, until it is taken over: a worker may be on another machine than the web server."""

    __tablename__ = "import_chunks"

    run_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("import_runs.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    content: Mapped[bytes]


class ImportRow(Base):
    """What did not hold of a row: its line in the file, and what is wrong there (`reason` is a key of `import_reason`).

    `picture` 0 is the row itself, which was left out; above it is one of its pictures, without which the row was taken over.
    """

    __tablename__ = "import_rows"

    run_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("import_runs.id"), primary_key=True)
    line: Mapped[int] = mapped_column(primary_key=True)
    picture: Mapped[int] = mapped_column(SmallInteger, primary_key=True, default=0, server_default="0")
    stock_number: Mapped[str | None]
    field: Mapped[str]
    value: Mapped[str]
    reason: Mapped[str]


class FeedPhoto(Base):
    """A picture that a feed names for a car, by its address; a job brings the car's photographs to what stands here.

    `position` is its place in the feed, None when the feed does not name it any more. `due_at` is when the job looks at it, None when it
    need not. `error`, once it is given up, is a key of `import_reason`. The photograph itself is the car's like any other.
    """

    __tablename__ = "feed_photos"
    __table_args__ = (
        # What was fetched for a car once is not fetched for it again.
        UniqueConstraint("vehicle_id", "address"),
        Index("ix_feed_photos_due_at", "due_at", postgresql_where=text("due_at IS NOT NULL")),
        Index("ix_feed_photos_photo_id", "photo_id", postgresql_where=text("photo_id IS NOT NULL")),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    vehicle_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("vehicles.id"))
    address: Mapped[str]
    position: Mapped[int | None] = mapped_column(SmallInteger)
    # Which run brought it, and where it stands in its file
    run_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("import_runs.id"))
    line: Mapped[int]
    due_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    fetched_at: Mapped[datetime | None]
    photo_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("vehicle_photos.id", ondelete="SET NULL"))
    error: Mapped[str | None]
    failed_at: Mapped[datetime | None]
