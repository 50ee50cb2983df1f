"""A step that asks one question or several, and goes on by the answers."""

from __future__ import annotations

import uuid
from typing import Any

from marshmallow import ValidationError, fields, validates, validates_schema
from marshmallow.validate import Length
from sqlalchemy import case
from sqlalchemy.orm import Session

from app.journeys.visits import Condition, Form, Node, Standing, problems_of
from app.journeys.ways import label_field, port_field
from app.kit.registry import kinds
from app.kit.texts import listed, t

MOST_WAYS = 20
ELSE = "else"
Asked = tuple[type[Condition], dict[str, Any]]


def condition(raw: dict[str, Any]) -> Asked:
    """The kind of a question, and that question's own settings as its kind loads them. Of a sound one."""
    own = dict(raw)
    kind: type[Condition] = kinds("app.journeys.conditions")[own.pop("kind")]
    return kind, kind.Config().load(own)


def _check(raw: dict[str, Any]) -> None:
    """Raises ValidationError where it is no sound question."""
    own = dict(raw)
    kind = own.pop("kind", None)
    known = kinds("app.journeys.conditions")
    if not isinstance(kind, str) or kind not in known:
        raise ValidationError(t("journeys.nodes.branch.condition_hint"))
    wrong = problems_of(known[kind].Config, own)
    if wrong:
        raise ValidationError([t("journeys.problems.part", field=field, message=message) for field, message in wrong])


class Way(Form):
    """A way, and the question whose yes leads there."""

    port = port_field()
    label = label_field()
    condition = fields.Dict(
        required=True,
        metadata={
            "label": t("journeys.nodes.branch.condition"),
            "hint": t("journeys.nodes.branch.condition_hint"),
            "type": "condition",
        },
    )

    @validates("condition")
    def _is_a_known_question(self, value: dict[str, Any], data_key: str) -> None:
        _check(value)


class Branch(Node):
    """Either `condition`, {"kind": …, and what that kind of question needs}, with a yes and a no; or `ways`, of which the first that holds
    is gone, and one for all others.
    """

    kind = "branch"
    label = t("journeys.nodes.branch.label")
    group = "flow"

    class Config(Form):
        condition = fields.Dict(
            load_default=None,
            allow_none=True,
            metadata={
                "label": t("journeys.nodes.branch.condition"),
                "hint": t("journeys.nodes.branch.condition_hint"),
                "type": "condition",
            },
        )
        ways = fields.List(
            fields.Nested(Way), load_default=list, validate=Length(0, MOST_WAYS), metadata={"label": t("journeys.nodes.branch.ways")}
        )

        @validates("condition")
        def _is_a_known_question(self, value: dict[str, Any] | None, data_key: str) -> None:
            if value is not None:
                _check(value)

        @validates_schema
        def one_of_both(self, data: dict[str, Any], **_: Any) -> None:
            if (data["condition"] is None) == (not data["ways"]):
                raise ValidationError(t("journeys.nodes.branch.one_of_both"), "condition")
            ports = [way["port"] for way in data["ways"]]
            if len({*ports, ELSE}) != len(ports) + 1:
                raise ValidationError(t("journeys.ways.port_twice"), "ways")

    @staticmethod
    def summary(config: dict[str, Any]) -> str:
        if config["condition"] is None:
            return t("journeys.nodes.branch.summary", ways=listed(way["label"] for way in config["ways"]))
        asked, own = condition(config["condition"])
        return asked.summary(own)

    @staticmethod
    def ports(config: dict[str, Any]) -> dict[str, str]:
        if config["condition"] is None:
            return {way["port"]: way["label"] for way in config["ways"]} | {ELSE: t("journeys.ports.else")}
        return {"yes": t("journeys.ports.yes"), "no": t("journeys.ports.no")}

    @staticmethod
    def missing(session: Session, brand_id: uuid.UUID, config: dict[str, Any]) -> list[tuple[str, str]]:
        if config["condition"] is None:
            return [
                ("ways", t("lists.says", who=way["label"], what=wrong))
                for way in config["ways"]
                for wrong in _missing(session, brand_id, way["condition"])
            ]
        return [("condition", wrong) for wrong in _missing(session, brand_id, config["condition"])]

    @staticmethod
    def visit(here: Standing) -> None:
        if here.config["condition"] is None:
            ways = [(way["port"], condition(way["condition"])) for way in here.config["ways"]]
            otherwise = ELSE
        else:
            ways, otherwise = [("yes", condition(here.config["condition"]))], "no"
        here.leave(case(*((asked.holds(here, own), port) for port, (asked, own) in ways), else_=otherwise))


def _missing(session: Session, brand_id: uuid.UUID, raw: dict[str, Any]) -> list[str]:
    asked, own = condition(raw)
    return [message for _, message in asked.missing(session, brand_id, own)]
