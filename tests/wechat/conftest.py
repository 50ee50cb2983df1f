"""The gateway of production against the simulator, over HTTP; and a web server that takes the simulator's callbacks."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from sqlalchemy.orm import Session
from werkzeug.serving import make_server

from app.kit import queue
from app.kit.settings import settings
from app.wechat import client as doors
from app.wechat import http, service
from app.wechat.http import HttpGateway
from app.wechat.models import WechatAccount
from tests import simulator as platform
from tests.factories import dealers as make

# To prove a key takes longer than most tests.
_private_key = functools.cache(load_pem_private_key)
CALLBACK_PORT = platform.free_port()


@pytest.fixture(scope="session")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[platform.Simulator]:
    """One simulator for this folder's tests; its callbacks go to `callback_server`, when a test asks for one."""
    folder: Path = tmp_path_factory.mktemp("simulator")
    with platform.running(folder, f"http://127.0.0.1:{CALLBACK_PORT}") as running:
        yield running


@pytest.fixture
def gateway(simulator: platform.Simulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[HttpGateway]:
    """The real doors, led to the simulator by settings alone; no token is left over from another test."""
    for name, value in {**simulator.settings, "WECHAT_READ_TIMEOUT_SECONDS": "3"}.items():
        monkeypatch.setenv(name, value)
    settings.cache_clear()
    http.forget()
    simulator.ask("faults", clear=True)
    for key in queue.connection().scan_iter(f"{settings().queue_prefix}:wechat:*"):
        queue.connection().delete(key)
    made = HttpGateway()
    monkeypatch.setattr(doors, "replacement", made)
    yield made
    monkeypatch.undo()
    settings.cache_clear()
    http.forget()


@pytest.fixture
def accounts(session: Session, simulator: platform.Simulator, monkeypatch: pytest.MonkeyPatch) -> dict[str, WechatAccount]:
    """The simulator's accounts, taken in as the operator would, by kind; each key is proved once."""
    monkeypatch.setattr(service.accounts, "load_pem_private_key", _private_key)
    taken = service.import_accounts(session, make.brand(session).id, simulator.accounts["accounts"])
    session.commit()
    return {account.kind: account for account in taken}


@pytest.fixture
def buyer(simulator: platform.Simulator) -> dict[str, Any]:
    """A person with a phone number who follows the service account."""
    return simulator.ask("users", nickname="买家", phone="13812345678", follow=True)


@pytest.fixture
def callback_server(app: Any) -> Iterator[None]:
    """The whole application on the port that the simulator calls back; use it with `committed`."""
    server = make_server("127.0.0.1", CALLBACK_PORT, app, threaded=True)
    thread = Thread(target=server.serve_forever, args=[0.02])
    thread.start()
    yield
    server.shutdown()
    thread.join()
