"""JSON in and out: orjson, with real UTF-8, ISO times in UTC and UUIDs as strings."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import orjson

from app.kit.texts import Said


def _other(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError(type(value).__name__)


def dumps(value: Any) -> bytes:
    return orjson.dumps(value, default=_other, option=orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS)


# Of whose children orjson asks what they are, once it shall ask about those of str.
_PLAIN: tuple[type[Any], ...] = (str, int, dict, list)


def dumps_in(language: str, value: Any) -> bytes:
    """The same with each text of the catalogue in this language."""

    def translated(one: Any) -> Any:
        if isinstance(one, Said):
            return one.within(language)
        plain = next((kind for kind in _PLAIN if isinstance(one, kind)), _other)
        return plain(one)

    return orjson.dumps(value, default=translated, option=orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS | orjson.OPT_PASSTHROUGH_SUBCLASS)


def loads(raw: str | bytes) -> Any:
    return orjson.loads(raw)
