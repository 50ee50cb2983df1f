"""Who acts now, and on what occasion: audited changes write it down without being told."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

Actor = tuple[str, Any]


@dataclass(frozen=True)
class Occasion:
    """`actor` is (kind, id); `cause` is the door or the job; `request_id` is that of the answer, or of this one run of the job."""

    actor: Actor = ("system", None)
    cause: str = "by hand"
    request_id: str = field(default_factory=lambda: uuid.uuid4().hex)


_now: ContextVar[Occasion | None] = ContextVar("occasion", default=None)


def now() -> Occasion:
    """The occasion of this request or job; a stranger's to both is by hand."""
    return _now.get() or Occasion()


def begin(occasion: Occasion) -> None:
    """From here on in this context."""
    _now.set(occasion)


@contextmanager
def acting(occasion: Occasion) -> Iterator[None]:
    """Inside this block."""
    token = _now.set(occasion)
    try:
        yield
    finally:
        _now.reset(token)
