"""Take the steps that are due: claim walks, visit the nodes they stand on, write what became of them, in one transaction a turn.

Nothing outside is called in it, so the locks of the transaction are the lease: nobody else takes these walks meanwhile, and whatever
happens to the worker, they are free again with nothing half done.
"""

from __future__ import annotations

import time
import uuid
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, CursorResult, bindparam, case, func, insert, select, text, true, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app.events.masses import record_selected
from app.journeys import lateness
from app.journeys.graph import Graph
from app.journeys.holding import share
from app.journeys.models import Journey, JourneyStatus, JourneyVersion, Walk, WalkStatus, WalkStep
from app.journeys.service import pacing, troubles
from app.journeys.service.counting import WENT_WELL, Count, count
from app.journeys.service.leading_in import lead_in
from app.journeys.visits import Outcome, Standing, standing
from app.kit import clock, db, queue
from app.kit.logging import logger, mask_text

log = logger(__name__)

# How many walks one turn takes at the most, and how long it visits nodes: its locks are held until it is committed.
MOST, SECONDS_A_TURN = 4000, 0.4
# How long a sweep goes round the journeys before it lets other work between, and rings for the rest.
SECONDS_A_SWEEP = 1.0
# So much longer waits whose priority is one step lower, before she has her turn first.
A_STEP_OF_PRIORITY = timedelta(seconds=10)
# Where this process's sweeps came to, by journey. One that is out of date costs a turn that finds nobody.
_REACHED: dict[uuid.UUID, datetime] = {}
# Where all who are due are in other hands, how long it is until they are looked for again.
A_BREATH = 0.05

# Without a key: its rows are rewritten at every node, and an index would be, too.
TABLE = """
    CREATE TEMPORARY TABLE IF NOT EXISTS standing (
        walk_id uuid, brand_id uuid, journey_id uuid, version_id uuid, customer_id uuid, node_id text, visit_no integer,
        arrived_at timestamptz, was_due_at timestamptz, created_at timestamptz, triggered_at timestamptz,
        subject_type text, subject_id text, context jsonb,
        moving boolean, visit integer, outcome text, port text, until timestamptz, awaits text[], reason text, send_id uuid, zone text
    ) ON COMMIT DELETE ROWS
"""
# The columns come out of the select that locks: what another turn has committed since this one looked is seen in them.
# While people are moved to a version (`moving.py`) only those walk who are on it, and they came due since it was published: the million
# who wait on older ones are passed over by the index.
CLAIM = """
    WITH due AS (
        SELECT * FROM walks
        WHERE journey_id = :journey_id AND status = 'active' AND due_at <= :now
            AND version_id = coalesce((SELECT moving_to FROM journeys WHERE id = :journey_id), version_id)
            AND due_at >= coalesce((
                SELECT v.created_at FROM journeys j JOIN journey_versions v ON v.id = j.moving_to WHERE j.id = :journey_id
            ), '-infinity')
        ORDER BY due_at LIMIT :most FOR UPDATE SKIP LOCKED
    )
    INSERT INTO standing (walk_id, brand_id, journey_id, version_id, customer_id, node_id, visit_no, arrived_at, was_due_at, created_at,
        triggered_at, subject_type, subject_id, context, moving)
    SELECT id, brand_id, journey_id, version_id, customer_id, node_id, visit_no, arrived_at, due_at, created_at,
        triggered_at, subject_type, subject_id, context, true
    FROM due
"""
# Python reads no year after 9999, and whoever reads the walk would fail.
NEVER = datetime(9999, 1, 1, tzinfo=UTC)
# Whose turn goes on in another transaction is as late there as she is here. The array has them found by their key, however many
# rows the planner thinks that `standing` has.
_WRITE = """
    UPDATE walks SET node_id = s.node_id, visit_no = s.visit_no, arrived_at = s.arrived_at, context = s.context, awaits = s.awaits,
        status = CASE s.outcome WHEN 'finish' THEN 'completed' WHEN 'exit' THEN 'exited' WHEN 'stick' THEN 'stuck' ELSE 'active' END,
        due_at = CASE WHEN s.outcome IS NULL THEN s.was_due_at WHEN s.outcome = 'stay' THEN least(s.until, :never) END,
        ended_at = CASE WHEN s.outcome IN ('finish', 'exit') THEN :now END,
        exit_reason = CASE WHEN s.outcome = 'exit' THEN s.reason END,
        problem = CASE WHEN s.outcome = 'stick' THEN s.reason END
    FROM standing s WHERE walks.id = s.walk_id AND walks.id = ANY (ARRAY(SELECT walk_id FROM standing))
"""
_ENDED = """
    SELECT customer_id, jsonb_strip_nulls(jsonb_build_object(
        'walk_id', walk_id, 'journey_id', journey_id, 'version_id', version_id, 'reason', reason)) AS data
    FROM standing WHERE outcome = :outcome
"""


