"""Whether a control group is kept with which nothing can be compared."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

from sqlalchemy.orm import Session

from app.journeys.checks import Check
from app.journeys.graph import Graph
from app.kit.texts import t


class GoalWithoutControl(Check):
    """Nobody of the control group comes to a step, so none of them reaches a goal that is one."""

    kind = "goal_without_control"

    @staticmethod
    def find(session: Session, brand_id: uuid.UUID, graph: Graph) -> Iterator[tuple[str | None, str]]:
        if graph.rules["holdout_percent"]:
            yield from ((one, t("journeys.checks.goal_without_control")) for one in graph.node_ids() if graph.kind(one).reaches_goal)
