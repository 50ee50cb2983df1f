"""The six busiest routes against a trivial one: same server, same run, over HTTP with a bounded number of requests."""

from __future__ import annotations

import http.client
import math
import os
import tempfile
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

from bench.report import Figure, Report
from dev.testing import servers
from dev.town import town
from miniprogram_mock.phone.phone import Phone
from miniprogram_mock.phone.wechat import WeChat

TRIVIAL = "health"
CONNECTIONS = 8
ROUNDS = 5
REQUESTS_PER_ROUND = 80
NEARBY = {"lat": 31.2304, "lng": 121.4737, "crs": "gcj02", "radius_km": 100, "sort": "distance", "limit": 20}


@dataclass
class Timed:
    """What one route took: seconds of each request, and of all rounds together."""

    requests: list[float] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def per_second(self) -> float:
        return len(self.requests) / self.seconds

    @property
    def p95_ms(self) -> float:
        return sorted(self.requests)[math.ceil(0.95 * len(self.requests)) - 1] * 1000


def paths(phone: Phone) -> dict[str, str]:
    """What a consumer's mini-program asks most, by name, and the trivial route."""
    car = phone.search(**NEARBY)["items"][0]["id"]
    share = phone.share(car)["id"]
    return {
        TRIVIAL: "/api/public/health",
        "search": "/api/visitor/vehicles/?" + urlencode(NEARBY),
        "one car": f"/api/visitor/vehicles/{car}",
        "finance": f"/api/visitor/vehicles/{car}/finance",
        "stores": "/api/visitor/stores/?" + urlencode({"lat": NEARBY["lat"], "lng": NEARBY["lng"], "limit": 20}),
        "open a share": f"/api/visitor/sharing/{share}?" + urlencode({"visitor_id": uuid.uuid4().hex}),
        "my orders": "/api/customer/orders/",
    }


def one_round(address: str, path: str, headers: dict[str, str], timed: Timed) -> None:
    """Ask for one path over several connections that stay open. Raises RuntimeError for anything but 200."""

    def ask(_: int) -> list[float]:
        connection = http.client.HTTPConnection(address, timeout=30)
        took = []
        for _ in range(REQUESTS_PER_ROUND // CONNECTIONS):
            started = time.perf_counter()
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            body = answer.read()
            took.append(time.perf_counter() - started)
            if answer.status != http.client.OK:
                raise RuntimeError(f"{path}: {answer.status} {body[:200]!r}")
        connection.close()
        return took

    started = time.perf_counter()
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        for took in pool.map(ask, range(CONNECTIONS)):
            timed.requests += took
    timed.seconds += time.perf_counter() - started


def measure() -> dict[str, Timed]:
    """Every route in turn, round by round, so that a slow minute of the machine meets all of them."""
    with tempfile.TemporaryDirectory() as folder, servers() as lent, town(Path(folder), lent.database_url) as stack:
        for process in ("valkey", "simulator", "web"):
            stack.restart(process)
        stack.wait_healthy()
        phone = Phone(stack.web, WeChat(stack.simulator), nickname="测速员", phone="13800000001")
        phone.login()
        asked = paths(phone)
        headers = {"X-Appid": phone.wechat.mini_program, "Authorization": f"Bearer {phone.token}"}
        address = stack.web.removeprefix("http://")
        for path in asked.values():
            one_round(address, path, headers, Timed())  # warm
        timed = {name: Timed() for name in asked}
        for _ in range(ROUNDS):
            for name, path in asked.items():
                one_round(address, path, headers, timed[name])
        return timed


def run() -> Report:
    """Requests per second and the 95th percentile of each route, and both as share of the trivial one's."""
    timed = measure()
    trivial = timed[TRIVIAL]
    figures = []
    for name, one in timed.items():
        figures.append(Figure(f"{name}: requests", one.per_second, "1/s"))
        figures.append(Figure(f"{name}: p95", one.p95_ms, "ms"))
        if name != TRIVIAL:
            figures.append(Figure(f"{name}: requests, share of {TRIVIAL}'s", 100 * one.per_second / trivial.per_second, "%"))
            figures.append(Figure(f"{name}: p95, times {TRIVIAL}'s", one.p95_ms / trivial.p95_ms, "x"))
    asked = f"{ROUNDS * REQUESTS_PER_ROUND} requests a route over {CONNECTIONS} connections, in {ROUNDS} rounds by turns"
    return Report(figures, (f"{asked}; the client shares {os.cpu_count()} cores with the servers.",))
