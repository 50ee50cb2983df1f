"""How many simple calls a second the WeChat simulator answers on one core: `measure()`, and the load client that it uses."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import requests

from dev.ports import free_port
from dev.testing import wait_until

API = "/api.weixin.qq.com"
CONNECTIONS = 32
SECONDS = 5.0
FOLLOWERS = 300
_CLOCK_TICKS = os.sysconf("SC_CLK_TCK")


class Speed(NamedTuple):
    """Calls a second by the clock on the wall, and by the processor time that the server took: on a busy machine the two differ."""

    per_second: float
    per_cpu_second: float


Request = Callable[[int], bytes]


def measure() -> float:
    """Calls a second over a mix of user/info and template/send, each with a token and written down before it is answered.

    The account has message push switched off: to deliver a report is a call of the simulator's own, and costs about as much.
    """
    return speed().per_second


def speed(*, seconds: float = SECONDS, connections: int = CONNECTIONS, only: str | None = None, pushes: bool = False) -> Speed:
    """Start a simulator on a core of its own, load it for a while, and see.

    `only` is `user_info` or `template_send`; with `pushes` every template message's report is delivered to somebody, too.
    """
    callback_port = free_port()
    with tempfile.TemporaryDirectory() as folder, running(Path(folder), callback_port) as (process, base):
        wanted = _requests(Path(folder), base, pushes=pushes)
        chosen = [wanted[only]] if only else list(wanted.values())

        async def loaded() -> int:
            async with await hear_callbacks(callback_port):
                return await load(base, chosen, seconds=seconds, connections=connections)

        before, began = _cpu_seconds(process.pid), time.perf_counter()
        answered = asyncio.run(loaded())
        took, cpu = time.perf_counter() - began, _cpu_seconds(process.pid) - before
        return Speed(answered / took, answered / cpu)


async def load(base: str, wanted: list[Request], *, seconds: float, connections: int) -> int:
    """Send the requests in turn over so many open connections for so long; how many were answered with errcode 0 or none.

    A request is a function from a number, another one each time, to what goes over the wire.
    """
    end, numbers = time.perf_counter() + seconds, itertools.count()
    host, _, port = base.removeprefix("http://").partition(":")

    async def one_connection() -> int:
        reader, writer = await asyncio.open_connection(host, int(port))
        answered = 0
        try:
            while time.perf_counter() < end:
                number = next(numbers)
                writer.write(wanted[number % len(wanted)](number))
                body = await _read_message(reader)
                if json.loads(body).get("errcode", 0) != 0:
                    raise RuntimeError(body.decode())
                answered += 1
        finally:
            writer.close()
        return answered

    return sum(await asyncio.gather(*(one_connection() for _ in range(connections))))


async def hear_callbacks(port: int) -> asyncio.Server:
    """Somebody who answers every callback with 200 and nothing, over connections that stay open."""

    async def one_connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError):
            while True:
                await _read_message(reader)
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    return await asyncio.start_server(one_connection, "127.0.0.1", port)


async def _read_message(reader: asyncio.StreamReader) -> bytes:
    """The body of the next request or answer."""
    head = await reader.readuntil(b"\r\n\r\n")
    return await reader.readexactly(int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]))


@contextmanager
def running(folder: Path, callback_port: int) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """A simulator on the first core; this process goes to the others."""
    port, module = free_port(), [sys.executable, "-m", "miniprogram_mock.platform"]
    init = [*module, "init", "--dir", str(folder), "--callback-base", f"http://127.0.0.1:{callback_port}"]
    subprocess.run(init, check=True, capture_output=True)
    process = subprocess.Popen([*module, "serve", "--dir", folder, "--port", str(port)], stdout=subprocess.DEVNULL)
    base = f"http://127.0.0.1:{port}"
    try:
        with _apart(process.pid):
            wait_until(lambda: _is_ready(base))
            yield process, base
    finally:
        process.kill()
        process.wait()


@contextmanager
def _apart(pid: int) -> Iterator[None]:
    """The other process on one core, this one on the rest, where the system can do that and there is more than one."""
    if not hasattr(os, "sched_setaffinity") or len(cores := os.sched_getaffinity(0)) < 2:
        yield
        return
    first = min(cores)
    os.sched_setaffinity(pid, {first})
    os.sched_setaffinity(0, cores - {first})
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)


def _cpu_seconds(pid: int) -> float:
    """User and system time of a process, as Linux keeps it."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _CLOCK_TICKS


def _is_ready(base: str) -> bool:
    with contextlib.suppress(requests.ConnectionError):
        return requests.get(f"{base}/_sim/health", timeout=1).ok
    return False


def _requests(folder: Path, base: str, *, pushes: bool) -> dict[str, Request]:
    """The calls of the load, for followers of the world's service account in turn."""
    accounts = json.loads((folder / "accounts.json").read_text())
    service = next(one for one in accounts["accounts"] if one["kind"] == "service_account")
    token, openids = followers(base, service)
    lift_limits(base)
    requests.post(f"{base}/_sim/accounts/{service['appid']}/switches", json={"push_on": pushes}, timeout=5).raise_for_status()
    template = accounts["templates"]["deposit_refunded"]

    def user_info(number: int) -> bytes:
        query = f"access_token={token}&openid={openids[number % FOLLOWERS]}&lang=zh_CN"
        return _wire(f"GET {API}/cgi-bin/user/info?{query}")

    def template_send(number: int) -> bytes:
        values = {"thing1": "极曜 S7", "amount2": "2000.00元", "character_string3": f"MQ{number:012}", "phrase4": "已退款"}
        message = {
            "touser": openids[number % FOLLOWERS], "template_id": template, "url": f"https://brand.example/orders/{number}",
            "client_msg_id": f"bench-{number}", "data": {name: {"value": value} for name, value in values.items()},
        }  # fmt: skip
        return _wire(f"POST {API}/cgi-bin/message/template/send?access_token={token}", json.dumps(message, ensure_ascii=False).encode())

    return {"user_info": user_info, "template_send": template_send}


def _wire(head: str, body: bytes = b"") -> bytes:
    return f"{head} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


def followers(base: str, account: dict[str, Any]) -> tuple[str, list[str]]:
    """The access token of a service account, and the openids of new people who follow it."""
    asked = {"grant_type": "client_credential", "appid": account["appid"], "secret": account["secret"]}
    token: str = requests.post(f"{base}{API}/cgi-bin/stable_token", json=asked, timeout=5).json()["access_token"]
    people = [requests.post(f"{base}/_sim/users", json={"nickname": f"她{n}", "follow": True}, timeout=5).json() for n in range(FOLLOWERS)]
    return token, [one["openids"][account["appid"]] for one in people]


def lift_limits(base: str) -> None:
    """Limits are not what is measured."""
    for limit in requests.get(f"{base}/_sim/limits", timeout=5).json()["limits"]:
        if "template" in limit["name"] and not limit["name"].endswith("_seconds"):
            requests.post(f"{base}/_sim/limits", json={"name": limit["name"], "value": 10**9}, timeout=5).raise_for_status()


if __name__ == "__main__":
    for name, wanted in {
        "user/info": {"only": "user_info"},
        "template/send": {"only": "template_send"},
        "template/send, its report delivered": {"only": "template_send", "pushes": True},
        "both in turn": {},
    }.items():
        print(f"{name}: {{:,.0f}} calls a second, {{:,.0f}} for each second of its processor".format(*speed(**wanted)))  # type: ignore[arg-type]
