"""The suite's ground: real PostgreSQL and Redis, a migrated database per worker, a rolled-back transaction per test."""

from __future__ import annotations

import base64
import os
import re
import socket
import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, event
from sqlalchemy.orm import Session, sessionmaker
from werkzeug.datastructures import Headers

from dev import browser
from dev.moulds import Moulds

CLAIM_IN = re.compile(r"^(UPDATE|DELETE)\b.*\bIN \(SELECT\b.*\bLIMIT\b.*\bFOR (NO KEY )?UPDATE\b", re.DOTALL)
LOOPBACK = ("127.0.0.1", "::1", "localhost")
HERE = Path(__file__).parent
IN_A_BROWSER = HERE / "e2e"
# What takes minutes, the longest first: a parallel run begins with them, so that nobody is left alone with one at the end.
# Not two towns at once: whoever comes second would wait until the first has made the mould.
LONGEST = (
    "e2e/",
    "money/",
    "stories/test_crash.py",
    "stories/",
    "orders/test_any_order_of_things.py",
    "vehicles/test_feed.py",
    "wechat/test_soak.py",
    "dev/test_stack.py",
    "workers/",
)


def _environment(database_url: str, redis_url: str, media: Path) -> dict[str, str]:
    return {
        "MEDIA_DIR": str(media),
        "ENVIRONMENT": "test",
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "QUEUE_PREFIX": f"test-{uuid.uuid4().hex[:8]}",
        "SECRET_KEY": "a secret that only tests know, long enough",
        "FIELD_KEY": base64.b64encode(b"0123456789abcdef0123456789abcdef").decode(),
        "PHONE_PEPPER": "pepper that only tests know",
        "PUBLIC_BASE_URL": "http://127.0.0.1:8000",
        "COOKIE_SECURE": "0",
        "CLOCK_MOVABLE": "1",
        "CLOCK_TOKEN": "a token that only tests know",
        "LOG_LEVEL": "WARNING",
        "SEARCH_DIR": "var/test/no-index",
        "LOGINS_PER_MINUTE": "0",
        "SHARES_PER_MINUTE": "0",
        "EVENT_BATCHES_PER_MINUTE": "0",
    }


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """A machine without Chromium leaves the tests in a browser out, and the summary says so; in CI that is an error."""
    if collection_path != IN_A_BROWSER or browser.found():
        return None
    if browser.is_required():
        raise pytest.UsageError("CI_BROWSER=required, but this machine has no Chromium")
    return True


def pytest_xdist_auto_num_workers() -> int:
    """One more than the machine has cores: many a test waits for what another process does, and leaves its core to somebody else."""
    return (os.cpu_count() or 1) + 1


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """A file whose tests share something stays in one process of a parallel run: divided, each process would make it for itself."""
    for item in items:
        fixtures = item._fixtureinfo.name2fixturedefs.values()  # type: ignore[attr-defined]
        if any(one.scope == "module" for made in fixtures for one in made) and not item.get_closest_marker("xdist_group"):
            item.add_marker(pytest.mark.xdist_group(item.nodeid.split("::")[0]))
    if hasattr(config, "workerinput"):
        items.sort(key=_turn)


def _turn(item: pytest.Item) -> tuple[int, bool]:
    """When a test of a parallel run has its turn: the longest, then whole files, and single tests fill up what is left."""
    path = item.path.relative_to(HERE).as_posix()
    place = next((place for place, one in enumerate(LONGEST) if path.startswith(one)), len(LONGEST))
    return place, item.get_closest_marker("xdist_group") is None


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not browser.found():
        terminalreporter.section("no browser", yellow=True)
        terminalreporter.line("This machine has no Chromium, so tests/e2e was LEFT OUT: nothing of the mini-program was tried in a phone.")
        terminalreporter.line("Install one (Debian: apt install chromium-headless-shell fonts-noto-cjk) or name its program in CHROMIUM.")


