"""Who may speak to a server that is for this machine only: no other machine, and no other website in this machine's browser."""

import ipaddress
from urllib.parse import urlsplit

from aiohttp import web


def refused(request: web.Request) -> str | None:
    """Why a request is not answered, or None.

    A website that lets its own name point here (DNS rebinding) gives itself away by the Host, one that posts forms by its Origin.
    """
    if not _is_loopback(request.remote):
        return "only from this machine"
    if not _is_loopback(urlsplit(f"//{request.host}").hostname):
        return "only under a name of this machine"
    if request.headers.get("Origin", f"http://{request.host}") != f"http://{request.host}":
        return "only from its own pages"
    return None


def _is_loopback(name: str | None) -> bool:
    try:
        return name == "localhost" or ipaddress.ip_address(name or "").is_loopback
    except ValueError:
        return False
