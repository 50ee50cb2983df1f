"""The gateway on one core, against a sink and against the simulator; each beside a bare loop of the same HTTP client in the same run."""

from __future__ import annotations

import asyncio
import base64
import itertools
import os
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import aiohttp
import orjson
import urllib3

from bench import simulator_calls
from bench.report import Figure, Report
from dev.ports import free_port
from dev.testing import servers, wait_until

RATIO = 0.70
SIMULATOR_CALLS = 2000
AT_ONCE = 64
MANY, FEW = 6000, 1500
ROUNDS = 5
CLIENT_CORE, SERVER_CORE = 0, 1
DATA = {"thing1": "S90 B5 智远豪华版", "amount2": "1000元", "character_string3": "DO20260001", "time4": "2026年11月21日 10:00"}


def run() -> Report:
    """Rounds of bare loop and gateway in turn, so that a slow minute of the machine hits both; the ratio is the median of the rounds'."""
    os.sched_setaffinity(0, {CLIENT_CORE})
    with servers() as embedded, sink() as address, _output_to_a_file() as written:
        _settle(embedded.redis_url, address)
        openids = [uuid.uuid4().hex for _ in range(MANY)]
        many = _rounds(lambda: bare_many(address, openids), lambda: gateway_many(openids))
        one_by_one = _rounds(lambda: bare_one_by_one(address), gateway_one_by_one)
        lines = written.stat().st_size
    own = simulator_calls.measure()
    figures = [
        Figure("many at once: bare aiohttp", many[0], "calls/s"),
        Figure("many at once: gateway", many[1], "calls/s"),
        Figure("many at once: ratio", many[2], "of bare", at_least=RATIO),
        Figure("one by one: bare urllib3", one_by_one[0], "calls/s"),
        Figure("one by one: gateway", one_by_one[1], "calls/s"),
        Figure("one by one: ratio", one_by_one[2], "of bare", at_least=RATIO),
        Figure("the simulator's own, one core", own, "calls/s", at_least=SIMULATOR_CALLS),
    ]
    notes = [
        f"client on one core, servers on the other; {AT_ONCE} at once; median of {ROUNDS} rounds of {MANY:,} and {FEW:,} calls",
        f"tokens, quota, breaker, metrics and a trace line per call are in the gateway's figures ({lines / 1e6:.0f} MB of lines written)",
    ]
    return Report(figures, notes)


def _rounds(bare: Callable[[], float], gateway: Callable[[], float]) -> tuple[float, float, float]:
    """Calls a second of both, and how the second stands to the first."""
    bare(), gateway()
    pairs = [(bare(), gateway()) for _ in range(ROUNDS)]
    return median(one for one, _ in pairs), median(two for _, two in pairs), median(two / one for one, two in pairs)


def bare_many(address: str, openids: list[str]) -> float:
    """aiohttp alone: the same bytes posted, the answers read."""

    async def some(session: aiohttp.ClientSession, waiting: Iterator[str]) -> None:
        for openid in waiting:
            body = orjson.dumps(_body(openid))
            async with session.post(f"{address}/cgi-bin/message/template/send?access_token=t", data=body) as answer:
                await answer.read()

    async def everything() -> None:
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=AT_ONCE)) as session:
            waiting = iter(openids)
            await asyncio.gather(*(some(session, waiting) for _ in range(AT_ONCE)))

    return _rate(len(openids), lambda: asyncio.run(everything()))


def gateway_many(openids: list[str]) -> float:
    """Template messages through the gateway, prepared and carried out."""
    from app.wechat.client import gateway

    door = gateway().service_account(_account())

    def everything() -> None:
        keys = itertools.count()
        told = gateway().carry_out_all([door.send_template.prepare(one, "t", DATA, client_msg_id=f"m{next(keys)}") for one in openids])
        assert set(told) == {"200228332"}, set(told)

    return _rate(len(openids), everything)


def bare_one_by_one(address: str) -> float:
    """urllib3 alone, one request after the other over a kept connection."""
    with urllib3.PoolManager() as pool:

        def everything() -> None:
            for _ in range(FEW):
                assert pool.urlopen("GET", f"{address}/cgi-bin/user/info?openid=o&lang=zh_CN&access_token=t").status == 200

        return _rate(FEW, everything)


def gateway_one_by_one() -> float:
    """The same through the gateway."""
    from app.wechat.client import gateway

    door = gateway().service_account(_account())

    def everything() -> None:
        for _ in range(FEW):
            assert door.user_info("o").subscribe

    return _rate(FEW, everything)


def _rate(count: int, work: Callable[[], Any]) -> float:
    started = time.perf_counter()
    work()
    return count / (time.perf_counter() - started)


def _body(openid: str) -> dict[str, Any]:
    return {"touser": openid, "template_id": "t", "client_msg_id": "m1", "data": {key: {"value": value} for key, value in DATA.items()}}


def _account() -> Any:
    from app.wechat.models import AccountKind, WechatAccount

    kind = AccountKind.service_account
    return WechatAccount(kind=kind, appid="wxbench", name="bench", linked_appid=None, settings={}, secrets={"secret": "s"})


def _settle(redis_url: str, address: str) -> None:
    """The settings of a process that sends: production's, but for the addresses."""
    os.environ.update({
        "ENVIRONMENT": "test", "DATABASE_URL": "postgresql://nobody@127.0.0.1/none", "REDIS_URL": redis_url,
        "QUEUE_PREFIX": f"bench-{uuid.uuid4().hex[:8]}", "SECRET_KEY": "s" * 32, "FIELD_KEY": base64.b64encode(os.urandom(32)).decode(),
        "PHONE_PEPPER": "p" * 16, "PUBLIC_BASE_URL": "http://127.0.0.1:8000", "WECHAT_API_BASE": address,
        "WECHAT_CALLS_AT_ONCE": str(AT_ONCE), "WECHAT_QUOTAS": '{"/cgi-bin/message/template/send": {"per_day": 100000000}}',
    })  # fmt: skip
    from app.kit.logging import configure

    configure()


@contextmanager
def sink() -> Iterator[str]:
    """A sink on the servers' core; gives its address."""
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", "bench.sink", str(port)], preexec_fn=lambda: os.sched_setaffinity(0, {SERVER_CORE}))
    try:
        address = f"http://127.0.0.1:{port}"
        wait_until(lambda: _answers(address), 10)
        yield address
    finally:
        process.kill()
        process.wait()


def _answers(address: str) -> bool:
    try:
        return urllib3.request("GET", address, retries=False).status == 200
    except urllib3.exceptions.HTTPError:
        return False


@contextmanager
def _output_to_a_file() -> Iterator[Path]:
    """The trace lines go where a service manager would put them, not on the terminal."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "trace.log"
        terminal = os.dup(2)
        with path.open("wb") as file:
            os.dup2(file.fileno(), 2)
            try:
                yield path
            finally:
                os.dup2(terminal, 2)
                os.close(terminal)
