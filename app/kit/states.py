"""A state machine as data: which status may follow which, the one statement that moves a row, and the trail of every move."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, CursorResult, Index, Row, String, func, insert, literal, select, text, update
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
    __table_args__ = (
        Index("ix_transitions_subject", "subject_type", "subject_id"),
        Index("ix_transitions_staff", "brand_id", "id", postgresql_where=text("actor_type = 'staff'")),
    )

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
        occasion = _occasion(actor, reason)
        session.execute(
            insert(Transition).values(
                id=new_id(),
                brand_id=row.brand_id,
                subject_type=model.__tablename__,
                subject_id=row.id,
                before=seen,
                after=to,
                **occasion,
            )
        )

    def move_all(
        self,
        session: Session,
        model: Any,
        to: str,
        where: ColumnElement[bool],
        *,
        since: Iterable[str] | None = None,
        returning: Sequence[Any] = (),
        actor: acting.Actor | None = None,
        reason: str | None = None,
        **values: Any,
    ) -> Sequence[Row[Any]]:
        """Compare and set for every row that `where` names, in one statement: those from whose status `to` may follow (or that are in
        one of `since`) move, and each move is written down. What each was and is: id, before, and the columns of `returning`.

        Rows are locked in the order of their ids. Who comes second finds none to move. Objects of the session are not refreshed.
        """
        may = [status for status, after in self.table.items() if to in after]
        wrong = set(since or ()) - set(may)
        if wrong:
            raise RuntimeError(f"{model.__name__}: no way from {sorted(wrong)} to {to!r}")
        session.flush()
        table = model.__table__
        seen = (
            select(table.c.id, table.c.status)
            .where(where, table.c.status.in_(may if since is None else list(since)))
            .order_by(table.c.id)
            .with_for_update(key_share=True)
            .cte("seen")
        )
        moved = (
            update(table)
            .where(table.c.id == seen.c.id)
            .values(status=to, **values)
            .returning(table.c.id, table.c.brand_id, seen.c.status.label("before"), *(table.c[column.key] for column in returning))
            .cte("moved")
        )
        fixed = {"subject_type": table.name, "after": to} | _occasion(actor, reason)
        told = insert(Transition).from_select(
            ["id", "brand_id", "subject_id", "before", *fixed],
            select(
                func.marque_new_id(),
                moved.c.brand_id,
                moved.c.id,
                moved.c.before,
                *(literal(value, String()) for value in fixed.values()),
            ),
        )
        return session.execute(select(moved).add_cte(told.cte("told"))).all()


def arrive(session: Session, row: Any, *, actor: acting.Actor | None = None, reason: str | None = None) -> None:
    """Write down that this row came into being with the status that it has: the first line of its trail, with nothing before it."""
    session.flush()  # which fills in what the row is born with
    note(session, row, before="", after=row.status, actor=actor, reason=reason)


def note(session: Session, row: Any, *, before: str, after: str, actor: acting.Actor | None = None, reason: str | None = None) -> None:
    """Write a line into the trail of a row that no machine moves."""
    session.flush()
    session.execute(
        insert(Transition).values(
            id=new_id(),
            brand_id=row.brand_id,
            subject_type=type(row).__tablename__,
            subject_id=row.id,
            before=before,
            after=after,
            **_occasion(actor, reason),
        )
    )


def _occasion(actor: acting.Actor | None, reason: str | None) -> dict[str, str | None]:
    occasion = acting.now()
    kind, actor_id = actor or occasion.actor
    return {
        "actor_type": kind,
        "actor_id": None if actor_id is None else str(actor_id),
        "reason": reason,
        "cause": occasion.cause,
        "request_id": occasion.request_id,
    }
