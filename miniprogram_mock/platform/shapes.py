"""What a JSON body may look like, declared beside its endpoint and refused in Tencent's codes.

    @business(API, "POST", "/cgi-bin/tags/create", kind="service_account", fields={
        "tag": Object({"name": Text(most=TAG_BYTES, measure="bytes", too_long=45158, required=True)}, required=True),
    })

A field is optional unless `required`. `most` and `least` are numbers or the names of limits. What is wrong is said as:

| what | errcode |
|---|---|
| another JSON type | 47001 data format error |
| not known, missing, out of range, not one of the choices | 40097 invalid args, at WeCom 40058; or the field's own `missing` and `wrong` |
| too long (a text), too many (a list) | 45002, or the field's own `too_long` |

The message always names the field, as in `button_list[2].text`. For what depends on other fields the endpoint raises `Refusal` itself;
`checked` is there for objects that it picks apart later.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from miniprogram_mock.platform.endpoints import API, Call, Refusal

Bound = float | str | None
_DATA_FORMAT, _TOO_LONG = 47001, 45002


@dataclass(frozen=True, kw_only=True)
class Field:
    """What all have in common; alone it takes anything."""

    required: bool = False
    missing: int | None = None
    wrong: int | None = None
    too_long: int = _TOO_LONG
    json_types: ClassVar[tuple[type, ...]] = (object,)

    def fits(self, value: Any) -> bool:
        return isinstance(value, self.json_types) and not (int in self.json_types and isinstance(value, bool))

    def check(self, call: Call, value: Any, where: str) -> None:
        """Refuse a value of the right JSON type that is not allowed; `where` is its name for the message."""

    def refuse(self, call: Call, where: str, why: str) -> None:
        raise Refusal(self.wrong or _invalid_args(call), f"invalid args, {where}: {why}")


Shape = Mapping[str, Field]
Anything = Field


@dataclass(frozen=True, kw_only=True)
class Text(Field):
    """A text; `measure` says whether `least` and `most` count characters or bytes of UTF-8."""

    least: Bound = 1
    most: Bound = None
    measure: str = "characters"
    pattern: str | None = None
    choices: tuple[str, ...] = ()
    json_types = (str,)

    def check(self, call: Call, value: str, where: str) -> None:
        size = len(value.encode()) if self.measure == "bytes" else len(value)
        if self.most is not None and size > _bound(call, self.most):
            raise Refusal(self.too_long, f"content size out of limit, {where}: {size} of {_bound(call, self.most):g} {self.measure}")
        if self.least is not None and size < _bound(call, self.least):
            self.refuse(call, where, "is empty" if not value else "is too short")
        if self.choices and value not in self.choices:
            self.refuse(call, where, f"should be one of {', '.join(self.choices)}")
        if self.pattern is not None and not re.fullmatch(self.pattern, value):
            self.refuse(call, where, "has a wrong form")


@dataclass(frozen=True, kw_only=True)
class Int(Field):
    """A whole number, between `least` and `most` or one of the choices."""

    least: Bound = None
    most: Bound = None
    choices: tuple[int, ...] = ()
    json_types = (int,)

    def check(self, call: Call, value: float, where: str) -> None:
        if self.choices and value not in self.choices:
            self.refuse(call, where, f"should be one of {', '.join(map(str, self.choices))}")
        if (self.least is not None and value < _bound(call, self.least)) or (self.most is not None and value > _bound(call, self.most)):
            self.refuse(call, where, "is out of range")


@dataclass(frozen=True, kw_only=True)
class Decimal(Int):
    """A number, whole or not."""

    json_types = (int, float)


@dataclass(frozen=True, kw_only=True)
class Flag(Field):
    """true or false, nothing else."""

    json_types = (bool,)


@dataclass(frozen=True)
class Object(Field):
    """An object with these fields and no others."""

    fields: Shape
    json_types = (dict,)

    def check(self, call: Call, value: dict[str, Any], where: str) -> None:
        checked(call, value, self.fields, where=f"{where}.")


@dataclass(frozen=True)
class Map(Field):
    """An object with names of its own choice, every value of one kind."""

    of: Field
    least: Bound = 0
    most: Bound = None
    json_types = (dict,)

    def check(self, call: Call, value: dict[str, Any], where: str) -> None:
        _check_size(self, call, value, where)
        for name, one in value.items():
            _check(call, self.of, one, f"{where}.{name}")


@dataclass(frozen=True)
class Many(Field):
    """A list, every element of one kind."""

    of: Field
    least: Bound = 1
    most: Bound = None
    json_types = (list,)

    def check(self, call: Call, value: list[Any], where: str) -> None:
        _check_size(self, call, value, where)
        for position, one in enumerate(value):
            _check(call, self.of, one, f"{where}[{position}]")


@dataclass(frozen=True)
class Either(Field):
    """One of several kinds, chosen by the JSON type: `Either((Text(), Int()))`."""

    kinds: tuple[Field, ...]

    def fits(self, value: Any) -> bool:
        return any(kind.fits(value) for kind in self.kinds)

    def check(self, call: Call, value: Any, where: str) -> None:
        next(kind for kind in self.kinds if kind.fits(value)).check(call, value, where)


def checked(call: Call, data: dict[str, Any], shape: Shape, *, where: str = "") -> dict[str, Any]:
    """The object as it came, once all of it is as the shape says; `where` is put before each field's name in the message.

    Tencent ignores fields that it does not know; the simulator refuses them, because a misspelt field is a bug of the caller.
    """
    for name in data:
        if name not in shape:
            raise Refusal(_invalid_args(call), f"invalid args, unknown field: {where}{name}")
    for name, field in shape.items():
        if name in data:
            if type(field) is not Field:
                _check(call, field, data[name], where + name)
        elif field.required:
            raise Refusal(field.missing or _invalid_args(call), f"missing field: {where}{name}")
    return data


def names_only(names: tuple[str, ...]) -> Shape:
    """The shape of a body of which only the names are known."""
    return dict.fromkeys(names, Field())


def _check(call: Call, field: Field, value: Any, where: str) -> None:
    if not field.fits(value):
        raise Refusal(_DATA_FORMAT, f"data format error, {where}")
    field.check(call, value, where)


def _check_size(field: "Map | Many", call: Call, value: Any, where: str) -> None:
    if field.most is not None and len(value) > _bound(call, field.most):
        raise Refusal(field.too_long, f"size out of limit, {where}: at most {_bound(call, field.most):g}")
    if field.least is not None and len(value) < _bound(call, field.least):
        field.refuse(call, where, "has too few")


def _bound(call: Call, bound: float | str) -> float:
    return call.platform.limits[bound] if isinstance(bound, str) else bound


def _invalid_args(call: Call) -> int:
    return 40097 if call.host == API else 40058
