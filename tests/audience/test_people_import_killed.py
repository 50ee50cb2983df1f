"""kill -9 of a worker over a file of people, as a process of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from app.audience import reading, service
from app.audience.models import PeoplePage, RunKind
from app.audience.queries import runs as queries
from app.audience.service import runs
from app.identity.models import Customer
from app.kit import clock, db
from dev.testing import wait_until
from tests.audience.test_people_import import file, happened, marketer_of

WORKER = """
from app.factory import assemble
from app.audience import reading, service
from app.kit import queue
assemble()
queue.ring = lambda job, ids: None
reading.PAGE = 20
service.take_up_waiting()
"""


def test_a_worker_that_is_really_killed_is_followed_by_another_who_leaves_nobody_out(
    committed: Callable[[], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    rows, page = 4_000, 20
    with committed() as session:
        content = file(*({"external_id": f"C{number:05d}", "tags": "vip"} for number in range(rows)))
        run = service.hand_in(session, marketer_of(session), [content], kind=RunKind.people, file_name="x")

    def done() -> int:
        with db.transaction() as session:
            return session.execute(select(func.count()).select_from(PeoplePage).filter_by(run_id=run.id)).scalar_one()

    with subprocess.Popen([sys.executable, "-c", WORKER]) as worker:
        wait_until(lambda: done() >= 0.37 * rows / page, 60)
        worker.kill()
    assert done() < rows / page, "it was killed on its way"
    monkeypatch.setattr(reading, "PAGE", page)
    with committed() as session:
        clock.advance(session, runs.LEASE + timedelta(seconds=1))
    service.take_up_waiting()
    with db.transaction() as session:
        told = queries.progress(session, [run.id])[run.id]
        assert (told["rows"], told["created"], told["unchanged"], told["tags_added"]) == (rows, rows, 0, rows)
        assert (happened(session, "customer.created"), happened(session, "tag.added")) == (rows, rows)
        numbers = session.execute(select(Customer.external_id).order_by(Customer.external_id)).scalars().all()
        assert numbers == [f"C{number:05d}" for number in range(rows)]
