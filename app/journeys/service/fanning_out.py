"""Let everybody of a segment, or of a time that has come, into a journey: page by page, each page one transaction.

A page is counted and its end remembered in the transaction that lets it in, so whoever is killed has done nothing or all of it. Many people
are divided into parts when they are counted. The row of a part is locked meanwhile, so each worker has one of its own; the row of the whole
is locked last of all, and only after that of a part, whoever it is: nobody waits in a circle.
"""

from __future__ import annotations

import time
import uuid
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from sqlalchemy import Select, Text, cast, func, insert, literal, null, select, text, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from app.audience.queries.segments import select_members
from app.identity.models import Customer
from app.journeys.arrivals import Planned
from app.journeys.errors import FanOutOver, NothingPublished
from app.journeys.graph import Graph, trigger_kinds
from app.journeys.models import Journey, JourneyVersion, VersionStatus
from app.journeys.models.entering import FAN_OUT, FanOutStatus, JourneyFanOut, JourneyFanOutPart
from app.journeys.service.enrolling import arriving, clear, enrol, open_doors
from app.journeys.service.entering import OPEN, entry_key
from app.kit import clock, db, queue, states
from app.kit.logging import logger

log = logger(__name__)

A_PAGE = 8_000
# So many workers can help; whoever comes to a fan-out of a few pages would find nothing left.
MOST_PARTS, PAGES_A_PART = 8, 4
# How long a sweep goes on before it lets other work between, and rings for the rest.
SECONDS_A_SWEEP = 0.5
# When a page that failed is tried again.
AGAIN = timedelta(seconds=30)


def begin(
    session: Session, journey: Journey, source: dict[str, Any], *, occasion: str | None = None, staff_id: uuid.UUID | None = None
) -> JourneyFanOut | None:
    """Let in everybody of a source, from now on; None where it was begun for this occasion before. Raises `NothingPublished`."""
    if journey.status not in OPEN:
        raise NothingPublished
    made_id = db.new_id()
    rows = postgresql.insert(JourneyFanOut).values(
        id=made_id, brand_id=journey.brand_id, journey_id=journey.id, source=source, occasion=occasion or str(made_id), made_by=staff_id
    )
    if session.execute(rows.on_conflict_do_nothing().returning(JourneyFanOut.id)).first() is None:
        return None
    made = session.get_one(JourneyFanOut, made_id)
    states.arrive(session, made)
    queue.enqueue(session, "journeys.fan_out")
    return made


def pause(session: Session, fan_out: JourneyFanOut) -> None:
    """Nobody more is let in before `resume`. Raises `FanOutOver`."""
    _move(session, fan_out, FanOutStatus.paused)


def resume(session: Session, fan_out: JourneyFanOut) -> None:
    """It goes on after the last page. Raises `FanOutOver`."""
    _move(session, fan_out, FanOutStatus.running, due_at=func.marque_now())
    queue.enqueue(session, "journeys.fan_out")


def cancel(session: Session, fan_out: JourneyFanOut) -> None:
    """For good; whoever is inside walks on. Raises `FanOutOver`."""
    _move(session, fan_out, FanOutStatus.cancelled, ended_at=func.marque_now())


def _move(session: Session, fan_out: JourneyFanOut, to: FanOutStatus, **values: Any) -> None:
    # A page that is being let in holds the row of its part.
    parts = select(JourneyFanOutPart.number).filter_by(fan_out_id=fan_out.id).order_by(JourneyFanOutPart.number)
    session.execute(parts.with_for_update())
    session.refresh(fan_out, with_for_update=True)
    if to not in FAN_OUT.table.get(fan_out.status, ()):
        raise FanOutOver(status=fan_out.status)
    FAN_OUT.move(session, fan_out, to, **values)


def fan_out(*, seconds: float = 60.0) -> int:
    """Let in page after page, until nothing is left or this time is over; how many people were looked at."""
    seen, until = 0, time.monotonic() + seconds
    while (page := turn()) is not None:
        seen += page
        if time.monotonic() >= until:
            break
    return seen


