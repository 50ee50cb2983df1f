"""The step on which a journey is over."""

from __future__ import annotations

from typing import Any

from app.journeys.visits import Form, Node, Standing
from app.kit.texts import t


class End(Node):
    """Every way through a journey leads to one of these."""

    kind = "end"
    label = t("journeys.nodes.end.label")
    group = "flow"

    class Config(Form):
        """Nothing to set."""

    @staticmethod
    def ports(config: dict[str, Any]) -> dict[str, str]:
        return {}

    @staticmethod
    def summary(config: dict[str, Any]) -> str:
        return ""

    @staticmethod
    def visit(here: Standing) -> None:
        here.finish()
