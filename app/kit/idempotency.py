"""One answer per `Idempotency-Key`: a repeated request gets the first answer byte for byte and changes nothing."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, cast

from apiflask import APIFlask
from flask import Response, current_app, g, request
from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column
from werkzeug.routing import Rule

from app.kit import clock, crypto, db
from app.kit.db import Base
from app.kit.errors import Conflict, Invalid
from app.kit.queue import job
from app.kit.web import Manner, release_session, session_of_request

HEADER = "Idempotency-Key"
# A visitor is nobody by name, so a key of hers would be everybody's; what she creates is found again by ids in its body.
AUDIENCES = ("customer", "staff", "partner")
UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})
# Longer than any answer takes; after it a repeated request takes over what a dead process left.
LEASE = timedelta(seconds=60)
KEPT_FOR = timedelta(days=7)
# Far above every answer of ours; a longer one is not worth a copy for seven days.
MOST_BYTES = 256 * 1024

_KEY = re.compile(r"[0-9A-Za-z_\-]{8,64}")
_DOCUMENTED = "x-idempotency-key"


class KeyMissing(Invalid):
    code, message = "idempotency.key_missing", "This request needs an Idempotency-Key header of 8 to 64 letters, digits, - or _."


class KeyReused(Invalid):
    code, message = "idempotency.key_reused", "This Idempotency-Key was used for a different request."


class InProgress(Conflict):
    code, message = "idempotency.in_progress", "The first request with this key is still being answered."


class AnswerTooLong(Conflict):
    code, message = "idempotency.answer_too_long", "This was done; its answer was too long to be kept. Look at what it changed."


class IdempotentAnswer(Base):
    """What was answered to a key of one caller; while `status` is empty the first request is still at work."""

    __tablename__ = "idempotent_answers"

    caller: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    # Keyed, because a body may be no more than a telephone number.
    request_hash: Mapped[str]
    status: Mapped[int | None]
    # Ciphertext, because answers hold what people told us; empty when it was longer than MOST_BYTES.
    body: Mapped[bytes | None]
    lease_until: Mapped[datetime]
    # Counts who took the key: a first request that comes back after its lease neither keeps nor frees what is another's by now.
    fence: Mapped[int] = mapped_column(default=1, server_default="1")
    created_at: Mapped[datetime] = mapped_column(server_default=func.marque_now())


def idempotent(door: Callable[..., Any]) -> Callable[..., Any]:
    """Declare that this door needs an `Idempotency-Key`: because money moves, or something is created that there must be one of.

    Every other unsafe door of customers and staff honours a key that is given; `g.idempotency_key` is the key, where there is one.
    """
    door.__dict__["needs_key"] = True
    return door


def unkept(reason: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declare that the answers of this door are never kept, key or not, and why."""

    def declare(door: Callable[..., Any]) -> Callable[..., Any]:
        door.__dict__["unkept"] = reason
        return door

    return declare


def unsafe_doors(app: APIFlask) -> Iterator[tuple[Rule, Callable[..., Any]]]:
    """The doors through which customers and staff change something."""
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith(tuple(f"/api/{audience}/" for audience in AUDIENCES)) and UNSAFE & (rule.methods or set()):
            yield rule, cast(Callable[..., Any], app.view_functions[rule.endpoint])


def install(app: APIFlask) -> None:
    """Let every unsafe door of customers and staff answer each key once. To be called when all doors are registered.

    Only successful answers are kept: a refusal changed nothing, so the request may be tried again with its key. The answer of a
    `@transactional` door is kept in the door's own transaction. A `@stepwise` door has none: its answer is kept afterwards, so the door
    must be able to resume what a process that died left half done.
    """
    for rule, door in list(unsafe_doors(app)):
        if not hasattr(door, "unkept"):
            app.view_functions[rule.endpoint] = _once(door)


def _once(door: Callable[..., Any]) -> Callable[..., Any]:
    needs_key = getattr(door, "needs_key", False)
    keep = {Manner.transactional: _in_its_transaction, Manner.stepwise: _around_its_steps}[door.__dict__["manner"]]

    @functools.wraps(door)
    def once(*args: Any, **kwargs: Any) -> Any:
        key = request.headers.get(HEADER, "")
        if not key and not needs_key:
            return door(*args, **kwargs)
        if not _KEY.fullmatch(key):
            raise KeyMissing(header=HEADER)
        g.idempotency_key = key
        return keep(_Claim(f"{g.caller.audience}:{g.caller.actor[1]}", key, _hash()), lambda: door(*args, **kwargs))

    once.__dict__.setdefault("_spec", {}).setdefault("extensions", {})[_DOCUMENTED] = needs_key
    return once


def _hash() -> str:
    """Of the request as it was sent: who repeats it sends the same bytes."""
    return crypto.blind_index(sha256(f"{request.method} {request.full_path}\n".encode() + request.get_data()).hexdigest())


