"""A state machine as data: which status may follow which, and the one statement that moves a row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import CursorResult, update
from sqlalchemy.orm import Session

from app.kit.errors import Conflict


class StateMoved(Conflict):
    code, message = "request.state_moved", "Somebody else was faster; look again."


@dataclass(frozen=True)
class Machine:
    """`table` maps each status to those that may follow it; a status that is not a key is an end."""

    table: Mapping[str, frozenset[str]]

    def move(self, session: Session, row: Any, to: str, **values: Any) -> None:
        """Compare and set: the row gets status `to` and `values`, if it still has the status we saw.

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
