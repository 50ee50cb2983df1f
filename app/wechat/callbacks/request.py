"""A callback as it arrived, before anybody believes it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from app.kit.settings import settings
from app.wechat.errors import SignatureRefused

# Far more than Tencent's longest query and signature headers together.
_LONGEST = 4096
_MOST_PARAMETERS = 20


@dataclass(frozen=True)
class CallbackRequest:
    """All that a signature is made over: the query as it was written, the Wechatpay-* headers, and the bytes of the body."""

    query: str
    headers: Mapping[str, str]
    body: bytes

    @classmethod
    def of(cls, *, query: str, headers: Mapping[str, str], body: bytes) -> CallbackRequest:
        """Raises `SignatureRefused` when it is longer than any callback is."""
        signed = {name: value for name, value in headers.items() if name.startswith("Wechatpay-")}
        if (
            len(query) + sum(len(name) + len(value) for name, value in signed.items()) > _LONGEST
            or len(body) > settings().wechat_callback_max_bytes
        ):
            raise SignatureRefused("oversized")
        return cls(query, signed, body)

    @property
    def digest(self) -> str:
        """The same for the same request, to the byte, and for no other."""
        parts = (self.query, *(f"{name}:{self.headers[name]}" for name in sorted(self.headers)))
        return hashlib.sha256("\n".join(parts).encode() + b"\n\n" + self.body).hexdigest()

    def parameters(self) -> dict[str, str]:
        """What the query says. Raises `SignatureRefused` when it says something twice: then nobody knows what was signed."""
        try:
            pairs = parse_qsl(self.query, keep_blank_values=True, errors="strict", max_num_fields=_MOST_PARAMETERS)
        except ValueError:
            raise SignatureRefused("query") from None
        given = dict(pairs)
        if len(given) != len(pairs):
            raise SignatureRefused("a parameter twice")
        return given

    def as_json(self, *, longest: int | None = None) -> dict[str, Any]:
        """For keeping; of the body the first `longest` bytes."""
        return {"query": self.query, "headers": dict(self.headers), "body": self.body[:longest].decode("latin-1")}

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> CallbackRequest:
        return cls(kept["query"], kept["headers"], kept["body"].encode("latin-1"))


def within_window(timestamp: str, now: datetime) -> None:
    """Raises `SignatureRefused` unless this is a time (seconds since 1970) of which a signature is still good."""
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
        raise SignatureRefused("no timestamp")
    if abs(now.timestamp() - int(timestamp)) > settings().wechat_callback_window_seconds:
        raise SignatureRefused("outside the window")
