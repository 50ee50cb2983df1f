"""Many shoppers over HTTP with as little work of their own as can be: they share the processors with what they measure."""

from __future__ import annotations

import math
import random
import socket
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Timed:
    """Seconds of each request, and of all together."""

    took: Sequence[float]
    seconds: float

    @property
    def per_second(self) -> float:
        return len(self.took) / self.seconds

    def at_ms(self, share: float) -> float:
        return sorted(self.took)[max(0, math.ceil(share * len(self.took)) - 1)] * 1000


class Connection:
    """One that stays open, and is opened again when the server has closed it meanwhile."""

    def __init__(self, address: str, headers: dict[str, str]) -> None:
        host, _, port = address.partition(":")
        self._server = (host, int(port))
        lines = [" HTTP/1.1", *(f"{name}: {value}" for name, value in {"Host": address, **headers}.items()), "", ""]
        self._rest = "\r\n".join(lines).encode()
        self._socket: socket.socket | None = None

    def get(self, path: str) -> bytes:
        """The body. Raises RuntimeError for anything but 200."""
        request = b"GET " + path.encode() + self._rest
        try:
            status, body = self._ask(request)
        except (ConnectionError, EOFError):
            self.close()
            status, body = self._ask(request)
        if status != 200:
            raise RuntimeError(f"{path}: {status} {body[:300]!r}")
        return body

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _ask(self, request: bytes) -> tuple[int, bytes]:
        if self._socket is None:
            self._socket = socket.create_connection(self._server, timeout=60)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.sendall(request)
        received = b""
        while (end := received.find(b"\r\n\r\n")) < 0:
            received += self._more(self._socket)
        head = received[:end].lower()
        at = head.index(b"content-length:") + 15
        length = int(head[at:].split(b"\r\n", 1)[0])
        pieces, missing = [received[end + 4 :]], length - (len(received) - end - 4)
        while missing > 0:
            pieces.append(self._more(self._socket))
            missing -= len(pieces[-1])
        if b"connection: close" in head:
            self.close()
        return int(head.split(b" ", 2)[1]), b"".join(pieces)

    @staticmethod
    def _more(of: socket.socket) -> bytes:
        if not (piece := of.recv(262_144)):
            raise EOFError
        return piece


def shoppers(address: str, headers: dict[str, str], paths: Sequence[str], *, at_once: int, pause: float = 0.0) -> Timed:
    """Ask for every path once, by so many people at a time, of whom each reads for about `pause` seconds between two questions."""
    waiting = iter(list(paths))
    lock, took, failed = threading.Lock(), [], []

    def one(number: int) -> None:
        dice, connection = random.Random(number), Connection(address, headers)
        time.sleep(dice.random() * pause)
        try:
            while not failed:
                with lock:
                    path = next(waiting, None)
                if path is None:
                    break
                started = time.perf_counter()
                connection.get(path)
                took.append(time.perf_counter() - started)
                if pause:
                    time.sleep(pause * (0.5 + dice.random()))
        except Exception as error:  # told to whoever waits for all of them
            failed.append(error)
        connection.close()

    threads = [threading.Thread(target=one, args=(number,)) for number in range(at_once)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]
    return Timed(took, time.perf_counter() - started)