def sweep() -> None:
    """One sweep for a worker; it rings again when something may be left, and for somebody to help it when that is much."""
    began = time.monotonic()
    if turn() == A_PAGE:
        queue.ring_again("journeys.fan_out")
    fan_out(seconds=SECONDS_A_SWEEP)
    if time.monotonic() - began >= SECONDS_A_SWEEP:
        queue.ring_again("journeys.fan_out")


def turn() -> int | None:
    """One page of the fan-out that waits longest, in one transaction: how many people it looked at; None when none waits.

    One that fails is tried again later, and holds up no other.
    """
    tried: list[uuid.UUID] = []
    try:
        return _turn(tried)
    except Exception:
        if not tried:
            raise
        log.exception("a fan-out failed", fan_out_id=str(tried[0]))
    with db.transaction() as session:
        failed = update(JourneyFanOut).filter_by(id=tried[0], status=FanOutStatus.running)
        session.execute(failed.values(due_at=func.marque_now() + AGAIN))
    return 0


def _turn(tried: list[uuid.UUID]) -> int | None:
    """`tried` is told which fan-out it was, also when it fails."""
    _count_first(tried)
    with db.transaction() as session:
        wanted = select(JourneyFanOutPart).join(JourneyFanOut, JourneyFanOut.id == JourneyFanOutPart.fan_out_id)
        wanted = wanted.where(JourneyFanOut.status == FanOutStatus.running, JourneyFanOut.due_at <= func.marque_now())
        wanted = wanted.order_by(JourneyFanOut.due_at, JourneyFanOutPart.number).limit(1)
        part = session.execute(wanted.with_for_update(of=JourneyFanOutPart, skip_locked=True)).scalar_one_or_none()
        if part is None:
            return None
        tried.append(part.fan_out_id)
        # Whoever stops it holds the rows of its parts first: as it is now, it stays until this page is in.
        one = session.get_one(JourneyFanOut, part.fan_out_id)
        if one.status != FanOutStatus.running:
            return 0
        open_doors(session, entries_of=[one.journey_id])
        journey = session.get_one(Journey, one.journey_id, populate_existing=True)
        published = select(JourneyVersion).filter_by(journey_id=one.journey_id, status=VersionStatus.published)
        version = session.execute(published).scalar_one_or_none()
        if version is None or journey.status not in OPEN:
            session.refresh(one, with_for_update=True)
            if one.status == FanOutStatus.running:
                FAN_OUT.move(session, one, FanOutStatus.cancelled, reason="journey_closed", ended_at=func.marque_now())
            return 0
        return _page(session, one, part, version)


