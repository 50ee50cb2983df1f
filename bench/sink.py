"""A server that answers every request at once with the same few bytes: what a client can do at most. `python -m bench.sink PORT`."""

from __future__ import annotations

import asyncio
import sys

_TOKEN = b'{"access_token":"a token of the sink","expires_in":7200}'
_DONE = b'{"errcode":0,"errmsg":"ok","msgid":200228332,"subscribe":1,"openid":"o"}'


def _answer(body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)


_ANSWERS = {True: _answer(_TOKEN), False: _answer(_DONE)}


class Sink(asyncio.Protocol):
    """Reads no more of a request than where it ends."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport, self._read = transport, b""

    def data_received(self, data: bytes) -> None:
        self._read += data
        while (end := self._read.find(b"\r\n\r\n")) >= 0:
            head = self._read[:end].lower()
            length = head.find(b"content-length:")
            wanted = end + 4 + (int(head[length + 15 :].split(b"\r\n", 1)[0]) if length >= 0 else 0)
            if len(self._read) < wanted:
                return
            self._read = self._read[wanted:]
            self._transport.write(_ANSWERS[b"stable_token" in head.split(b"\r\n", 1)[0]])


async def main(port: int) -> None:
    """Serve until killed."""
    server = await asyncio.get_running_loop().create_server(Sink, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
