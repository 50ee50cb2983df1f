"""What a system of the brand's own has answered."""

from __future__ import annotations

import re
from typing import Any

from marshmallow import ValidationError, fields, validates_schema
from marshmallow.validate import Length, OneOf, Regexp
from sqlalchemy import ColumnElement, Numeric, case, cast, func, literal

from app.journeys.visits import Condition, Form, Standing, standing
from app.kit.texts import t

_LABEL = "journeys.conditions.answer"
_NUMBER = r"^-?[0-9]{1,18}(\.[0-9]{1,18})?$"
_TESTS = {one: t(f"{_LABEL}.{one}") for one in ("exists", "equals", "at_least", "at_most")}


class Answer(Condition):
    """`path` leads into the answer of a webhook node: `crm.customer.level` is `customer.level` of what was answered under the key `crm`.

    Without such an answer the answer to this question is no.
    """

    kind = "answer"
    label = t(f"{_LABEL}.label")

    class Config(Form):
        path = fields.String(
            required=True,
            validate=Regexp(r"[a-z][a-z0-9_]{0,39}(\.[A-Za-z0-9_]{1,40}){0,6}\Z"),
            metadata={"label": t(f"{_LABEL}.path"), "hint": t(f"{_LABEL}.path_hint")},
        )
        test = fields.String(
            load_default="exists",
            validate=OneOf(list(_TESTS)),
            metadata={"label": t(f"{_LABEL}.test"), "hint": t(f"{_LABEL}.test_hint"), "choices": _TESTS},
        )
        value = fields.String(load_default="", validate=Length(0, 100), metadata={"label": t(f"{_LABEL}.value")})

        @validates_schema(skip_on_field_errors=True)
        def can_be_compared(self, data: dict[str, Any], **_: Any) -> None:
            if data["test"] in ("at_least", "at_most") and not re.fullmatch(_NUMBER.strip("^$"), data["value"]):
                raise ValidationError(t(f"{_LABEL}.no_number"), "value")

    @staticmethod
    def summary(config: dict[str, Any]) -> str:
        return t(f"{_LABEL}.summary", path=config["path"], test=_TESTS[config["test"]], value=config["value"])

    @staticmethod
    def holds(here: Standing, config: dict[str, Any]) -> ColumnElement[bool]:
        said = standing.c.context[("answers", *config["path"].split("."))].astext
        if config["test"] == "exists":
            return said.is_not(None)
        if config["test"] == "equals":
            return func.coalesce(said == config["value"], False)
        # What is no number is neither more nor less than one; a CASE, so that it is not read as one either.
        number = case((said.regexp_match(_NUMBER), cast(said, Numeric)))
        wanted = cast(literal(config["value"]), Numeric)
        return func.coalesce(number >= wanted if config["test"] == "at_least" else number <= wanted, False)
