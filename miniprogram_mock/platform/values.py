"""The rules for values of typed template keys ("参数值限制说明", spec 1.8)."""

import re

_CLOCK = r"\d{1,2}:\d{2}(:\d{2})?"
_DAY = r"\d{4}年\d{1,2}月\d{1,2}日"
_RULES = {
    "thing": r".{1,20}",
    "number": r"(?=.{1,32}$)-?\d+(\.\d+)?",
    "letter": r"[A-Za-z]{1,32}",
    "symbol": r"[^\w\s]{1,5}",
    "character_string": r"[\x21-\x7e]{1,32}",
    "time": rf"({_DAY} ?)?{_CLOCK}",
    "date": rf"{_DAY}( ?{_CLOCK})?",
    "amount": r"[¥￥$€£]?\d{1,10}(\.\d+)?元?",
    "phone_number": r"[\d+\-() ]{1,17}",
    "car_number": r"(?=.{1,8}$)[\u4e00-\u9fff]?[A-Z0-9·]+[\u4e00-\u9fff]?",
    "name": r"[\u4e00-\u9fff·]{1,10}|[A-Za-z .]{1,20}|(?=.{1,10}$)[A-Za-z .·\u4e00-\u9fff]+",
    "phrase": r"[\u4e00-\u9fff]{1,5}",
    "const": r".{1,20}",
}
_PATTERNS = {kind: re.compile(rule) for kind, rule in _RULES.items()}
_KEY = re.compile(r"([a-z_]+?)\d*")


def is_valid(key: str, value: str) -> bool:
    """Whether `value` may stand at a key such as `thing3`; a line break never may, a time may be a range with `~`."""
    named = _KEY.fullmatch(key)
    pattern = _PATTERNS.get(named[1]) if named else None
    if pattern is None or "\n" in value or "\r" in value:
        return False
    parts = value.split("~") if pattern is _PATTERNS["time"] else [value]
    return all(pattern.fullmatch(part.strip() if len(parts) > 1 else part) for part in parts)
