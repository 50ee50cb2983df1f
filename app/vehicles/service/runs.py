"""Feeds that staff hand in: kept until a worker has taken them over, held where a person has to say yes, and told row by row."""

from __future__ import annotations

import tempfile
import time
import uuid
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from app.dealers.errors import DealerUnknown
from app.dealers.models import Dealer, Staff
from app.kit import acting, clock, db, queue
from app.kit.handed_in import HandedIn, TooLong
from app.kit.logging import logger
from app.kit.settings import settings
from app.kit.states import StateMoved, arrive
from app.vehicles import mapping
from app.vehicles.errors import FeedRefused, FeedTooLong, MappingInvalid, RunNotHeld
from app.vehicles.models import RUN, FeedFormat, ImportChunk, ImportRow, ImportRun, RunStatus
from app.vehicles.queries.runs import run_of_staff
from app.vehicles.service import feed as feeds
from app.vehicles.service.keeping import must_keep
from app.vehicles.service.staging import Feed

log = logger(__name__)

FILES = HandedIn(ImportChunk, "content")

# Longer than any feed takes; after it another worker takes up what a dead one left.
LEASE = timedelta(minutes=30)
MOST_TRIES = 3
PROGRESS_EVERY_SECONDS = 1.0


def hand_in(session: Session, staff: Staff, pieces: Iterable[bytes], **about: Any) -> ImportRun:
    """Keep a file, given in pieces, for a worker; while one of the same content waits it is that one. `about` are columns of `ImportRun`.

    Raises:
        ManagersOnly. MappingInvalid: there is no such mapping. dealers.errors.DealerUnknown: also for another brand's.
        FeedTooLong: it is empty, or longer than `FEED_MAX_BYTES`. FeedRefused: its name is that of another kind of feed.
    """
    must_keep(staff)
    if about["mapping"] not in mapping.shipped():
        raise MappingInvalid(mapping=about["mapping"], known=mapping.shipped())
    dealer_id = about.get("dealer_id")
    if dealer_id and session.execute(select(Dealer.id).filter_by(id=dealer_id, brand_id=staff.brand_id)).first() is None:
        raise DealerUnknown
    run = ImportRun(brand_id=staff.brand_id, staff_id=staff.id, status=RunStatus.waiting, file_sha256="", **about)
    session.add(run)
    session.flush()
    feeds.refuse_name_of_another(session, run)
    try:
        run.file_sha256, run.file_bytes = FILES.keep(session, run.id, pieces)
    except TooLong as error:
        raise FeedTooLong(bytes=error.bytes, most=settings().feed_max_bytes) from error
    same = select(ImportRun).filter_by(brand_id=run.brand_id, feed=run.feed, dealer_id=run.dealer_id, file_sha256=run.file_sha256)
    earlier = same.where(ImportRun.status.in_((RunStatus.waiting, RunStatus.running)), ImportRun.id != run.id).limit(1)
    if (known := session.execute(earlier).scalar_one_or_none()) is not None:
        FILES.forget(session, run.id)
        session.delete(run)
        session.flush()
        return known
    arrive(session, run)
    queue.enqueue(session, "vehicles.take_over_feed", run_id=run.id)
    return run


def say_yes(session: Session, staff: Staff, run_id: uuid.UUID) -> ImportRun:
    """A held feed may take as many cars off sale as it does; a worker reads it again. Raises ManagersOnly, RunUnknown, RunNotHeld."""
    run = _held(session, staff, run_id)
    RUN.move(session, run, RunStatus.waiting, may_withdraw_many=True, tries=0, finished_at=None, read_bytes=0)
    queue.enqueue(session, "vehicles.take_over_feed", run_id=run.id)
    return run


def discard(session: Session, staff: Staff, run_id: uuid.UUID) -> ImportRun:
    """A held feed is not taken over. Raises ManagersOnly, RunUnknown, RunNotHeld."""
    run = _held(session, staff, run_id)
    RUN.move(session, run, RunStatus.discarded)
    FILES.forget(session, run.id)
    return run


