"""Hundreds of calls to systems of others: over few connections, and none of those systems keeps us on the line."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from app.kit import outside
from app.kit.settings import settings
from app.messaging import webhooks

CALLS = 300


class Server(ThreadingHTTPServer):
    """Answers every call at once and counts who came."""

    request_queue_size = 128

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.connections: list[Any] = []
        self.hosts: set[str] = set()


class Answer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def setup(self) -> None:
        self.server.connections.append(self.client_address)
        super().setup()

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.server.hosts.add(self.headers["Host"])
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_said: Any) -> None:
        pass


@pytest.fixture
def allow() -> Iterator[Callable[[str], None]]:
    """Lets a host pass that is not outside, and no other."""
    webhooks._Loop.forget()
    with pytest.MonkeyPatch.context() as patched:

        def let_pass(host: str) -> None:
            patched.setenv("WEBHOOK_HOSTS_ALLOWED", json.dumps([host]))
            settings.cache_clear()

        yield let_pass
    settings.cache_clear()
    webhooks._Loop.forget()


@pytest.fixture
def server(allow: Callable[[str], None]) -> Iterator[Server]:
    with Server() as made:
        served = threading.Thread(target=made.serve_forever)
        served.start()
        yield made
        webhooks._Loop.forget()
        made.shutdown()
        served.join()


@pytest.fixture(params=["the head", "the body"])
def dripping(request: pytest.FixtureRequest, allow: Callable[[str], None]) -> Iterator[str]:
    """A server that says a byte now and then, and never has said all."""
    door, over = socket.create_server(("127.0.0.1", 0)), threading.Event()

    def drip() -> None:
        line, _ = door.accept()
        with line:
            line.recv(65536)
            line.sendall(b"HTTP/1.0 200 OK\r\n" + (b"X-Slow: " if request.param == "the head" else b"\r\n"))
            while not over.wait(0.05):
                try:
                    line.sendall(b"x")
                except OSError:
                    return

    served = threading.Thread(target=drip)
    served.start()
    host = f"127.0.0.1:{door.getsockname()[1]}"
    allow(host)
    yield host
    over.set()
    served.join()
    door.close()


def call(address: str) -> webhooks.Call:
    return webhooks.Call(address, "a secret", "a key", json.dumps({}).encode(), 1)


def test_hundreds_of_calls_go_over_few_connections_and_each_is_answered(server: Server, allow: Callable[[str], None]) -> None:
    host = f"localhost:{server.server_port}"
    allow(host)
    for _ in range(2):
        assert webhooks.call_all([call(f"http://{host}/hook")] * CALLS) == [b"{}"] * CALLS
    assert len(server.connections) <= 2 * webhooks.AT_ONCE
    assert server.hosts == {host}


def test_a_name_that_leads_inside_by_now_gets_no_call_although_a_connection_is_kept(
    server: Server, allow: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was kept belongs to the address that was looked at, not to the name."""
    host = f"localhost:{server.server_port}"
    allow(host)
    assert webhooks.call_all([call(f"http://{host}/")]) == [b"{}"]
    allow("another:80")
    inside = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("10.0.0.8", 80))]
    monkeypatch.setattr(outside.socket, "getaddrinfo", lambda *_args, **_more: inside)
    (told,) = webhooks.call_all([call(f"http://{host}/")])
    assert isinstance(told, webhooks.Uncalled)
    assert told.reason == "webhook_private"


def test_who_says_a_byte_now_and_then_is_cut_off_in_time(dripping: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhooks, "SECONDS", 0.5)
    began = time.monotonic()
    (told,) = webhooks.call_all([call(f"http://{dripping}/")])
    assert time.monotonic() - began < 3
    # Whoever has begun to answer in full has heard us.
    assert told == b"" or (isinstance(told, webhooks.Uncalled) and told.maybe)


def test_a_name_that_nobody_answers_for_holds_up_no_other_call(
    server: Server, allow: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    host, asked, over = f"localhost:{server.server_port}", socket.getaddrinfo, threading.Event()
    allow(host)

    def look_up(name: str, *args: Any, **more: Any) -> Any:
        if name == "silent.example":
            over.wait(30)
        return asked(name, *args, **more)

    monkeypatch.setattr(outside.socket, "getaddrinfo", look_up)
    monkeypatch.setattr(webhooks, "NAMED_WITHIN_SECONDS", 0.5)
    began = time.monotonic()
    silent, *others = webhooks.call_all([call("http://silent.example/"), *[call(f"http://{host}/")] * 50])
    assert time.monotonic() - began < 5
    over.set()
    assert others == [b"{}"] * 50
    assert isinstance(silent, webhooks.Uncalled)
    assert (silent.reason, silent.maybe, silent.permanent) == ("webhook_away", False, False)


@pytest.mark.parametrize("host", ["2130706433", "127.1", "0x7f.1", "[::ffff:127.0.0.1]"])
def test_no_spelling_of_our_own_machine_is_called(allow: Callable[[str], None], host: str) -> None:
    (told,) = webhooks.call_all([call(f"http://{host}/")])
    assert isinstance(told, webhooks.Uncalled)
    assert told.reason == "webhook_private"
