"""A state machine as data: which status may follow which, the one statement that moves a row, and the trail of every move."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import CursorResult, Index, insert, update
from sqlalchemy.orm import Mapped, Session

from app.kit import acting
from app.kit.db import Root, new_id
from app.kit.errors import Conflict


class StateMoved(Conflict):
    code, message = "request.state_moved", "Somebody else was faster; look again."


class Transition(Root):
    """One move of one row: who moved it, from where to where, why, and in which request or job. Append-only, by a trigger of the database.

    `subject_type` is the table of the row.
    """

    __tablename__ = "transitions"
    __table_args__ = (Index("ix_transitions_subject", "subject_type", "subject_id"),)

    subject_type: Mapped[str]
    subject_id: Mapped[uuid.UUID]
    before: Mapped[str]
    after: Mapped[str]
    actor_type: Mapped[str]
    actor_id: Mapped[str | None]
    reason: Mapped[str | None]
    # The door or the job, and the request id that its answer or its log lines bear
    cause: Mapped[str]
    request_id: Mapped[str]


@dataclass(frozen=True)
class Machine:
    """`table` maps each status to those that may follow it; a status that is not a key is an end."""

    table: Mapping[str, frozenset[str]]

    def move(
        self, session: Session, row: Any, to: str, *, actor: acting.Actor | None = None, reason: str | None = None, **values: Any
    ) -> None:
        """Compare and set: the row gets status `to` and `values`, if it still has the status we saw; the move is written down.

        `actor` is who wanted it, where that is another than who acts now; `reason` is a code, or a person's own words.

        Raises:
            StateMoved: somebody else has moved it meanwhile; nothing was changed.
            RuntimeError: the table has no such step, which is a bug of the caller.
        """
        seen = row.status
        if to not in self.table.get(seen, frozenset()):
            raise RuntimeError(f"{type(row).__name__}: no way from {seen!r} to {to!r}")
        session.flush()
        model = type(row)
        moved: CursorResult[Any] = session.execute(  # type: ignore[assignment]
            update(model)
            .where(model.id == row.id, model.status == seen)
            .values(status=to, **values)
            .execution_options(synchronize_session=False)
        )
        session.refresh(row)
        if moved.rowcount != 1:
            raise StateMoved
        occasion = acting.now()
        kind, actor_id = actor or occasion.actor
        session.execute(
            insert(Transition).values(
                id=new_id(),
                brand_id=row.brand_id,
                subject_type=model.__tablename__,
                subject_id=row.id,
                before=seen,
                after=to,
                actor_type=kind,
                actor_id=None if actor_id is None else str(actor_id),
                reason=reason,
                cause=occasion.cause,
                request_id=occasion.request_id,
            )
        )
