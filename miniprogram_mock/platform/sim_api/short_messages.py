"""The short messages that phones got."""

from typing import TYPE_CHECKING

from aiohttp import web

from miniprogram_mock.platform.sim_api.routing import Body, number, route

if TYPE_CHECKING:
    from miniprogram_mock.platform.server import Platform


@route("GET", "/_sim/short-messages")
def list_short_messages(request: web.Request, platform: "Platform", _: Body) -> Body:
    """Newest first; by phone."""
    phone = request.query.get("phone", "")
    rows = platform.store.all(
        "SELECT * FROM short_messages WHERE ? IN ('', phone) ORDER BY sent_at DESC LIMIT ?", phone, number(request, "limit", 100)
    )
    return {"messages": rows}