@pytest.fixture(scope="session")
def servers() -> Iterator[tuple[str, str]]:
    """(database url of the maintenance database, redis url): those of the environment, else the embedded ones."""
    if os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL"):
        yield os.environ["DATABASE_URL"], os.environ["REDIS_URL"]
        return
    from dev import testing

    with testing.servers() as embedded:
        yield embedded.database_url, embedded.redis_url


@pytest.fixture(scope="session", autouse=True)
def database(servers: tuple[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A database of this worker's own, as Alembic builds it, dropped at the end."""
    maintenance, redis_url = servers
    name = f"marque_test_{uuid.uuid4().hex[:12]}"
    url = Moulds(maintenance).migrated(name)
    os.environ.update(_environment(url, redis_url, tmp_path_factory.mktemp("media")))

    from app.kit import db

    yield url
    db.engine().dispose()
    with psycopg.connect(maintenance, autocommit=True) as server:
        server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


class Client(FlaskClient):
    """Asks as our clients do: each request to change something has an Idempotency-Key of its own, unless it brings one."""

    def open(self, *args: Any, **kwargs: Any) -> Any:
        headers = Headers(kwargs.pop("headers", None))
        headers.setdefault("Idempotency-Key", uuid.uuid4().hex)
        return super().open(*args, headers=headers, **kwargs)


@pytest.fixture(scope="session")
def app(database: str) -> Any:
    """The whole application, assembled once."""
    from app.factory import create_app

    made = create_app()
    made.test_client_class = Client
    return made


@pytest.fixture(autouse=True)
def _only_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test speaks to anything but this machine."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> Any:
        if isinstance(address, tuple) and address[0] not in LOOPBACK:
            raise AssertionError(f"a test tried to reach {address[0]}")
        return connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture(autouse=True)
def rings(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, str]]]:
    """The doorbells rung in this test, as (job, ids). A test that is marked `real_queue` rings the real ones."""
    heard: list[tuple[str, dict[str, str]]] = []
    if "real_queue" not in request.keywords:
        from app.kit import queue

        monkeypatch.setattr(queue, "ring", lambda job, ids: heard.append((job.name, ids)))
    return heard


@pytest.fixture(scope="session", autouse=True)
def _claims_run_once() -> None:
    """No statement claims by `IN (SELECT … LIMIT … FOR UPDATE)`: see `app.kit.db.one_of`."""

    @event.listens_for(Engine, "before_cursor_execute")
    def look(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        assert not CLAIM_IN.search(statement), statement


@pytest.fixture
def session(app: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    """A session in a transaction that is rolled back; everything in the process that opens a session joins it."""
    from app.kit import db

    with db.engine().connect() as connection:
        outer = connection.begin()
        make = sessionmaker(connection, expire_on_commit=False, join_transaction_mode="create_savepoint")
        monkeypatch.setattr(db, "new_session", make)
        with make() as own:
            yield own
        if outer.is_active:
            outer.rollback()


@pytest.fixture
def committed(app: Any) -> Iterator[Callable[[], Any]]:
    """`db.transaction` on the real database, for tests with several connections; every table is emptied afterwards."""
    from app.kit import db
    from tests import tables

    yield db.transaction
    with db.transaction() as session:
        tables.empty(session)


@pytest.fixture
def client(app: Any) -> Any:
    """HTTP against the application; together with `session` it works inside the test's transaction."""
    return app.test_client()


@pytest.fixture
def deliver(session: Session) -> Callable[[], int]:
    """Deliver all events that are due, as the worker would; returns how many."""
    from app.events import service

    def run() -> int:
        session.commit()
        done = service.deliver_all()
        session.expire_all()
        return done

    return run


@pytest.fixture
def later(session: Session) -> Callable[..., None]:
    """Move the clock of this test forward: `later(days=1)`."""
    from app.kit import clock

    def move(**by: float) -> None:
        clock.advance(session, timedelta(**by))
        session.commit()

    return move


@pytest.fixture
def wechat(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Tencent's doors, all fake: what was called is in `wechat.calls`, and `wechat.fail(...)` breaks the next call."""
    from app.wechat import client as doors
    from app.wechat.fake import FakeGateway

    fake = FakeGateway()
    monkeypatch.setattr(doors, "replacement", fake)
    return fake
