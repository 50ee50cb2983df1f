"""A migrated database and a town with the demo's data take long to make: each is made once on a server, and copied from then on."""

import hashlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import psycopg

from dev.environment import ROOT
from dev.stack import Stack
from dev.testing import FOLDER

PREFIX = "marque_mould_"
SOURCES = ("alembic.ini", "app", "dev", "migrations", "miniprogram_mock/platform", "requirements.txt")
OF_A_TOWN = ("dev.env", "platform", "media")
"""What belongs to a town's database: the secrets that it was written with, the accounts that it knows, its pictures."""

Server = psycopg.Connection[tuple[Any, ...]]


@dataclass(frozen=True)
class Moulds:
    """The moulds on the server of `url`, a database from which others can be created. Whoever comes first makes them; the others wait."""

    url: str
    folder: Path = FOLDER / "moulds"

    def migrated(self, name: str) -> str:
        """A database of this name with all tables and nothing in them; gives its address."""
        with self._server() as server:
            _copy(server, self._migrated(server), name)
        return self.address(name)

    def town(self, name: str, folder: Path) -> str:
        """A database of this name with the demo's data, and in `folder` what belongs to it; gives its address."""
        with self._server() as server:
            mould = self._town(server)
            _copy(server, mould, name)
            _take_along(self.folder / mould, folder)
        return self.address(name)

    def address(self, name: str) -> str:
        """The address of a database on the same server."""
        return self.url.rsplit("/", 1)[0] + "/" + name

    @cached_property
    def key(self) -> str:
        """Other sources, another server and another day have other moulds: the demo's data is dated."""
        known = hashlib.sha256(f"{self.url} {datetime.now(UTC).date()}".encode())
        for source in map(ROOT.joinpath, SOURCES):
            for file in sorted([source, *source.rglob("*")]):
                if file.is_file() and "__pycache__" not in file.parts:
                    known.update(f"\n{file.relative_to(ROOT)} ".encode() + file.read_bytes())
        return known.hexdigest()[:12]

    @contextmanager
    def _server(self) -> Iterator[Server]:
        with psycopg.connect(self.url, autocommit=True) as server:
            server.execute("SELECT pg_advisory_lock(hashtext('marque moulds'))")
            yield server

    def _migrated(self, server: Server) -> str:
        mould = f"{PREFIX}{self.key}_migrated"
        if not _is_there(server, mould):
            self._forget_others(server)
            with _unfinished(server, mould) as name:
                server.execute(f'CREATE DATABASE "{name}"')
                Stack(self.folder / name, self.address(name)).migrate()
                shutil.rmtree(self.folder / name)
        return mould

    def _town(self, server: Server) -> str:
        mould = f"{PREFIX}{self.key}_town"
        if not _is_there(server, mould):
            empty = self._migrated(server)
            with _unfinished(server, mould) as name:
                _copy(server, empty, name)
                shutil.rmtree(self.folder / mould, ignore_errors=True)
                stack = Stack(self.folder / mould, self.address(name))
                stack.prepare()
                stack.flask("demo", "seed", "--accounts", str(stack.accounts))
        return mould

    def _forget_others(self, server: Server) -> None:
        """Moulds of sources or days that are gone."""
        for (name,) in server.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [PREFIX]).fetchall():
            if not name.startswith(PREFIX + self.key):
                server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
                shutil.rmtree(self.folder / name, ignore_errors=True)


@contextmanager
def _unfinished(server: Server, mould: str) -> Iterator[str]:
    """The name under which a mould is made: it gets its own when it is whole, so that nobody takes what a killed process left."""
    name = f"{mould}_new"
    server.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    yield name
    server.execute(f'ALTER DATABASE "{name}" RENAME TO "{mould}"')


def _is_there(server: Server, name: str) -> bool:
    return server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is not None


def _copy(server: Server, mould: str, name: str) -> None:
    server.execute(f'CREATE DATABASE "{name}" TEMPLATE "{mould}"')


def _take_along(mould: Path, folder: Path) -> None:
    for one in OF_A_TOWN:
        if (mould / one).is_dir():
            shutil.copytree(mould / one, folder / one)
        elif (mould / one).exists():
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copy2(mould / one, folder / one)
