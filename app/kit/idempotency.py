"""One answer per `Idempotency-Key`: a repeated request gets the first answer byte for byte and changes nothing."""

from __future__ import annotations

import functools
import hashlib
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from flask import Response, current_app, g, request
from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from app.kit import clock, db
from app.kit.db import Base
from app.kit.errors import Conflict, Invalid
from app.kit.web import release_session

_KEY = re.compile(r"[0-9A-Za-z_\-]{8,64}")
# Longer than any answer takes; after it a repeated request takes over what a dead process left.
LEASE = timedelta(seconds=20)


class KeyMissing(Invalid):
    code, message = "idempotency.key_missing", "This request needs an Idempotency-Key header of 8 to 64 letters, digits, - or _."


class KeyReused(Invalid):
    code, message = "idempotency.key_reused", "This Idempotency-Key was used for a different request."


class InProgress(Conflict):
    code, message = "idempotency.in_progress", "The first request with this key is still being answered."


class IdempotentAnswer(Base):
    """What was answered to a key of one caller; while `status` is empty the first request is still at work."""

    __tablename__ = "idempotent_answers"

    caller: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    request_hash: Mapped[str]
    status: Mapped[int | None]
    body: Mapped[bytes | None]
    lease_until: Mapped[datetime]
    created_at: Mapped[datetime] = mapped_column(server_default=func.marque_now())


def idempotent(door: Callable[..., Any]) -> Callable[..., Any]:
    """A door that answers each Idempotency-Key once. Put it directly under the route, above `input` and `output`.

    Only successful answers are kept: a refusal changed nothing, so the request may be tried again with its key. The door must be able to
    resume what a process that died left half done; `g.idempotency_key` names it.
    """

    @functools.wraps(door)
    def once(*args: Any, **kwargs: Any) -> Any:
        key = request.headers.get("Idempotency-Key", "")
        if not _KEY.fullmatch(key):
            raise KeyMissing(header="Idempotency-Key")
        caller = f"{g.caller.audience}:{g.caller.actor[1]}"
        release_session()
        digest = hashlib.sha256(f"{request.method} {request.path}\n".encode() + request.get_data()).hexdigest()
        kept = _claim(caller, key, digest)
        if kept is not None:
            return kept
        g.idempotency_key = key
        try:
            answer = current_app.make_response(door(*args, **kwargs))
        except BaseException:
            _let_go(caller, key)
            raise
        if answer.status_code < 300:
            _keep(caller, key, answer)
        else:
            _let_go(caller, key)
        return answer

    return once


def _claim(caller: str, key: str, digest: str) -> Response | None:
    with db.transaction() as session:
        moment = clock.wall(session)
        row = {"caller": caller, "key": key, "request_hash": digest, "lease_until": moment + LEASE}
        claimed = session.execute(insert(IdempotentAnswer).values(row).on_conflict_do_nothing().returning(IdempotentAnswer.key)).first()
        if claimed:
            return None
        found = session.execute(select(IdempotentAnswer).filter_by(caller=caller, key=key).with_for_update()).scalar_one_or_none()
        if found is None:
            raise InProgress(retry_after=1)
        if found.request_hash != digest:
            raise KeyReused(header="Idempotency-Key")
        if found.status is not None:
            return Response(found.body, status=found.status, mimetype="application/json")
        if found.lease_until > moment:
            raise InProgress(retry_after=1)
        found.lease_until = moment + LEASE
        return None


def _keep(caller: str, key: str, answer: Response) -> None:
    with db.transaction() as session:
        session.execute(
            update(IdempotentAnswer).filter_by(caller=caller, key=key).values(status=answer.status_code, body=answer.get_data())
        )


def _let_go(caller: str, key: str) -> None:
    """Free the key after a refusal; what a crash leaves is freed by the end of its lease."""
    with db.transaction() as session:
        row = session.get(IdempotentAnswer, (caller, key))
        if row is not None and row.status is None:
            session.delete(row)
