"""How often somebody may ask for a thing: counted in Redis for a minute, and not at all while Redis is away."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Iterator
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
    """A door that one customer, or one other system by its key, may pass so many times a minute as the setting of this name says.

    Where nobody is signed in, that goes for the device that the body names (`visitor_id`); and since a device may name itself anew each
    time, its address may pass as often as `people_per_address` people.
    Put it above `input`: what is not understood counts, too. Whoever asks more often hears after how many seconds she may again.
    """

    def wrap(door: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(door)
        def counted(*args: Any, **kwargs: Any) -> Any:
            most = getattr(settings(), setting)
            for who, allowed in _askers(most) if most else ():
                asked, seconds_left = _count(f"{settings().queue_prefix}.limit.{setting}.{who}")
                if asked > allowed:
                    raise TooMany(retry_after=max(1, seconds_left))
            return door(*args, **kwargs)

        return raises(TooMany)(counted)

    return wrap


def _askers(most: int) -> Iterator[tuple[str, int]]:
    """Who is counted for this question, and how often each may ask."""
    caller = g.caller
    if caller.customer is not None:
        yield str(caller.customer.id), most
        return
    if caller.partner is not None:
        yield str(caller.partner.id), most
        return
    yield f"{request.remote_addr}", most * settings().people_per_address
    body = request.get_json(silent=True)
    device = body.get("visitor_id") if isinstance(body, dict) else None
    if device is not None:
        yield f"{caller.brand_id}.{hashlib.sha256(str(device).encode()).hexdigest()}", most


def _count(key: str) -> tuple[int, int]:
    """How often was asked within the minute that the first question of this key began, and how much of it is left."""
    try:
        with queue.connection().pipeline() as steps:
            steps.set(key, 0, ex=WINDOW_SECONDS, nx=True)
            steps.incr(key)
            steps.ttl(key)
            _, asked, seconds_left = steps.execute()
    except redis.RedisError as error:
        log.warning("nobody counts", limit=key, error=str(error))
        return 0, 0
    return int(asked), int(seconds_left)
