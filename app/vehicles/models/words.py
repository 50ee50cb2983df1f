"""The words of the stock, counted now and then: what a slip of the finger can have meant, and what is suggested."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.db import Base


class CountedWords(Base):
    """A brand's words: token → cars on sale, and its models, [series, model, cars] each.

    `stock` is the last mark of a change when they were counted, `catalogue` the edition of the words that the cars' texts are made of.
    """

    __tablename__ = "counted_words"

    brand_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("brands.id"), primary_key=True)
    counted_at: Mapped[datetime]
    stock: Mapped[int] = mapped_column(BigInteger)
    catalogue: Mapped[str]
    cars: Mapped[dict[str, int]] = mapped_column(JSONB)
    models: Mapped[list[list[Any]]] = mapped_column(JSONB)
