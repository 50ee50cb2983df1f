"""Opaque keyset cursors: a page continues after the last row seen, whatever was inserted meanwhile."""

from __future__ import annotations

import base64
import binascii
import uuid
from datetime import datetime
from typing import Any

import orjson

from app.kit.errors import Invalid

MAX_LIMIT = 100


class CursorInvalid(Invalid):
    code, message = "request.cursor", "This page marker is not ours."


def encode(*key: Any) -> str:
    """A cursor from the sort key of the last row: numbers, strings, UUIDs, datetimes, None."""
    return base64.urlsafe_b64encode(orjson.dumps(key)).decode().rstrip("=")


def decode(cursor: str, length: int) -> list[Any]:
    """The sort key that `encode` was given, as JSON values. Raises `CursorInvalid`."""
    try:
        key = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError) as error:
        raise CursorInvalid(cursor="unreadable") from error
    if not isinstance(key, list) or len(key) != length:
        raise CursorInvalid(cursor="of another list")
    return key


def row_id(cursor: str) -> uuid.UUID:
    """The (id,) that `encode` was given. Raises `CursorInvalid`."""
    (key,) = decode(cursor, 1)
    try:
        return uuid.UUID(key)
    except (TypeError, ValueError, AttributeError) as error:
        raise CursorInvalid(cursor="of another list") from error


def line_and_number(cursor: str, *, numbers: int = 2**31) -> tuple[int, int]:
    """The (line of a file, number within it) that `encode` was given, the latter below `numbers`. Raises `CursorInvalid`."""
    line, number = decode(cursor, 2)
    if not (isinstance(line, int) and isinstance(number, int) and 0 <= line < 2**31 and 0 <= number < numbers):
        raise CursorInvalid(cursor="of another list")
    return line, number


def moment_and_id(cursor: str) -> tuple[datetime, uuid.UUID]:
    """The (recorded_at, id) or (created_at, id) that `encode` was given. Raises `CursorInvalid`."""
    at, row_id = decode(cursor, 2)
    try:
        return datetime.fromisoformat(at), uuid.UUID(row_id)
    except (TypeError, ValueError, AttributeError) as error:
        raise CursorInvalid(cursor="of another list") from error
