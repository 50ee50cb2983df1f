"""The real Tencent Location Service over HTTP: signed questions, and what its status codes mean."""

from __future__ import annotations

import hashlib
import time
from typing import Any
from urllib.parse import quote

import orjson
import urllib3
from prometheus_client import Histogram

from app.kit.geo import Place
from app.kit.logging import logger
from app.kit.settings import settings
from app.places.client import LbsError, Trouble, Where

log = logger(__name__)

_SECONDS = Histogram(
    "marque_lbs_call_seconds",
    "Calls to Tencent Location Service by what came of them.",
    ("endpoint", "outcome"),
    buckets=(0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5),
)
_CHINA = "中国"
# What each status means: README.md says where they come from.
_TROUBLE = {
    **dict.fromkeys((110, 111, 112, 113, 123, 190, 199, 301, 311), Trouble.misconfigured),
    **dict.fromkeys((120, 122), Trouble.too_fast),
    121: Trouble.used_up,
}
# Nobody lives there, or the address is in a private network, or not known: an answer, and no failure.
_NOBODY_KNOWS = frozenset({347, 365, 366, 375, 382})


class HttpLbs:
    """One key of one brand's account; connections are kept."""

    def __init__(self) -> None:
        given = settings()
        self._key, self._secret = given.lbs_key.get_secret_value(), given.lbs_secret.get_secret_value()
        self._base = given.lbs_base.rstrip("/")
        self._pool = urllib3.PoolManager(maxsize=8, timeout=urllib3.Timeout(total=given.lbs_timeout_seconds), retries=False)

    def of_place(self, place: Place) -> Where | None:
        result = self._ask("/ws/geocoder/v1/", location=f"{place.lat:.6f},{place.lng:.6f}", get_poi="0")
        return _where(result) if result else None

    def of_address(self, address: str) -> Where | None:
        result = self._ask("/ws/location/v1/ip", ip=address)
        return _where(result) if result else None

    def _ask(self, path: str, **query: str) -> dict[str, Any] | None:
        """The result of a call, None where nobody knows. Raises `LbsError`."""
        started, outcome = time.monotonic(), "ok"
        try:
            return self._read(self._send(path, query))
        except LbsError as error:
            outcome = error.trouble.value
            log.warning("location service", path=path, trouble=error.trouble.value, code=error.code)
            raise
        finally:
            _SECONDS.labels(path, outcome).observe(time.monotonic() - started)

    def _send(self, path: str, query: dict[str, str]) -> Any:
        asked = sorted({**query, "key": self._key}.items())
        target = path + "?" + "&".join(f"{name}={quote(value, safe=',')}" for name, value in asked)
        if self._secret:
            target += f"&sig={signature(path, dict(asked), self._secret)}"
        try:
            answer = self._pool.urlopen("GET", self._base + target, redirect=False)
            if answer.status != 200:
                raise LbsError(Trouble.away, f"http.{answer.status}")
            return orjson.loads(answer.data)
        except urllib3.exceptions.HTTPError as error:
            # Without its cause: it repeats the whole address, key and all.
            raise LbsError(Trouble.away, type(error).__name__) from None
        except orjson.JSONDecodeError:
            raise LbsError(Trouble.away, "unreadable") from None

    def _read(self, told: Any) -> dict[str, Any] | None:
        status = told.get("status") if isinstance(told, dict) else None
        if status == 0 and isinstance(told.get("result"), dict):
            return dict(told["result"])
        if status in _NOBODY_KNOWS:
            return None
        raise LbsError(_TROUBLE.get(status, Trouble.away), str(status))  # type: ignore[arg-type]  # None is away, too


def signature(path: str, query: dict[str, str], secret: str) -> str:
    """MD5 of path, question mark, parameters by name with their values as they are (not as the address has them), and the secret key."""
    plain = "&".join(f"{name}={value}" for name, value in sorted(query.items()))
    return hashlib.md5(f"{path}?{plain}{secret}".encode(), usedforsecurity=False).hexdigest()


def _where(result: dict[str, Any]) -> Where | None:
    """What both endpoints call `ad_info`; None outside China, where a network is only known to be somewhere in it, and for another form."""
    told, location = result.get("ad_info"), result.get("location")
    if not isinstance(told, dict) or not isinstance(location, dict) or told.get("nation", _CHINA) != _CHINA:
        return None
    city = str(told.get("city") or "") or str(told.get("district") or "")
    try:
        at = Place(float(location["lat"]), float(location["lng"]))
    except (KeyError, TypeError, ValueError):
        return None
    if not city:
        return None
    return Where(str(told.get("province") or ""), city, str(told.get("district") or ""), str(told.get("adcode") or ""), at.lat, at.lng)
