"""How many people took which step."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, Select, String, cast, func, select
from sqlalchemy.orm import Session

from app.analytics.models import FunnelRead, FunnelStep, Step
from app.dealers.scope import Scope


class By(StrEnum):
    """Into what the people are told apart."""

    channel = "channel"
    store = "store"
    series = "series"
    day = "day"
    week = "week"
    month = "month"


@dataclass(frozen=True)
class Asked:
    """Days of China, both of them in it, and what the steps were about."""

    since: date
    until: date
    store_id: uuid.UUID | None = None
    series_id: uuid.UUID | None = None
    channel: str | None = None


def _which(scope: Scope, asked: Asked) -> list[ColumnElement[bool]]:
    which = [scope.covers(FunnelStep), FunnelStep.taken_on.between(asked.since, asked.until)]
    about = ("store_id", "series_id", "channel")
    return which + [getattr(FunnelStep, name) == getattr(asked, name) for name in about if getattr(asked, name) is not None]


def _part(by: By) -> ColumnElement[str]:
    if by in (By.day, By.week, By.month):
        return func.to_char(func.date_trunc(by.value, FunnelStep.taken_on), "YYYY-MM-DD")
    return cast(FunnelStep.channel if by is By.channel else getattr(FunnelStep, f"{by}_id"), String)


def people_by_step(session: Session, scope: Scope, asked: Asked) -> dict[str, int]:
    """How many people took each step, each of them once."""
    # Grouped twice, which hashes: to count distinct people PostgreSQL sorts them.
    once = select(FunnelStep.step, FunnelStep.customer_id).where(*_which(scope, asked)).distinct().subquery()
    rows = session.execute(select(once.c.step, func.count()).group_by(once.c.step))
    return {row[0]: row[1] for row in rows}


def people_by(session: Session, scope: Scope, asked: Asked, by: By) -> dict[str, dict[str, int]]:
    """The same for each part, by its key; whoever is in several parts is counted in each."""
    rows = select(_part(by).label("part"), FunnelStep.step, FunnelStep.customer_id)
    once = rows.where(*_which(scope, asked)).distinct().subquery()
    counts: dict[str, dict[str, int]] = {}
    for part, step, people in session.execute(select(once.c.part, once.c.step, func.count()).group_by(once.c.part, once.c.step)):
        counts.setdefault(part, {})[step] = people
    return counts


def who(scope: Scope, asked: Asked, step: Step) -> Select[uuid.UUID]:
    """The ids of those who took a step."""
    return select(FunnelStep.customer_id).where(*_which(scope, asked), FunnelStep.step == step)


def read_until(session: Session) -> datetime | None:
    """Up to when facts are counted; None before the first time."""
    return session.execute(select(FunnelRead.until)).scalar_one_or_none()