def _count_first(tried: list[uuid.UUID]) -> None:
    """How many there are, of one that begins, and its parts: in a transaction of its own, for of millions that takes a while."""
    with db.transaction() as session:
        fresh = select(JourneyFanOut).where(JourneyFanOut.status == FanOutStatus.running, JourneyFanOut.due_at <= func.marque_now())
        fresh = fresh.where(JourneyFanOut.total.is_(None)).order_by(JourneyFanOut.due_at).limit(1)
        one = session.execute(fresh.with_for_update(skip_locked=True)).scalar_one_or_none()
        if one is None:
            return
        tried.append(one.id)
        found = people_of(one.brand_id, one.source).subquery("found")
        one.total = session.execute(select(func.count()).select_from(found)).scalar_one()
        parts = min(MOST_PARTS, max(1, one.total // (PAGES_A_PART * A_PAGE)))
        # All ends as of one moment, for the parts to be one after the other.
        ranked = select(found.c[0], func.row_number().over(order_by=found.c[0]).label("nth")).subquery("ranked")
        every = -(-one.total // parts) or 1
        ends = select(ranked.c[0]).where(ranked.c.nth % every == 0).order_by(ranked.c.nth).limit(parts - 1)
        bounds = [None, *session.execute(ends).scalars(), None]
        for number, (reached, up_to) in enumerate(pairwise(bounds)):
            session.add(JourneyFanOutPart(fan_out_id=one.id, number=number, reached_id=reached, up_to_id=up_to))
    tried.clear()


def _page(session: Session, one: JourneyFanOut, part: JourneyFanOutPart, version: JourneyVersion) -> int:
    seen, last = _arrive(session, one, part, version)
    enrolled = enrol(session, version)
    if seen < A_PAGE:
        session.delete(part)
    else:
        part.reached_id = last
    session.flush()
    # Last of all: whoever lets in another part waits for this transaction from here on.
    session.refresh(one, with_for_update=True)
    one.seen += seen
    one.entered += enrolled.entered
    one.held_out += enrolled.held_out
    one.left_out = dict(Counter(one.left_out) + Counter(enrolled.left_out))
    if session.execute(select(JourneyFanOutPart.number).filter_by(fan_out_id=one.id).limit(1)).first() is None:
        FAN_OUT.move(session, one, FanOutStatus.finished, ended_at=func.marque_now())
    else:
        # The next in line is another one, if there is one.
        one.due_at = clock.now(session)
    return seen


def _arrive(session: Session, one: JourneyFanOut, part: JourneyFanOutPart, version: JourneyVersion) -> tuple[int, uuid.UUID | None]:
    """The next page of a part stands in `arriving`: how many, and the last of them."""
    found = people_of(one.brand_id, one.source).subquery("found")
    page = select(found.c[0].label("customer_id"), found.c[1].label("occasion")).order_by(found.c[0]).limit(A_PAGE)
    if part.reached_id is not None:
        page = page.where(found.c[0] > part.reached_id)
    if part.up_to_id is not None:
        page = page.where(found.c[0] <= part.up_to_id)
    rows = page.subquery("page")
    key: Any = func.coalesce(rows.c.occasion, literal(one.occasion))
    if entry_key(Graph(version.graph), "") == "once":
        key = literal("once")
    clear(session)
    names = ("walk_id", "customer_id", "told_as", "entry_key", "triggered_at", "context")
    walk_id: Any = text(db.NUMBERED_ID).bindparams(seed=db.new_id())
    arrive = select(walk_id, rows.c.customer_id, rows.c.customer_id, key, literal(_caused_at(one)), cast(literal({}, JSONB), JSONB))
    # A page is read in the order of its index. Of a segment that was counted just now the planner thinks that it is small, and would read
    # and sort all who are left of it for each page.
    session.execute(text("SET LOCAL enable_sort = off"))
    session.execute(insert(arriving).from_select(names, arrive, include_defaults=False))
    session.execute(text("SET LOCAL enable_sort = on"))
    # There is no greatest of ids for the database before its version 18.
    seen = session.execute(select(func.count()).select_from(arriving)).scalar_one()
    last = session.execute(select(arriving.c.customer_id).order_by(arriving.c.customer_id.desc()).limit(1)).scalar_one_or_none()
    return seen, last


def _caused_at(one: JourneyFanOut) -> datetime:
    """What lets them in: the time that had come, also when nobody was at work then, or that somebody began it."""
    return datetime.fromisoformat(one.source["at"]) if one.source["kind"] == "planned" else one.created_at


def people_of(brand_id: uuid.UUID, source: dict[str, Any]) -> Select[Any]:
    """(customer_id, occasion or NULL) of everybody of a source, each once; who is not alive any more may be among them."""
    if source["kind"] == "planned":
        kind = trigger_kinds()[source["trigger"]["kind"]]
        assert issubclass(kind, Planned)
        config: Any = kind.Config().load(source["trigger"].get("config", {}))
        return kind.people(brand_id, config, datetime.fromisoformat(source["at"]))
    return everybody_of(brand_id, uuid.UUID(source["segment_id"]) if source["kind"] == "segment" else None)


def everybody_of(brand_id: uuid.UUID, segment_id: uuid.UUID | None) -> Select[Any]:
    """(customer_id, NULL) of a segment, or of the brand."""
    nothing: Any = cast(null(), Text)
    if segment_id is not None:
        return select_members(segment_id).add_columns(nothing)
    living = Customer.brand_id == brand_id, Customer.merged_into_id.is_(None), Customer.erased_at.is_(None)
    return select(Customer.id, nothing).where(*living)


def moment_of(at: datetime) -> str:
    """A time as a source has it."""
    return at.astimezone(UTC).isoformat()
