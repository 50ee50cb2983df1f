"""A system of the brand's own that webhooks call, for tests."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from app.kit.settings import settings


@dataclass
class Ear:
    """A system of the brand's own, which hears what it is told."""

    url: str
    heard: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    says: bytes = b""
    # What happens while it thinks about its answer
    meanwhile: Callable[[], Any] | None = None


@contextmanager
def listening(monkeypatch: pytest.MonkeyPatch) -> Iterator[Ear]:
    """An ear that we are allowed to call."""

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            made.heard.append((dict(self.headers), body))
            if made.meanwhile:
                made.meanwhile()
            status = made.statuses.pop(0) if made.statuses else 200
            self.send_response(status)
            if status == 302:
                self.send_header("Location", made.url + "/elsewhere")
            self.end_headers()
            self.wfile.write(made.says)

        def log_message(self, *_: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    made = Ear(f"http://127.0.0.1:{server.server_port}")
    threading.Thread(target=server.serve_forever, args=[0.02], daemon=True).start()
    monkeypatch.setenv("WEBHOOK_HOSTS_ALLOWED", json.dumps([f"127.0.0.1:{server.server_port}"]))
    settings.cache_clear()
    yield made
    server.shutdown()
    server.server_close()
    monkeypatch.undo()
    settings.cache_clear()
