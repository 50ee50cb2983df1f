"""One answer per `Idempotency-Key`: a repeated request gets the first answer byte for byte and changes nothing."""

from __future__ import annotations

import functools
import hashlib
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from flask import Response, current_app, g, request
from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.kit import clock, db
from app.kit.db import Base
from app.kit.errors import Conflict, Invalid
from app.kit.queue import job
from app.kit.web import release_session

_KEY = re.compile(r"[0-9A-Za-z_\-]{8,64}")
_PARAMETER = {
    "in": "header",
    "name": "Idempotency-Key",
    "required": True,
    "schema": {"type": "string", "pattern": f"^{_KEY.pattern}$"},
    "description": "made up once per intention, sent again with every repetition",
}
# Longer than any answer takes; after it a repeated request takes over what a dead process left.
LEASE = timedelta(seconds=60)
KEPT_FOR = timedelta(days=7)


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
    # Counts who took the key: a first request that comes back after its lease neither keeps nor frees what is another's by now.
    fence: Mapped[int] = mapped_column(default=1, server_default="1")
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
        claimed = _claim(caller, key, digest)
        if isinstance(claimed, Response):
            return claimed
        g.idempotency_key = key
        try:
            answer = current_app.make_response(door(*args, **kwargs))
        except BaseException:
            _let_go(caller, key, claimed)
            raise
        if answer.status_code < 300:
            _keep(caller, key, claimed, answer)
        else:
            _let_go(caller, key, claimed)
        return answer

    once.__dict__.setdefault("_spec", {}).setdefault("extensions", {})["parameters"] = [_PARAMETER]
    return once


def _claim(caller: str, key: str, digest: str) -> Response | int:
    """The answer that was given before, or the fence under which this request may give it."""
    with db.transaction() as session:
        moment = clock.wall(session)
        row = {"caller": caller, "key": key, "request_hash": digest, "lease_until": moment + LEASE}
        claimed = session.execute(insert(IdempotentAnswer).values(row).on_conflict_do_nothing().returning(IdempotentAnswer.fence)).first()
        if claimed:
            return claimed.fence
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
        found.fence += 1
        return found.fence


def _keep(caller: str, key: str, fence: int, answer: Response) -> None:
    with db.transaction() as session:
        mine = update(IdempotentAnswer).filter_by(caller=caller, key=key, fence=fence)
        kept = session.execute(mine.values(status=answer.status_code, body=answer.get_data()).returning(IdempotentAnswer.fence)).first()
    if kept is None:
        # Somebody took over meanwhile; asking again gives what they answer.
        raise InProgress(retry_after=1)


def _let_go(caller: str, key: str, fence: int) -> None:
    """Free the key after a refusal; what a crash leaves is freed by the end of its lease."""
    with db.transaction() as session:
        session.execute(delete(IdempotentAnswer).filter_by(caller=caller, key=key, fence=fence, status=None))


@job("kit.forget_answers", cron="29 3 * * *", queue="bulk", timeout=600)
def forget_answers(session: Session) -> None:
    """Drop answers so old that nobody repeats their request any more."""
    session.execute(delete(IdempotentAnswer).where(IdempotentAnswer.created_at < func.marque_now() - KEPT_FOR))