# Of PostgreSQL's classes of errors: connections, resources, and an operator who ends things. No walk is to blame for these.
_TROUBLE = ("08", "53", "57P")
# Two transactions stood in each other's way, and this one is to be tried again as it was.
_IN_THE_WAY = ("40", "55P03")


class _Failed(Exception):
    """A turn failed; `walk_id` when it was that of one walk alone."""

    def __init__(self, walk_id: uuid.UUID | None) -> None:
        super().__init__()
        self.walk_id = walk_id


@dataclass(frozen=True)
class Turn:
    """How many walks a turn took, how often one was visited and all went well, and how many of them are stuck now; where it took as many as
    it could, `reached` is since when the last of them was due, and those who are left hardly longer.
    """

    taken: int = 0
    steps: int = 0
    stuck: int = 0
    reached: datetime | None = None


def advance_all(*, seconds: float = 60.0, reached: dict[uuid.UUID, datetime] | None = None) -> int:
    """Take every step that is due, and those that follow at once, until nothing is left or this time is over; how many walks were taken.

    `reached` is how far full turns came: what an earlier call left in it is gone on from.
    """
    taken, until = 0, time.monotonic() + seconds
    reached = {} if reached is None else reached
    while journeys := due_journeys(reached):
        before = taken
        for over in reached.keys() - set(journeys):
            del reached[over]
        for journey_id in journeys:
            done, since = _advance(journey_id, until)
            taken += done
            if since is None:
                reached.pop(journey_id, None)
            else:
                reached[journey_id] = since
            if time.monotonic() >= until:
                return taken
        if taken == before:
            time.sleep(A_BREATH)
    return taken


def sweep() -> None:
    """One sweep for a worker; it rings again when something may be left."""
    began = time.monotonic()
    advance_all(seconds=SECONDS_A_SWEEP, reached=_REACHED)
    if time.monotonic() - began >= SECONDS_A_SWEEP:
        queue.ring_again("journeys.advance")


def due_journeys(reached: Mapping[uuid.UUID, datetime] | None = None) -> Sequence[uuid.UUID]:
    """The running journeys in which somebody is to be visited: of higher priority first, whoever waited longest first among equals.

    A step of priority counts as so many seconds of waiting: none waits for ever while others are busy. Of a journey of which it is known
    how far a full turn `reached`, nobody is looked for: the index still has the thousands whom that turn took in front.
    """
    moving = select(JourneyVersion.created_at).where(JourneyVersion.id == Journey.moving_to).correlate(Journey).scalar_subquery()
    first = select(func.min(Walk.due_at)).where(
        Walk.journey_id == Journey.id,
        Walk.status == WalkStatus.active,
        Walk.due_at <= func.marque_now(),
        Walk.version_id == func.coalesce(Journey.moving_to, Walk.version_id),
        Walk.due_at >= func.coalesce(moving, text("'-infinity'::timestamptz")),
    )
    since: ColumnElement[Any] = first.correlate(Journey).scalar_subquery()
    if reached:
        since = case({one: bindparam(None, at, Walk.due_at.type) for one, at in reached.items()}, value=Journey.id, else_=since)
    with db.transaction() as session:
        found = select(Journey.id, Journey.priority, since.label("since")).where(Journey.status == JourneyStatus.active).subquery()
        turn_at = found.c.since + found.c.priority * A_STEP_OF_PRIORITY
        wanted = select(found.c.id).where(found.c.since.is_not(None)).order_by(turn_at, found.c.id)
        return session.execute(wanted).scalars().all()


def _advance(journey_id: uuid.UUID, until: float) -> tuple[int, datetime | None]:
    """A turn of one journey. When it fails the next ones are smaller, until a bad walk is alone, and stuck; then they grow again. How many
    walks were taken, and what the last turn `reached`.

    Time ends this only after some walk went on or got stuck: a search that was given up would be begun anew for ever.
    """
    size, taken, healthy = MOST, 0, True
    while True:
        try:
            done = turn(journey_id, size)
            taken += done.taken
            if done.stuck:
                troubles.note(journey_id, steps=done.steps, stuck=done.stuck)
            if healthy:
                return taken, done.reached
            size = min(size * 2, MOST)
            healthy = size == MOST
        except _Failed as failed:
            healthy = False
            if failed.walk_id is None:
                size //= 2
                continue
            if _strand(failed.walk_id, failed.__cause__):
                troubles.note(journey_id, stuck=1)
        if time.monotonic() >= until:
            return taken, None


