"""The engine, the declarative base, and the only place that commits."""

from __future__ import annotations

import functools
import select
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import uuid_utils
from psycopg.types.array import ListDumper
from sqlalchemy import ARRAY, ColumnElement, DateTime, Engine, ForeignKey, MetaData, Select, Uuid, any_, create_engine, event, func, literal
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker

from app.kit import json
from app.kit.settings import settings

# A UUID for each row of a select, which binds `:seed` to a `new_id()`: rows are numbered in its last four bytes, so that they sort as they
# come. The database's own ids cost as much as a row of an index, for each is drawn from the system's store of chance.
NUMBERED_ID = "CAST(encode(overlay(uuid_send(:seed) PLACING int4send(CAST(row_number() OVER () AS integer)) FROM 13), 'hex') AS uuid)"
# What lay idle for so long is asked whether it still lives.
PING_AFTER_S = 30.0


class Base(DeclarativeBase):
    """Every table; constraint names follow one convention, so that migrations can name them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_N_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: DateTime(timezone=True)}


def new_id() -> uuid.UUID:
    """A UUID version 7: unique anywhere, and it sorts by the time it was made."""
    return uuid.UUID(bytes=uuid_utils.uuid7().bytes)


class Root(Base):
    """An aggregate root: it has an id, belongs to a brand, and knows when it came to be."""

    __abstract__ = True

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id, sort_order=-3)
    brand_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("brands.id"), index=True, sort_order=-2)
    created_at: Mapped[datetime] = mapped_column(server_default=func.marque_now(), sort_order=-1)


@functools.cache
def engine() -> Engine:
    """The connection pool of this process."""
    made = create_engine(
        settings().database_url,
        pool_size=settings().database_pool_size,
        max_overflow=10,
        pool_recycle=1800,
        # Parameters are people's data; what an error says goes to logs, and to rows that staff read.
        hide_parameters=True,
        json_deserializer=json.loads,
        connect_args={"application_name": "marque", "connect_timeout": 5, "options": "-c timezone=UTC"},
    )
    event.listen(made, "connect", _adapt)
    event.listen(made, "checkin", _lay_down)
    event.listen(made, "checkout", _must_live)
    return made


class _Lists(ListDumper):
    """Lists of ids and of texts by the thousand go into every statement about many: each written by itself they cost ten times as much."""

    def dump(self, obj: list[Any]) -> Any:
        try:
            if obj and isinstance(obj[0], uuid.UUID):
                return ("{" + ",".join([one.hex for one in obj]) + "}").encode()
            if obj and isinstance(obj[0], str | None):
                whole = "{" + ",".join(["NULL" if one is None else _quoted(one) for one in obj]) + "}"
                if "\0" not in whole:  # psycopg says best what is wrong with that
                    return whole.encode()
        except (AttributeError, TypeError):
            pass  # there is something else among them
        return super().dump(obj)


def _quoted(word: str) -> str:
    return '"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _adapt(connection: Any, _record: Any) -> None:
    connection.adapters.register_dumper(list, _Lists)


def _lay_down(_connection: Any, record: Any) -> None:
    record.info["idle_since"] = time.monotonic()


def _must_live(connection: Any, record: Any, _proxy: Any) -> None:
    """A connection that the server has ended is not handed out, and neither are those that it ended with it.

    SQLAlchemy's `pool_pre_ping` asks the server each time. But a server that goes, even by kill -9, closes its end: that is seen here
    without asking. Only what lay idle for long may have been lost on the way without a word, and is asked.
    """
    if time.monotonic() - record.info.get("idle_since", -PING_AFTER_S) < PING_AFTER_S and not _has_something_to_say(connection):
        return
    try:
        engine().dialect.do_ping(connection)
    except engine().dialect.loaded_dbapi.Error as error:
        raise InvalidatePoolError from error


def _has_something_to_say(connection: Any) -> bool:
    """Nobody asked it anything: if there is something to read, it is the end, or news such as a changed setting."""
    look = select.poll()
    look.register(connection.fileno(), select.POLLIN)
    return bool(look.poll(0))


@functools.cache
def _sessions() -> sessionmaker[Session]:
    return sessionmaker(engine(), expire_on_commit=False)


def new_session() -> Session:
    """A session that nobody commits but `transaction()` and the doors of `kit.web`."""
    return _sessions()()


def only_looking(session: Session) -> None:
    """From here on each statement of this session sees what is committed when it runs, and nothing has to be begun or ended.

    For doors whose statements need not agree with each other: two trips to the database less. A transaction that runs already goes on.
    """
    if isinstance(session.get_bind(), Engine) and not session.in_transaction():
        session.connection(execution_options={"isolation_level": "AUTOCOMMIT"})


@contextmanager
def transaction() -> Iterator[Session]:
    """One transaction: committed at the end of the block, rolled back when it raises; then what waited for the commit runs."""
    session = new_session()
    try:
        with session.begin():
            yield session
    finally:
        session.close()


def copy_rows(session: Session, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """COPY rows into a table in this transaction: for thousands of rows several times as fast as inserting them."""
    cursor = session.connection().connection.cursor()
    with cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def among(column: Any, ids: Iterable[uuid.UUID | None]) -> ColumnElement[bool]:
    """Whether a column of UUIDs is one of these: one parameter however many they are, where `IN` would have one for each, which costs
    more to write and to read than the rows cost to find.
    """
    return column == any_(literal([one for one in ids if one is not None], ARRAY(Uuid)))


def one_of(claimed: Select[Any]) -> ColumnElement[Any]:
    """For `column == one_of(select)` where the select has a limit and locks what it takes: it is run once.

    `column IN (SELECT … LIMIT … FOR UPDATE SKIP LOCKED)` is run again for each row when the planner nests loops, takes other rows each
    time, and so claims more than its limit.
    """
    return any_(func.array(claimed.scalar_subquery()))


def commit(session: Session) -> None:
    """For the doors in the kit only; a service never commits."""
    session.commit()


def after_commit(session: Session, call: Callable[[], None]) -> None:
    """Run `call` once this transaction is committed; a rolled-back transaction runs nothing. Savepoints neither run nor forget it."""
    session.info.setdefault("after_commit", []).append(call)


@event.listens_for(Session, "after_commit")
def _run_waiting(session: Session) -> None:
    if session.in_nested_transaction():
        return  # SQLAlchemy fires this for savepoints too; only the outermost commit makes the facts real
    for call in session.info.pop("after_commit", []):
        call()


@event.listens_for(Session, "after_rollback")
def _forget_waiting(session: Session) -> None:
    if not session.in_nested_transaction():
        session.info.pop("after_commit", None)
