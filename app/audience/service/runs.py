"""Files that staff hand in: kept sealed until a worker has taken them over page by page, told row by row, taken back where asked for."""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session

from app.audience.errors import PeopleFileRefused, PeopleFileTooLong, RunNotUndone
from app.audience.models import (
    PEOPLE_RUN,
    PeopleChange,
    PeopleChunk,
    PeopleRow,
    PeopleRun,
    PeopleStatus,
    RunKind,
)
from app.audience.queries import runs as queries
from app.audience.reading import Page
from app.audience.reading_ahead import ALONE_BELOW, read_ahead
from app.audience.service import importing, undoing
from app.dealers.models import Staff
from app.kit import acting, clock, crypto, db, queue
from app.kit.handed_in import HandedIn, TooLong
from app.kit.logging import logger
from app.kit.settings import settings
from app.kit.states import StateMoved, arrive

log = logger(__name__)

FILES = HandedIn(PeopleChunk, "sealed", seal=crypto.encrypt, unseal=crypto.decrypt)

# A page takes seconds; after it another worker takes up what a dead one left.
LEASE = timedelta(minutes=2)
MOST_TRIES = 5
# Pages are taken over side by side, for a page of ours waits for one processor of the database.
LANES = 2
# What two pages do to each other's people is settled by doing one of them again.
PAGE_TRIES = 3


def hand_in(session: Session, staff: Staff, pieces: Iterable[bytes], *, kind: RunKind, file_name: str) -> PeopleRun:
    """Keep a file, given in pieces, for a worker; while one of the same content waits it is that one.

    Raises:
        PeopleFileTooLong: it is empty, or longer than `FEED_MAX_BYTES`.
    """
    run = PeopleRun(brand_id=staff.brand_id, staff_id=staff.id, kind=kind, file_name=file_name, file_sha256="", file_bytes=0)
    session.add(run)
    session.flush()
    try:
        run.file_sha256, run.file_bytes = FILES.keep(session, run.id, pieces)
    except TooLong as error:
        raise PeopleFileTooLong(bytes=error.bytes, most=settings().feed_max_bytes) from error
    same = select(PeopleRun).filter_by(brand_id=run.brand_id, kind=kind, file_sha256=run.file_sha256)
    earlier = same.where(PeopleRun.status.in_((PeopleStatus.waiting, PeopleStatus.running)), PeopleRun.id != run.id).limit(1)
    if (known := session.execute(earlier).scalar_one_or_none()) is not None:
        FILES.forget(session, run.id)
        session.delete(run)
        session.flush()
        return known
    arrive(session, run)
    queue.enqueue(session, "audience.take_over_people", run_id=run.id)
    return run


def take_back(session: Session, run: PeopleRun) -> PeopleRun:
    """Let a worker undo what a run of tags changed, where nobody has changed it since. Raises `RunNotUndone`."""
    if run.kind != RunKind.tags or run.status != PeopleStatus.done:
        raise RunNotUndone(status=run.status)
    PEOPLE_RUN.move(session, run, PeopleStatus.undoing, finished_at=None, tries=0, lease_until=None)
    queue.enqueue(session, "audience.take_over_people", run_id=run.id)
    return run


def take_up(run_id: uuid.UUID) -> None:
    """Take over a file that waits, or go on with one whose worker has died; or undo one. Again changes nothing more."""
    with db.transaction() as session:
        run = _claim(session, run_id)
    if run is None:
        return
    # Its moves are those of whoever handed it in.
    occasion = replace(acting.now(), actor=("staff", run.staff_id))
    try:
        with acting.acting(occasion):
            if run.status == PeopleStatus.undoing:
                _undo(run)
            else:
                _take_over(run)
    except PeopleFileRefused as error:
        _refuse(run_id, {"error": error.code, "details": {key: str(value) for key, value in error.details.items()}})
    except StateMoved:
        log.warning("another worker has taken over the file meanwhile", run_id=str(run_id))
    except Exception:
        if run.tries >= MOST_TRIES and run.status != PeopleStatus.undoing:
            _refuse(run_id, {"error": "internal", "details": {}})
        raise


def take_up_waiting() -> None:
    """Take up every file that nobody works at: what the doorbell has not told of."""
    with db.transaction() as session:
        ids = session.execute(_free(select(PeopleRun.id)).order_by(PeopleRun.id).limit(20)).scalars().all()
    for run_id in ids:
        take_up(run_id)


