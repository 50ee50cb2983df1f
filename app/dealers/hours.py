"""When a store is open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

CHINA = ZoneInfo("Asia/Shanghai")
WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def is_open(hours: Mapping[str, Sequence[str]], at: datetime) -> bool | None:
    """Whether it is open at a moment; None when its hours are not known. A day that is not there is a day off."""
    if not hours:
        return None
    local = at.astimezone(CHINA)
    span = hours.get(WEEK[local.weekday()])
    return span is not None and span[0] <= f"{local:%H:%M}" < span[1]
