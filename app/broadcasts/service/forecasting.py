"""Foresee a broadcast before it begins, and how long it still takes: whom it reaches by which way, whom not and why, and until when."""

from __future__ import annotations

import uuid
from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from app.broadcasts import queries
from app.broadcasts.models import Broadcast
from app.broadcasts.service.editing import create
from app.messaging.service import forecasting
from app.messaging.service.forecasting import Reach, Sender

# So many people are asked after one by one; of more, so many are, and the others are taken to be like them.
ASKED = 2_000
ASKED_AT_ONCE = 500


@dataclass(frozen=True)
class Forecast:
    """Of `people`, how many each way (appid, channel) reaches as things stand, and how many none, by reason; `asked` is how many were
    looked at one by one. `done_on` is the last day of sending (China's), None if the quotas never allow it.
    """

    people: int
    asked: int
    ways: Counter[Sender] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
    done_on: date | None = None

    @property
    def reached(self) -> int:
        return self.ways.total()


def forecast(session: Session, broadcast: Broadcast) -> Forecast:
    """What would become of a broadcast that began now; of one that runs, of the people who are not planned for yet."""
    people = queries.not_planned(session, broadcast.id) if broadcast.listed_at is not None else queries.count_members(session, broadcast)
    asked = queries.sample(session, broadcast, ASKED)
    seen = Reach()
    for begin in range(0, len(asked), ASKED_AT_ONCE):
        page: list[uuid.UUID] = list(asked[begin : begin + ASKED_AT_ONCE])
        told = forecasting.reach(session, broadcast.brand_id, page, ladder=broadcast.ladder, purpose=broadcast.purpose)
        seen.ways.update(told.ways)
        seen.skipped.update(told.skipped)
    ways, skipped = _of_all(seen, people)
    done_on = forecasting.done_on(session, broadcast.brand_id, ways, ahead=queries.ahead_of(session, broadcast))
    return Forecast(people, len(asked), ways, skipped, done_on)


def forecast_draft(session: Session, brand_id: uuid.UUID, **fields: Any) -> Forecast:
    """What would become of a broadcast that was written like this and began now; nothing is kept. Raises what `create` raises."""
    with session.begin_nested() as trial:
        seen = forecast(session, create(session, brand_id, staff_id=None, **fields))
        trial.rollback()
    return seen


def _of_all(seen: Reach, people: int) -> tuple[Counter[Sender], Counter[str]]:
    """The counts of those who were asked, as shares of all: whole numbers whose sum is everybody."""
    counts: list[tuple[bool, object, int]] = [(True, way, count) for way, count in sorted(seen.ways.items())]
    counts += [(False, reason, count) for reason, count in sorted(seen.skipped.items())]
    asked = sum(count for *_, count in counts)
    ways: Counter[Sender] = Counter()
    skipped: Counter[str] = Counter()
    given = so_far = 0
    for is_way, key, count in counts:
        so_far += count
        share = round(people * so_far / asked) - given
        given += share
        (ways if is_way else skipped)[key] = share  # type: ignore[index]
    return ways, skipped
