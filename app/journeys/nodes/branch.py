"""A step that asks a question and goes on by its answer."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, validates
from sqlalchemy import case

from app.journeys.visits import Condition, Form, Node, Standing, problems_of
from app.kit.registry import kinds
from app.kit.texts import t


def condition(config: dict[str, Any]) -> tuple[type[Condition], dict[str, Any]]:
    """The kind of question that a branch asks, and that question's own settings. Raises KeyError for an unknown kind."""
    own = dict(config["condition"])
    return kinds("app.journeys.conditions")[own.pop("kind")], own


class Branch(Node):
    """`condition` is {"kind": …, and what that kind of question needs}."""

    kind = "branch"
    label = t("journeys.nodes.branch.label")

    class Config(Form):
        condition = fields.Dict(
            required=True, metadata={"label": t("journeys.nodes.branch.condition"), "hint": t("journeys.nodes.branch.condition_hint")}
        )

        @validates("condition")
        def _is_a_known_question(self, value: dict[str, Any], data_key: str) -> None:
            try:
                asked, own = condition({"condition": value})
            except KeyError as error:
                raise ValidationError(t("journeys.nodes.branch.condition_hint")) from error
            wrong = problems_of(asked.Config, own)
            if wrong:
                raise ValidationError([t("journeys.problems.part", field=field, message=message) for field, message in wrong])

    @staticmethod
    def summary(config: dict[str, Any]) -> str:
        asked, own = condition(config)
        return asked.summary(own)

    @staticmethod
    def ports(config: dict[str, Any]) -> dict[str, str]:
        return {"yes": t("journeys.ports.yes"), "no": t("journeys.ports.no")}

    @staticmethod
    def visit(here: Standing) -> None:
        asked, own = condition(here.config)
        here.leave(case((asked.holds(here, own), "yes"), else_="no"))
