"""Bad weather for a while: a mixed load through the gateway while a tenth of all calls goes wrong, by a seed.

`make soak` lets it blow for ten minutes; SOAK_SECONDS says otherwise.
"""

from __future__ import annotations

import itertools
import json
import logging
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from app.kit.logging import configure
from app.kit.settings import settings
from app.wechat import http
from app.wechat.client import Outcome, WechatError
from app.wechat.endpoints import ENDPOINTS, Exchange, Repeat
from app.wechat.http import HttpGateway
from app.wechat.models import WechatAccount
from tests.simulator import Simulator

SECONDS = float(os.environ.get("SOAK_SECONDS", "15"))
SEED = int(os.environ.get("SOAK_SEED", "20261122"))
# A tenth of all calls: (kind, percent, what is said about it).
FAULTS: list[tuple[str, float, dict[str, Any]]] = [
    ("latency", 3, {"ms": 300, "jitter": 700}),
    ("errcode", 2, {"code": -1}),
    ("http", 1.5, {"status": 502}),
    ("storm", 0.5, {}),
    ("timeout_before", 1, {}),
    ("timeout_after_accept", 1, {}),
    ("cut", 0.7, {}),
]
if SECONDS > 60:
    # Whoever is told this waits for the next minute, so it is told seldom: else all that is measured is waiting.
    FAULTS.append(("errcode", 0.02, {"code": 45011}))
OFFERED_PER_SECOND = 60
# So many that nobody gets more than Tencent allows in a minute, even after a minute in which nothing could be sent.
PEOPLE, MEMBERS = 150, 200
# What is asked again waits so long first, and a minute when WeChat said that the minute is full.
PAUSE_SECONDS = 1.0
# Longer than any planted latency.
PATIENCE_SECONDS = 4
# How long the platform knows a repeated message by its key, less a margin; what is still in doubt then stays so.
KNOWN_SECONDS = {"template": 480.0, "wecom": 1700.0}
# Of the platform's own records: an answer that was sent, a refusal that was planted, and calls that nobody answered.
UNANSWERED = {"timed out": "unknown", "not carried out": "unknown"}


@dataclass
class Work:
    """Something that is to happen once, and what became of it. `key` finds it in the platform's records."""

    kind: str
    key: str
    prepare: Callable[[], Exchange[Any]]
    due: float = 0.0
    tries: int = 0
    ended: str | None = None
    in_doubt_since: float | None = None
    codes: list[str] = field(default_factory=list)

    def settle(self, result: Any, now: float) -> None:
        """Ended, or to be tried again: what may be repeated is, as long as it may; what would happen twice is left unknown."""
        self.tries += 1
        if isinstance(result, WechatError) and result.outcome is Outcome.unknown and self.in_doubt_since is None:
            self.in_doubt_since = now
        if not isinstance(result, WechatError):
            self.ended = "done"
            return
        self.codes.append(result.code)
        if result.outcome in (Outcome.permanent_person, Outcome.permanent_account):
            self.ended = "refused"
        elif self.in_doubt_since is not None and not self._may_be_repeated(now - self.in_doubt_since):
            self.ended = "unknown"
        else:
            self.due = now + (min(result.retry_after, 60.0) if result.retry_after else PAUSE_SECONDS)

    def _may_be_repeated(self, seconds_in_doubt: float) -> bool:
        return self.prepare().endpoint.repeat is not Repeat.never and seconds_in_doubt < KNOWN_SECONDS.get(self.kind, float("inf"))


