"""What we ask Tencent Location Service (腾讯位置服务, WebService API); `lbs()` gives the real one, a test may put a fake in its place.

Each method is a call over the network: never inside a transaction.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from app.kit.geo import Place
from app.kit.settings import settings


@dataclass(frozen=True)
class Where:
    """A place in words: the names as the administration has them, and six digits. `lat` and `lng` are GCJ-02."""

    province: str
    city: str
    district: str
    adcode: str
    lat: float
    lng: float


class Trouble(StrEnum):
    """What a failure means for the next calls."""

    away = "away"  # no answer, or one that nobody can read
    too_fast = "too_fast"  # the quota of a second is used up
    used_up = "used_up"  # the quota of the day is used up
    misconfigured = "misconfigured"  # key, signature or permissions: a person has to act


class LbsError(Exception):
    def __init__(self, trouble: Trouble, code: str) -> None:
        super().__init__(f"{trouble}: {code}")
        self.trouble, self.code = trouble, code


class Lbs(Protocol):
    def of_place(self, place: Place) -> Where | None:
        """Where a place is; None when there is no city. Raises `LbsError`."""
        ...

    def of_address(self, address: str) -> Where | None:
        """Where the network of a public IP address is; None when that is not known. Raises `LbsError`."""
        ...


# What a test puts in the place of the real one.
replacement: Lbs | None = None


def lbs() -> Lbs | None:
    """Whom this process asks; None when no key is configured."""
    if replacement is not None:
        return replacement
    return _real() if settings().lbs_key.get_secret_value() else None


@functools.cache
def _real() -> Lbs:
    # The implementation imports this module for what it implements.
    from app.places.http import HttpLbs

    return HttpLbs()
