"""What the driver of single calls makes of a connection that breaks, and of a fork."""

from __future__ import annotations

import os
import socket
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

import pytest
import urllib3
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from app.wechat.endpoints import Host
from app.wechat.errors import Outcome, WechatError
from app.wechat.http import pooled
from app.wechat.http.wire import Wire

ORIGIN = "https://127.0.0.1:9"


class BreaksDown:
    """Speaks TLS until it has read a request, and something else from then on."""

    def __init__(self, folder: Path) -> None:
        self.requests: list[bytes] = []
        self.certificate = str(_certificate(folder))
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(self.certificate)
        self._listens = socket.create_server(("127.0.0.1", 0))
        self.url = f"https://127.0.0.1:{self._listens.getsockname()[1]}/x"
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._listens.close()

    def _serve(self) -> None:
        while True:
            try:
                accepted, _ = self._listens.accept()
                with self._context.wrap_socket(accepted, server_side=True) as spoken:
                    self.requests.append(spoken.recv(65_536))
                    os.write(spoken.fileno(), b"no record of TLS at all")
            except ssl.SSLError:
                continue
            except OSError:
                return


def _certificate(folder: Path) -> Path:
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = folder / "server.pem"
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture
def breaks_down(tmp_path: Path) -> Iterator[BreaksDown]:
    made = BreaksDown(tmp_path)
    yield made
    made.close()


def outcome_of(url: str) -> Outcome:
    with pytest.raises(WechatError) as failed:
        pooled.send(Wire(Host.api, "POST", url, {}, b"{}", "an id"))
    return failed.value.outcome


def test_tls_that_breaks_down_after_the_request_leaves_its_outcome_unknown(
    breaks_down: BreaksDown, monkeypatch: pytest.MonkeyPatch
) -> None:
    trusting = urllib3.PoolManager(ca_certs=breaks_down.certificate)
    monkeypatch.setattr(pooled, "_pool", trusting.connection_from_url)
    assert outcome_of(breaks_down.url) is Outcome.unknown
    assert len(breaks_down.requests) == 1


def test_a_certificate_that_nobody_vouches_for_gets_no_request(breaks_down: BreaksDown) -> None:
    assert outcome_of(breaks_down.url) is Outcome.retry_later
    assert breaks_down.requests == []


def test_a_child_does_not_write_to_its_parents_connections() -> None:
    parents = pooled._pool(ORIGIN)
    child = os.fork()
    if child == 0:
        os._exit(0 if pooled._pool(ORIGIN) is not parents else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert pooled._pool(ORIGIN) is parents
