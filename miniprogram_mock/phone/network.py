"""The network as the phone sees it: a short table of domains, everything else refused, and the way to the simulator."""

from urllib.parse import quote, urlsplit

import aiohttp
from aiohttp import web
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

# What the mini-program calls in production; in front of the real app it stands here as well as behind a proxy.
MINI_PROGRAM_DOMAIN = "https://api.marque.example"
# Says that the answer is the phone's own and no server's: wx.request fails instead of reporting a status.
NO_ANSWER = "X-Phone-Net"
_HOP_BY_HOP = frozenset(
    ("connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailer", "transfer-encoding", "upgrade")
)
# WeChat's wx.request is no browser: it has no cookie jar, no page that it comes from, and asks nobody's leave (CORS).
_BROWSERS = frozenset(("cookie", "origin", "referer", "host"))
_CONNECT_SECONDS = 5
_CHUNK = 64 * 1024


class Network:
    """Requests of one phone to the servers in the table of domains, streamed both ways; nothing is followed elsewhere."""

    def __init__(self, *, app: str, simulator: str, domains: tuple[str, ...] = ()) -> None:
        real = app.rstrip("/")
        self._table = {_origin(domain): real for domain in (MINI_PROGRAM_DOMAIN, real, *domains)}
        self._simulator = simulator.rstrip("/")
        self._http: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        # Compressed bodies pass as they are, and no time limit but the phone's own ends a slow answer.
        self._http = aiohttp.ClientSession(
            auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_SECONDS),
        )

    async def close(self) -> None:
        if self._http:
            await self._http.close()

    async def request(self, request: web.Request) -> web.StreamResponse:
        """`/net/<scheme>/<host>/<path>`: a request of the mini-program."""
        scheme, host = request.match_info["scheme"], request.match_info["host"].lower()
        real = self._table.get(f"{scheme}://{host}")
        if real is None:
            return _own(403, "not-in-domain-list", f"{scheme}://{host} is not in the phone's list of domains")
        forwarded = {"X-Forwarded-For": request.remote or "", "X-Forwarded-Proto": scheme, "X-Forwarded-Host": host}
        return await self._pass(request, real, _rest(request, 4), forwarded)

    async def simulate(self, request: web.Request) -> web.StreamResponse:
        """`/sim/<path>`: what the person and WeChat itself do, which the platform simulator plays."""
        return await self._pass(request, self._simulator, "/_sim/" + _rest(request, 2).removeprefix("/"), {})

    async def _pass(self, request: web.Request, base: str, target: str, extra: dict[str, str]) -> web.StreamResponse:
        assert self._http
        body = request.content if request.body_exists else None
        headers = _without(request.headers, _BROWSERS, prefix="sec-")
        headers.update(extra)
        try:
            answer = await self._http.request(
                request.method, URL(base + target, encoded=True), headers=headers, data=body, allow_redirects=False
            )
        except (aiohttp.ClientError, TimeoutError) as failure:
            return _own(502, "unreachable", f"{base} does not answer ({type(failure).__name__})")
        async with answer:
            return await self._answer(request, answer)

    async def _answer(self, request: web.Request, answer: aiohttp.ClientResponse) -> web.StreamResponse:
        headers = _without(answer.headers, frozenset(("set-cookie",)))
        if "location" in headers:
            here = self._as_seen(answer.url.join(URL(headers["location"])))
            if here is None:
                return _own(403, "not-in-domain-list", "a redirect leads out of the phone's list of domains")
            headers["location"] = here
        response = web.StreamResponse(status=answer.status, reason=answer.reason, headers=headers)
        try:
            await response.prepare(request)
            async for chunk in answer.content.iter_chunked(_CHUNK):
                await response.write(chunk)
            await response.write_eof()
        except aiohttp.ClientError:
            # Half an answer must not look like a whole one.
            if request.transport:
                request.transport.abort()
        return response

    def _as_seen(self, url: URL) -> str | None:
        """An address in the table of domains as the phone asks for it; None for others."""
        if str(url.origin()) not in {*self._table, *self._table.values()}:
            return None
        return f"/net/{url.scheme}/{quote(url.raw_authority, safe=':')}{url.raw_path_qs}"


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}".lower()


def _rest(request: web.Request, segments: int) -> str:
    """The path and query, as they were sent, behind so many leading segments."""
    parts = request.raw_path.split("/", segments)
    return "/" + (parts[segments] if len(parts) > segments else "")


def _without(headers: CIMultiDictProxy[str], names: frozenset[str], *, prefix: str = "\0") -> CIMultiDict[str]:
    kept = ((name, value) for name, value in headers.items() if name.lower() not in _HOP_BY_HOP | names)
    return CIMultiDict((name, value) for name, value in kept if not name.lower().startswith(prefix))


def _own(status: int, what: str, message: str) -> web.Response:
    return web.json_response({"error": what, "message": message}, status=status, headers={NO_ANSWER: what})
