"""Whether the time at which people are to enter is over."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

from sqlalchemy.orm import Session

from app.journeys.arrivals import Planned
from app.journeys.checks import Check
from app.journeys.graph import Graph
from app.kit import clock
from app.kit.texts import t


class NeverBegins(Check):
    """A planned trigger of which no time is left, or a journey whose last day is over: nobody enters, and nobody says why."""

    kind = "never_begins"

    @staticmethod
    def find(session: Session, brand_id: uuid.UUID, graph: Graph) -> Iterator[tuple[str | None, str]]:
        now = clock.now(session)
        for trigger, config in graph.triggers:
            if issubclass(trigger, Planned) and trigger.next_at(config, now) is None:
                yield None, t("journeys.checks.never_begins", trigger=trigger.summary(config))
        if graph.rules["ends_at"] and graph.rules["ends_at"] <= now:
            yield None, t("journeys.checks.is_over")
