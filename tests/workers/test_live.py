"""Open pages hear what is stale: after the commit, only what is theirs to hear, and all of it again after a silence."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import psutil
import pytest
import redis
import requests
from itsdangerous import URLSafeTimedSerializer

from app.dealers.models import Role
from app.kit import hearing, live
from app.kit.hearing import Hearer
from app.kit.settings import settings
from dev.environment import ROOT, procfile
from dev.ports import free_port
from dev.stack import healthy
from dev.testing import wait_until
from tests.factories import dealers

PREFIX = f"live-{uuid.uuid4().hex[:8]}"


@dataclass
class Server:
    """The process of the Procfile, on a port and a channel of its own."""

    url: str
    process: subprocess.Popen[bytes]

    def stream(self, hearer: Hearer, ticket: str | None = None) -> requests.Response:
        params = {"ticket": ticket or hearing.ticket(hearer)}
        return requests.get(f"{self.url}/api/staff/live", params=params, stream=True, timeout=60)


@pytest.fixture(scope="module")
def server(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    port = free_port()
    env = os.environ | {"LIVE_PORT": str(port), "QUEUE_PREFIX": PREFIX, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    ports = dict.fromkeys(("WEB_PORT", "SIM_PORT", "PHONE_PORT"), "1") | {"SIM_DIR": ".", "PUBLIC_BASE_URL": "http://x"}
    line = next(one for one in procfile(ROOT / "Procfile", ports | env) if one.name == "live")
    with (tmp_path_factory.mktemp("live") / "log").open("wb") as log:
        process = subprocess.Popen(line.command, env=env, cwd=ROOT, stdout=log, stderr=log)
    try:
        wait_until(lambda: healthy(f"http://127.0.0.1:{port}/health"))
        yield Server(f"http://127.0.0.1:{port}", process)
    finally:
        process.terminate()
        assert process.wait(10) == 0


@pytest.fixture(autouse=True)
def our_channel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hearing, "channel", lambda: f"{PREFIX}.live")


class Ear:
    """Somebody's open page, and what it has heard."""

    def __init__(self, server: Server, hearer: Hearer) -> None:
        self.heard: list[list[str]] = []
        self.ended = threading.Event()
        self._answer = server.stream(hearer)
        assert self._answer.status_code == 200
        threading.Thread(target=self._listen, daemon=True).start()

    @property
    def topics(self) -> set[str]:
        return {topic for one in self.heard for topic in one}

    def _listen(self) -> None:
        with suppress(requests.RequestException):
            for line in self._answer.iter_lines(chunk_size=1):
                if line.startswith(b"data: "):
                    self.heard.append(json.loads(line.removeprefix(b"data: ")))
        self.ended.set()


@pytest.fixture
def ear(server: Server) -> Callable[[Hearer], Ear]:
    return lambda hearer: Ear(server, hearer)


def somebody(brand_id: uuid.UUID | None = None, dealer_id: uuid.UUID | None = None) -> Hearer:
    return Hearer(str(uuid.uuid4()), str(brand_id or uuid.uuid4()), None if dealer_id is None else str(dealer_id))


def test_a_page_hears_after_the_commit_and_never_of_what_was_rolled_back(ear: Callable[[Hearer], Ear], committed: Any) -> None:
    brand = uuid.uuid4()
    page = ear(somebody(brand))
    with suppress(ZeroDivisionError), committed() as session:
        live.tell(session, "orders", brand_id=brand)
        raise ZeroDivisionError
    with committed() as session:
        live.tell(session, "leads", brand_id=brand)
        with committed() as another:
            live.tell(another, "stock", brand_id=brand)
        wait_until(lambda: page.heard, 5)
        assert page.topics == {"stock"}
    wait_until(lambda: "leads" in page.topics, 5)
    assert page.topics == {"stock", "leads"}


def test_a_dealer_never_hears_of_another_dealer_nor_of_what_is_headquarters(ear: Callable[[Hearer], Ear], committed: Any) -> None:
    brand, ours, theirs = uuid.uuid4(), uuid.uuid4(), uuid.uuid4()
    adviser, colleague = ear(somebody(brand, ours)), somebody(brand, ours)
    other = uuid.uuid4()
    headquarters, other_brand, hers_alone = ear(somebody(brand)), ear(somebody(other)), ear(colleague)
    with committed() as session:
        live.tell(session, "leads", brand_id=brand, dealer_id=theirs)
        live.tell(session, "broadcasts", brand_id=brand)
        live.tell(session, "stock", brand_id=uuid.uuid4(), dealer_id=ours)
        live.tell(session, "exports", staff_id=uuid.UUID(colleague.staff_id))
    with committed() as session:
        live.tell(session, "orders", brand_id=brand, dealer_id=ours)
        live.tell(session, "money", brand_id=other)
    wait_until(lambda: other_brand.heard and "orders" in adviser.topics & headquarters.topics & hers_alone.topics, 5)
    assert adviser.topics == {"orders"}
    assert hers_alone.topics == {"orders", "exports"}
    assert headquarters.topics == {"leads", "broadcasts", "orders"}
    assert other_brand.topics == {"money"}


def test_a_fact_about_a_lead_is_told_to_its_dealer(ear: Callable[[Hearer], Ear], committed: Any) -> None:
    from app.events import service as events

    with committed() as session:
        brand = dealers.brand(session)
        dealer = dealers.dealer(session, brand)
    adviser = ear(somebody(brand.id, dealer.id))
    with committed() as session:
        for name in ("vehicle.viewed", "lead.created"):
            events.record(session, name, brand_id=brand.id, data={"dealer_id": str(dealer.id)})
    wait_until(lambda: adviser.heard, 5)
    assert adviser.topics == {"leads"}