class Load:
    """A mixed load: what a platform does with Tencent all day."""

    def __init__(self, gateway: HttpGateway, accounts: dict[str, WechatAccount], simulator: Simulator) -> None:
        self._simulator = simulator
        mini_program = accounts["mini_program"]
        self._mini, self._service = gateway.mini_program(mini_program), gateway.service_account(accounts["service_account"])
        self._wecom, self._pay = gateway.wecom(accounts["corp"]), gateway.pay(accounts["merchant"])
        self._people = [simulator.ask("users", nickname=f"风雨中人{n}", phone=f"139{n:08}", follow=True) for n in range(PEOPLE)]
        self._template = simulator.accounts["templates"]["deposit_paid"]
        self._subscribe = simulator.account("mini_program")["subscribe_templates"][0]["template_id"]
        self._expires_at = datetime.fromisoformat(simulator.look("clock")["now"]) + timedelta(hours=2)
        self._numbers = itertools.count(1)
        self._kinds = itertools.cycle(
            [self.template, self.text, self.template, self.user, self.template, self.subscribe, self.prepay, self.template, self.login]
        )

    def next(self) -> Work:
        return next(self._kinds)(next(self._numbers))

    def _openid(self, number: int, account: str) -> str:
        person = self._people[number % PEOPLE]
        return str(person["openids"][account])

    def template(self, number: int) -> Work:
        openid, key = self._openid(number, self._service.account.appid), f"soak{number}"
        data = {"thing1": f"S90 {number}", "amount2": "1000元", "character_string3": key, "time4": "2026年11月21日 10:00"}
        return Work("template", key, lambda: self._service.send_template.prepare(openid, self._template, data, client_msg_id=key))

    def text(self, number: int) -> Work:
        member, text = f"adv{number % MEMBERS + 1:03}", f"soak {number}"
        return Work("wecom", text, lambda: self._wecom.send_text.prepare([member], text))

    def user(self, number: int) -> Work:
        openid = self._openid(number, self._service.account.appid)
        return Work("user", openid, lambda: self._service.user_info.prepare(openid))

    def subscribe(self, number: int) -> Work:
        appid, key = self._mini.account.appid, f"SOAK{number}"
        person = self._people[number % PEOPLE]
        answers = [{"template_id": self._subscribe, "answer": "accept"}]
        self._simulator.ask(f"users/{person['id']}/subscribe", appid=appid, answers=answers)
        openid = person["openids"][appid]
        data = {"thing1": "极曜 S7", "phrase2": "已预订", "character_string3": key, "thing4": "请按时到店"}
        return Work("subscribe", key, lambda: self._mini.send_subscribe.prepare(openid, self._subscribe, data))

    def prepay(self, number: int) -> Work:
        key, openid = f"SOAKPAY{number:09}", self._openid(number, self._mini.account.appid)
        asked = {"description": "意向金：S90", "amount_fen": 100_000, "notify_url": "http://127.0.0.1:8241/nobody"}
        return Work("prepay", key, lambda: self._pay.prepay.prepare(key, openid=openid, expires_at=self._expires_at, **asked))

    def login(self, number: int) -> Work:
        person, appid = self._people[number % PEOPLE], self._mini.account.appid
        code = self._simulator.ask(f"users/{person['id']}/login-code", appid=appid)["code"]
        return Work("login", code, lambda: self._mini.code_to_session.prepare(code))


@pytest.fixture
def traces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Our own records: the lines that the line writes, in a file."""
    root = logging.getLogger()
    before = root.handlers[:], root.level
    monkeypatch.setenv("LOG_LEVEL", "INFO")
    settings.cache_clear()
    configure()
    path = tmp_path / "traces.jsonl"
    with path.open("w", encoding="utf-8") as file:
        handler = root.handlers[0]
        assert isinstance(handler, logging.StreamHandler)
        handler.setStream(file)
        yield path
        root.handlers[:] = before[0]
        root.setLevel(before[1])


def run(gateway: HttpGateway, load: Load, simulator: Simulator) -> list[Work]:
    """Offer the load evenly for so long, whatever happens; then the weather clears, and what is open is finished."""
    works: list[Work] = []
    started = time.monotonic()
    while (now := time.monotonic()) - started < SECONDS:
        works += [load.next() for _ in range(int((now - started) * OFFERED_PER_SECOND) - len(works))]
        _carry_out(gateway, [work for work in works if work.ended is None and work.due <= now])
    simulator.ask("faults", clear=True)
    patience = time.monotonic() + 150
    while open_works := [work for work in works if work.ended is None]:
        assert time.monotonic() < patience, f"never ended: {open_works[:5]}"
        if due := [work for work in open_works if work.due <= time.monotonic()]:
            _carry_out(gateway, due)
        else:
            time.sleep(0.1)
    return works


def _carry_out(gateway: HttpGateway, due: list[Work]) -> None:
    results = gateway.carry_out_all([work.prepare() for work in due])
    for work, result in zip(due, results, strict=True):
        work.settle(result, time.monotonic())


def recorded(simulator: Simulator, after: int) -> list[dict[str, Any]]:
    """Everything that the platform's recorder has since then."""
    calls: list[dict[str, Any]] = []
    while page := simulator.look("calls", after=calls[-1]["id"] if calls else after, limit=1000)["calls"]:
        calls += page
    return calls


