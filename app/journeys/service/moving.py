"""Move the people who are inside a journey: to places of the version that was published, or out, page by page.

Meanwhile nobody takes a step on an older version (`Journey.moving_to`), so who stood where when the choice was made is who is moved.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import String, bindparam, func, select, text, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from app.events.masses import record_selected
from app.journeys.errors import PlacesMissing, PlaceUnknown
from app.journeys.graph import Graph
from app.journeys.models import INSIDE, Journey, JourneyMove, JourneyVersion, MoveKind, MoveStatus, Walk
from app.kit import clock, db, queue
from app.kit.logging import logger
from app.messaging import service as messaging
from app.messaging.models import Send, SendStatus

log = logger(__name__)

# One transaction moves so many, and a sweep goes on for so long before it lets other work between.
PAGE, SECONDS_A_SWEEP = 2_000, 1.0
# Of a million who were moved already so many are passed over in one transaction.
LOOKS = 20_000
REASONS = {MoveKind.migrate: "version_changed", MoveKind.eject: "version_changed", MoveKind.cancel: "journey_cancelled"}
# The port of the step by which somebody left a node without going through it.
MOVED = "moved"

_TABLE = """
    CREATE TEMPORARY TABLE IF NOT EXISTS moving (
        walk_id uuid, customer_id uuid, version_id uuid, node_id text, visit_no integer, arrived_at timestamptz, target text,
        fresh boolean, stuck boolean
    ) ON COMMIT DELETE ROWS
"""
# Whom this finds is decided by the customer; the locks are taken in the order in which everybody takes them.
_TAKE = text("""
    WITH seen AS MATERIALIZED (
        SELECT id, customer_id, version_id FROM walks
        WHERE journey_id = :journey_id AND status IN ('active', 'stuck')
            AND (CAST(:cursor AS uuid) IS NULL OR customer_id > CAST(:cursor AS uuid))
        ORDER BY customer_id LIMIT :looks
    ), page AS MATERIALIZED (
        SELECT id, customer_id FROM seen WHERE version_id IS DISTINCT FROM CAST(:version_id AS uuid) ORDER BY customer_id LIMIT :most
    ), taken AS MATERIALIZED (
        SELECT * FROM walks WHERE id = ANY(ARRAY(SELECT id FROM page)) AND status IN ('active', 'stuck') ORDER BY id FOR UPDATE
    ), noted AS (
        INSERT INTO moving (walk_id, customer_id, version_id, node_id, visit_no, arrived_at, target, fresh, stuck)
        SELECT w.id, w.customer_id, w.version_id, w.node_id, w.visit_no, w.arrived_at, p."to", coalesce(p.fresh, false), w.status = 'stuck'
        FROM taken w LEFT JOIN jsonb_to_recordset(:places) AS p (version_id uuid, node_id text, "to" text, fresh boolean)
            ON p.version_id = w.version_id AND p.node_id = w.node_id
    )
    SELECT count(*), (SELECT customer_id FROM page ORDER BY customer_id DESC LIMIT 1),
        (SELECT customer_id FROM seen ORDER BY customer_id DESC LIMIT 1)
    FROM page
""").bindparams(bindparam("places", type_=JSONB))
# Who has not begun because no more begin at a time still waits for her turn: she is due when she arrives (`pacing.py`).
_MOVE = """
    UPDATE walks SET version_id = :version_id, node_id = m.target, visit_no = walks.visit_no + m.fresh::integer, awaits = NULL,
        due_at = CASE WHEN status <> 'active' THEN NULL WHEN walks.arrived_at > :now THEN due_at ELSE :now END,
        arrived_at = CASE WHEN walks.due_at = walks.arrived_at THEN greatest(walks.arrived_at, :now) ELSE walks.arrived_at END
    FROM moving m WHERE walks.id = m.walk_id AND m.target IS NOT NULL
"""
_STEPS = """
    INSERT INTO walk_steps (walk_id, visit_no, journey_id, version_id, node_id, port, arrived_at, left_at)
    SELECT walk_id, visit_no, :journey_id, version_id, node_id, :port, arrived_at, :now FROM moving WHERE target IS NOT NULL AND fresh
"""
_EJECT = """
    UPDATE walks SET status = 'exited', exit_reason = :reason, ended_at = :now, due_at = NULL, awaits = NULL, problem = NULL
    FROM moving m WHERE walks.id = m.walk_id AND m.target IS NULL
"""
_EJECTED = """
    SELECT customer_id, jsonb_build_object(
        'walk_id', walk_id, 'journey_id', CAST(:journey_id AS text), 'version_id', version_id, 'reason', CAST(:reason AS text)) AS data
    FROM moving WHERE target IS NULL
