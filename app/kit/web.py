"""Doors for HTTP: a blueprint per audience, one session per request, one shape of error, a request id on every answer."""

from __future__ import annotations

import functools
import time
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import structlog
from apiflask import APIBlueprint, APIFlask, Schema
from apiflask.fields import Dict, String
from flask import Response, g, has_app_context, request
from flask.json.provider import JSONProvider
from sqlalchemy.exc import DataError, OperationalError
from sqlalchemy.orm import Session
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Rule

from app.kit import acting, db, texts
from app.kit.errors import AppError, Invalid, Unauthorized, Unavailable
from app.kit.json import dumps, dumps_in, loads
from app.kit.logging import logger
from app.kit.settings import Environment, settings

log = logger(__name__)

# Whose answers are in the language that the request asks for: the console's. Customers read Chinese, whatever their telephone speaks.
_OF_STAFF = ("/api/staff/", "/api/public/staff/")

AUDIENCES = ("customer", "visitor", "staff", "partner", "platform", "public")


@dataclass
class Caller:
    """Who asks: set by the audience before the door is reached, never by anything in the request's body."""

    audience: str
    brand_id: uuid.UUID | None = None
    appid: str | None = None
    customer: Any = None
    staff: Any = None
    partner: Any = None

    @property
    def actor(self) -> tuple[str, str | None]:
        """(kind, id) as events keep it."""
        if self.staff is not None:
            return "staff", str(self.staff.id)
        if self.customer is not None:
            return "customer", str(self.customer.id)
        if self.partner is not None:
            return "partner", str(self.partner.id)
        return self.audience, None


Resolver = Callable[[Session], Caller]
_resolvers: dict[str, Resolver] = {
    "public": lambda _session: Caller("public"),
    # Tencent and our own infrastructure sign each request in their own manner: their doors verify before anything else.
    "platform": lambda _session: Caller("platform"),
}


def resolves(audience: str) -> Callable[[Resolver], Resolver]:
    """Register how callers of an audience are recognised. The function raises `Unauthorized` for a stranger."""

    def register(resolver: Resolver) -> Resolver:
        _resolvers[audience] = resolver
        return resolver

    return register


def blueprint(name: str, audience: str, *, part: str = "") -> APIBlueprint:
    """The doors of one domain for one audience, under `/api/<audience>/<name>`. A `part` names those that another module adds there."""
    if audience not in AUDIENCES:
        raise ValueError(f"no such audience: {audience}")
    key = "_".join(filter(None, (audience, name, part)))
    doors = APIBlueprint(key, f"{audience}.{name}", url_prefix=f"/api/{audience}/{name}", tag=f"{audience}: {name}")

    @doors.before_request
    def recognise() -> None:
        g.caller = _resolvers[audience](session_of_request())
        acting.begin(acting.Occasion(g.caller.actor, str(request.endpoint), g.request_id))

    return doors


def session_of_request() -> Session:
    """The one session of this request, opened when first asked for."""
    if "session" not in g:
        g.session = db.new_session()
    return g.session


def release_session() -> None:
    """End the request's transaction and give its connection back: whoever holds one while asking for another can starve the pool."""
    db.commit(session_of_request())
    g.pop("session").close()


def narrow_keys_too(door: Callable[..., Any]) -> Callable[..., Any]:
    """A partner's door that a key for some things alone opens, too, and that looks for itself whether it is for this one.

    To such a key every other door is not there.
    """
    door.__dict__["narrow_keys"] = True
    return door


def opens_to_narrow_keys(door: Callable[..., Any]) -> bool:
    return getattr(door, "narrow_keys", False)


class Manner(StrEnum):
    """How a door works with the database."""

    transactional = "transactional"
    looking = "looking"
    stepwise = "stepwise"


def transactional(door: Callable[..., Any]) -> Callable[..., Any]:
    """A door that is one transaction; it gets `session, who` before its other arguments."""

    @functools.wraps(door)
    def inside(*args: Any, **kwargs: Any) -> Any:
        session = session_of_request()
        answer = door(session, g.caller, *args, **kwargs)
        if "commits_with_its_answer" not in g:  # else kit.idempotency commits, once the answer is written in its last form
            db.commit(session)
        return answer

    inside.__dict__["manner"] = Manner.transactional
    return inside


