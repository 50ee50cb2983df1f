"""What the data of an event must be like: {"tag": "vip", "price_fen": {"at_most": 20000000}, "city": {"one_of": ["330100"]}}.

A value stands for itself. A test is `one_of` (a list), `at_least`, `at_most` (numbers) or `exists` (true or false); several in one
object must all hold. What an event does not tell is never the wanted value, and never at least or at most anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import fields
from sqlalchemy import ColumnElement, and_, case, cast, func, literal, or_, true
from sqlalchemy.dialects.postgresql import JSONB

from app.kit.texts import listed, t

Where = Mapping[str, Any]
MOST_FIELDS, MOST_VALUES, LONGEST = 10, 100, 200
TESTS = ("one_of", "at_least", "at_most", "exists")


class WhereField(fields.Dict):
    """A field of a form in which such a filter stands; nothing given is no filter."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        loaded = super()._deserialize(value, *args, **kwargs)
        if not is_sound(loaded):
            raise self.make_error("invalid")
        return loaded


def where(label: str = "journeys.where") -> WhereField:
    """The field as forms of kinds have it."""
    return WhereField(keys=fields.String(), load_default=dict, metadata={"label": t(label), "type": "where"})


def is_sound(asked: Any) -> bool:
    """Whether it can be asked at all."""
    return isinstance(asked, dict) and len(asked) <= MOST_FIELDS and all(_fits_form(one) for one in asked.values())


def _fits_form(wanted: Any) -> bool:
    if not isinstance(wanted, dict):
        return _is_value(wanted)
    return len(wanted) > 0 and all(_is_test(name, value) for name, value in wanted.items())


def _is_value(value: Any) -> bool:
    return isinstance(value, str | int | float) and len(str(value)) <= LONGEST


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_test(name: str, value: Any) -> bool:
    match name:
        case "one_of":
            return isinstance(value, list) and 0 < len(value) <= MOST_VALUES and all(_is_value(one) for one in value)
        case "at_least" | "at_most":
            return _is_number(value) and abs(value) <= 2**53
        case "exists":
            return isinstance(value, bool)
    return False


def fits(asked: Where, data: Mapping[str, Any]) -> bool:
    """Whether the data of an event is as asked."""
    return all(_fits(wanted, data, name) for name, wanted in asked.items())


def _fits(wanted: Any, data: Mapping[str, Any], name: str) -> bool:
    told = data.get(name)
    if not isinstance(wanted, dict):
        return _same(told, wanted)
    for test, value in wanted.items():
        holds = {
            "one_of": lambda: any(_same(told, one) for one in value),  # noqa: B023  # called at once
            "at_least": lambda: _is_number(told) and told >= value,  # noqa: B023
            "at_most": lambda: _is_number(told) and told <= value,  # noqa: B023
            "exists": lambda: (told is not None) == value,  # noqa: B023
        }[test]
        if not holds():
            return False
    return True


def _same(told: Any, wanted: Any) -> bool:
    # In JSON `true` is not 1.
    return bool(told == wanted and isinstance(told, bool) == isinstance(wanted, bool))


def holds(asked: Where, data: Any) -> ColumnElement[bool]:
    """The same as SQL over a column of JSON."""
    return and_(true(), *(_holds(wanted, data[name]) for name, wanted in asked.items()))


def _holds(wanted: Any, told: ColumnElement[Any]) -> ColumnElement[bool]:
    if not isinstance(wanted, dict):
        return told == _json(wanted)
    number = case((func.jsonb_typeof(told) == "number", told))
    tests = {
        "one_of": lambda value: or_(*(told == _json(one) for one in value)),
        "at_least": lambda value: number >= _json(value),
        "at_most": lambda value: number <= _json(value),
        "exists": lambda value: func.coalesce(func.jsonb_typeof(told), "null") != "null" if value else _is_missing(told),
    }
    return and_(*(tests[test](value) for test, value in wanted.items()))


def _is_missing(told: ColumnElement[Any]) -> ColumnElement[bool]:
    return func.coalesce(func.jsonb_typeof(told), "null") == "null"


def _json(value: Any) -> ColumnElement[Any]:
    return cast(literal(value, JSONB), JSONB)


def plain(asked: Where) -> dict[str, Any]:
    """What stands in it as a value: data that is as asked has all of it."""
    return {name: wanted for name, wanted in asked.items() if not isinstance(wanted, dict)}


def summary(asked: Where) -> str:
    """The values in words, as they stand."""
    return listed(_words(wanted) for wanted in asked.values())


def _words(wanted: Any) -> str:
    if not isinstance(wanted, dict):
        return str(wanted)
    return " ".join(
        "/".join(str(one) for one in value) if test == "one_of" else t(f"journeys.tests.{test}", value=value)
        for test, value in wanted.items()
        if test != "exists"
    )
