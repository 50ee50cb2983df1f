"""What all endpoints of WeChat Pay have in common."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

from app.wechat.endpoints import Door, Host

CHINA = timezone(timedelta(hours=8))


class PayDoor(Door):
    """One merchant, JSAPI. Numbers are of [0-9A-Za-z] only: they stand in paths."""

    door = "pay"
    host = Host.pay

    def _of(self, sub_mchid: str | None) -> dict[str, str]:
        """Whose money a call is about: a service provider says for which of its sub-merchants it speaks, a direct merchant nothing.

        Raises ValueError, before anything is sent, for a number that is not the account's.
        """
        known = {one["sub_mchid"] for one in self.account.settings.get("sub_mchids", ())}
        if sub_mchid is None and not known:
            return {}
        if sub_mchid is None or sub_mchid not in known:
            raise ValueError(f"sub_mchid: {sub_mchid} is not one of {self.account.appid}")
        return {"sub_mchid": sub_mchid}


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
    return at.astimezone(CHINA).isoformat(timespec="seconds")