def looking(door: Callable[..., Any]) -> Callable[..., Any]:
    """A door that changes nothing, and whose statements need not see the same moment; it gets `session, who` before its other arguments."""

    @functools.wraps(door)
    def inside(*args: Any, **kwargs: Any) -> Any:
        session = session_of_request()
        db.only_looking(session)
        with texts.speaking(g.language):
            return door(session, g.caller, *args, **kwargs)

    inside.__dict__["manner"] = Manner.looking
    return inside


def stepwise(door: Callable[..., Any]) -> Callable[..., Any]:
    """A door that calls the outside between transactions of its own; it gets `who`, detached, and no session."""

    @functools.wraps(door)
    def inside(*args: Any, **kwargs: Any) -> Any:
        release_session()
        return door(g.caller, *args, **kwargs)

    inside.__dict__["manner"] = Manner.stepwise
    return inside


class ErrorOut(Schema):
    """What every refusal looks like."""

    error = String(metadata={"description": "stable code, domain.reason", "example": "orders.not_on_sale"})
    message = String(
        metadata={"description": "for people: zh-CN, or what `Accept-Language` of staff says", "example": "这辆车刚刚被预订了"}
    )
    details = Dict(metadata={"description": "fields at fault, or figures that help"})
    request_id = String(metadata={"description": "quote it to support"})