def turn(journey_id: uuid.UUID, most: int = MOST) -> Turn:
    """One transaction: take walks of a journey that are due, and visit nodes with them as long as there is time.

    Raises:
        OperationalError: the database is in trouble, not the walks. _Failed: anything else.
    """
    alone: uuid.UUID | None = None
    done = Turn()
    try:
        with db.transaction() as session:
            if not _may_run(session, journey_id):
                return done
            now = clock.now(session)
            claimed = taken = _claim(session, journey_id, now, most)
            if taken:
                taken -= pacing.hold_back(session, journey_id, now)
            if taken == 1:
                alone = session.execute(select(standing.c.walk_id)).scalar_one()
            if taken:
                counts = _walk(session, now, time.monotonic() + SECONDS_A_TURN)
                last = session.execute(select(func.max(standing.c.was_due_at))).scalar_one() if claimed == most else None
                done = Turn(taken, _times(counts, *WENT_WELL), _times(counts, "stuck"), last)
        return done
    except Exception as error:
        state = getattr(getattr(error, "orig", None), "sqlstate", None) if isinstance(error, OperationalError) else ""
        if state is None or state.startswith(_TROUBLE):
            raise
        if state.startswith(_IN_THE_WAY):
            log.warning("a turn was in the way of another", journey_id=str(journey_id), state=state)
            return Turn()
        log.exception("a turn failed", journey_id=str(journey_id), walks=most)
        if most == 1 and alone is None:
            raise
        raise _Failed(alone) from error


def walk_alone(session: Session, walk_id: uuid.UUID) -> None:
    """Take the steps of one walk, whether they are due or not, in a transaction that somebody else ends: for who looks ahead."""
    session.execute(text(TABLE))
    session.execute(text("DELETE FROM standing"))
    same = ["brand_id", "journey_id", "version_id", "customer_id", "node_id", "visit_no", "arrived_at", "created_at", "triggered_at"]
    same += ["subject_type", "subject_id", "context"]
    herself = select(Walk.id, Walk.due_at, true(), *(getattr(Walk, name) for name in same)).where(Walk.id == walk_id)
    session.execute(insert(standing).from_select(["walk_id", "was_due_at", "moving", *same], herself))
    _walk(session, clock.now(session), time.monotonic() + SECONDS_A_TURN)


def _times(counts: Mapping[Count, int], *what: str) -> int:
    return sum(times for (_, _, happened, _), times in counts.items() if happened in what)


def _may_run(session: Session, journey_id: uuid.UUID) -> bool:
    share(session, journey_id)
    return session.execute(select(Journey.id).filter_by(id=journey_id, status=JourneyStatus.active)).first() is not None


def _claim(session: Session, journey_id: uuid.UUID, now: Any, most: int) -> int:
    session.execute(text(TABLE))
    session.execute(text("DELETE FROM standing"))
    claimed = session.execute(text(CLAIM), {"journey_id": journey_id, "now": now, "most": most})
    assert isinstance(claimed, CursorResult)
    return claimed.rowcount


def _walk(session: Session, now: Any, until: float) -> Counter[Count]:
    """Visit node after node until nobody moves or time is over, then write what became of everybody; what is counted of it."""
    counts: Counter[Count] = Counter()
    graphs: dict[uuid.UUID, tuple[JourneyVersion, Graph]] = {}
    visits = 0
    place = standing.c.version_id, standing.c.node_id
    claimed = session.execute(select(*place, func.count()).where(standing.c.moving).group_by(*place))
    places = Counter({(version_id, node_id): people for version_id, node_id, people in claimed})
    while places and time.monotonic() < until:
        onwards: Counter[tuple[uuid.UUID, str]] = Counter()
        for (version_id, node_id), people in sorted(places.items()):
            if version_id not in graphs:
                version = session.get_one(JourneyVersion, version_id)
                graphs[version_id] = version, Graph(version.graph)
            version, graph = graphs[version_id]
            visits += 1
            here = Standing(session, version, node_id, graph.config(node_id), now, counts, visits, lead_in)
            kind = graph.kind(node_id)
            if kind.reaches_others and here.is_test:
                here.leave(next(iter(graph.ports(node_id))), skipped="test")
            if kind.acts and (late := graph.late(node_id)) is not None:
                lateness.obey(here, late, skipped_port=list(graph.ports(node_id))[-1])
            kind.visit(here)
            for next_id, moved in _settle(here, graph, counts, people).items():
                onwards[version_id, next_id] += moved
        places = onwards
    session.execute(text(_WRITE), {"now": now, "never": NEVER})
    _tell(session, graphs, {what for _, _, what, _ in counts})
    count(session, counts)
    return counts


