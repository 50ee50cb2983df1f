"""Under load, in bad weather, while processes are killed: the platform's own books equal ours to the fen.

Buyers reserve, pay, cancel and wait over HTTP against the real processes; a tenth of what the simulated WeChat is asked and of what it
tells goes wrong; web, workers and scheduler die by kill -9 at random moments and are started again; and the clock runs. `make soak-money`
does this for ten minutes (SOAK_SECONDS, SOAK_SEED); a run of all tests only for a moment.
"""

from __future__ import annotations

import itertools
import os
import random
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import requests
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from app.kit.settings import settings
from dev.stack import Stack
from dev.testing import wait_until
from dev.town import town
from miniprogram_mock.phone.phone import Phone
from miniprogram_mock.phone.wechat import WeChat
from miniprogram_mock.phone.wire import Refused
from tests.money import books
from tests.money.books import Books

SECONDS = float(os.environ.get("SOAK_SECONDS", "12"))
SEED = int(os.environ.get("SOAK_SEED", "20261122"))
BUYERS = 12 if SECONDS > 60 else 4
# So few that there is always somebody who comes too late.
CARS = BUYERS
VICTIMS = ("web", "worker", "scheduler")
PERCENT = 10
# Business time passes in steps, as long as a step of the demo's clock may take here.
STEP_SECONDS = 60
DRAIN_SECONDS = 300.0
PRIVACY_TEXT = "2026-11"
# What breaks off when the other side is killed is not a defect of ours.
EXPECTED = ("redis.exceptions", "psycopg.OperationalError", "WechatError", "KeyboardInterrupt", "SystemExit")


class Buyer:
    """Somebody who wants a car, changes her mind, and cannot be relied on."""

    def __init__(self, stack: Stack, number: int, cars: list[str]) -> None:
        self.wechat = WeChat(stack.simulator, patience=60)
        self.phone = Phone(stack.web, self.wechat, nickname=f"买家{number}", phone=f"137{number:08d}", patience=60)
        self.phone.login()
        for purpose in ("phone", "dealer_sharing"):
            self.phone.agree(purpose, PRIVACY_TEXT)
        self.phone.bind_phone()
        self.cars, self.chance, self.number = cars, random.Random(SEED + number), number
        self.keys = itertools.count(1)
        self.did: Counter[str] = Counter()

    def live(self, over: threading.Event) -> None:
        while not over.is_set():
            try:
                self.want_one()
            except Refused as refused:
                self.did[refused.error] += 1
            except requests.RequestException as error:
                self.did[type(error).__name__] += 1

    def want_one(self) -> None:
        car = self.chance.choice(self.cars)
        answer = self.phone.reserve(car, terms_version=self.phone.terms()["version"], key=f"soak-{self.number:04}-{next(self.keys):06}")
        if answer.status_code == 409:
            body = answer.json()
            self.did[body["error"]] += 1
            if body["error"] == "orders.limit_reached":
                self.let_go(body["details"]["order_id"])
            elif self.chance.random() < 0.3:
                self.phone.call("POST", f"/customer/waiting-list/{car}")
                self.did["waits"] += 1
            return
        made = self.phone.line.content(answer)
        self.did["reserved"] += 1
        luck = self.chance.random()
        if luck < 0.15:
            return
        if luck < 0.9:
            told = self.wechat.pay(self.phone.person, made["payment"], lose_notification=self.chance.random() < 0.2)
            self.did["paid" if told.get("result") == "ok" else "could not pay"] += 1
        if self.chance.random() < 0.7:
            self.let_go(made["order"]["id"])

    def let_go(self, order_id: str) -> None:
        self.phone.cancel(order_id, "改主意了")
        self.did["cancelled"] += 1


def rage(stack: Stack, over: threading.Event, killed: Counter[str]) -> None:
    """Kill one after the other, leave it dead for a moment, and let it come up before the next."""
    chance = random.Random(SEED)
    while not over.wait(chance.uniform(1, 8)):
        victim = chance.choice(VICTIMS)
        stack.kill(victim)
        killed[victim] += 1
        over.wait(chance.uniform(0, 2))
        stack.restart(victim)
        stack.wait_healthy(120)