def raises(*errors: type[AppError]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Document the refusals of a door in OpenAPI. 401 and 422 are added to every door by themselves."""
    by_status: dict[int, list[type[AppError]]] = {}
    for error in errors:
        by_status.setdefault(error.status, []).append(error)

    def annotate(door: Callable[..., Any]) -> Callable[..., Any]:
        spec = door.__dict__.setdefault("_spec", {})
        responses = spec.setdefault("responses", {})
        for status, kinds in by_status.items():
            known = responses.get(str(status), {}).get("description")
            told = [f"`{kind.code}`: {kind.message}" for kind in kinds]
            responses[str(status)] = {
                "description": "; ".join([known, *told] if known else told),
                "content": {"application/json": {"schema": ErrorOut}},
            }
        return door

    return annotate


def answers(status: int, description: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Document in OpenAPI an answer that has no schema, as Tencent wants its own."""

    def annotate(door: Callable[..., Any]) -> Callable[..., Any]:
        door.__dict__.setdefault("_spec", {}).setdefault("responses", {})[str(status)] = {"description": description}
        return door

    return annotate


def message_of(error: AppError) -> str:
    """The catalogue's text for a refusal, or the general text of its kind."""
    if error.code == Invalid.code and error.details:
        return texts.t("errors.request.invalid_fields", fields=texts.listed(error.details))
    for code in (error.code, *(kind.code for kind in type(error).__mro__ if issubclass(kind, AppError))):
        if texts.has(f"errors.{code}"):
            return texts.t(f"errors.{code}", **{key: value for key, value in error.details.items() if isinstance(value, str | int)})
    return error.message


def refusal(status: int, code: str, message: str, details: dict[str, Any]) -> Response:
    body = {"error": code, "message": message, "details": details, "request_id": g.get("request_id", "")}
    return Response(written(body), status=status, mimetype="application/json")


def written(answer: Any) -> bytes:
    """An answer's JSON in the language of the request."""
    language = g.get("language", texts.LANGUAGE) if has_app_context() else texts.LANGUAGE
    return dumps(answer) if language == texts.LANGUAGE else dumps_in(language, answer)


class _Json(JSONProvider):
    def dumps(self, obj: Any, **_kwargs: Any) -> str:
        return written(obj).decode()

    def loads(self, s: str | bytes, **_kwargs: Any) -> Any:
        return loads(s)


class Address(Rule):
    """Where a door is. What builds it from its parts is compiled when somebody builds it, which nobody of ours does: Werkzeug compiles it
    twice for each of several hundred doors, a sixth of what it takes a process to start.
    """

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        compiled = super()._compile_builder

        @functools.cache
        def builder() -> Callable[..., tuple[str, str]]:
            return compiled(append_unknown)

        return lambda rule, **parts: builder()(rule, **parts)


def _begin() -> None:
    g.request_id = uuid.uuid4().hex
    g.started = time.perf_counter()
    g.language = texts.LANGUAGE
    if request.path.startswith(_OF_STAFF):
        g.language = request.accept_languages.best_match(texts.LANGUAGES, texts.LANGUAGE)
    structlog.contextvars.clear_contextvars()
    acting.begin(acting.Occasion(("public", None), str(request.endpoint), g.request_id))
    structlog.contextvars.bind_contextvars(request_id=g.request_id, method=request.method, path=request.path)


def _stamp(response: Response) -> Response:
    response.headers["X-Request-Id"] = g.get("request_id", "")
    if settings().environment is not Environment.production:
        # For measurements; in the open it would tell strangers which guesses take longer.
        response.headers["Server-Timing"] = f"app;dur={1000 * (time.perf_counter() - g.started):.1f}"
    response.headers.setdefault("Cache-Control", "no-store")
    response.headers["X-Content-Type-Options"] = "nosniff"
    # Nothing of ours is shown inside somebody else's page, where a click would mean something else than it says.
    response.headers["X-Frame-Options"] = "DENY"
    return response


def install(app: APIFlask) -> None:
    """Give the application its request id, its sessions and its error shape."""
    app.json = _Json(app)
    app.url_rule_class = Address

    app.before_request(_begin)
    app.after_request(_stamp)

    @app.teardown_request
    def end(_error: BaseException | None) -> None:
        session = g.pop("session", None)
        if session is not None:
            session.close()

    @app.errorhandler(AppError)
    def refuse(error: AppError) -> Response:
        response = refusal(error.status, error.code, message_of(error), error.details)
        if "retry_after" in error.details:
            response.headers["Retry-After"] = str(error.details["retry_after"])
        return response

    @app.error_processor
    def shape(error: Any) -> Any:
        """APIFlask's own refusals: a body, a query or a path of the wrong form."""
        if error.status_code == Invalid.status:
            fields: dict[str, Any] = {}
            for where in (error.detail or {}).values():
                fields |= where if isinstance(where, dict) else {"_": where}
            if "_schema" in fields:  # the body as a whole, such as a list where an object is wanted
                return refusal(422, Invalid.code, texts.t("errors.request.invalid"), fields)
            named = texts.listed(str(field) for field in fields)
            return refusal(422, Invalid.code, texts.t("errors.request.invalid_fields", fields=named), fields)
        return of_http(error.status_code, str(error.message))

    @app.errorhandler(HTTPException)
    def of_werkzeug(error: HTTPException) -> Response:
        return of_http(error.code or 500, error.name)

    @app.errorhandler(DataError)
    def no_column_takes_it(error: DataError) -> Response:
        """A NUL character in a text, a number beyond every range: nobody sends that who means well."""
        log.warning("the database refused a value", error=str(error.orig))
        return refusal(Invalid.status, Invalid.code, texts.t("errors.request.invalid"), {})

    @app.errorhandler(OperationalError)
    def no_database(error: OperationalError) -> Response:
        """The database is away or gave up on us: who asks again in a moment may be answered."""
        log.error("the database does not answer", error=str(error.orig))
        return refusal(Unavailable.status, Unavailable.code, texts.t("errors.request.unavailable"), {})

    @app.errorhandler(Exception)
    def bug(error: Exception) -> Response:
        log.exception("unhandled error", kind=type(error).__name__)
        return refusal(500, AppError.code, texts.t("errors.internal"), {})


def of_http(status: int, name: str) -> Response:
    key = f"errors.http.{status}"
    code = "auth.required" if status == Unauthorized.status else f"http.{status}"
    return refusal(status, code, texts.t(key) if texts.has(key) else name, {})


def document_common_errors(spec: Any) -> Any:
    """Add what every door may answer (401 for strangers, 422 for a wrong shape, 500) to the OpenAPI description."""
    schema = {"$ref": "#/components/schemas/ErrorOut"}
    spec.setdefault("components", {}).setdefault("schemas", {}).setdefault(
        "ErrorOut",
        {
            "type": "object",
            "properties": {
                "error": {"type": "string"},
                "message": {"type": "string"},
                "details": {"type": "object"},
                "request_id": {"type": "string"},
            },
        },
    )
    for path, operations in spec.get("paths", {}).items():
        for operation in operations.values():
            responses = operation.setdefault("responses", {})
            common: Iterable[tuple[str, str]] = [("500", "`internal`: a bug; quote the request id")]
            if not path.startswith("/api/public/health"):
                common = [("401", "`auth.required`: not signed in, or a signature that does not hold"), *common]
            if operation.get("requestBody") or operation.get("parameters"):
                common = [("422", "`request.invalid`: fields of the wrong form, named in `details`"), *common]
            for status, description in common:
                kept = responses.setdefault(status, {"description": description})
                kept["description"] = (
                    description if kept["description"].startswith(("Validation", "Authentication")) else kept["description"]
                )
                kept["content"] = {"application/json": {"schema": schema}}
    return spec
