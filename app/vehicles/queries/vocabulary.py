"""The words of a brand's stock, kept in the process until they are counted anew."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.vehicles.models import CountedWords
from app.vehicles.words import UNCOUNTED, Vocabulary


@dataclass(frozen=True)
class Counted:
    """The words, and the models as [series, model, cars], the most frequent first."""

    words: Vocabulary
    models: Sequence[Sequence[Any]]


_NEVER = Counted(UNCOUNTED, ())
_kept: dict[uuid.UUID, tuple[datetime, Counted]] = {}


def counted_words(session: Session, brand_id: uuid.UUID) -> Counted:
    """What was counted last; nothing of a brand whose words nobody has counted yet."""
    at = session.execute(select(CountedWords.counted_at).filter_by(brand_id=brand_id)).scalar_one_or_none()
    if at is None:
        return _NEVER
    kept = _kept.get(brand_id)
    if kept is None or kept[0] != at:
        row = session.execute(select(CountedWords.counted_at, CountedWords.cars, CountedWords.models).filter_by(brand_id=brand_id)).one()
        words = kept[1].words.recounted(row.cars) if kept else Vocabulary(row.cars)
        kept = _kept[brand_id] = (row.counted_at, Counted(words, row.models))
    return kept[1]
