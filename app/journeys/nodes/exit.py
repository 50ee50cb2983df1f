"""A step on which a journey is over early, for a reason that has a name."""

from __future__ import annotations

from typing import Any

from marshmallow import fields
from marshmallow.validate import Length

from app.journeys.visits import Form, Node, Standing
from app.kit.texts import t


class Exit(Node):
    """Whoever comes here has left the journey before its end; the reason is what its people called it."""

    kind = "exit"
    label = t("journeys.nodes.exit.label")
    group = "flow"

    class Config(Form):
        reason = fields.String(
            required=True,
            validate=Length(1, 40),
            metadata={"label": t("journeys.nodes.exit.reason"), "hint": t("journeys.nodes.exit.reason_hint")},
        )

    @staticmethod
    def ports(config: dict[str, Any]) -> dict[str, str]:
        return {}

    @staticmethod
    def summary(config: dict[str, Any]) -> str:
        return t("journeys.nodes.exit.summary", reason=config["reason"])

    @staticmethod
    def visit(here: Standing) -> None:
        here.exit(here.config["reason"])
