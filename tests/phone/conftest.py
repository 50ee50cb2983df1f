"""A phone's server before an upstream that keeps what reaches it."""

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiohttp import web

from dev.ports import free_port
from miniprogram_mock.phone import server
from tests.phone.upstream import Upstream


@pytest.fixture(scope="session", autouse=True)
def database() -> str:
    """The phone knows no PostgreSQL: spare these tests its start."""
    return ""


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    upstream = Upstream()
    yield upstream
    upstream.close()


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """A client's files and a mini-program, with a secret beside them."""
    web_folder, mini_program = tmp_path / "web", tmp_path / "miniprogram"
    files = {
        web_folder / "index.html": "<title>desk</title>",
        web_folder / "device.html": "<title>device</title>",
        web_folder / "engine" / "boot.js": "export const ready = true",
        web_folder / "node_modules" / "glass-easel" / "dist" / "engine.js": "export {}",
        web_folder / "node_modules" / "glass-easel-template-compiler" / "pkg" / "compiler.wasm": "\0asm",
        web_folder / "node_modules" / "glass-easel" / "package.json": "{}",
        web_folder / "node_modules" / "other" / "dist" / "index.js": "export {}",
        mini_program / "app.json": '{"pages": []}',
        mini_program / "pages" / "index" / "index.wxml": "<view>车</view>",
        mini_program / "pages" / "index" / "index.js": "Page({})",
        mini_program / "assets" / "logo.svg": "<svg/>",
        mini_program / ".private": "hidden",
        tmp_path / "secret.json": "secret",
    }
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return web_folder, mini_program


@pytest.fixture
def phone(upstream: Upstream, folders: tuple[Path, Path]) -> Iterator[str]:
    """The address of a phone's server in front of the upstream."""
    loop, port = asyncio.new_event_loop(), free_port()
    app = server.create(app=upstream.url, simulator=upstream.url, web_folder=folders[0], mini_program=folders[1])
    runner = web.AppRunner(app, shutdown_timeout=1)

    async def start() -> None:
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()

    loop.run_until_complete(start())
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    yield f"http://127.0.0.1:{port}"
    asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    loop.close()
