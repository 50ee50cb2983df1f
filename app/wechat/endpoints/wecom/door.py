"""What all endpoints of WeCom have in common."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

from app.wechat.endpoints import Door, Host

T = TypeVar("T")

# Of every endpoint, per corp; WeCom also counts 150,000 an hour, and 20,000 a minute from one address.
PER_MINUTE = 10_000


class WeComDoor(Door):
    """One app of a corp. Userids come back in lower case where WeCom says so; compare them without case.

    Limits, field names and codes are those of developer.work.weixin.qq.com; numbers that were not read there are marked [K].
    """

    door = "wecom"
    host = Host.work

    @property
    def agentid(self) -> int:
        return int(self.account.settings["agentid"])


@dataclass(frozen=True)
class Page(Generic[T]):
    """A part of a list; the call with its `next_cursor` gives what follows, until it is ""."""

    items: tuple[T, ...]
    next_cursor: str


def given(**fields: Any) -> dict[str, Any]:
    """The fields of a body that are to be sent: None says nothing."""
    return {name: value for name, value in fields.items() if value is not None}


def at_most(name: str, values: Sequence[Any], most: int) -> list[Any]:
    """A list for WeCom, which refuses a longer one. Raises ValueError, naming the argument."""
    if len(values) > most:
        raise ValueError(f"{name}: at most {most} at once")
    return list(values)


def moment(seconds: int | None) -> datetime | None:
    """A time as WeCom writes it, Unix seconds; 0 is none."""
    return datetime.fromtimestamp(seconds, UTC) if seconds else None
