"""All state of the simulator: one SQLite file in WAL mode, written before each answer."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

Row = dict[str, Any]

SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS users (id INTEGER PRIMARY KEY, nickname TEXT NOT NULL, unionid TEXT NOT NULL UNIQUE, phone TEXT);
CREATE TABLE IF NOT EXISTS openids (
    appid TEXT NOT NULL, openid TEXT PRIMARY KEY, user_id INTEGER NOT NULL REFERENCES users, session_key TEXT,
    UNIQUE (appid, user_id));
CREATE TABLE IF NOT EXISTS follows (
    appid TEXT NOT NULL, user_id INTEGER NOT NULL REFERENCES users, following INTEGER NOT NULL DEFAULT 0, followed_at REAL,
    blacklisted INTEGER NOT NULL DEFAULT 0, refuses_messages INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (appid, user_id));
CREATE TABLE IF NOT EXISTS subscriptions (
    appid TEXT NOT NULL, user_id INTEGER NOT NULL REFERENCES users, template_id TEXT NOT NULL, answer TEXT NOT NULL,
    credits INTEGER NOT NULL, answered_at REAL NOT NULL, PRIMARY KEY (appid, user_id, template_id));
CREATE TABLE IF NOT EXISTS codes (
    code TEXT PRIMARY KEY, kind TEXT NOT NULL, appid TEXT NOT NULL, user_id INTEGER NOT NULL, issued_at REAL NOT NULL, used_at REAL);
CREATE TABLE IF NOT EXISTS tokens (
    token TEXT PRIMARY KEY, account TEXT NOT NULL, family TEXT NOT NULL, issued_at REAL NOT NULL, expires_at REAL NOT NULL,
    revoked_at REAL);
CREATE INDEX IF NOT EXISTS tokens_by_account ON tokens (account, family, issued_at);
CREATE TABLE IF NOT EXISTS counters (name TEXT NOT NULL, window TEXT NOT NULL, used INTEGER NOT NULL, PRIMARY KEY (name, window))
    WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS messages (
    id INTEGER PRIMARY KEY, channel TEXT NOT NULL, account TEXT NOT NULL, recipient TEXT NOT NULL, msgid TEXT NOT NULL,
    state TEXT NOT NULL, content TEXT NOT NULL, card_state TEXT, sent_at REAL NOT NULL);
CREATE INDEX IF NOT EXISTS messages_inbox ON messages (channel, recipient, state, id);
CREATE INDEX IF NOT EXISTS messages_by_time ON messages (recipient, sent_at);
CREATE INDEX IF NOT EXISTS messages_by_msgid ON messages (msgid);
CREATE TABLE IF NOT EXISTS sent_once (
    kind TEXT NOT NULL, key TEXT NOT NULL, at REAL NOT NULL, answer TEXT NOT NULL, PRIMARY KEY (kind, key)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS task_ids (
    corpid TEXT NOT NULL, agentid INTEGER NOT NULL, task_id TEXT NOT NULL, PRIMARY KEY (corpid, agentid, task_id));
CREATE TABLE IF NOT EXISTS response_codes (code TEXT PRIMARY KEY, msgid TEXT NOT NULL, issued_at REAL NOT NULL, used_at REAL);
CREATE TABLE IF NOT EXISTS payments (
    out_trade_no TEXT NOT NULL, mchid TEXT NOT NULL, appid TEXT NOT NULL, openid TEXT NOT NULL, total INTEGER NOT NULL,
    state TEXT NOT NULL, request TEXT NOT NULL, created_at REAL NOT NULL, expires_at REAL NOT NULL, transaction_id TEXT UNIQUE,
    paid_at REAL, closed_at REAL, PRIMARY KEY (mchid, out_trade_no));
CREATE TABLE IF NOT EXISTS prepays (prepay_id TEXT PRIMARY KEY, mchid TEXT NOT NULL, out_trade_no TEXT NOT NULL, issued_at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS refunds (
    out_refund_no TEXT NOT NULL, mchid TEXT NOT NULL, refund_id TEXT NOT NULL UNIQUE, out_trade_no TEXT NOT NULL,
    amount INTEGER NOT NULL, state TEXT NOT NULL, request TEXT NOT NULL, created_at REAL NOT NULL, settle_at REAL, settled_at REAL,
    PRIMARY KEY (mchid, out_refund_no));
CREATE INDEX IF NOT EXISTS refunds_due ON refunds (settle_at) WHERE settle_at IS NOT NULL;
CREATE INDEX IF NOT EXISTS refunds_by_payment ON refunds (mchid, out_trade_no);
CREATE TABLE IF NOT EXISTS callbacks (
    id INTEGER PRIMARY KEY, wire TEXT NOT NULL, account TEXT NOT NULL, event TEXT NOT NULL, event_id TEXT NOT NULL,
    recipient TEXT NOT NULL, url TEXT NOT NULL, content TEXT NOT NULL, state TEXT NOT NULL, attempts INTEGER NOT NULL DEFAULT 0,
    next_at REAL, last_status INTEGER, last_error TEXT, created_at REAL NOT NULL, finished_at REAL);
CREATE INDEX IF NOT EXISTS callbacks_due ON callbacks (next_at) WHERE next_at IS NOT NULL;
CREATE TABLE IF NOT EXISTS calls (
    id INTEGER PRIMARY KEY, at REAL NOT NULL, host TEXT NOT NULL, method TEXT NOT NULL, path TEXT NOT NULL, query TEXT NOT NULL,
    request TEXT NOT NULL, status INTEGER NOT NULL, errcode TEXT NOT NULL, answer TEXT NOT NULL, outcome TEXT NOT NULL, ms REAL NOT NULL);
CREATE TABLE IF NOT EXISTS repeats (
    kind TEXT NOT NULL, key TEXT NOT NULL, attempts INTEGER NOT NULL, effects INTEGER NOT NULL, PRIMARY KEY (kind, key))
    WITHOUT ROWID;
"""

