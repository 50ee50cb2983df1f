"""What Tencent Location Service told us, and when it may be asked: in Redis, for all processes; without Redis nobody is asked.

Nobody's exact place and nobody's address is in here: a place is rounded to a cell of half a kilometre, an address is a keyed hash.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import asdict

import orjson
import redis
from prometheus_client import Counter

from app.kit import queue
from app.kit.geo import Place
from app.kit.logging import logger
from app.kit.settings import settings
from app.places.client import LbsError, Trouble, Where

log = logger(__name__)
_ANSWERS = Counter("marque_places_answers", "Answers where somebody is, by where they come from.", ("source",))

_DAY = 86_400
_CHINA_OFFSET_SECONDS = 8 * 3600
# Degrees: 550 m from south to north, and about as much across in China.
CELL = 0.005
PLACE_KEPT_SECONDS = 30 * _DAY
ADDRESS_KEPT_SECONDS = _DAY
# An answer of nobody knows is asked for again sooner.
UNKNOWN_KEPT_SECONDS = _DAY
# As long as a call may take and some more: whoever asked has died.
_TURN_SECONDS = 5
# So many failures within a minute, and nobody asks for a while; each of the others closes at once.
_FAILURES, _FAILURES_SECONDS = 5, 60
_CLOSED_SECONDS = {Trouble.away: 30, Trouble.too_fast: 1, Trouble.misconfigured: 600}


def cell(place: Place) -> Place:
    """The middle of the cell that a place is in: what is asked instead of it."""
    return Place(round(round(place.lat / CELL) * CELL, 3), round(round(place.lng / CELL) * CELL, 3))


def key_of_place(place: Place) -> str:
    middle = cell(place)
    return f"place.{middle.lat}.{middle.lng}"


def key_of_address(address: str) -> str:
    secret = settings().secret_key.get_secret_value().encode()
    return f"address.{hmac.new(secret, address.encode(), hashlib.sha256).hexdigest()[:32]}"


def asked(key: str, ask: Callable[[], Where | None], *, seconds: int) -> tuple[bool, Where | None]:
    """(whether anybody knows, what): what is kept under a key, else what `ask` tells, which is then kept for so many seconds.

    Of several who want the same at once one asks; the others do without.
    """
    try:
        if (kept := queue.connection().get(_name(key))) is not None:
            told = orjson.loads(kept)
            return _from("kept", Where(**told) if told else None)
        if not _is_its_turn(key):
            return False, None
        try:
            where = ask()
        except LbsError as error:
            _failed(error)
            return False, None
        queue.connection().set(_name(key), orjson.dumps(asdict(where) if where else None), ex=seconds if where else UNKNOWN_KEPT_SECONDS)
        queue.connection().delete(_name(f"asking.{key}"), _name("failures"))
        return _from("lbs", where)
    except redis.RedisError as error:
        log.warning("nothing is kept of places", error=str(error))
        return False, None


def _from(source: str, where: Where | None) -> tuple[bool, Where | None]:
    _ANSWERS.labels(source).inc()
    return True, where


def _is_its_turn(key: str) -> bool:
    """Whether this caller may ask for a key now: nobody else is asking, and quotas and the service allow it."""
    line = queue.connection()
    if line.exists(_name("closed")) or not line.set(_name(f"asking.{key}"), 1, ex=_TURN_SECONDS, nx=True):
        return False
    now = line.time()[0]
    for name, seconds, most in (
        (f"second.{now}", 2, settings().lbs_calls_per_second),
        (f"day.{(now + _CHINA_OFFSET_SECONDS) // _DAY}", 2 * _DAY, settings().lbs_calls_per_day),
    ):
        with line.pipeline() as steps:
            steps.incr(_name(name))
            steps.expire(_name(name), seconds)
            used, _ = steps.execute()
        if used > most:
            return False
    return True


def _failed(error: LbsError) -> None:
    """Leave the service alone for as long as the failure says; who asks for this key next waits until its turn has run out."""
    line = queue.connection()
    if error.trouble is Trouble.away:
        with line.pipeline() as steps:
            steps.incr(_name("failures"))
            steps.expire(_name("failures"), _FAILURES_SECONDS)
            failures, _ = steps.execute()
        if failures < _FAILURES:
            return
    seconds = _CLOSED_SECONDS.get(error.trouble) or _DAY - (line.time()[0] + _CHINA_OFFSET_SECONDS) % _DAY
    if line.set(_name("closed"), error.code, ex=seconds, nx=True):
        log.error("location service is left alone", trouble=error.trouble.value, code=error.code, seconds=seconds)


def _name(key: str) -> str:
    return f"{settings().queue_prefix}.lbs.{key}"
