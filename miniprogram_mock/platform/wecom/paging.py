"""Pages of WeCom's lists: a cursor that only the list it came from understands."""

import base64
import binascii
from typing import Any

from miniprogram_mock.platform.endpoints import Call, Refusal
from miniprogram_mock.platform.store import Row


def start(call: Call) -> int:
    """The row after which the caller wants to go on, 0 for the beginning; 40058 for a cursor that was never given out here."""
    cursor = call.data.get("cursor") or call.query.get("cursor") or ""
    if not cursor:
        return 0
    try:
        path, _, row = base64.urlsafe_b64decode(cursor.encode()).decode().rpartition(":")
    except (binascii.Error, UnicodeError):
        path, row = "", ""
    if path != call.path or not row.isdigit():
        raise Refusal(40058, "invalid Request Parameter, cursor")
    return int(row)


def cut(call: Call, rows: list[Row], most: int) -> tuple[list[Row], str]:
    """The first `most` rows and the cursor of the next page, empty at the end; every row has its number in `seq`, which is taken out."""
    page = rows[:most]
    last: Any = page[-1]["seq"] if page else 0
    cursor = base64.urlsafe_b64encode(f"{call.path}:{last}".encode()).decode() if len(rows) > most else ""
    return [{name: value for name, value in row.items() if name != "seq"} for row in page], cursor