def pass_time(stack: Stack, seconds: int = STEP_SECONDS) -> None:
    """On WeChat's clock and, when it can be told, on ours."""
    with suppress(requests.RequestException):
        requests.post(f"{stack.simulator}/_sim/clock/advance", json={"seconds": seconds}, timeout=30)


@pytest.fixture
def stack(servers: tuple[str, str], tmp_path: Path) -> Iterator[Stack]:
    with town(tmp_path, servers[0]) as built:
        built.start()
        yield built


def test_in_bad_weather_and_killed_at_random_both_books_are_the_same(stack: Stack) -> None:
    ledger = Books(Path(stack.env["SIM_DIR"]))
    engine = create_engine(settings().database_url.rsplit("/", 1)[0] + "/" + stack.env["DATABASE_URL"].rsplit("/", 1)[1])
    with Session(engine) as session:
        cars = list(
            session.execute(text("SELECT id::text FROM vehicles WHERE status = 'listed' ORDER BY id LIMIT :n"), {"n": CARS}).scalars()
        )
    buyers = [Buyer(stack, number, cars) for number in range(BUYERS)]
    weather = [{"kind": kind, "percent": PERCENT, "seed": SEED} for kind in ("weather", "callback_weather")]
    requests.post(f"{stack.simulator}/_sim/faults", json={"faults": weather}, timeout=60).raise_for_status()

    over, killed = threading.Event(), Counter[str]()
    threads = [threading.Thread(target=buyer.live, args=(over,)) for buyer in buyers]
    killer = threading.Thread(target=rage, args=(stack, over, killed))
    for thread in (*threads, killer):
        thread.start()
    wrong: list[str] = []
    end = time.monotonic() + SECONDS
    try:
        while time.monotonic() < end and not wrong:
            over.wait(min(3, SECONDS / 4))
            pass_time(stack)
            with Session(engine) as session:
                wrong = books.never(session)
    finally:
        over.set()
        for thread in (*threads, killer):
            thread.join()
    assert wrong == []
    requests.post(f"{stack.simulator}/_sim/faults", json={"clear": True}, timeout=60).raise_for_status()
    for victim in VICTIMS:
        if victim not in stack.running:
            stack.restart(victim)
    stack.wait_healthy(120)
    left = drained(stack, engine, ledger)
    _print(buyers, killed, ledger)
    engine.dispose()
    assert left == []
    assert tracebacks(stack) == []
    assert sum(buyer.did["paid"] for buyer in buyers) > 0
    assert sum(killed.values()) > 0


def drained(stack: Stack, engine: Any, ledger: Books) -> list[str]:
    """What is left when nobody wants anything any more, nothing goes wrong, and time passes."""

    def left() -> list[str]:
        with Session(engine) as session:
            return books.never(session) + books.at_rest(session) + ledger.differences(session)

    deadline = time.monotonic() + DRAIN_SECONDS
    while (found := left()) and time.monotonic() < deadline:
        pass_time(stack, 120)
        with suppress(AssertionError):
            # Time enough for the sweeps to do what has become due, before more of it passes.
            wait_until(lambda: not left(), 2)
    return found


def tracebacks(stack: Stack) -> list[str]:
    """What was logged with a traceback and is not somebody's being killed."""
    found = []
    for name in VICTIMS:
        for line in (stack.folder / f"{name}.log").read_text(encoding="utf-8", errors="replace").splitlines():
            if "Traceback" in line and not any(word in line for word in EXPECTED):
                found.append(f"{name}: {line[-1500:]}")
    return found


def _print(buyers: list[Buyer], killed: Counter[str], ledger: Books) -> None:
    """For `make soak-money`, which shows it."""
    did = sum((buyer.did for buyer in buyers), Counter())
    paid = [row for row in ledger.payments() if row["state"] in ("SUCCESS", "REFUND")]
    back = [row for row in ledger.refunds() if row["state"] == "SUCCESS"]
    sys.stdout.write(
        f"\nsoak: {SECONDS:.0f} s, seed {SEED}, {BUYERS} buyers, {CARS} cars; killed {dict(killed)}\n  {dict(did.most_common())}\n"
        f"  WeChat took {sum(row['total'] for row in paid):,} fen in {len(paid)} payments and sent {sum(row['amount'] for row in back):,} "
        f"back in {len(back)} refunds\n"
    )
