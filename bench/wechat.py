"""The gateway on one core, against a sink and against the simulator; each beside a bare loop of the same HTTP client in the same run."""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
import os
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import aiohttp
import orjson
import requests
import urllib3

from bench import simulator_calls
from bench.report import Figure, Report
from dev.ports import free_port
from dev.testing import servers, wait_until

RATIO = 0.70
SIMULATOR_CALLS = 2000
AT_ONCE = 64
MANY, FEW = 5000, 1500
ROUNDS = 5
CLIENT_CORE, SERVER_CORE = 0, 1
DATA = {"thing1": "极曜 S7", "amount2": "2000.00元", "character_string3": "MQ20260001", "phrase4": "已退款"}
_NUMBERS = itertools.count()


@dataclass(frozen=True)
class Target:
    """Whom we call: its address, and what a call has to name there."""

    name: str
    address: str
    account: dict[str, str]
    token: str
    openids: list[str]
    template_id: str

    @property
    def next_key(self) -> tuple[str, str]:
        """Whom to send the next message to, and its key."""
        number = next(_NUMBERS)
        return self.openids[number % len(self.openids)], f"m{number}"


def run() -> Report:
    """Rounds of bare loop and gateway in turn, so that a slow minute of the machine hits both; the ratio is the median of the rounds'."""
    own = simulator_calls.measure()
    figures = [Figure("the simulator's own, one core", own, "calls/s", at_least=SIMULATOR_CALLS)]
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {CLIENT_CORE})
    with servers() as embedded, _output_to_a_file() as written:
        for kind in (sink, simulator):
            with kind() as target:
                _settle(embedded.redis_url, target)
                figures += _measured(target)
        lines = written.stat().st_size
    os.sched_setaffinity(0, cores)
    notes = [
        f"client on one core, servers on the other; {AT_ONCE} at once; median of {ROUNDS} rounds of {MANY:,} and {FEW:,} calls",
        f"tokens, quota, breaker, metrics and a trace line per call are in the gateway's figures ({lines / 1e6:.0f} MB of lines written)",
    ]
    return Report(figures, notes)


def _measured(target: Target) -> list[Figure]:
    many = _rounds(lambda: bare_many(target), lambda: gateway_many(target))
    single = _rounds(lambda: bare_one_by_one(target), lambda: gateway_one_by_one(target))
    # Against the simulator it is the simulator that is waited for, so a ratio there has no target.
    aim = RATIO if target.name == "sink" else None
    return [
        Figure(f"{target.name}, many at once: bare aiohttp", many[0], "calls/s"),
        Figure(f"{target.name}, many at once: gateway", many[1], "calls/s"),
        Figure(f"{target.name}, many at once: ratio", many[2], "of bare", at_least=aim),
        Figure(f"{target.name}, one by one: bare urllib3", single[0], "calls/s"),
        Figure(f"{target.name}, one by one: gateway", single[1], "calls/s"),
        Figure(f"{target.name}, one by one: ratio", single[2], "of bare", at_least=aim),
    ]


def _rounds(bare: Callable[[], float], gateway: Callable[[], float]) -> tuple[float, float, float]:
    """Calls a second of both, and how the second stands to the first."""
    bare(), gateway()
    pairs = [(bare(), gateway()) for _ in range(ROUNDS)]
    return median(one for one, _ in pairs), median(two for _, two in pairs), median(two / one for one, two in pairs)


def bare_many(target: Target) -> float:
    """aiohttp alone: the same bytes posted, the answers read."""
    url = f"{target.address}/cgi-bin/message/template/send?access_token={target.token}"
    fields = {key: {"value": value} for key, value in DATA.items()}

    async def some(session: aiohttp.ClientSession, waiting: Iterator[int]) -> None:
        for _ in waiting:
            openid, key = target.next_key
            message = {"touser": openid, "template_id": target.template_id, "client_msg_id": key, "data": fields}
            async with session.post(url, data=orjson.dumps(message)) as answer:
                await answer.read()

    async def everything() -> None:
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=AT_ONCE)) as session:
            waiting = iter(range(MANY))
            await asyncio.gather(*(some(session, waiting) for _ in range(AT_ONCE)))

    return _rate(MANY, lambda: asyncio.run(everything()))