_DECLARED = [SCHEMA]
_COLUMNS: list[tuple[str, str, str]] = []
# Every statement of the simulator stays prepared.
_STATEMENTS = 2000


def declare(tables: str) -> None:
    """Add a module's own tables; call it when the module is imported, which is before any `Store` is opened."""
    _DECLARED.append(tables)


def declare_column(table: str, name: str, type_: str) -> None:
    """Add a column to a table that is declared elsewhere or that earlier files have without it; `type_` may carry a default."""
    _COLUMNS.append((table, name, type_))


class Store:
    """One connection, used by the event loop's thread only; every public call of the simulator is one transaction."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, isolation_level=None, cached_statements=_STATEMENTS)
        self._db.row_factory = sqlite3.Row
        # A WAL commit is handed to the operating system before it returns, so it survives kill -9;
        # only a power cut could lose it, and nobody rehearses that here.
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        # A soak's worth of pages stays in memory (the number is kibibytes), and checkpoints stop the loop seldom.
        self._db.execute("PRAGMA cache_size = -262144")
        self._db.execute("PRAGMA wal_autocheckpoint = 10000")
        self._db.executescript(";\n".join(_DECLARED))
        for table, name, type_ in _COLUMNS:
            if name not in {row["name"] for row in self._db.execute(f"PRAGMA table_info({table})")}:
                self._db.execute(f"ALTER TABLE {table} ADD COLUMN {name} {type_}")

    def close(self) -> None:
        self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            self._db.execute("ROLLBACK")
            raise

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """A part of a transaction that, when it fails, undoes only itself."""
        self._db.execute("SAVEPOINT part")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK TO part")
            raise
        finally:
            self._db.execute("RELEASE part")

    def run(self, sql: str, *params: Any) -> int:
        """Execute a statement and give the number of rows it touched."""
        return self._db.execute(sql, params).rowcount

    def insert(self, table: str, **values: Any) -> int:
        """Insert one row and give its rowid."""
        return self._db.execute(_insertion(table, tuple(values)), tuple(values.values())).lastrowid or 0

    def one(self, sql: str, *params: Any) -> Row | None:
        row = self._db.execute(sql, params).fetchone()
        return dict(row) if row else None

    def all(self, sql: str, *params: Any) -> list[Row]:
        return [dict(row) for row in self._db.execute(sql, params)]

    def value(self, sql: str, *params: Any) -> Any:
        """The first column of the first row, or None."""
        row = self._db.execute(sql, params).fetchone()
        return row[0] if row else None

    def count_up(self, name: str, window: str) -> int:
        """Count one use of a quota in a window (a day, a minute) and give how many there are now."""
        return self.value("INSERT INTO counters VALUES (?, ?, 1) ON CONFLICT DO UPDATE SET used = used + 1 RETURNING used", name, window)

    def attempt(self, kind: str, key: str, *, effect: bool) -> None:
        """Remember that a caller tried something that must happen once, and whether this attempt made it happen."""
        self.run(
            "INSERT INTO repeats VALUES (?, ?, 1, ?) "
            "ON CONFLICT DO UPDATE SET attempts = attempts + 1, effects = effects + excluded.effects",
            kind, key, int(effect),
        )  # fmt: skip


@lru_cache(maxsize=1000)
def _insertion(table: str, names: tuple[str, ...]) -> str:
    return f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"  # noqa: S608
