"""The phone's server: the WeChat client's own files, the mini-program's files unmodified, and the network both use."""

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import orjson
from aiohttp import web

from miniprogram_mock import loopback
from miniprogram_mock.phone.network import Network

WEB = Path(__file__).parent / "web"
MINI_PROGRAM = Path(__file__).parent.parent / "miniprogram"
# What WeChat itself would compile into the package; pictures are fetched one by one.
_SOURCES = frozenset((".json", ".wxml", ".wxss", ".wxs", ".js"))
# The engine's packages: of each only the folder that holds what a browser runs.
_MODULES = frozenset(("glass-easel/dist", "glass-easel-miniprogram-adapter/dist", "glass-easel-template-compiler/pkg"))
# The folders whose modules a phone runs.
_CLIENT = ("engine", "wx", "shell", "map")
# Browsers insist on these for modules and WebAssembly; what the machine's own table says differs.
_TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".wasm": "application/wasm",
}
_PACKAGES = "node_modules"
_FRESH = {"Cache-Control": "no-cache"}

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Files:
    """Folders that may be read, and nothing beside them."""

    def __init__(self, *, web_folder: Path, mini_program: Path) -> None:
        self._web, self._mini_program = web_folder.resolve(), mini_program.resolve()

    async def desk(self, _: web.Request) -> web.StreamResponse:
        return _file(self._web, "index.html")

    async def device(self, request: web.Request) -> web.StreamResponse:
        """The phone's page, which names all modules at its head: found one behind the other, they are a dozen journeys."""
        page = (self._web / "device.html").read_text(encoding="utf-8")
        modules = sorted(path for folder in _CLIENT for path in (self._web / folder).rglob("*.js"))
        links = "".join(f'<link rel="modulepreload" href="/web/{path.relative_to(self._web).as_posix()}">\n' for path in modules)
        return _fresh(request, page.replace("</head>", f"{links}</head>").encode(), "text/html")

    async def fidelity(self, _: web.Request) -> web.StreamResponse:
        return _file(self._web, "fidelity.html")

    async def own(self, request: web.Request) -> web.StreamResponse:
        return _file(self._web, request.match_info["path"])

    async def module(self, request: web.Request) -> web.StreamResponse:
        path = os.path.normpath(request.match_info["path"])
        if "/".join(path.split("/")[:2]) not in _MODULES:
            raise web.HTTPNotFound
        if not (self._web / _PACKAGES).exists():
            raise web.HTTPNotFound(text="The packages of the engine are not installed in web/node_modules.")
        return _file(self._web / _PACKAGES, path)

    async def picture(self, request: web.Request) -> web.StreamResponse:
        return _file(self._mini_program, request.match_info["path"])

    async def sources(self, request: web.Request) -> web.StreamResponse:
        """Every source of the mini-program as `{path: text}`."""
        return _fresh(request, await asyncio.to_thread(self._read_sources), "application/json")

    def _read_sources(self) -> bytes:
        found = sorted(path for path in self._mini_program.rglob("*") if path.suffix in _SOURCES and path.is_file())
        inside = ((path.relative_to(self._mini_program), path) for path in found)
        return orjson.dumps({str(name): path.read_text(encoding="utf-8") for name, path in inside if _PACKAGES not in name.parts})


def create(
    *, app: str, simulator: str, domains: tuple[str, ...] = (), web_folder: Path = WEB, mini_program: Path = MINI_PROGRAM
) -> web.Application:
    """The whole server. `domains`: further addresses under which the mini-program reaches `app`."""
    network = Network(app=app, simulator=simulator, domains=domains)
    files = Files(web_folder=web_folder, mini_program=mini_program)
    server = web.Application(middlewares=[_loopback_only])

    async def connected(_: web.Application) -> AsyncIterator[None]:
        await network.open()
        yield
        await network.close()

    server.cleanup_ctx.append(connected)
    server.add_routes([
        web.get("/", files.desk),
        web.get("/device", files.device),
        web.get("/fidelity", files.fidelity),
        web.get("/health", _health),
        web.get("/web/{path:.+}", files.own),
        web.get("/modules/{path:.+}", files.module),
        web.get("/miniprogram/files.json", files.sources),
        web.get("/miniprogram/raw/{path:.+}", files.picture),
        web.route("*", "/net/{scheme}/{host}{path:(/.*)?}", network.request),
        web.route("*", "/sim/{path:.*}", network.simulate),
    ])  # fmt: skip
    return server


async def _health(_: web.Request) -> web.StreamResponse:
    return web.json_response({"ok": True}, headers=_FRESH)


@web.middleware
async def _loopback_only(request: web.Request, handler: Handler) -> web.StreamResponse:
    reason = loopback.refused(request)
    return web.json_response({"error": reason}, status=403) if reason else await handler(request)


def _fresh(request: web.Request, body: bytes, content_type: str) -> web.Response:
    """What was made just now, unless the browser has the same."""
    tag = hashlib.sha256(body).hexdigest()[:32]
    headers = {**_FRESH, "ETag": f'"{tag}"'}
    if any(known.value == tag for known in request.if_none_match or ()):
        return web.Response(status=304, headers=headers)
    return web.Response(body=body, content_type=content_type, charset="utf-8", headers=headers)


def _file(folder: Path, name: str) -> web.FileResponse:
    """A file below a folder; packages, hidden files and ways up the tree are not found."""
    parts = Path(name).parts
    path = (folder / name).resolve()
    if any(part.startswith((".", "/")) or part == _PACKAGES for part in parts) or not path.is_relative_to(folder) or not path.is_file():
        raise web.HTTPNotFound
    headers = {**_FRESH, "Content-Type": _TYPES[path.suffix]} if path.suffix in _TYPES else _FRESH
    return web.FileResponse(path, headers=headers)
