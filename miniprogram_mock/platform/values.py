"""The rules for values of typed template keys ("参数值限制说明", spec 1.8)."""

import re

_CLOCK = r"([01]?\d|2[0-3]):[0-5]\d(:[0-5]\d)?"
_DAY = r"\d{4}年(0?[1-9]|1[0-2])月(0?[1-9]|[12]\d|3[01])日"
_HAN = r"\u4e00-\u9fff"
_RULES = {
    "thing": r".{1,20}",
    "number": r"(?=.{1,32}$)[0-9]+(\.[0-9]+)?",
    "letter": r"[A-Za-z]{1,32}",
    "symbol": r"[^\w\s]{1,5}",
    "character_string": r"[\x21-\x7e]{1,32}",
    "time": rf"({_DAY} ?)?{_CLOCK}",
    "date": rf"{_DAY}( ?{_CLOCK})?",
    "amount": r"[¥￥$€£]?[0-9]{1,10}(\.[0-9]+)?元?",
    "phone_number": r"[0-9+\-()*]{1,17}",
    "car_number": rf"(?=.{{1,8}}$)[{_HAN}]?[A-Za-z0-9]+[{_HAN}]?",
    # Letters and Chinese mixed count as Chinese.
    "name": rf"(?!.*\d)([^{_HAN}]{{1,20}}|.{{1,10}})",
    "phrase": rf"[{_HAN}]{{1,5}}",
    "const": r".{1,20}",
}
_PATTERNS = {kind: re.compile(rule) for kind, rule in _RULES.items()}
_KEY = re.compile(r"([a-z_]+?)\d*")


def is_valid(key: str, value: str, choices: list[str] | None = None) -> bool:
    """Whether `value` may stand at a key such as `thing3`; `choices` are what the template enumerates for a `const`.

    A line break never may stand anywhere; a time may be a range with `~` ([K], not verified).
    """
    named = _KEY.fullmatch(key)
    pattern = _PATTERNS.get(named[1]) if named else None
    if pattern is None or "\n" in value or "\r" in value or not value.strip():
        return False
    if choices is not None and value not in choices:
        return False
    parts = value.split("~") if pattern is _PATTERNS["time"] else [value]
    return len(parts) <= 2 and all(pattern.fullmatch(part.strip() if len(parts) > 1 else part) for part in parts)