@dataclass(frozen=True)
class _Claim:
    """One caller's key, and the request that she sent with it."""

    caller: str
    key: str
    request_hash: str

    @property
    def row(self) -> dict[str, str]:
        return {"caller": self.caller, "key": self.key}

    def repeated(self, found: IdempotentAnswer) -> Response:
        """The answer that was given to this key."""
        if found.request_hash != self.request_hash:
            raise KeyReused(header=HEADER)
        if found.status is None:
            raise InProgress(retry_after=1)
        if found.body is None:
            raise AnswerTooLong
        return Response(crypto.decrypt(found.body), status=found.status, mimetype="application/json")


def _kept(answer: Response) -> dict[str, Any]:
    body = answer.get_data()
    return {"status": answer.status_code, "body": crypto.encrypt(body) if len(body) <= MOST_BYTES else None}


def _in_its_transaction(claim: _Claim, door: Callable[[], Any]) -> Response:
    """Effect and answer are committed together, or neither is."""
    session = session_of_request()
    lock = func.pg_try_advisory_xact_lock(func.hashtextextended(f"{claim.caller} {claim.key}", 0))
    if not session.execute(select(lock)).scalar_one():
        # Waiting for the first one would hold a connection of the pool for every impatient tap.
        raise InProgress(retry_after=1)
    found = session.get(IdempotentAnswer, (claim.caller, claim.key))
    if found is not None:
        return claim.repeated(found)
    g.commits_with_its_answer = True
    answer = current_app.make_response(door())
    if answer.status_code < 300:
        session.add(IdempotentAnswer(**claim.row, request_hash=claim.request_hash, lease_until=func.clock_timestamp(), **_kept(answer)))
    db.commit(session)
    return answer


def _around_its_steps(claim: _Claim, door: Callable[[], Any]) -> Response:
    """Claimed before, kept after; while it is at work a lease keeps others away, and a fence keeps out who comes back too late."""
    release_session()
    claimed = _claim(claim)
    if isinstance(claimed, Response):
        return claimed
    try:
        answer = current_app.make_response(door())
    except BaseException:
        _let_go(claim, claimed)
        raise
    if answer.status_code < 300:
        _keep(claim, claimed, answer)
    else:
        _let_go(claim, claimed)
    return answer


def _claim(claim: _Claim) -> Response | int:
    """The answer that was given before, or the fence under which this request may give it."""
    with db.transaction() as session:
        moment = clock.wall(session)
        row = claim.row | {"request_hash": claim.request_hash, "lease_until": moment + LEASE}
        claimed = session.execute(insert(IdempotentAnswer).values(row).on_conflict_do_nothing().returning(IdempotentAnswer.fence)).first()
        if claimed:
            return claimed.fence
        found = session.execute(select(IdempotentAnswer).filter_by(**claim.row).with_for_update()).scalar_one_or_none()
        if found is None:
            raise InProgress(retry_after=1)
        if found.status is not None or found.lease_until > moment or found.request_hash != claim.request_hash:
            return claim.repeated(found)
        found.lease_until = moment + LEASE
        found.fence += 1
        return found.fence


def _keep(claim: _Claim, fence: int, answer: Response) -> None:
    with db.transaction() as session:
        mine = update(IdempotentAnswer).filter_by(**claim.row, fence=fence)
        kept = session.execute(mine.values(_kept(answer)).returning(IdempotentAnswer.fence)).first()
    if kept is None:
        # Somebody took over meanwhile; asking again gives what they answer.
        raise InProgress(retry_after=1)


def _let_go(claim: _Claim, fence: int) -> None:
    """Free the key after a refusal; what a crash leaves is freed by the end of its lease."""
    with db.transaction() as session:
        session.execute(delete(IdempotentAnswer).filter_by(**claim.row, fence=fence, status=None))


def forget(session: Session, audience: str, *ids: Any) -> None:
    """Drop every answer that these callers got, such as those of somebody who wants to be forgotten."""
    session.execute(delete(IdempotentAnswer).where(IdempotentAnswer.caller.in_([f"{audience}:{one}" for one in ids])))


def document(spec: Any) -> Any:
    """Add the header, and what may be wrong with it, to the OpenAPI description of every door that honours it."""
    for operations in spec.get("paths", {}).values():
        for operation in operations.values():
            needs_key = operation.pop(_DOCUMENTED, None)
            if needs_key is None:
                continue
            operation.setdefault("parameters", []).append(
                {
                    "in": "header",
                    "name": HEADER,
                    "required": needs_key,
                    "schema": {"type": "string", "pattern": f"^{_KEY.pattern}$"},
                    "description": "made up once per intention, sent again with every repetition",
                }
            )
            for status, errors in ((409, (InProgress, AnswerTooLong)), (422, (KeyMissing, KeyReused))):
                told = "; ".join(f"`{error.code}`: {error.message}" for error in errors)
                answer = operation.setdefault("responses", {}).setdefault(str(status), {})
                answer["description"] = "; ".join(filter(None, [answer.get("description"), told]))
                answer.setdefault("content", {"application/json": {"schema": {"$ref": "#/components/schemas/ErrorOut"}}})
    return spec


@job("kit.forget_answers", cron="29 3 * * *", queue="bulk", timeout=600)
def forget_answers(session: Session) -> None:
    """Drop answers so old that nobody repeats their request any more."""
    session.execute(delete(IdempotentAnswer).where(IdempotentAnswer.created_at < func.marque_now() - KEPT_FOR))
