"""Tables of the console itself."""

from __future__ import annotations

import uuid

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.db import Root


class SavedView(Root):
    """A list with its filters, under a name. A shared one is seen by the brand's people, or by one dealer's."""

    __tablename__ = "saved_views"
    __table_args__ = (
        Index("uq_saved_views_name", "staff_id", "list_key", "name", unique=True),
        Index("ix_saved_views_shared", "brand_id", "list_key", postgresql_where="is_shared"),
    )

    staff_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"))
    # Null: the brand's
    dealer_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("dealers.id"))
    list_key: Mapped[str]
    name: Mapped[str]
    # As the address bar has it, without the question mark
    query: Mapped[str]
    is_shared: Mapped[bool]
