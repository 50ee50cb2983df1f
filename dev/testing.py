"""One PostgreSQL and one Valkey for a whole test run, however many processes share it."""

import fcntl
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from dev.environment import ROOT
from dev.ports import free_port
from dev.postgres import Postgres
from dev.valkey import Valkey

FOLDER = ROOT / "var" / "test"


@dataclass(frozen=True)
class Servers:
    """Addresses: `database_url` of a database that may create others, `redis_url` without a database's number at risk."""

    database_url: str
    redis_url: str


def wait_until(look: Callable[[], Any], seconds: float = 60, what: str = "not so") -> Any:
    """Look until there is something true and give it; AssertionError with `what` when there is not within so many seconds.

    What is slow to come is looked for less often: who looks takes the processors from those who are waited for.
    """
    begun = time.monotonic()
    while not (found := look()):
        waited = time.monotonic() - begun
        assert waited < seconds, f"{what} after {seconds:g} s"
        time.sleep(min(max(waited / 20, 0.02), 0.25))
    return found


@contextmanager
def servers(folder: Path = FOLDER) -> Iterator[Servers]:
    """Lend the test servers: the first to come starts them, the last to leave stops them, even after a crash.

    DATABASE_URL and REDIS_URL go before our own. Every user holds a shared lock on `users.lock`, which the
    system lets go when he dies, so nobody has to count.
    """
    given = Servers(os.environ.get("DATABASE_URL", ""), os.environ.get("REDIS_URL", ""))
    if given.database_url and given.redis_url:
        yield given
        return
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "door.lock").open("w") as door, (folder / "users.lock").open("w") as users:
        with _held(door):
            postgres, valkey = _running(folder)
            fcntl.flock(users, fcntl.LOCK_SH)
        try:
            yield Servers(given.database_url or postgres.url("postgres"), given.redis_url or valkey.url)
        finally:
            with _held(door):
                if _last(users):
                    postgres.stop()
                    valkey.stop()


def _running(folder: Path) -> tuple[Postgres, Valkey]:
    """The servers, adopted if they run, else started on free ports."""
    note = folder / "ports.json"
    if note.exists():
        ports = json.loads(note.read_text())
        postgres, valkey = _at(folder, ports)
        if valkey.answers() and postgres.answers():
            return postgres, valkey
        valkey.stop()
    ports = {"postgres": free_port(), "valkey": free_port()}
    note.write_text(json.dumps(ports))
    postgres, valkey = _at(folder, ports)
    # An ended run's databases are of no use, and without fsync a crashed server's are not sound.
    postgres.remove()
    shutil.rmtree(folder / "moulds", ignore_errors=True)
    postgres = _at(folder, ports)[0]
    postgres.start()
    valkey.start()
    return postgres, valkey


def _at(folder: Path, ports: dict[str, int]) -> tuple[Postgres, Valkey]:
    return (
        Postgres(folder / "postgres", ports["postgres"], fast=True),
        Valkey(folder / "valkey", ports["valkey"], durable=False),
    )


@contextmanager
def _held(lock: TextIO) -> Iterator[None]:
    fcntl.flock(lock, fcntl.LOCK_EX)
    try:
        yield
    finally:
        fcntl.flock(lock, fcntl.LOCK_UN)


def _last(users: TextIO) -> bool:
    fcntl.flock(users, fcntl.LOCK_UN)
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
