"""The runs of feeds."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.db import Root


class ImportRun(Root):
    """One reading of a feed that was taken over, of one dealer or of the whole brand. `errors` holds the first rejected rows: line,
    field, value, reason.
    """

    __tablename__ = "import_runs"

    feed: Mapped[str]
    dealer_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("dealers.id"))
    file_name: Mapped[str]
    file_sha256: Mapped[str]
    rows: Mapped[int]
    created: Mapped[int]
    updated: Mapped[int]
    unchanged: Mapped[int]
    withdrawn: Mapped[int]
    rejected: Mapped[int]
    errors: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
