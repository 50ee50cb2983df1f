"""JSON in and out: orjson, with real UTF-8, ISO times in UTC and UUIDs as strings."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import orjson


def _other(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError(type(value).__name__)


def dumps(value: Any) -> bytes:
    return orjson.dumps(value, default=_other, option=orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS)


def loads(raw: str | bytes) -> Any:
    return orjson.loads(raw)
