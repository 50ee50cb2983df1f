"""What the phone's server hands out, and what it keeps to itself."""

import http.client
import subprocess
import sys
from collections.abc import Coroutine
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from aiohttp.test_utils import make_mocked_request

from miniprogram_mock.phone import server
from tests.phone.upstream import Upstream


def asked_raw(phone: str, path: str) -> http.client.HTTPResponse:
    """A request whose path no library has tidied up."""
    connection = http.client.HTTPConnection(urlsplit(phone).netloc, timeout=60)
    connection.request("GET", path)
    return connection.getresponse()


def test_a_browser_gets_modules_and_webassembly_as_it_wants_them(phone: str) -> None:
    for path, kind in {
        "/": "text/html",
        "/device": "text/html",
        "/web/engine/boot.js": "text/javascript",
        "/modules/glass-easel/dist/engine.js": "text/javascript",
        "/modules/glass-easel-template-compiler/pkg/compiler.wasm": "application/wasm",
        "/miniprogram/raw/assets/logo.svg": "image/svg+xml",
    }.items():
        answer = requests.get(phone + path, timeout=60)
        assert (answer.status_code, answer.headers["Content-Type"].split(";")[0]) == (200, kind), path
        assert answer.headers["Cache-Control"] == "no-cache"
        again = requests.get(phone + path, headers={"If-None-Match": answer.headers["ETag"]}, timeout=60)
        assert (again.status_code, again.content) == (304, b"")


def test_the_mini_program_comes_unmodified_and_anew_after_a_change(phone: str, folders: tuple[Path, Path]) -> None:
    answer = requests.get(f"{phone}/miniprogram/files.json", timeout=60)
    assert answer.json() == {
        "app.json": '{"pages": []}', "pages/index/index.js": "Page({})", "pages/index/index.wxml": "<view>车</view>",
    }  # fmt: skip
    known = {"If-None-Match": answer.headers["ETag"]}
    assert requests.get(f"{phone}/miniprogram/files.json", headers=known, timeout=60).status_code == 304
    (folders[1] / "pages" / "index" / "index.js").write_text("Page({ data: {} })")
    assert requests.get(f"{phone}/miniprogram/files.json", headers=known, timeout=60).json()["pages/index/index.js"] == "Page({ data: {} })"


def test_the_phones_page_names_its_modules_so_that_they_come_at_once(phone: str, folders: tuple[Path, Path]) -> None:
    page = requests.get(f"{phone}/device", timeout=60).text
    assert page == '<head><title>device</title><link rel="modulepreload" href="/web/engine/boot.js">\n</head>'


@pytest.mark.parametrize(
    "path",
    [
        "/web/../secret.json",
        "/web/%2e%2e/secret.json",
        "/web/..%2fsecret.json",
        "/web//etc/passwd",
        "/web/node_modules/glass-easel/dist/engine.js",
        "/web/engine/../node_modules/other/dist/index.js",
        "/miniprogram/raw/../secret.json",
        "/miniprogram/raw/..%2Fsecret.json",
        "/miniprogram/raw/%2e%2e/secret.json",
        "/miniprogram/raw/.private",
        "/miniprogram/raw//etc/passwd",
        "/modules/other/dist/index.js",
        "/modules/glass-easel/package.json",
        "/modules/glass-easel/dist/../package.json",
        "/modules/glass-easel/dist/../../other/dist/index.js",
        "/modules/glass-easel/dist/..%2F..%2F..%2F..%2Fsecret.json",
        "/modules/glass-easel/dist/..%2F..%2Fother/dist/index.js",
        "/modules/glass-easel/dist/%2e%2e/%2e%2e/other/dist/index.js",
        "/web/nothing.js",
        "/web/engine",
    ],
)
def test_nothing_beside_the_folders_is_handed_out(phone: str, path: str) -> None:
    assert asked_raw(phone, path).status == 404


def outcome(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """What a coroutine returns that waits for nothing; no loop is needed, and the browser's driver may have one in this thread."""
    with pytest.raises(StopIteration) as stopped:
        coroutine.send(None)
    return stopped.value.value


def test_only_this_machine_is_answered() -> None:
    async def handler(_: object) -> str:
        return "answered"

    def request_from(address: str) -> object:
        transport = SimpleNamespace(get_extra_info=lambda name, default=None: (address, 1234) if name == "peername" else default)
        return make_mocked_request("GET", "/health", headers={"Host": "127.0.0.1:8200"}, transport=transport)

    assert outcome(server._loopback_only(request_from("192.168.1.5"), handler)).status == 403
    assert outcome(server._loopback_only(request_from("127.0.0.1"), handler)) == "answered"


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8200", "127.0.0.1.evil.example", "192.168.1.5"])
def test_a_name_from_outside_that_points_here_is_not_answered(phone: str, upstream: Upstream, host: str) -> None:
    for path in ("/", "/health", "/sim/users", "/net/https/api.marque.example/"):
        assert requests.get(phone + path, headers={"Host": host}, timeout=60).status_code == 403
    assert upstream.received == []


def test_other_websites_cannot_make_her_pay(phone: str, upstream: Upstream) -> None:
    own = phone.replace("http://", "")
    for origin in ("https://evil.example", "http://127.0.0.1:1", f"https://{own}", "null"):
        for path in ("/sim/users/1/pay", "/net/https/api.marque.example/api/customer/orders/"):
            assert requests.post(phone + path, data="a=1", headers={"Origin": origin}, timeout=60).status_code == 403, origin
    assert upstream.received == []
    assert requests.post(f"{phone}/sim/users/1/pay", headers={"Origin": phone}, timeout=60).status_code == 200
    by_name = phone.replace("127.0.0.1", "localhost")
    named = {"Host": by_name.removeprefix("http://"), "Origin": by_name}
    assert requests.post(f"{phone}/sim/users/1/pay", headers=named, timeout=60).status_code == 200


def test_a_taken_port_is_said_in_a_sentence(phone: str) -> None:
    port = str(urlsplit(phone).port)
    command = [sys.executable, "-m", "miniprogram_mock.phone", "serve", "--port", port, "--app", "http://127.0.0.1:9", "--simulator", phone]
    run = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (run.returncode, f"Port {port} on 127.0.0.1 cannot be used" in run.stderr) == (1, True)
