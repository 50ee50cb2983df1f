"""Take over what a feed brings: stream it into a staging table, then change the stock in one transaction or not at all."""

from __future__ import annotations

import hashlib
import uuid
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.kit import clock
from app.kit.rows import CellRefused
from app.vehicles.errors import FeedHeld, FeedRefused
from app.vehicles.models import RUN, ImportRow, ImportRun, RunStatus
from app.vehicles.service import catalogue, checks, feed_photos, merge
from app.vehicles.service.staging import Feed, Stage

# Of a dealer's cars in a feed, in percent: one that would take more than that off sale at once is held, unless they are a handful.
HELD_ABOVE_PERCENT = 50
HELD_FROM_CARS = 3


def take_over(session: Session, brand_id: uuid.UUID, feed: Feed) -> ImportRun:
    """Make the stock what the feed says; the same feed again changes nothing.

    Cars are recognised by stock number. New ones are listed, changed ones updated with their old price kept, and those that the last
    `withdraw_after` feeds did not bring are withdrawn (never with 0, never a reserved one). A row that does not hold is left out and
    told; the car it names stays as it is. The caller's transaction makes it all or nothing.

    Raises:
        FeedRefused: the file cannot be read, none of its rows holds, or its name is that of another kind of feed.
        FeedHeld: it would take more than half of a dealer's cars off sale, and `may_withdraw_many` is not set.
        MappingInvalid: the file lacks a column of the mapping.
    """
    with feed.path.open("rb") as raw:
        digest = hashlib.file_digest(raw, "sha256").hexdigest()
    run = ImportRun(
        brand_id=brand_id,
        feed=feed.name,
        dealer_id=feed.dealer_id,
        format=feed.format,
        file_name=feed.file_name,
        file_sha256=digest,
        file_bytes=feed.path.stat().st_size,
        withdraw_after=feed.withdraw_after,
        may_withdraw_many=feed.may_withdraw_many,
    )
    session.add(run)
    session.flush()
    outcome = read(session, run, feed)
    if outcome == RunStatus.refused:
        raise FeedRefused(rows=run.rows, rejected=run.rejected)
    if outcome == RunStatus.held:
        raise FeedHeld(withdrawn=run.withdrawn)
    return run


def read(session: Session, run: ImportRun, feed: Feed) -> RunStatus:
    """Read a feed for a run that is under way and bring that to its end: `done`, or `held` or `refused` with the stock as it was.

    What does not hold of its rows is kept as its report in each case. Raises `FeedRefused`, `MappingInvalid` where it cannot be read.
    """
    brand_id = run.brand_id
    refuse_name_of_another(session, run)
    session.execute(text("SELECT pg_advisory_xact_lock(hashtext(:feed))"), {"feed": f"feed {brand_id} {feed.name}"})
    stage = Stage(session, brand_id, feed)
    stage.fill()
    checked = checks.check(session, stage)
    checks.keep_report(session, run.id)
    _tell_refused(session, run.id, feed)
    run.rows, run.rejected = stage.rows, checked.rejected
    if not checked.accepted:
        return _ended(session, run, RunStatus.refused, error={"error": FeedRefused.code, "details": {}})
    if is_new := not _seen_last_time(session, run):
        losing = checks.most_withdrawn(session, stage)
        run.withdrawn = sum(dealer["gone"] for dealer in losing)
        much = [one for one in losing if one["gone"] * 100 > one["cars"] * HELD_ABOVE_PERCENT and one["gone"] >= HELD_FROM_CARS]
        if much and not feed.may_withdraw_many:
            return _ended(session, run, RunStatus.held)
    catalogue.series(session, brand_id, stage.series)
    done = merge.into_stock(session, stage)
    run.created, run.updated = done.created, done.updated
    run.unchanged = checked.accepted - done.created - done.updated
    run.withdrawn = merge.count_missing(session, stage) if is_new else 0
    merge.confirm(session)
    if "photos" in stage.mapping.fields:
        feed_photos.note(session, run.id)
    _ended(session, run, RunStatus.done)
    if done.created or done.updated:
        # Until autovacuum comes by, the planner would take thousands of new cars for a few, and every search would be slow. Last, for
        # its lock lasts until the commit.
        session.execute(text("ANALYZE vehicles"))
    return RunStatus.done


def refuse_name_of_another(session: Session, run: ImportRun) -> None:
    """A name is that of a feed of the whole brand, or of feeds of single dealers: one of both would take the other's cars off sale.

    Raises:
        FeedRefused: it belongs to the other kind.
    """
    others = select(ImportRun.id).filter_by(brand_id=run.brand_id, feed=run.feed)
    others = others.where(ImportRun.dealer_id.is_not(None) if run.dealer_id is None else ImportRun.dealer_id.is_(None))
    if session.execute(others.limit(1)).first():
        raise FeedRefused(
            feed=run.feed, reason="a feed of dealers has this name" if run.dealer_id is None else "a feed of the brand has this name"
        )


def _ended(session: Session, run: ImportRun, to: RunStatus, **values: Any) -> RunStatus:
    RUN.move(session, run, to, finished_at=clock.now(session), lease_until=None, **values)
    return to


def _tell_refused(session: Session, run_id: uuid.UUID, feed: Feed) -> None:
    rows = select(ImportRow.line, ImportRow.field, ImportRow.value, ImportRow.reason).filter_by(run_id=run_id).order_by(ImportRow.line)
    for line, field, value, reason in session.execute(rows.execution_options(yield_per=1000)):
        feed.refused(line, CellRefused(field, value, reason))


def _seen_last_time(session: Session, run: ImportRun) -> bool:
    """Whether the last run had this very file: sending it again says nothing new about the cars that are not in it."""
    runs = select(ImportRun.file_sha256).filter_by(brand_id=run.brand_id, feed=run.feed, dealer_id=run.dealer_id, status=RunStatus.done)
    last = runs.where(ImportRun.id != run.id).order_by(ImportRun.id.desc()).limit(1)
    return session.execute(last).scalar_one_or_none() == run.file_sha256