def _held(session: Session, staff: Staff, run_id: uuid.UUID) -> ImportRun:
    must_keep(staff)
    run = run_of_staff(session, staff, run_id)
    if run.status != RunStatus.held:
        raise RunNotHeld(status=run.status)
    return run


def take_up(run_id: uuid.UUID) -> None:
    """Take over a feed that waits, or whose worker has died: the stock follows it wholly or not at all. Again changes nothing more."""
    with db.transaction() as session:
        run = _claim(session, run_id)
    if run is None:
        return
    tries = run.tries
    # Its moves are those of whoever handed it in.
    occasion = replace(acting.now(), actor=("staff", run.staff_id))
    try:
        with tempfile.TemporaryDirectory() as folder, acting.acting(occasion), db.transaction() as session:
            path = FILES.write(run_id, Path(folder) / "feed")
            run = session.get_one(ImportRun, run_id)
            outcome = feeds.read(session, run, _feed(run, path))
            if outcome != RunStatus.held:
                FILES.forget(session, run_id)
    except (FeedRefused, MappingInvalid) as error:
        said = {key: str(value) for key, value in error.details.items()} or {"reason": error.message}
        _refuse(run_id, {"error": error.code, "details": said})
    except StateMoved:
        log.warning("another worker has taken over the feed meanwhile", run_id=str(run_id))
    except Exception:
        if tries >= MOST_TRIES:
            _refuse(run_id, {"error": "internal", "details": {}})
        raise


def take_up_waiting() -> None:
    """Take up every feed that nobody works at: what the doorbell has not told of."""
    with db.transaction() as session:
        ids = session.execute(_free(select(ImportRun.id)).order_by(ImportRun.id).limit(20)).scalars().all()
    for run_id in ids:
        take_up(run_id)


def forget_old(session: Session) -> None:
    """Drop the reports of old runs; how many rows they had stays, and their files have gone before."""
    old = select(ImportRun.id).where(ImportRun.created_at < func.marque_now() - timedelta(days=settings().feed_report_days))
    session.execute(delete(ImportRow).where(ImportRow.run_id.in_(old)))
    FILES.forget(session, *session.execute(old.where(ImportRun.status == RunStatus.held)).scalars())


def _free(runs: Any) -> Any:
    left = (ImportRun.status == RunStatus.running) & (ImportRun.lease_until < func.marque_now())
    return runs.where((ImportRun.status == RunStatus.waiting) | left)


def _claim(session: Session, run_id: uuid.UUID) -> ImportRun | None:
    run: ImportRun | None = session.execute(
        _free(select(ImportRun).filter_by(id=run_id)).with_for_update(skip_locked=True)
    ).scalar_one_or_none()
    if run is not None:
        RUN.move(session, run, RunStatus.running, lease_until=clock.now(session) + LEASE, tries=run.tries + 1)
    return run


def _feed(run: ImportRun, path: Path) -> Feed:
    return Feed(
        path,
        None if run.mapping == mapping.STANDARD else mapping.load(run.mapping),
        dealer_id=run.dealer_id,
        format=FeedFormat(run.format),
        name=run.feed,
        file_name=run.file_name,
        withdraw_after=run.withdraw_after,
        may_withdraw_many=run.may_withdraw_many,
        progress=_progress(run.id),
    )


def _progress(run_id: uuid.UUID) -> Callable[[int], None]:
    """Says how far the reading is, in transactions of its own, once a second at most."""
    told_at = time.monotonic()

    def tell(position: int) -> None:
        nonlocal told_at
        if time.monotonic() - told_at < PROGRESS_EVERY_SECONDS:
            return
        told_at = time.monotonic()
        with db.transaction() as session:
            lease = func.marque_now() + LEASE
            session.execute(update(ImportRun).filter_by(id=run_id).values(read_bytes=position, lease_until=lease))

    return tell


def _refuse(run_id: uuid.UUID, error: dict[str, Any]) -> None:
    with db.transaction() as session:
        run = session.get_one(ImportRun, run_id)
        RUN.move(session, run, RunStatus.refused, error=error, finished_at=clock.now(session), lease_until=None)
        FILES.forget(session, run_id)
