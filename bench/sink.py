"""A server that answers every request at once with the same few bytes: what a client can do at most. `python -m bench.sink PORT`.

Where there is a C compiler it is `sink.c`, else nginx, else the Python here, which takes more of the machine that is measured.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import urllib3

from dev.environment import ROOT
from dev.ports import free_port
from dev.testing import wait_until

_TOKEN = b'{"access_token":"a token of the sink","expires_in":7200}'
_DONE = b'{"errcode":0,"errmsg":"ok","msgid":200228332,"subscribe":1,"openid":"o"}'

_NGINX = """
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
  access_log off; default_type application/json; keepalive_requests 1000000; client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  server {{
    listen 127.0.0.1:{port};
    location /cgi-bin/stable_token {{ return 200 '{token}'; }}
    location / {{ return 200 '{done}'; }}
  }}
}}
"""


@contextmanager
def serving(folder: Path) -> Iterator[tuple[str, str]]:
    """One that runs until the end: its address, and what it is."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    command, kind = _command(folder, port)
    process = subprocess.Popen(command, cwd=ROOT)
    try:
        wait_until(lambda: _answers(address), 10)
        yield address, kind
    finally:
        process.terminate()
        process.wait()


def _command(folder: Path, port: int) -> tuple[list[str], str]:
    if compiler := shutil.which("cc") or shutil.which("gcc"):
        program = folder / "sink"
        # A compiler without this system's headers is none.
        with suppress(subprocess.CalledProcessError):
            subprocess.run([compiler, "-O2", "-o", program, Path(__file__).with_suffix(".c")], check=True, capture_output=True)
            return [str(program), str(port)], "bench/sink.c"
    if nginx := shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin"):
        config = folder / "nginx.conf"
        config.write_text(_NGINX.format(folder=folder, port=port, token=_TOKEN.decode(), done=_DONE.decode()), encoding="utf-8")
        return [nginx, "-c", str(config), "-e", str(folder / "error.log")], "nginx"
    return [sys.executable, "-m", "bench.sink", str(port)], "bench.sink, in Python"


def _answers(address: str) -> bool:
    try:
        return urllib3.request("GET", address, retries=False).status == 200
    except urllib3.exceptions.HTTPError:
        return False


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
