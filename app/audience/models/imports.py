"""Files of people and of tags: what was handed in, how far it is taken over, which rows did not hold, and what it changed."""

from __future__ import annotations

import uuid
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.crypto import EncryptedText
from app.kit.db import Base, Root
from app.kit.states import Machine


class RunKind(StrEnum):
    """`people` makes and updates customers, with their tags; `tags` only gives and takes tags of people who are there."""

    people = "people"
    tags = "tags"


class PeopleStatus(StrEnum):
    """`refused`: the file is no such file. `undoing` takes back what a run of tags changed."""

    waiting = "waiting"
    running = "running"
    done = "done"
    refused = "refused"
    undoing = "undoing"
    undone = "undone"


# To itself when a worker takes up what another one left.
PEOPLE_RUN = Machine(
    {
        "": frozenset({"waiting"}),
        "waiting": frozenset({"running"}),
        "running": frozenset({"running", "done", "refused"}),
        "done": frozenset({"undoing"}),
        "undoing": frozenset({"undone"}),
    }
)


class PeopleRun(Root):
    """One file. How much of it was taken over is in its pages; the sums stand here once it is done.

    `taken_back` and `kept` are of the undoing: changes that were taken back, and those that somebody has changed since.
    """

    __tablename__ = "people_runs"
    __table_args__ = (
        CheckConstraint("kind IN ('people', 'tags')", name="kind"),
        CheckConstraint("status IN ('waiting', 'running', 'done', 'refused', 'undoing', 'undone')", name="status"),
        Index("ix_people_runs_due", "id", postgresql_where=text("status IN ('waiting', 'running', 'undoing')")),
    )

    kind: Mapped[str]
    # Who handed it in; None by hand on the server
    staff_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    status: Mapped[str] = mapped_column(default=PeopleStatus.waiting)
    file_name: Mapped[str]
    file_sha256: Mapped[str]
    file_bytes: Mapped[int] = mapped_column(BigInteger)
    taken_back: Mapped[int] = mapped_column(default=0, server_default="0")
    kept: Mapped[int] = mapped_column(default=0, server_default="0")
    # Why it was refused: {"error": code, "details"}
    error: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    lease_until: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(default=0, server_default="0")
    finished_at: Mapped[datetime | None]


class PeopleChunk(Base):
    """A part of a file that was handed in, until it is taken over; `sealed` as `kit.crypto.encrypt` makes it, for it is full of numbers."""

    __tablename__ = "people_chunks"

    run_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("people_runs.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    sealed: Mapped[bytes]


class PeoplePage(Base):
    """A part of the rows that was taken over, in one transaction with what it changed: whoever takes up the run leaves it alone."""

    __tablename__ = "people_pages"

    run_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("people_runs.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    # How far in the file it reaches
    read_bytes: Mapped[int] = mapped_column(BigInteger)
    rows: Mapped[int]
    created: Mapped[int] = mapped_column(default=0, server_default="0")
    updated: Mapped[int] = mapped_column(default=0, server_default="0")
    unchanged: Mapped[int] = mapped_column(default=0, server_default="0")
    rejected: Mapped[int] = mapped_column(default=0, server_default="0")
    tags_added: Mapped[int] = mapped_column(default=0, server_default="0")
    tags_removed: Mapped[int] = mapped_column(default=0, server_default="0")
    tags_changed: Mapped[int] = mapped_column(default=0, server_default="0")


class PeopleRow(Base):
    """What did not hold of a row: its line, the column, and why (`reason` is a key of `import_reason`).

    `left_out`: the whole row was; else only this cell, and the rest was taken over.
    """

    __tablename__ = "people_rows"

    run_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("people_runs.id"), primary_key=True)
    line: Mapped[int] = mapped_column(primary_key=True)
    # Several cells of one row, and several tags in one cell, may be wrong
    number: Mapped[int] = mapped_column(primary_key=True)
    field: Mapped[str]
    value: Mapped[str] = mapped_column(EncryptedText)
    reason: Mapped[str]
    left_out: Mapped[bool]


class PeopleChange(Base):
    """What a run of tags made of one customer's tag, and what it was before (`was_active` None: there was nothing).

    It is taken back only while the tag still is what the run made of it, by its `decided_at`.
    """

    __tablename__ = "people_changes"

    run_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("people_runs.id"), primary_key=True)
    customer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("customers.id"), primary_key=True, index=True)
    tag_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("tags.id"), primary_key=True)
    decided_at: Mapped[datetime]
    active: Mapped[bool]
    was_active: Mapped[bool | None]
    was_value: Mapped[str | None]
    was_source: Mapped[str | None]
    was_expires_at: Mapped[datetime | None]
