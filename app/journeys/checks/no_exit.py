"""Whether somebody for whom the journey has become pointless can leave it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

from sqlalchemy.orm import Session

from app.journeys.checks import Check
from app.journeys.graph import Graph
from app.kit.texts import t


class NoExit(Check):
    """A journey on which time passes needs a way out: who has paid meanwhile is not to be reminded."""

    kind = "no_exit"

    @staticmethod
    def find(session: Session, brand_id: uuid.UUID, graph: Graph) -> Iterator[tuple[str | None, str]]:
        lasts = any(graph.kind(node_id).rests for node_id in graph.node_ids())
        if lasts and not graph.rules["exit_on"] and graph.rules["exit_if"] is None:
            yield None, t("journeys.checks.no_exit")
