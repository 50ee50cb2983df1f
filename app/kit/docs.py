"""The page at /docs: how each audience says who it is, and scripts and styles of our own, so that it works without any network but ours."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

from apiflask import APIFlask, Schema
from flask import Response, send_from_directory

from app.kit import idempotency
from app.kit.web import document_common_errors

ASSETS = "/docs/assets"

DESCRIPTION = """The direct-sales platform for car brands inside WeChat. Money is integer fen, times are UTC, places name their datum.

| Paths | Who asks | How she says who she is |
|---|---|---|
| `/api/visitor/…` | anybody in a mini-program | header `X-Appid`; signed in, the bearer token too |
| `/api/customer/…` | a consumer who is signed in | header `Authorization: Bearer TOKEN`, from `POST /api/visitor/identity/login` |
| `/api/staff/…` | staff in the console | the cookie of `POST /api/public/staff/login` |
| `/api/platform/…` | Tencent's servers | their signatures |
| `/api/public/…` | anybody | |

A list with `next_cursor` goes on when it is sent back as `cursor`; null is the end. A refusal always has the shape of
`ErrorOut`: `error` is for programs and never changes, `message` is for people, in Chinese, and `details` names the fields.

Whatever a customer or staff member changes may be sent with a header `Idempotency-Key`, made up once per intention, and sent again
with the same key when no answer came: it happens once, and the answer is the first one, byte for byte, for seven days."""

_SCHEMES = {
    "appid": {"type": "apiKey", "in": "header", "name": "X-Appid", "description": "appid of the mini-program"},
    "customer": {"type": "http", "scheme": "bearer", "description": "`token` of the consumer's login"},
    "staff": {"type": "apiKey", "in": "cookie", "name": "marque_staff", "description": "comes with the staff's login"},
}
_SECURITY: dict[str, list[dict[str, list[str]]]] = {
    "visitor": [{"appid": []}, {"appid": [], "customer": []}],
    "customer": [{"customer": []}],
    "staff": [{"staff": []}],
}


def document_callers(spec: Any) -> Any:
    """Add to each path of the OpenAPI description how its audience says who it is."""
    for path, operations in spec.get("paths", {}).items():
        audience = path.removeprefix("/api/").split("/")[0]
        for operation in operations.values():
            if audience in _SECURITY:
                operation["security"] = _SECURITY[audience]
    return spec


def schema_name(schema: type[Schema]) -> str:
    """`dealers.StoreOut`: domains use one word for things of their own, and those of the kit need no domain."""
    package, domain, *_ = [*type(schema).__module__.split("."), ""] if isinstance(schema, Schema) else [*schema.__module__.split("."), ""]
    name = APIFlask._schema_name_resolver(schema)
    return name if package != "app" or domain == "kit" else f"{domain}.{name}"


def join_copies(spec: Any) -> Any:
    """Make one of a shape that APIFlask describes again, with a number, because another had named it before its own door came."""
    schemas = spec.get("components", {}).get("schemas", {})
    copies = {name: plain for name in schemas if (plain := name.rstrip("0123456789")) != name and schemas.get(plain) == schemas[name]}
    for name in copies:
        del schemas[name]

    def point(part: Any) -> None:
        for one in part.values() if isinstance(part, dict) else part:
            if isinstance(one, dict) and isinstance(one.get("$ref"), str):
                place, _, name = one["$ref"].rpartition("/")
                one["$ref"] = f"{place}/{copies.get(name, name)}"
            elif isinstance(one, dict | list):
                point(one)

    point(spec)
    return spec


def promise_whole_answers(spec: Any) -> Any:
    """Add to each shape that we give that its fields are there, but for those whose own text says `absent`."""
    for name, schema in spec.get("components", {}).get("schemas", {}).items():
        if name.endswith("Out"):
            schema["required"] = [field for field, one in schema.get("properties", {}).items() if not one.pop("x-absent", False)]
    return spec


def describe(spec: Any) -> Any:
    """What APIFlask found out by itself, with what it cannot know."""
    for step in (idempotency.document, document_common_errors, document_callers, join_copies, promise_whole_answers):
        spec = step(spec)
    return spec


def install(app: APIFlask) -> None:
    """Describe the API, and point APIFlask's Swagger page at our copies of its files."""
    app.config.update(DESCRIPTION=DESCRIPTION, SECURITY_SCHEMES=_SCHEMES)
    app.schema_name_resolver = schema_name
    app.spec_processor(
        lambda spec: promise_whole_answers(join_copies(document_callers(document_common_errors(idempotency.document(spec)))))
    )
    folder = str(files("flask_swagger_ui") / "dist")
    app.config.update(
        SWAGGER_UI_CSS=f"{ASSETS}/swagger-ui.css",
        SWAGGER_UI_BUNDLE_JS=f"{ASSETS}/swagger-ui-bundle.js",
        SWAGGER_UI_STANDALONE_PRESET_JS=f"{ASSETS}/swagger-ui-standalone-preset.js",
        DOCS_FAVICON=f"{ASSETS}/favicon-32x32.png",
    )

    @app.get(f"{ASSETS}/<path:name>", endpoint="openapi.asset")
    @app.doc(hide=True)
    def asset(name: str) -> Response:
        return send_from_directory(folder, name, max_age=86400)
