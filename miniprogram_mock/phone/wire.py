"""HTTP as a phone does it: it waits, and when the line breaks or a server is away it tries again for a while."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from typing import Any, TypeVar

import requests

Found = TypeVar("Found")


class Refused(Exception):
    """A server answered, and said no: `status` is HTTP's, `error` the stable code, `body` all of it."""

    def __init__(self, status: int, body: Any) -> None:
        self.status = status
        self.body = body if isinstance(body, dict) else {}
        self.error = str(self.body.get("error", status))
        super().__init__(f"{status} {body}")


class TooLate(AssertionError):
    """Something that had to happen did not happen in time."""


class Line:
    """A line to one server. `patience` is how many seconds it keeps trying while the server cannot be reached."""

    def __init__(self, base: str, *, patience: float = 30.0) -> None:
        self.base = base.rstrip("/")
        self.patience = patience
        self.calls = 0
        self.server_seconds = 0.0
        self._http = requests.Session()

    def call(self, method: str, path: str, **options: Any) -> Any:
        """The JSON (or, for another content type, the bytes) of the answer. Raises `Refused` for a refusal that is not worth repeating."""
        return self.content(self.raw(method, path, **options))

    def raw(self, method: str, path: str, **options: Any) -> requests.Response:
        """The answer itself, after every repetition that a broken line or a busy server called for, all with one Idempotency-Key."""
        options["headers"] = {"Idempotency-Key": uuid.uuid4().hex} | (options.get("headers") or {})
        end = time.monotonic() + self.patience
        while True:
            try:
                answer = self._http.request(method, self.base + path, timeout=10, **options)
                self.calls += 1
                self.server_seconds += _server_seconds(answer)
                # 502-504: the server is coming back; in_progress: our own first try is still being worked on.
                busy = answer.status_code in (502, 503, 504) or "idempotency.in_progress" in answer.text[:200]
                if not busy or time.monotonic() > end:
                    return answer
            except requests.RequestException:
                if time.monotonic() > end:
                    raise
            time.sleep(0.1)

    @staticmethod
    def content(answer: requests.Response) -> Any:
        is_json = "json" in answer.headers.get("Content-Type", "")
        body = answer.json() if is_json and answer.content else answer.content
        if answer.status_code >= 400:
            raise Refused(answer.status_code, body)
        return body


def _server_seconds(answer: requests.Response) -> float:
    """How long the server says it worked on this answer (header Server-Timing); 0 when it does not say."""
    _, _, milliseconds = answer.headers.get("Server-Timing", "").partition("dur=")
    return float(milliseconds or 0) / 1000


def until(look: Callable[[], Found | None], what: str, *, seconds: float) -> tuple[Found, float]:
    """Look again and again until there is something; returns it with the seconds that it took, two in a hundred too many at most.

    Raises `TooLate`.
    """
    start = time.monotonic()
    while True:
        found = look()
        took = time.monotonic() - start
        if found:
            return found, took
        if took > seconds:
            raise TooLate(f"after {took:.1f} s still not: {what}")
        time.sleep(max(0.02, took / 50))
