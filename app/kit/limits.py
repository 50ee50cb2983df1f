"""How often somebody may ask for a thing: counted in Redis for a minute, and not at all while Redis is away."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import redis
from flask import g, request

from app.kit import queue
from app.kit.errors import TooMany
from app.kit.logging import logger
from app.kit.settings import settings
from app.kit.web import raises

log = logger(__name__)

WINDOW_SECONDS = 60


def limited(setting: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A door that one customer, or one address where nobody is signed in, may pass so many times a minute as the setting of this name says.

    Put it above `input`: what is not understood counts, too. Whoever asks more often hears after how many seconds she may again.
    """

    def wrap(door: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(door)
        def counted(*args: Any, **kwargs: Any) -> Any:
            most = getattr(settings(), setting)
            asked, seconds_left = _count(setting) if most else (0, 0)
            if asked > most:
                raise TooMany(retry_after=max(1, seconds_left))
            return door(*args, **kwargs)

        return raises(TooMany)(counted)

    return wrap


def _count(setting: str) -> tuple[int, int]:
    """How often this caller has asked within the minute that her first question began, and how much of it is left."""
    who = g.caller.customer.id if g.caller.customer is not None else request.remote_addr
    key = f"{settings().queue_prefix}.limit.{setting}.{who}"
    try:
        with queue.connection().pipeline() as steps:
            steps.set(key, 0, ex=WINDOW_SECONDS, nx=True)
            steps.incr(key)
            steps.ttl(key)
            _, asked, seconds_left = steps.execute()
    except redis.RedisError as error:
        log.warning("nobody counts", limit=setting, error=str(error))
        return 0, 0
    return int(asked), int(seconds_left)
