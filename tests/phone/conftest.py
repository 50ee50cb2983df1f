"""A phone's server before an upstream that keeps what reaches it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.phone.serving import phone_for
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
        web_folder / "device.html": "<head><title>device</title></head>",
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
    with phone_for(folders[1], simulator=upstream.url, app=upstream.url, web_folder=folders[0]) as address:
        yield address
