"""The console's pages under /console/: the files that `make console` builds, and a clear page when they are not there."""

from __future__ import annotations

import mimetypes
from pathlib import Path

from apiflask import APIBlueprint
from flask import Response, abort, request, send_from_directory
from werkzeug.utils import safe_join

from app.kit.settings import settings
from app.kit.texts import t

BUILD = Path(__file__).resolve().parents[3] / "console" / "dist"
# Names of files in here hold a hash of their content: what was loaded once never changes.
HASHED = "assets/"
A_YEAR = 365 * 24 * 3600

site = APIBlueprint("console_site", __name__, url_prefix="/console", enable_openapi=False)


def _policy() -> str:
    # Ant Design writes its styles into the page; pictures of vehicles may come from any https host or from our own.
    images = f"img-src 'self' data: https: {settings().public_base_url}"
    hints = f"connect-src 'self' {settings().live_url}".rstrip()
    nowhere = "frame-ancestors 'none'; base-uri 'none'; object-src 'none'; form-action 'self'"
    return f"default-src 'self'; style-src 'self' 'unsafe-inline'; {images}; {hints}; {nowhere}"


def _has(path: str) -> bool:
    """Whether the build holds this file; of what lies outside it nothing is told, not even that it is there."""
    inside = safe_join(str(BUILD), path)
    return inside is not None and Path(inside).is_file()


def _file(path: str) -> Response:
    """A file of the build, in the compressed form that the build laid next to it when the browser takes that."""
    if "gzip" not in request.accept_encodings or not _has(f"{path}.gz"):
        answer = send_from_directory(BUILD, path)
    else:
        answer = send_from_directory(BUILD, f"{path}.gz", mimetype=mimetypes.guess_type(path)[0])
        answer.headers["Content-Encoding"] = "gzip"
    answer.headers["Vary"] = "Accept-Encoding"
    return answer


@site.get("/", defaults={"path": ""})
@site.get("/<path:path>")
def page(path: str) -> Response:
    """A file of the build, or the one page whose script reads the rest of the address."""
    if not (BUILD / "index.html").is_file():
        return Response(t("console.not_built"), status=503, mimetype="text/html")
    if path and _has(path):
        answer = _file(path)
        if path.startswith(HASHED):
            answer.headers["Cache-Control"] = f"public, max-age={A_YEAR}, immutable"
        else:
            answer.headers["Cache-Control"] = "no-cache"
        return answer
    if path.startswith(HASHED):
        abort(404)
    answer = send_from_directory(BUILD, "index.html")
    answer.headers["Cache-Control"] = "no-cache"
    answer.headers["Content-Security-Policy"] = _policy()
    answer.headers["Referrer-Policy"] = "same-origin"
    return answer
