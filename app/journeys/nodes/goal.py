"""A step at which people have reached what the journey is to lead to."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text

from app.journeys.graph import TRIGGER
from app.journeys.owing import OWED
from app.journeys.visits import Form, Node, Standing
from app.kit.texts import t

_REACHED = text(f"""
    INSERT INTO journey_conversions (walk_id, version_id, held_out, converted_at, send_id, node_id)
    SELECT w.id, coalesce(got.version_id, w.version_id), false, told.at, got.send_id, got.node_id
    FROM (
        SELECT walk_id AS id, version_id FROM standing WHERE version_id = :version_id AND node_id = :node_id AND moving AND outcome IS NULL
    ) w CROSS JOIN (SELECT CAST(:now AS timestamptz) AS at) told {OWED}
    ORDER BY w.id ON CONFLICT (walk_id) DO NOTHING RETURNING version_id, node_id
""")  # noqa: S608  # a part of this domain's own


class Goal(Node):
    """Counted as the goal of the rules is: once for each walk, and owed to the last message that had left. She goes on.

    The control group walks nowhere, so a journey with such a step cannot be held against it.
    """

    kind = "goal"
    label = t("journeys.nodes.goal.label")
    group = "flow"
    reaches_goal = True

    class Config(Form):
        """Nothing to set."""

    @staticmethod
    def ports(config: dict[str, Any]) -> dict[str, str]:
        return {"done": t("journeys.ports.done")}

    @staticmethod
    def summary(config: dict[str, Any]) -> str:
        return t("journeys.nodes.goal.summary")

    @staticmethod
    def visit(here: Standing) -> None:
        given = {"version_id": here.version.id, "node_id": here.node_id, "now": here.now}
        for version_id, node_id in here.session.execute(_REACHED, given):
            here.counts[version_id, node_id or TRIGGER, "converted", ""] += 1
        here.leave("done")
