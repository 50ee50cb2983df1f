"""What WeChat is to be told about the handing over of what was paid, where it manages the trade of a mini-program."""

from __future__ import annotations

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.db import Root
from app.kit.states import Machine


class ShippingStatus(StrEnum):
    waiting = "waiting"  # paid; there is nothing to tell so far
    due = "due"
    told = "told"
    settled = "settled"  # WeChat has let the money go
    dropped = "dropped"  # all of the money went back: there is nothing to tell any more


OPEN = (ShippingStatus.waiting, ShippingStatus.due)
_OPEN_SQL = "status IN ('waiting', 'due')"

# WeChat may let money go although nothing was told, and may have been told by hand.
SHIPPING = Machine(
    {
        "waiting": frozenset({"due", "told", "settled", "dropped"}),
        "due": frozenset({"told", "settled", "dropped"}),
        "told": frozenset({"settled"}),
    }
)


class ShippingUpload(Root):
    """One payment whose money WeChat keeps until it is told that the customer got something for it."""

    __tablename__ = "shipping_uploads"
    __table_args__ = (
        UniqueConstraint("attempt_id"),
        UniqueConstraint("transaction_id"),
        CheckConstraint("status IN ('waiting', 'due', 'told', 'settled', 'dropped')", name="status"),
        CheckConstraint("(status = 'due') = (due_at IS NOT NULL)", name="due_at"),
        Index("ix_shipping_uploads_due_at", "due_at", postgresql_where=text("due_at IS NOT NULL")),
        Index("ix_shipping_uploads_warn_at", "warn_at", postgresql_where=text(f"{_OPEN_SQL} AND warned_at IS NULL")),
    )

    order_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("orders.id"), index=True)
    attempt_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("payment_attempts.id"))
    # The mini-program in which she paid
    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("wechat_accounts.id"))
    transaction_id: Mapped[str]
    description: Mapped[str]
    status: Mapped[str] = mapped_column(default=ShippingStatus.waiting)
    # When a person is to hear that WeChat was still not told, and when she did
    warn_at: Mapped[datetime]
    warned_at: Mapped[datetime | None]
    # Since when the car stands ready for her, which is what WeChat is told; the same with every repetition
    ready_at: Mapped[datetime | None]
    due_at: Mapped[datetime | None]
    # When WeChat was last told without our knowing whether it heard
    asked_at: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(default=0, server_default="0")
    error_code: Mapped[str | None]
    told_at: Mapped[datetime | None]
    reminded_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
