"""What all endpoints of WeChat Pay have in common."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

from app.wechat.endpoints import Door, Host

_CHINA = timezone(timedelta(hours=8))


class PayDoor(Door):
    """One direct merchant, JSAPI. Numbers are of [0-9A-Za-z] only: they stand in paths."""

    door = "pay"
    host = Host.pay


def number(text: str) -> str:
    """A number of ours at WeChat Pay, fit to stand in a path. Raises ValueError: 6 to 64 letters and digits."""
    if not re.fullmatch(r"[0-9A-Za-z]{6,64}", text):
        raise ValueError("numbers at WeChat Pay are 6 to 64 letters and digits here")
    return text


def moment(text: str | None) -> datetime | None:
    """A time as WeChat Pay writes it, RFC 3339."""
    return datetime.fromisoformat(text) if text else None


def rfc3339(at: datetime) -> str:
    """A time as WeChat Pay reads it, in China's zone and whole seconds."""
    return at.astimezone(_CHINA).isoformat(timespec="seconds")