def gateway_many(target: Target) -> float:
    """Template messages through the gateway, prepared and carried out."""
    from app.wechat.client import WechatError, gateway

    door = gateway().service_account(_account(target))

    def everything() -> None:
        send = door.send_template.prepare
        keys = [target.next_key for _ in range(MANY)]
        asked = [send(openid, target.template_id, DATA, client_msg_id=key) for openid, key in keys]
        failed = [told for told in gateway().carry_out_all(asked) if isinstance(told, WechatError)]
        if failed:
            raise RuntimeError(f"{len(failed)} calls failed, the first with {failed[0]}")

    return _rate(MANY, everything)


def bare_one_by_one(target: Target) -> float:
    """urllib3 alone, one request after the other over a kept connection."""
    url = f"{target.address}/cgi-bin/user/info?openid={target.openids[0]}&lang=zh_CN&access_token={target.token}"
    with urllib3.PoolManager() as pool:
        return _rate(FEW, lambda: [pool.urlopen("GET", url).data for _ in range(FEW)])


def gateway_one_by_one(target: Target) -> float:
    """The same through the gateway."""
    from app.wechat.client import gateway

    door = gateway().service_account(_account(target))
    return _rate(FEW, lambda: [door.user_info(target.openids[0]) for _ in range(FEW)])


def _rate(count: int, work: Callable[[], Any]) -> float:
    started = time.perf_counter()
    work()
    return count / (time.perf_counter() - started)


def _account(target: Target) -> Any:
    from app.wechat.models import AccountKind, WechatAccount

    kind = AccountKind.service_account
    return WechatAccount(
        kind=kind, appid=target.account["appid"], name="bench", linked_appid=None, settings={}, secrets={"secret": target.account["secret"]}
    )


def _settle(redis_url: str, target: Target) -> None:
    """The settings of a process that sends: production's, but for the addresses and the quota."""
    from app.kit.settings import settings
    from app.wechat import http

    os.environ.update({
        "ENVIRONMENT": "test", "DATABASE_URL": "postgresql://nobody@127.0.0.1/none", "REDIS_URL": redis_url,
        "QUEUE_PREFIX": f"bench-{uuid.uuid4().hex[:8]}", "SECRET_KEY": "s" * 32, "FIELD_KEY": base64.b64encode(os.urandom(32)).decode(),
        "PHONE_PEPPER": "p" * 16, "PUBLIC_BASE_URL": "http://127.0.0.1:8000", "WECHAT_API_BASE": target.address,
        "WECHAT_CALLS_AT_ONCE": str(AT_ONCE), "WECHAT_QUOTAS": '{"/cgi-bin/message/template/send": {"per_day": 100000000}}',
    })  # fmt: skip
    settings.cache_clear()
    from app.factory import assemble
    from app.kit import memory
    from app.kit.logging import configure

    configure()
    assemble()
    memory.settle()
    http.forget()


@contextmanager
def sink() -> Iterator[Target]:
    """A server on the other core that answers at once."""
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", "bench.sink", str(port)])
    os.sched_setaffinity(process.pid, {SERVER_CORE})
    try:
        address = f"http://127.0.0.1:{port}"
        wait_until(lambda: _answers(address), 10)
        yield Target("sink", address, {"appid": "wxbench", "secret": "s"}, "t", ["o"], "t")
    finally:
        process.kill()
        process.wait()


@contextmanager
def simulator() -> Iterator[Target]:
    """The simulator on the other core; it keeps its callbacks to itself."""
    port = free_port()
    with tempfile.TemporaryDirectory() as folder, simulator_calls.running(Path(folder), port) as (process, base):
        os.sched_setaffinity(process.pid, {SERVER_CORE})
        os.sched_setaffinity(0, {CLIENT_CORE})
        requests.post(f"{base}/_sim/faults", json={"lose_callbacks": 10**9}, timeout=5).raise_for_status()
        accounts = json.loads((Path(folder) / "accounts.json").read_text(encoding="utf-8"))
        account = next(one for one in accounts["accounts"] if one["kind"] == "service_account")
        simulator_calls.lift_limits(base)
        address, token, openids = f"{base}{simulator_calls.API}", *simulator_calls.followers(base, account)
        yield Target("simulator", address, account, token, openids, accounts["templates"]["deposit_refunded"])


def _answers(address: str) -> bool:
    try:
        return urllib3.request("GET", address, retries=False).status == requests.codes.ok
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