def _settle(here: Standing, graph: Graph, counts: Counter[Count], people: int) -> Counter[str]:
    """Write the steps of those who leave the node, of so many people, and let them stand on the next one; how many on which."""
    session = here.session
    visited = standing.c.visit == here.visit
    outcome_of = standing.c.outcome, standing.c.port, standing.c.reason
    told = select(*outcome_of, func.count()).where(visited).group_by(*outcome_of)
    found = session.execute(told).all()
    if sum(times for *_, times in found) < people:
        here.stick("undecided")
        found = session.execute(told).all()
    outcomes: set[str] = set()
    onwards: Counter[str] = Counter()
    for outcome, port, reason, times in found:
        outcomes.add(outcome)
        if outcome == Outcome.leave:
            onwards[graph.next(here.node_id, port)] += times
            counts[here.version.id, here.node_id, "left", port] += times
            counts[here.version.id, graph.next(here.node_id, port), "entered", ""] += times
            if reason:
                counts[here.version.id, here.node_id, "skipped", reason] += times
        else:
            what = {Outcome.stay: "rested", Outcome.finish: "finished", Outcome.exit: "exited", Outcome.stick: "stuck"}[outcome]
            counts[here.version.id, here.node_id, what, reason or ""] += times
    if outcomes & {Outcome.leave, Outcome.finish}:
        _write_steps(session, visited, here.now)
    if Outcome.leave in outcomes:
        way = case(graph.ways(here.node_id), value=standing.c.port)
        moved = {"node_id": way, "visit_no": standing.c.visit_no + 1, "arrived_at": here.now}
        undone: dict[str, Any] = dict.fromkeys(("outcome", "port", "until", "awaits", "reason", "send_id"))
        go = update(standing).where(visited, standing.c.outcome == Outcome.leave).values(**moved, **undone)
        session.execute(go.execution_options(synchronize_session=False))
    return onwards


def _write_steps(session: Session, visited: Any, now: Any) -> None:
    names = ("walk_id", "visit_no", "journey_id", "version_id", "node_id", "port", "send_id", "arrived_at")
    left = select(*(standing.c[name] for name in names), standing.c.reason, bindparam("left_at", now, standing.c.until.type))
    left = left.where(visited, standing.c.outcome.in_((Outcome.leave, Outcome.finish)))
    session.execute(insert(WalkStep).from_select([*names, "skipped", "left_at"], left))


def _tell(session: Session, graphs: Mapping[uuid.UUID, tuple[JourneyVersion, Graph]], happened: Collection[str]) -> None:
    version = next(iter(graphs.values()))[0]
    for outcome, what, name in ((Outcome.finish, "finished", "journey.completed"), (Outcome.exit, "exited", "journey.exited")):
        if what in happened:
            about = ("journey", version.journey_id)
            record_selected(session, name, _ENDED, brand_id=version.brand_id, params={"outcome": outcome}, subject=about)


def _strand(walk_id: uuid.UUID, error: BaseException | None) -> bool:
    """Stop a walk where it stands, with the reason; it never goes on by itself. Whether it was still on its way."""
    log.warning("a walk is stuck", walk_id=str(walk_id))
    with db.transaction() as session:
        walk = session.get(Walk, walk_id, with_for_update={"skip_locked": True})
        if walk is None or walk.status != WalkStatus.active:
            return False
        walk.status, walk.due_at, walk.awaits = WalkStatus.stuck, None, None
        walk.problem = mask_text(f"{type(error).__name__}: {error}")[:500]
        count(session, {(walk.version_id, walk.node_id, "stuck", "error"): 1})
        return True


def make_partitions(session: Session, months_ahead: int = 3) -> None:
    """Make the partitions of the steps of this month's entries and of the months to come. May be called again."""
    session.execute(text("SELECT walk_steps_make_partitions(:ahead)"), {"ahead": months_ahead})
