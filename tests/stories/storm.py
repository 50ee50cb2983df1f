"""A storm in a town: a crowd to be written to, workers that die, servers that restart, and what WeChat saw of it all."""

from __future__ import annotations

import os
import random
import shutil
import signal
import threading
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import psycopg

from dev.ports import free_port
from dev.postgres import Postgres
from dev.stack import Stack
from dev.town import town as built
from miniprogram_mock.phone.wechat import WeChat

EVERY_SECONDS = 2.0
SEED = int(os.environ.get("SOAK_SEED", "20261122"))
CROWD = 5000
# Ends all connections of the town's own database, on a server that others use, too.
THROW_OUT = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"


@contextmanager
def own_postgres(folder: Path, *, wanted: bool) -> Iterator[Postgres | None]:
    """A server that may be restarted, with what it promises about crashes; None where the tests' shared one is enough."""
    if not wanted:
        yield None
        return
    server = Postgres(folder / "postgres", free_port())
    server.start()
    try:
        yield server
    finally:
        server.remove()


@contextmanager
def town_for_many(folder: Path, database_url: str) -> Iterator[Stack]:
    """The stack with demo data and two workers, and with a WeChat that bears as many calls as there are people."""
    with built(folder, database_url) as stack:
        stack.lines["worker"] = replace(stack.lines["worker"], count=2)
        # With WeChat's own quota the last tenth would leave tomorrow, and rightly so.
        stack.env["WECHAT_QUOTAS"] = '{"/cgi-bin/message/template/send": {"per_day": 100000000}}'
        stack.start()
        _no_limits(WeChat(stack.simulator))
        yield stack


def _no_limits(tencent: WeChat) -> None:
    """How many messages WeChat takes a day is another test's; its reports of delivery are, too."""
    for limit in tencent.line.call("GET", "/_sim/limits")["limits"]:
        if "template" in limit["name"] and not limit["name"].endswith("_seconds"):
            tencent.line.call("POST", "/_sim/limits", json={"name": limit["name"], "value": 10**9})
    tencent.line.call("POST", "/_sim/faults", json={"lose_callbacks": 10**9})


@dataclass(frozen=True)
class Crowd:
    """People who follow and agreed to marketing, and the service account that they follow."""

    appid: str
    brand_id: uuid.UUID
    ids: list[uuid.UUID]


def crowd(town: Stack, books: psycopg.Connection[Any], people: int) -> Crowd:
    """So many of them, known to the simulator and to us."""
    (brand_id, appid) = books.execute("SELECT brand_id, appid FROM wechat_accounts WHERE kind = 'service_account'").fetchone() or ()
    tencent, openids = WeChat(town.simulator), []
    while len(openids) < people:
        asked = {"count": min(CROWD, people - len(openids)), "follow": True}
        openids += tencent.line.call("POST", "/_sim/users/crowd", json=asked)["openids"][appid]
    rows = [(uuid.uuid4(), openid) for openid in openids]
    with books.cursor() as cursor:
        with cursor.copy("COPY customers (id, brand_id, nickname) FROM STDIN") as copy:
            for number, (customer_id, _) in enumerate(rows):
                copy.write_row((customer_id, brand_id, f"客户{number}"))
        with cursor.copy("COPY wechat_identities (id, brand_id, appid, openid, customer_id, followed) FROM STDIN") as copy:
            for customer_id, openid in rows:
                copy.write_row((uuid.uuid4(), brand_id, appid, openid, customer_id, True))
    ids = [customer_id for customer_id, _ in rows]
    books.execute(
        "INSERT INTO consents (id, brand_id, customer_id, purpose, text_version) "
        "SELECT gen_random_uuid(), %s, id, 'marketing', '1' FROM unnest(%s::uuid[]) AS id",
        [brand_id, ids],
    )
    return Crowd(str(appid), brand_id, ids)


def tagged(books: psycopg.Connection[Any], key: str, ids: list[uuid.UUID]) -> None:
    """These people have a tag of the demo's brand since before."""
    books.execute(
        "INSERT INTO customer_tags (customer_id, tag_id, active, source) "
        "SELECT id, (SELECT tags.id FROM tags WHERE tags.key = %s), true, 'staff' FROM unnest(%s::uuid[]) AS id",
        [key, ids],
    )


@dataclass
class Storm:
    """Every two seconds a worker dies, `kills` times; `strikes` says after which of them a server is struck as well: "postgres" ends all
    connections, or restarts where it is our own, "crash" kills one of its processes, whereupon it recovers from its log, and "valkey" comes
    back with nothing.
    """

    town: Stack
    postgres: Postgres | None
    kills: int
    strikes: Mapping[int, str]
    killed: Counter[str] = field(default_factory=Counter)

    @contextmanager
    def raging(self) -> Iterator[None]:
        """It rages until it is over, whatever happens meanwhile."""
        thread = threading.Thread(target=self._rage, name="killer")
        thread.start()
        try:
            yield
        finally:
            thread.join()

    def _rage(self) -> None:
        chance, pause = random.Random(SEED), threading.Event()
        for number in range(1, self.kills + 1):
            pause.wait(EVERY_SECONDS)
            workers = self.town.running["worker"]
            place = chance.randrange(len(workers))
            workers[place].kill()
            workers[place].wait()
            self._come_back(place)
            self.killed["worker"] += 1
            if (server := self.strikes.get(number)) is not None:
                self._strike(server)
                self.killed[server] += 1

    def _come_back(self, place: int) -> None:
        others = self.town.running.pop("worker")
        line = self.town.lines["worker"]
        self.town.lines["worker"] = replace(line, count=1)
        self.town.restart("worker")
        others[place] = self.town.running["worker"][0]
        self.town.running["worker"], self.town.lines["worker"] = others, line

    def _strike(self, server: str) -> None:
        if server == "valkey":
            self.town.kill("valkey")
            assert self.town.valkey is not None
            for file in self.town.valkey.folder.glob("appendonlydir"):
                shutil.rmtree(file)
            self.town.restart("valkey")
        elif self.postgres is None:
            with psycopg.connect(self.town.env["DATABASE_URL"], autocommit=True) as connection:
                connection.execute(THROW_OUT)
        elif server == "crash":
            with psycopg.connect(self.town.env["DATABASE_URL"], autocommit=True) as connection:
                os.kill(connection.info.backend_pid, signal.SIGKILL)
        else:
            self.postgres.stop()
            self.postgres.start()


def what_wechat_saw(tencent: WeChat, appid: str) -> dict[str, int]:
    """By the simulator's own count: whom it delivered to, how many messages, what happened twice and what was only asked for twice."""
    got = tencent.line.call("GET", "/_sim/received", params={"appid": appid})
    repeats = tencent.line.call("GET", "/_sim/duplicates")["duplicates"]
    return {
        "people": got["people"],
        "messages": got["messages"],
        "twice": sum(one["effects"] > 1 for one in repeats),
        "again": sum(one["deduplicated"] for one in repeats if "template" in one["kind"]),
    }
