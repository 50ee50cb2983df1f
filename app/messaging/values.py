"""The rules for typed values of WeChat templates ("参数值限制说明"), applied before anything is called."""

from __future__ import annotations

import re

THING = 20

_CLOCK = r"([01]?\d|2[0-3]):[0-5]\d(:[0-5]\d)?"
_DAY = r"\d{4}年(0?[1-9]|1[0-2])月(0?[1-9]|[12]\d|3[01])日"
_RULES = {
    "thing": rf".{{1,{THING}}}",
    "number": r"(?=.{1,32}$)[0-9]+(\.[0-9]+)?",
    "letter": r"[A-Za-z]{1,32}",
    "symbol": r"[^\w\s]{1,5}",
    "character_string": r"[\x21-\x7e]{1,32}",
    "time": rf"(?:{_DAY} ?)?{_CLOCK}(?:~(?:{_DAY} ?)?{_CLOCK})?",
    "date": rf"{_DAY}(?: ?{_CLOCK})?",
    "amount": r"[¥￥$€£]?[0-9]{1,10}(\.[0-9]+)?元?",
    "phone_number": r"[0-9+\-()]{1,17}",
    "car_number": r"(?=.{1,8}$)[\u4e00-\u9fff]?[A-Za-z0-9]+[\u4e00-\u9fff]?",
    "name": r"[\u4e00-\u9fff·]{1,10}|[A-Za-z .]{1,20}|(?=.{1,10}$)[A-Za-z .·\u4e00-\u9fff]+",
    "phrase": r"[\u4e00-\u9fff]{1,5}",
    "const": r".{1,20}",
}
# People write these with what the type does not take.
_LEFT_OUT = {"phone_number": " ", "car_number": "·"}
_PATTERNS = {kind: re.compile(rule) for kind, rule in _RULES.items()}
_FIELD = re.compile(r"([a-z_]+?)\d+")


def types() -> tuple[str, ...]:
    """The types of WeChat's typed keys whose rules are known."""
    return tuple(_RULES)


def kind_of(field: str) -> str:
    """The type of a typed key: `thing` of `thing3`; the key itself when it is none."""
    named = _FIELD.fullmatch(field)
    return named[1] if named else field


class ValueRefused(Exception):
    """A value that WeChat would refuse. `field` is its typed key, `reason` is "empty", "unknown_type" or "form"."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field, self.reason = field, reason


def fit(field: str, value: str) -> str:
    """The value as it may stand at a typed key such as `thing3`: on one line, a too long `thing` cut short with an ellipsis, a telephone
    or plate number without what people put between its parts.

    Raises:
        ValueRefused: it is empty, or breaks its type's rule in a way that cutting does not mend.
    """
    named = _FIELD.fullmatch(field)
    pattern = _PATTERNS.get(named[1]) if named else None
    if named is None or pattern is None:
        raise ValueRefused(field, "unknown_type")
    value = " ".join(value.split())
    if left_out := _LEFT_OUT.get(named[1]):
        value = value.replace(left_out, "")
    if not value:
        raise ValueRefused(field, "empty")
    if named[1] == "thing" and len(value) > THING:
        value = value[: THING - 1] + "…"
    if not pattern.fullmatch(value):
        raise ValueRefused(field, "form")
    return value