def forget_old_people(session: Session) -> None:
    """Drop the reports of old runs, and what could be taken back until then; how many rows they had stays."""
    old = select(PeopleRun.id).where(PeopleRun.created_at < func.marque_now() - timedelta(days=settings().feed_report_days))
    for table in (PeopleRow, PeopleChange):
        session.execute(delete(table).where(table.run_id.in_(old)))


def _take_over(run: PeopleRun) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = FILES.write(run.id, Path(folder) / "people.csv")
        with db.transaction() as session:
            given = queries.given(session, run)
        with read_ahead(path, given) as ahead:
            wanted = (page for page in ahead if page.number not in given.done)
            if run.file_bytes < ALONE_BELOW:
                for page in wanted:
                    _take_over_page(run, page)
            else:
                _side_by_side(run, wanted)
    with db.transaction() as session:
        mine = session.get_one(PeopleRun, run.id)
        PEOPLE_RUN.move(session, mine, PeopleStatus.done, finished_at=clock.now(session), lease_until=None)
        FILES.forget(session, run.id)


def _side_by_side(run: PeopleRun, pages: Iterator[Page]) -> None:
    """No more pages in memory than there are lanes and one; the first failure is raised once the others have ended."""
    under_way: set[Future[None]] = set()
    with ThreadPoolExecutor(LANES) as lanes:
        for page in pages:
            under_way.add(lanes.submit(_take_over_page, run, page))
            if len(under_way) > LANES:
                done, under_way = wait(under_way, return_when=FIRST_COMPLETED)
                for one in done:
                    one.result()
        for one in under_way:
            one.result()


def _take_over_page(run: PeopleRun, page: Page) -> None:
    with db.transaction() as session:
        # Whoever lost the run to another worker stops here. In a transaction of its own: else one lane would wait for the other.
        held = update(PeopleRun).filter_by(id=run.id, status=PeopleStatus.running, tries=run.tries)
        if session.execute(held.values(lease_until=func.marque_now() + LEASE).returning(PeopleRun.id)).first() is None:
            raise StateMoved
    for tries_left in reversed(range(PAGE_TRIES)):
        try:
            with db.transaction() as session:
                importing.take_over(session, run, page)
            return
        except (IntegrityError, OperationalError):
            # Somebody signed in with the same number meanwhile, or two waited for each other.
            if not tries_left:
                raise


def _undo(run: PeopleRun) -> None:
    is_left = True
    while is_left:
        with db.transaction() as session:
            mine = session.get_one(PeopleRun, run.id, with_for_update=True)
            if mine.status != PeopleStatus.undoing or mine.tries != run.tries:
                raise StateMoved
            is_left = undoing.undo_some(session, mine)
            mine.lease_until = clock.now(session) + LEASE
            if not is_left:
                PEOPLE_RUN.move(session, mine, PeopleStatus.undone, finished_at=clock.now(session), lease_until=None)


def _free(runs: Any) -> Any:
    left = PeopleRun.status.in_((PeopleStatus.running, PeopleStatus.undoing)) & (
        PeopleRun.lease_until.is_(None) | (PeopleRun.lease_until < func.marque_now())
    )
    return runs.where((PeopleRun.status == PeopleStatus.waiting) | left)


def _claim(session: Session, run_id: uuid.UUID) -> PeopleRun | None:
    run: PeopleRun | None = session.execute(
        _free(select(PeopleRun).filter_by(id=run_id)).with_for_update(skip_locked=True)
    ).scalar_one_or_none()
    if run is not None:
        run.lease_until, run.tries = clock.now(session) + LEASE, run.tries + 1
        session.flush()
        if run.status != PeopleStatus.undoing:
            PEOPLE_RUN.move(session, run, PeopleStatus.running)
    return run


def _refuse(run_id: uuid.UUID, error: dict[str, Any]) -> None:
    """What was taken over before stays: its pages say how much that is."""
    with db.transaction() as session:
        run = session.get_one(PeopleRun, run_id)
        PEOPLE_RUN.move(session, run, PeopleStatus.refused, error=error, finished_at=clock.now(session), lease_until=None)
        FILES.forget(session, run_id)
