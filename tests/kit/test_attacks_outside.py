"""A server that means ill keeps nobody on the line."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from app.kit import outside


@pytest.fixture
def dripping() -> Iterator[str]:
    """A server whose answer has no length and never ends: a byte now and then."""
    door = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def drip() -> None:
        line, _ = door.accept()
        with line:
            line.recv(65536)
            line.sendall(b"HTTP/1.0 200 OK\r\n\r\n")
            while not over.wait(0.1):
                try:
                    line.sendall(b"x")
                except OSError:
                    return

    served = threading.Thread(target=drip)
    served.start()
    yield f"127.0.0.1:{door.getsockname()[1]}"
    over.set()
    served.join()
    door.close()


def test_who_answers_a_byte_now_and_then_without_saying_how_many_is_cut_off_as_well(dripping: str) -> None:
    target = outside.Target.of(f"http://{dripping}/")
    began = time.monotonic()
    with outside.connected(target, let_pass=[dripping], seconds=0.5, silent_seconds=5) as line:
        line.request("POST", "/", body=b"", preload_content=False)
        said = line.getresponse().read(60)
    assert len(said) < 60
    assert time.monotonic() - began < 3