def test_whoever_brings_no_ticket_of_ours_or_an_old_one_hears_nothing(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    good = hearing.ticket(somebody())
    secret = settings().secret_key.get_secret_value()
    for_something_else = URLSafeTimedSerializer(secret, salt="another").dumps(["a", "b", None])
    now = time.time
    monkeypatch.setattr("itsdangerous.timed.time.time", lambda: now() - hearing.TICKET_SECONDS - 2)
    old = hearing.ticket(somebody())
    for ticket in ("x", good[:-2], good[:10] + "A" + good[10:], for_something_else, old):
        assert server.stream(somebody(), ticket).status_code == 401
    assert requests.get(f"{server.url}/api/staff/live", timeout=5).status_code == 401


def test_when_a_session_ends_the_streams_of_that_person_end_and_nobody_elses(ear: Callable[[Hearer], Ear], committed: Any) -> None:
    from app.dealers import service
    from app.dealers.service.signing_in import Place, SignedIn

    with committed() as session:
        brand = dealers.brand(session)
        person = dealers.staff(session, brand, Role.admin)
        done = service.sign_in(session, username=person.username, password=dealers.PASSWORD, place=Place("127.0.0.1"))
        assert isinstance(done, SignedIn)
    hers, another = ear(Hearer(str(person.id), str(brand.id), None)), ear(somebody(brand.id))
    with committed() as session:
        service.sign_out(session, done.token)
    assert hers.ended.wait(5)
    with committed() as session:
        live.tell(session, "leads", brand_id=brand.id)
    wait_until(lambda: another.heard, 5)
    assert not another.ended.is_set()
    assert (hers.topics, another.topics) == (set(), {"leads"})


def test_a_stream_ends_by_itself_should_nobody_tell_it_that_the_session_has_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    from workers import live as streaming

    monkeypatch.setattr(streaming, "LONGEST_SECONDS", 0.05)

    async def whole() -> list[dict[str, str]]:
        stream = streaming.Stream(somebody())
        stream.tell("leads")
        return [one async for one in stream.events()]

    monkeypatch.setattr(streaming, "AT_MOST_EVERY_SECONDS", 0.0)
    assert asyncio.run(asyncio.wait_for(whole(), 5)) == [{"event": "stale", "data": '["leads"]'}]


def test_after_a_silence_everything_is_stale_and_hints_are_heard_again(ear: Callable[[Hearer], Ear], committed: Any) -> None:
    brand = uuid.uuid4()
    page = ear(somebody(brand))
    with redis.Redis.from_url(settings().redis_url, decode_responses=True) as valkey:
        ours = [one for one in valkey.client_list() if one["name"] == f"{PREFIX}.live"]
        assert len(ours) == 1
        valkey.client_kill(ours[0]["addr"])
    wait_until(lambda: "*" in page.topics, 10)
    with committed() as session:
        live.tell(session, "leads", brand_id=brand)
    wait_until(lambda: "leads" in page.topics, 5)


def test_however_much_happens_a_page_is_told_once_a_second(ear: Callable[[Hearer], Ear], committed: Any) -> None:
    brand = uuid.uuid4()
    page = ear(somebody(brand))
    begun = time.monotonic()
    for number in range(60):
        with committed() as session:
            live.tell(session, "stock" if number % 2 else "leads", brand_id=brand)
            live.tell(session, "leads", brand_id=brand)
    with committed() as session:
        live.tell(session, "orders", brand_id=brand)
    wait_until(lambda: "orders" in page.topics, 5)
    assert len(page.heard) <= time.monotonic() - begun + 2
    assert page.topics == {"stock", "leads", "orders"}


def test_two_hundred_pages_are_told_over_one_line_and_one_person_has_no_more_than_twenty(server: Server, committed: Any) -> None:
    brand = uuid.uuid4()
    one = somebody(brand)
    hearers = [somebody(brand) for _ in range(180)] + [one] * 20
    process = psutil.Process(server.process.pid)
    family = [process, *process.children(recursive=True)]
    before = sum(each.memory_info().rss for each in family)

    async def all_of_them() -> list[bytes]:
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http:
            asked = [http.get(f"{server.url}/api/staff/live", params={"ticket": hearing.ticket(hearer)}) for hearer in hearers]
            answers = await asyncio.gather(*asked)
            assert {answer.status for answer in answers} == {200}
            async with http.get(f"{server.url}/api/staff/live", params={"ticket": hearing.ticket(one)}) as refused:
                assert refused.status == 503
            await asyncio.to_thread(_tell, committed, brand)
            lines = await asyncio.wait_for(asyncio.gather(*(_first(answer) for answer in answers)), 10)
            with redis.Redis.from_url(settings().redis_url, decode_responses=True) as valkey:
                assert sum(client["name"] == f"{PREFIX}.live" for client in valkey.client_list()) == 1
            return lines

    assert set(asyncio.run(all_of_them())) == {b'data: ["leads"]\r\n'}
    assert sum(each.memory_info().rss for each in family) - before < 40_000_000
    wait_until(
        lambda: requests.get(f"{server.url}/health", timeout=5).json()["streams"] < 20, 30, "streams of pages that have gone are kept"
    )


def _tell(committed: Any, brand: uuid.UUID) -> None:
    with committed() as session:
        live.tell(session, "leads", brand_id=brand)


async def _first(answer: aiohttp.ClientResponse) -> bytes:
    while True:
        if (line := await answer.content.readline()).startswith(b"data: "):
            return line


def test_without_valkey_what_is_done_is_done(committed: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> Any:
        raise redis.ConnectionError("away")

    monkeypatch.setattr("app.kit.queue.connection", away)
    with committed() as session:
        brand = dealers.brand(session)
        live.tell(session, "leads", brand_id=brand.id)
    with committed() as session:
        assert session.get(type(brand), brand.id) is not None
