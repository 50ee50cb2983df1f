"""A step that divides people by chance."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields
from marshmallow.validate import Length, Range
from sqlalchemy import ColumnElement, case

from app.journeys.chance import draw
from app.journeys.visits import Form, Node, Standing, standing
from app.journeys.ways import label_field, port_field
from app.kit.texts import listed, t


class Arm(Form):
    """A way, and how many of a hundred go it."""

    port, label = port_field(), label_field()
    percent = fields.Integer(
        required=True,
        strict=True,
        validate=Range(1, 99),
        metadata={"label": t("journeys.nodes.split.percent"), "hint": t("journeys.nodes.split.percent_hint")},
    )


def ways(here: Standing) -> ColumnElement[str]:
    """The way of each: by who she is in this journey on this node, so that whoever comes again goes the same way."""
    drawn = draw(standing.c.customer_id, here.version.journey_id, here.node_id, below=100)
    ends, reached = [], 0
    for arm in here.config["arms"]:
        reached += arm["percent"]
        ends.append((drawn < reached, arm["port"]))
    return case(*ends)


class ArmsField(fields.List):
    """Several ways whose shares come to a hundred."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        arms: Any = super()._deserialize(value, *args, **kwargs) or []
        if sum(arm["percent"] for arm in arms) != 100:
            raise ValidationError(t("journeys.nodes.split.not_a_hundred"))
        if len({arm["port"] for arm in arms}) != len(arms):
            raise ValidationError(t("journeys.ways.port_twice"))
        return arms


def arms_field() -> ArmsField:
    """The setting of nodes that divide people."""
    return ArmsField(fields.Nested(Arm), required=True, validate=Length(2, 10), metadata={"label": t("journeys.nodes.split.arms")})


class Split(Node):
    """By a share of a hundred for each way; whoever comes again goes the same way."""

    kind = "split"
    label = t("journeys.nodes.split.label")
    group = "flow"

    class Config(Form):
        arms = arms_field()

    @staticmethod
    def summary(config: dict[str, Any]) -> str:
        arms = listed(t("journeys.nodes.split.share", label=arm["label"], percent=arm["percent"]) for arm in config["arms"])
        return t("journeys.nodes.split.summary", arms=arms)

    @staticmethod
    def ports(config: dict[str, Any]) -> dict[str, str]:
        return {arm["port"]: arm["label"] for arm in config["arms"]}

    @staticmethod
    def visit(here: Standing) -> None:
        here.leave(ways(here))