"""
# In the order in which whoever counts adds to them.
_COUNT = """
    INSERT INTO journey_counts (version_id, node_id, what, detail, times)
    SELECT version_id, node_id, what, detail, count(*) FROM (
        SELECT version_id, node_id, CASE WHEN target IS NULL THEN 'exited' ELSE 'moved' END AS what,
            CASE WHEN target IS NULL THEN :reason ELSE '' END AS detail FROM moving
        UNION ALL SELECT CAST(:version_id AS uuid), target, 'entered', '' FROM moving WHERE target IS NOT NULL
        UNION ALL SELECT CAST(:version_id AS uuid), 'trigger', 'moved_in', '' FROM moving WHERE target IS NOT NULL
        UNION ALL SELECT version_id, node_id, 'freed', '' FROM moving WHERE stuck
        UNION ALL SELECT CAST(:version_id AS uuid), target, 'stuck', 'moved' FROM moving WHERE stuck AND target IS NOT NULL
    ) told GROUP BY version_id, node_id, what, detail
    ORDER BY version_id::text, node_id COLLATE "C", what COLLATE "C", detail COLLATE "C"
    ON CONFLICT (version_id, node_id, what, detail) DO UPDATE SET times = journey_counts.times + excluded.times
"""


@dataclass(frozen=True)
class Place:
    """How many people are on a node of a version."""

    version: JourneyVersion
    node_id: str
    people: int


def places(session: Session, journey_id: uuid.UUID) -> Sequence[Place]:
    """Where everybody stands who is inside, by version and node."""
    inside = (
        select(Walk.version_id, Walk.node_id, func.count())
        .where(Walk.journey_id == journey_id, Walk.status.in_(INSIDE))
        .group_by(Walk.version_id, Walk.node_id)
    )
    found = session.execute(inside).all()
    wanted = select(JourneyVersion).where(JourneyVersion.id.in_({version_id for version_id, *_ in found}))
    versions = {one.id: one for one in session.execute(wanted).scalars()}
    rows = [Place(versions[version_id], node_id, people) for version_id, node_id, people in found]
    return sorted(rows, key=lambda place: (place.version.number, place.version.graph["nodes"].index(node_of(place))))


def node_of(place: Place) -> dict[str, Any]:
    """How the node is drawn in that version."""
    return next(node for node in place.version.graph["nodes"] if node["id"] == place.node_id)


def begin(session: Session, version: JourneyVersion, kind: MoveKind, targets: Mapping[str, str | None]) -> JourneyMove | None:
    """Move everybody who is inside to a version that was just published; None: nobody was. The journey is held by this transaction.

    `targets` says by the old node where those go who stand on it, None is out; who stands on a node of the same id stays on it if nothing
    is said.

    Raises:
        PlacesMissing: nothing is said of a node that the version has not and on which somebody stands.
        PlaceUnknown: a target that the version has not.
    """
    stop(session, version.journey_id)
    graph = Graph(version.graph)
    known = set(graph.node_ids())
    if unknown := {target for target in targets.values() if target is not None and target not in known}:
        raise PlaceUnknown(nodes=sorted(unknown))
    found = [place for place in places(session, version.journey_id) if place.version.id != version.id]
    if kind == MoveKind.migrate:
        unsaid = sorted({place.node_id for place in found} - known - targets.keys())
        if unsaid:
            raise PlacesMissing(nodes=unsaid)
    rows: list[dict[str, Any]] = []
    for place in found:
        to = targets.get(place.node_id, place.node_id) if kind == MoveKind.migrate else None
        fresh = to is not None and (to != place.node_id or graph.kind(to).kind != node_of(place)["kind"])
        rows.append({"version_id": str(place.version.id), "node_id": place.node_id, "to": to, "fresh": fresh})
    if not found:
        return None
    session.execute(update(Journey).where(Journey.id == version.journey_id).values(moving_to=version.id))
    return _begin(session, version.brand_id, version.journey_id, kind, version_id=version.id, rows=rows, people=found)


def begin_ending(session: Session, journey: Journey) -> JourneyMove:
    """Everybody leaves a journey that was cancelled. It is held by this transaction."""
    stop(session, journey.id)
    return _begin(session, journey.brand_id, journey.id, MoveKind.cancel, version_id=None, rows=[], people=places(session, journey.id))


def _begin(
    session: Session,
    brand_id: uuid.UUID,
    journey_id: uuid.UUID,
    kind: MoveKind,
    *,
    version_id: uuid.UUID | None,
    rows: list[dict[str, Any]],
    people: Sequence[Place],
) -> JourneyMove:
    move = JourneyMove(brand_id=brand_id, journey_id=journey_id, version_id=version_id, kind=kind, places=rows)
    move.people = sum(place.people for place in people)
    session.add(move)
    session.flush()
    queue.enqueue(session, "journeys.move")
    return move


def stop(session: Session, journey_id: uuid.UUID) -> None:
    """Whoever is not moved yet stays where she is. The journey is held by this transaction."""
    running = (JourneyMove.journey_id == journey_id) & (JourneyMove.status == MoveStatus.running)
    session.execute(update(JourneyMove).where(running).values(status=MoveStatus.replaced, ended_at=func.marque_now()))
    session.execute(update(Journey).where(Journey.id == journey_id).values(moving_to=None))


def sweep() -> None:
    """Move people for a while; it rings again when some are left."""
    if move_all(seconds=SECONDS_A_SWEEP):
        queue.ring_again("journeys.move")


def move_all(*, seconds: float = 60.0) -> bool:
    """Move people page by page until all are moved or this time is over: then it is true that some may be left.

    A move of which a page fails is left for the next time, and holds up no other.
    """
    until, failed = time.monotonic() + seconds, list[uuid.UUID]()
    while True:
        tried: list[uuid.UUID] = []
        try:
            if not move_page(besides=failed, tried=tried):
                return False
        except Exception:
            if not tried:
                raise
            log.exception("a move failed", move_id=str(tried[0]))
            failed += tried
        if time.monotonic() >= until:
            return True


def move_page(most: int = PAGE, *, besides: Sequence[uuid.UUID] = (), tried: list[uuid.UUID] | None = None) -> bool:
    """One transaction: move a page of the move that waits longest and nobody else works on, `besides` some. Whether there was one;
    `tried` is told which, also when it fails.
    """
    with db.transaction() as session:
        waiting = select(JourneyMove).join(Journey, Journey.id == JourneyMove.journey_id)
        waiting = waiting.where(JourneyMove.status == MoveStatus.running, JourneyMove.id.not_in(besides))
        waiting = waiting.order_by(JourneyMove.created_at, JourneyMove.id).limit(1)
        # With the journey: whoever changes it has locked it, and would wait for the move while its end waits for the journey.
        move = session.execute(waiting.with_for_update(skip_locked=True, key_share=True)).scalar_one_or_none()
        if move is None:
            return False
        if tried is not None:
            tried.append(move.id)
        _turn_page(session, move, most)
        return True


def _turn_page(session: Session, move: JourneyMove, most: int) -> None:
    session.execute(text(_TABLE))
    session.execute(text("DELETE FROM moving"))
    whose = {"journey_id": move.journey_id, "version_id": move.version_id}
    asked = {"cursor": move.cursor, "most": most, "looks": max(LOOKS, most), "places": move.places}
    found, last, seen = session.execute(_TAKE, whose | asked).one()
    if seen is not None:
        move.cursor = last if found == most else seen
        if found:
            move.is_idle = False
            _write(session, move)
    elif not move.is_idle:
        # Whoever turned out to be another person meanwhile may have an earlier place in the order: once more from the beginning.
        move.cursor, move.is_idle = None, True
    elif move.kind != MoveKind.cancel or not _take_back(session, move, most):
        move.status, move.ended_at = MoveStatus.done, clock.now(session)
        session.execute(update(Journey).where(Journey.id == move.journey_id).values(moving_to=None))
        queue.enqueue(session, "journeys.advance")
    session.flush()


def _write(session: Session, move: JourneyMove) -> None:
    given = {"journey_id": move.journey_id, "version_id": move.version_id, "now": clock.now(session), "port": MOVED}
    given["reason"] = REASONS[MoveKind(move.kind)]
    moved, out = session.execute(text("SELECT count(target), count(*) - count(target) FROM moving")).one()
    if moved:
        session.execute(text(_STEPS), given)
        session.execute(text(_MOVE), given)
    if out:
        session.execute(text(_EJECT), given)
        gone = session.execute(text("SELECT walk_id FROM moving WHERE target IS NULL")).scalars().all()
        messaging.cancel_planned(session, walk_ids=gone)
        told = {"journey_id": str(move.journey_id), "reason": given["reason"]}
        about = ("journey", move.journey_id)
        record_selected(session, "journey.exited", _EJECTED, brand_id=move.brand_id, params=told, subject=about)
    move.moved += moved
    move.ejected += out
    session.execute(text(_COUNT).bindparams(bindparam("reason", type_=String)), given)


def _take_back(session: Session, move: JourneyMove, most: int) -> bool:
    """Take back messages that walks planned which were over before; whether there were any."""
    # A message names its journey: to look into the walks of a million others would take long.
    theirs = Send.walk_id.is_not(None) & (Send.context["journey_id"].astext == str(move.journey_id))
    planned = select(Send.id).where(Send.status == SendStatus.planned, theirs).limit(most)
    return messaging.cancel_planned(session, send_ids=session.execute(planned).scalars().all()) > 0
