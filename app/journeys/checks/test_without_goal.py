"""Whether an A/B test is to be decided by a goal that the journey has not."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

from sqlalchemy.orm import Session

from app.journeys.checks import Check
from app.journeys.graph import Graph
from app.journeys.nodes.ab_test import ABTest
from app.kit.texts import t


class TestWithoutGoal(Check):
    """Nobody reaches it, so of all ways, which are equally good, the first would win."""

    kind = "test_without_goal"

    @staticmethod
    def find(session: Session, brand_id: uuid.UUID, graph: Graph) -> Iterator[tuple[str | None, str]]:
        if graph.rules["goal"] or any(graph.kind(one).reaches_goal for one in graph.node_ids()):
            return
        for one in graph.node_ids():
            if graph.kind(one) is ABTest and graph.config(one)["metric"] == "goal":
                yield one, t("journeys.checks.test_without_goal")
