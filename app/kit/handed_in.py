"""Files that people hand in: kept in pieces in the database until a worker, maybe on another machine, has read them."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from app.kit import db
from app.kit.settings import settings


def _as_it_is(piece: bytes) -> bytes:
    return piece


class TooLong(Exception):
    """Nothing was in it, or more than `FEED_MAX_BYTES`; `bytes` is how much was read."""

    def __init__(self, length: int) -> None:
        super().__init__(f"{length} bytes")
        self.bytes = length


class HandedIn:
    """The pieces of the files of one kind of run: a table with `run_id`, `number` and the column in which the bytes are, sealed or not."""

    def __init__(
        self, table: Any, column: str, *, seal: Callable[[bytes], bytes] = _as_it_is, unseal: Callable[[bytes], bytes] = _as_it_is
    ) -> None:
        self._table, self._column, self._seal, self._unseal = table, column, seal, unseal

    def keep(self, session: Session, run_id: uuid.UUID, pieces: Iterable[bytes]) -> tuple[str, int]:
        """Keep a file, one piece in memory at a time; its SHA-256 in hex, and how many bytes it has. Raises `TooLong`."""
        digest, length, most = hashlib.sha256(), 0, settings().feed_max_bytes
        for number, piece in enumerate(pieces):
            length += len(piece)
            if length > most:
                break
            digest.update(piece)
            session.execute(insert(self._table).values({"run_id": run_id, "number": number, self._column: self._seal(piece)}))
        if not 0 < length <= most:
            raise TooLong(length)
        return digest.hexdigest(), length

    def write(self, run_id: uuid.UUID, path: Path) -> Path:
        """The file as it was handed in, in a transaction of its own; gives the path."""
        pieces = select(getattr(self._table, self._column)).filter_by(run_id=run_id).order_by(self._table.number)
        with db.transaction() as session, path.open("wb") as file:
            for piece in session.execute(pieces.execution_options(yield_per=1)).scalars():
                file.write(self._unseal(piece))
        return path

    def forget(self, session: Session, *run_ids: uuid.UUID) -> None:
        """Also where there is no file any more."""
        session.execute(delete(self._table).where(self._table.run_id.in_(run_ids)))