def test_in_bad_weather_nothing_is_lost_and_nothing_happens_twice(
    gateway: HttpGateway, accounts: dict[str, WechatAccount], simulator: Simulator, traces: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WECHAT_READ_TIMEOUT_SECONDS", str(PATIENCE_SECONDS))
    settings.cache_clear()
    http.forget()
    load = Load(gateway, accounts, simulator)
    before = next((call["id"] for call in simulator.look("calls", limit=1)["calls"]), 0)
    simulator.ask("faults", faults=[{"kind": kind, "percent": percent, "seed": SEED, **said} for kind, percent, said in FAULTS])
    works = run(gateway, load, simulator)

    calls = recorded(simulator, before)
    ours = [line for line in map(json.loads, traces.read_text(encoding="utf-8").splitlines()) if line["event"] == "wechat call"]
    _print(works, calls)
    assert_nothing_lost(works)
    assert_nothing_twice(works, simulator)
    assert_records_agree(ours, calls)


def assert_nothing_lost(works: list[Work]) -> None:
    """Everything ended; nothing was refused, since nothing was wrong with it; unknown is only what must not be repeated."""
    ended = Counter((work.kind, work.ended) for work in works)
    assert {kind for kind, how in ended if how == "refused"} <= {"login"}, "a code is used up by the call whose answer was lost"
    assert {kind for kind, how in ended if how == "unknown"} <= {"login", "subscribe", *KNOWN_SECONDS}
    assert all(work.ended for work in works)


def assert_nothing_twice(works: list[Work], simulator: Simulator) -> None:
    """What the platform itself says that it did: once for what we know as done, once at most for what we do not know."""
    assert simulator.look("duplicates", twice=1)["duplicates"] == []
    shown: Counter[str] = Counter()
    for person in simulator.look("users", limit=1000)["users"]:
        for message in simulator.look(f"users/{person['id']}/notices", limit=1000)["notices"]:
            shown.update(value["value"] for value in message.get("fields", []) if value["value"].startswith("SOAK"))
    for work in works:
        if work.kind == "subscribe" and SECONDS <= 60:  # an inbox shows its newest thousand
            assert shown[work.key] == 1 if work.ended == "done" else shown[work.key] <= 1, work


def assert_records_agree(ours: list[dict[str, Any]], calls: list[dict[str, Any]]) -> None:
    """Call by call: every request of ours is in the platform's record once, and says there what it said to us."""
    sent = {line["request_id"]: line for line in ours if line["request_id"]}
    assert len(sent) == len([line for line in ours if line["request_id"]]), "a request id was used twice"
    seen = Counter(call["request_id"] for call in calls if call["request_id"])
    assert set(seen) == set(sent)
    assert set(seen.values()) == {1}
    for call in calls:
        if (mine := sent.get(call["request_id"])) is None:
            continue
        if mine["endpoint"] in ENDPOINTS:
            assert ENDPOINTS[mine["endpoint"]].path.split("{")[0] == call["path"][: len(ENDPOINTS[mine["endpoint"]].path.split("{")[0])]
        if call["outcome"] in UNANSWERED:
            assert (mine["outcome"], mine["errcode"]) in {("unknown", "timeout"), ("unknown", "connection")} or "timeout" in mine["errcode"]
        elif mine.get("errcode") == "timeout":
            # It answered, but so late on a busy machine that we had stopped waiting.
            assert mine["ms"] >= 1000 * PATIENCE_SECONDS, (mine, call)
        elif call["errcode"] == "0":
            assert mine["outcome"] == "ok", (mine, call)
        elif call["status"] >= 500 and "html" in call["answer"]:
            assert mine["errcode"] == f"http.{call['status']}"
        else:
            assert mine["errcode"].replace("_", "") == call["errcode"].replace("_", "").replace("RATELIMITEXCEEDED", "FREQUENCYLIMITED"), (
                mine,
                call,
            )


def _print(works: list[Work], calls: list[dict[str, Any]]) -> None:
    """For `make soak`, which shows it."""
    ended = Counter(f"{work.kind} {work.ended}" for work in works)
    struck = Counter(call["fault"] for call in calls if call["fault"])
    again = sum(work.tries > 1 for work in works)
    sys.stdout.write(
        f"\nsoak: {SECONDS:.0f} s, seed {SEED}: {len(works):,} works, {len(calls):,} calls, {sum(struck.values()):,} struck, "
        f"{again:,} works needed more than one call\n  ended: {dict(ended.most_common())}\n  struck: {dict(struck.most_common())}\n"
    )
