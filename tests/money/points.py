"""Where a process can leave something half done, and a process that is killed there: kill -9, nothing is caught, nothing tidied up."""

from __future__ import annotations

import json
import os
import select
import signal
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import ORMExecuteState, Session

from app.events import service as events
from app.kit import acting, db, queue
from app.wechat import http
from app.wechat.http.line import HttpLine

LONGEST_SECONDS = 300.0
# What is written about money, who holds what, and what was told and answered; crashes of the others are theirs.
OURS = ("app.orders.", "app.payments.", "app.vehicles.", "app.reconciliation.", "app.wechat.models", "app.kit.idempotency")

Report = Callable[[dict[str, Any]], None]
# The name of a point, and which passage through it: 1 is the first.
Passage = tuple[str, int]


class Points:
    """Counts every passage through a point, and kills this very process at one of them.

    A point is before or after a commit that writes something of ours, and before a call to WeChat or after it has had its effect. It is
    named for the door, the job or the handler that is at work and for the tables that it writes, or the endpoint that it calls.
    """

    def __init__(self, report: Report, kill_at: Passage | None = None) -> None:
        self.report, self.kill_at = report, kill_at
        # Endpoints that answer that it is done and have done nothing.
        self.lies: set[str] = set()
        self._seen: Counter[str] = Counter()
        self._lock = threading.Lock()

    def reach(self, name: str) -> None:
        with self._lock:
            self._seen[name] += 1
            self.report({"point": [name, self._seen[name]]})
            if self.kill_at == (name, self._seen[name]):
                os.kill(os.getpid(), signal.SIGKILL)

    def watch(self) -> None:
        """From here on in this process, for good."""
        event.listen(Session, "after_flush", self._flushed)
        event.listen(Session, "do_orm_execute", self._executed)
        event.listen(Session, "before_commit", self._before)
        event.listen(Session, "after_commit", self._after, insert=True)
        event.listen(Session, "after_rollback", lambda session: session.info.pop("written", None))
        deliver, carry_out = events.deliver, HttpLine.carry_out

        def named_deliver(key: str, **until: float) -> int:
            with acting.acting(acting.Occasion(cause=f"handler {key}")):
                return deliver(key, **until)

        def watched_carry_out(line: HttpLine, exchange: Any) -> Any:
            name = f"call {exchange.endpoint.name} by {acting.now().cause}"
            self.reach(f"before {name}")
            if exchange.endpoint.name in self.lies:
                return None
            answer = carry_out(line, exchange)
            self.reach(f"after {name}")
            return answer

        events.deliver = named_deliver
        HttpLine.carry_out = watched_carry_out  # type: ignore[method-assign]

    def _flushed(self, session: Session, _context: Any) -> None:
        for row in [*session.new, *session.dirty, *session.deleted]:
            _note(session, type(row))

    def _executed(self, state: ORMExecuteState) -> None:
        if (state.is_insert or state.is_update or state.is_delete) and state.bind_mapper is not None:
            _note(state.session, state.bind_mapper.class_)

    def _before(self, session: Session) -> None:
        if not session.in_nested_transaction():
            session.flush()
            if written := session.info.get("written"):
                self.reach(f"before commit of {_named(written)}")

    def _after(self, session: Session) -> None:
        if not session.in_nested_transaction() and (written := session.info.pop("written", None)):
            self.reach(f"after commit of {_named(written)}")


def _note(session: Session, model: type[Any]) -> None:
    if model.__module__.startswith(OURS):
        session.info.setdefault("written", set()).add(model.__tablename__)


def _named(written: set[str]) -> str:
    return f"{', '.join(sorted(written))} by {acting.now().cause}"


@dataclass
class Ended:
    """How a child ended, and what it told on its way."""

    killed: bool
    error: str | None = None
    told: list[dict[str, Any]] = field(default_factory=list)

    @property
    def points(self) -> list[Passage]:
        return [(name, count) for name, count in (one["point"] for one in self.told if "point" in one)]

    def last(self, key: str) -> Any:
        """What it told last under this key; None when it never did."""
        return next((one[key] for one in reversed(self.told) if key in one), None)


def in_a_child(work: Callable[[Report], None]) -> Ended:
    """Do it in a forked process, which may die of it. What the child shares with its parent it lets go of without closing it."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        code = 1

        def report(told: dict[str, Any]) -> None:
            os.write(writing, json.dumps(told).encode() + b"\n")

        try:
            db.engine().dispose(close=False)
            queue.connection.cache_clear()
            http.forget()
            work(report)
            code = 0
        except BaseException:
            report({"error": traceback.format_exc()[-3000:]})
        finally:
            os._exit(code)
    os.close(writing)
    try:
        text = _all_of(reading, child)
    finally:
        os.close(reading)
        _, status = os.waitpid(child, 0)
    told = [json.loads(line) for line in text.decode().splitlines()]
    ended = Ended(os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL, told=told)
    ended.error = ended.last("error")
    return ended


def _all_of(reading: int, child: int) -> bytes:
    """Everything that the child writes until its end; one that takes too long is killed, which fails the test."""
    text, deadline = b"", time.monotonic() + LONGEST_SECONDS
    while True:
        if not select.select([reading], [], [], max(0.0, deadline - time.monotonic()))[0]:
            os.kill(child, signal.SIGKILL)
            raise AssertionError(f"a child took more than {LONGEST_SECONDS} s; its last words: {text[-500:]!r}")
        piece = os.read(reading, 65536)
        if not piece:
            return text
        text += piece
