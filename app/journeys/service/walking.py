"""The engine: claim the walks that are due, and take one step with all that stand on the same node."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from sqlalchemy import insert, select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app.journeys.errors import NotStuck
from app.journeys.graph import Graph
from app.journeys.models import Journey, JourneyStatus, JourneyVersion, Walk, WalkStatus, WalkStep
from app.journeys.service.entering import record_walks
from app.journeys.visits import Finish, Leave, Outcome, Visit
from app.kit import clock, db, queue
from app.kit.logging import logger, mask_text

log = logger(__name__)

LEASE_SECONDS = 30
BATCH = 500
ROUNDS = 40

# Each running journey gives its share, so that a wave in one does not hold up the others; a paused one is not looked at. `lease_until`
# keeps others away between the claim and its steps, `fence` tells a claim that was overtaken.
CLAIM = text(
    """
    WITH due AS (
        SELECT walk.id
        FROM journeys
        CROSS JOIN LATERAL (
            SELECT walks.id, walks.due_at
            FROM walks
            WHERE walks.journey_id = journeys.id AND walks.status = 'active' AND walks.due_at <= marque_now()
                AND (walks.lease_until IS NULL OR walks.lease_until <= marque_now())
            ORDER BY walks.due_at
            LIMIT :share
            FOR UPDATE OF walks SKIP LOCKED
        ) AS walk
        WHERE journeys.status = 'active'
        ORDER BY walk.due_at
        LIMIT :batch
    )
    UPDATE walks SET lease_until = marque_now() + make_interval(secs => :lease), fence = walks.fence + 1
    FROM due WHERE walks.id = due.id
    RETURNING walks.id, walks.version_id, walks.node_id, walks.fence
    """
)


@dataclass(frozen=True)
class Claim:
    """A walk that this worker took on, until its lease ends."""

    walk_id: uuid.UUID
    version_id: uuid.UUID
    node_id: str
    fence: int


def advance_all() -> int:
    """Take every step that is due, and those that follow at once; returns how many. What is left over is the next sweep's."""
    taken = 0
    for _ in range(ROUNDS):
        with db.transaction() as session:
            claims = claim(session)
        if not claims:
            break
        for _place, group in groupby(claims, key=lambda one: (str(one.version_id), one.node_id)):
            taken += _step_together(list(group))
    return taken


def claim(session: Session) -> list[Claim]:
    """Take on walks that are due, in one statement; those on the same node come together."""
    rows = session.execute(CLAIM, {"share": BATCH // 2, "batch": BATCH, "lease": LEASE_SECONDS})
    return sorted((Claim(*row) for row in rows), key=lambda one: (str(one.version_id), one.node_id, one.walk_id))


def _step_together(claims: list[Claim]) -> int:
    """One step of one node; when it fails for all, each walk alone, so that a bad one stops nobody else."""
    try:
        with db.transaction() as session:
            return step(session, claims)
    except OperationalError:
        raise  # the database is in trouble, not the walks: their leases end and the next sweep takes them again
    except Exception:
        log.exception("a step failed", node=claims[0].node_id, walks=len(claims))
    taken = 0
    for one in claims:
        try:
            with db.transaction() as session:
                taken += step(session, [one])
        except OperationalError:
            raise
        except Exception as error:
            log.exception("a walk is stuck", walk_id=str(one.walk_id), node=one.node_id)
            with db.transaction() as session:
                _strand(session, one, error)
    return taken


def step(session: Session, claims: Sequence[Claim]) -> int:
    """Visit one node with the walks that are still ours: their results, next places, planned messages and facts are one transaction."""
    version = session.get_one(JourneyVersion, claims[0].version_id)
    running = select(Journey.id).where(Journey.id == version.journey_id, Journey.status == JourneyStatus.active)
    walks = _held(session, claims)
    if not walks:
        return 0
    if session.execute(running.with_for_update(read=True)).first() is None:
        for walk in walks:
            walk.lease_until = None
        return 0
    node_id, graph, now = claims[0].node_id, Graph(version.graph), clock.now(session)
    outcomes = graph.kind(node_id).visit(session, Visit(walks, node_id, graph.config(node_id), now))
    steps = []
    for walk in walks:
        outcome = outcomes[walk.id]
        if isinstance(outcome, Leave | Finish):
            steps.append(_step_row(walk, outcome) | {"left_at": now})
        walk.lease_until = None
        if isinstance(outcome, Leave):
            walk.node_id, walk.visit_no = graph.next(node_id, outcome.port), walk.visit_no + 1
            walk.arrived_at = walk.due_at = now
        elif isinstance(outcome, Finish):
            walk.status, walk.ended_at, walk.due_at = WalkStatus.completed, now, None
        else:
            walk.due_at = outcome.until
    session.flush()
    if steps:
        session.execute(insert(WalkStep), steps)
    record_walks(session, "journey.completed", [walk for walk in walks if walk.status == WalkStatus.completed])
    return len(walks)


def _held(session: Session, claims: Sequence[Claim]) -> list[Walk]:
    """The walks of these claims that nobody ended, overtook or moved on meanwhile, held until the step is committed."""
    fences = {one.walk_id: one.fence for one in claims}
    found = session.execute(
        select(Walk)
        .where(Walk.id.in_(fences), Walk.status == WalkStatus.active)
        .order_by(Walk.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return [walk for walk in found.scalars() if walk.fence == fences[walk.id] and walk.lease_until is not None]


def _step_row(walk: Walk, outcome: Outcome) -> dict[str, object]:
    return {
        "walk_id": walk.id,
        "node_id": walk.node_id,
        "visit_no": walk.visit_no,
        "journey_id": walk.journey_id,
        "port": outcome.port if isinstance(outcome, Leave) else None,
        "send_id": outcome.send_id if isinstance(outcome, Leave) else None,
        "arrived_at": walk.arrived_at,
    }


def _strand(session: Session, one: Claim, error: Exception) -> None:
    """Stop a walk where it stands, with the reason; it never goes on by itself."""
    for walk in _held(session, [one]):
        walk.status, walk.due_at, walk.lease_until = WalkStatus.stuck, None, None
        walk.problem = mask_text(f"{type(error).__name__}: {error}")[:500]


def retry(session: Session, walk: Walk) -> None:
    """Let a stuck walk try its step again. Raises `NotStuck`."""
    session.refresh(walk, with_for_update=True)
    if walk.status != WalkStatus.stuck:
        raise NotStuck(status=walk.status)
    walk.status, walk.problem, walk.due_at = WalkStatus.active, None, clock.now(session)
    session.flush()
    queue.enqueue(session, "journeys.advance")
