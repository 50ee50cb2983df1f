"""Try a draft on oneself: a marketer walks it as the customer that she is, with real messages to her alone, and outside all results.

The draft is published in a journey of its own (`Journey.test_of`), which is shown to nobody else and hears of nothing that lets people in.
Steps that would reach others are left out (`Node.reaches_others`).
"""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.dealers.models import Staff
from app.identity.models import Customer
from app.journeys.errors import CodeUnknown, GraphInvalid, NoTest, NoTester, TestRefused, WayUnknown
from app.journeys.graph import Graph
from app.journeys.models import (
    INSIDE,
    JOURNEY,
    Journey,
    JourneyStatus,
    JourneyTester,
    JourneyTesterCode,
    JourneyVersion,
    Walk,
    WalkStatus,
    WalkStep,
)
from app.journeys.queries import published
from app.journeys.service.counting import count
from app.journeys.service.definitions import create, publish
from app.journeys.service.enrolling import Arrival, enrol, fill, open_doors
from app.journeys.service.leaving import end
from app.journeys.service.publishing import check
from app.journeys.service.running import lock
from app.kit import clock, db, queue
from app.kit.crypto import new_password, token_hash
from app.kit.texts import t

CODE_LIVES = timedelta(minutes=10)
# What a test keeps of a draft's rules: who may come, how often and how fast is not what is tried.
_RULES = ("exit_on", "exit_if", "goal", "ttl_days", "priority")


def show_code(session: Session, staff: Staff) -> tuple[str, Any]:
    """A code by which a customer says that she is this marketer, and until when it is good; an earlier one is good no more."""
    code, ends_at = new_password(), clock.now(session) + CODE_LIVES
    row = {"brand_id": staff.brand_id, "code_hash": token_hash(code), "ends_at": ends_at}
    made = insert(JourneyTesterCode).values(staff_id=staff.id, **row)
    session.execute(made.on_conflict_do_update(index_elements=["staff_id"], set_=row))
    return code, ends_at


def bind(session: Session, customer: Customer, code: str) -> Staff:
    """The customer is the marketer who was shown this code. Raises `CodeUnknown`, also for one whose time is over."""
    taken = delete(JourneyTesterCode).where(
        JourneyTesterCode.code_hash == token_hash(code.strip().lower()), JourneyTesterCode.brand_id == customer.brand_id
    )
    found = session.execute(taken.returning(JourneyTesterCode.staff_id, JourneyTesterCode.ends_at)).first()
    if found is None or found.ends_at <= clock.now(session):
        raise CodeUnknown
    staff = session.get_one(Staff, found.staff_id)
    if not staff.active:
        raise CodeUnknown
    _end_all(session, JourneyTester.staff_id == staff.id)
    row = {"customer_id": customer.id, "bound_at": clock.now(session)}
    made = insert(JourneyTester).values(staff_id=staff.id, brand_id=staff.brand_id, **row)
    session.execute(made.on_conflict_do_update(index_elements=["staff_id"], set_=row))
    return staff


def unbind(session: Session, staff: Staff) -> None:
    """The marketer tries nothing any more; her tests end. Again changes nothing."""
    _end_all(session, JourneyTester.staff_id == staff.id)
    session.execute(delete(JourneyTester).filter_by(staff_id=staff.id))


def forget(session: Session, customer_ids: Collection[uuid.UUID]) -> None:
    """Who is forgotten tries nothing any more; her walks are ended with all others."""
    session.execute(delete(JourneyTester).where(JourneyTester.customer_id.in_(customer_ids)))


def follow_merge(session: Session, *, kept_id: uuid.UUID, merged_id: uuid.UUID) -> None:
    """A tester is whoever she was merged into."""
    session.execute(update(JourneyTester).where(JourneyTester.customer_id == merged_id).values(customer_id=kept_id))


def tester(session: Session, staff: Staff) -> JourneyTester | None:
    """As whom a marketer tries journeys, if she has said so."""
    wanted = select(JourneyTester).filter_by(staff_id=staff.id).execution_options(populate_existing=True)
    return session.execute(wanted).scalar_one_or_none()


def start(session: Session, staff: Staff, journey: Journey, graph: Any, *, data: dict[str, Any]) -> Walk:
    """The marketer enters the graph now, and leaves the test in which she is.

    Raises:
        NoTester: nobody has said which customer she is. GraphInvalid: with everything that is wrong.
        TestRefused: the graph's own rules let her not in; `details.reason` says why.
    """
    bound = tester(session, staff)
    if bound is None:
        raise NoTester
    found = check(session, journey.brand_id, graph)
    if found.errors:
        raise GraphInvalid(problems=found.errors)
    session.refresh(journey, with_for_update=True)
    apart = _apart(session, journey)
    rules = {name: value for name, value in graph.get("rules", {}).items() if name in _RULES}
    tried = {name: graph[name] for name in ("start", "nodes", "edges")} | {"triggers": [{"kind": "api", "config": {}}], "rules": rules}
    version = published(session, apart.id)
    if version is None or version.graph != tried:
        version = publish(session, apart, tried, staff_id=staff.id)
    elif apart.status == JourneyStatus.paused:
        lock(session, apart)
        JOURNEY.move(session, apart, JourneyStatus.active, updated_at=func.marque_now())
    open_doors(session, entries_of=[apart.id])
    _end_all(session, JourneyTester.staff_id == staff.id, journey_id=apart.id)
    key, now = f"test:{db.new_id()}", clock.now(session)
    fill(session, [Arrival(bound.customer_id, bound.customer_id, key, now, context=data)])
    entered = enrol(session, version)
    if not entered.entered:
        reason = next(iter(entered.left_out), "gone")
        raise TestRefused(reason=reason, words=t(f"journeys.left_out.{reason}"))
    return session.execute(select(Walk).filter_by(journey_id=apart.id, customer_id=bound.customer_id, entry_key=key)).scalar_one()


def walk_of(session: Session, staff: Staff, journey: Journey) -> Walk:
    """The marketer's last test of a journey. Raises `NoTest`."""
    bound = tester(session, staff)
    apart = select(Journey.id).filter_by(test_of=journey.id)
    wanted = select(Walk).where(Walk.journey_id.in_(apart), Walk.customer_id == (bound.customer_id if bound else None))
    last = session.execute(wanted.order_by(Walk.id.desc()).limit(1)).scalar_one_or_none()
    if last is None:
        raise NoTest
    return last


def skip(session: Session, staff: Staff, journey: Journey, *, port: str) -> Walk:
    """She waits no longer where she stands, and goes on through this port, as if it had come so.

    Raises:
        NoTest: she walks no test. WayUnknown: no such way leads out of where she stands.
    """
    walk = walk_of(session, staff, journey)
    session.refresh(walk, with_for_update=True)
    if walk.status not in INSIDE:
        raise NoTest
    version = session.get_one(JourneyVersion, walk.version_id)
    graph, node_id, now = Graph(version.graph), walk.node_id, clock.now(session)
    ways = graph.ports(node_id)
    if port not in ways:
        raise WayUnknown(port=port)
    where = {"journey_id": walk.journey_id, "version_id": walk.version_id, "node_id": node_id}
    session.add(
        WalkStep(walk_id=walk.id, visit_no=walk.visit_no, port=port, skipped="by_tester", arrived_at=walk.arrived_at, left_at=now, **where)
    )
    onwards = graph.next(node_id, port)
    count(session, {(version.id, node_id, "left", port): 1, (version.id, onwards, "entered", ""): 1})
    walk.node_id, walk.visit_no, walk.arrived_at = onwards, walk.visit_no + 1, now
    walk.status, walk.due_at, walk.awaits, walk.problem = WalkStatus.active, now, None, None
    session.flush()
    queue.enqueue(session, "journeys.advance")
    return walk


def stop(session: Session, staff: Staff, journey: Journey) -> Walk:
    """She leaves the test; what is planned for her in it is taken back. Raises `NoTest`."""
    walk = walk_of(session, staff, journey)
    end(session, {walk.id: "by_hand"})
    session.refresh(walk)
    return walk


def _apart(session: Session, journey: Journey) -> Journey:
    """The journey in which this one is tried; whoever asks has locked it."""
    found = session.execute(select(Journey).filter_by(test_of=journey.id)).scalar_one_or_none()
    if found is None:
        found = create(session, journey.brand_id, key=f"test:{journey.id.hex}", name=journey.name)
        found.test_of = journey.id
        session.flush()
    return found


def _end_all(session: Session, whose: Any, *, journey_id: uuid.UUID | None = None) -> None:
    apart = select(Journey.id).where(Journey.test_of.is_not(None))
    walks = select(Walk.id).join(JourneyTester, JourneyTester.customer_id == Walk.customer_id)
    walks = walks.where(whose, Walk.status.in_(INSIDE), Walk.journey_id == journey_id if journey_id else Walk.journey_id.in_(apart))
    end(session, dict.fromkeys(session.execute(walks).scalars().all(), "by_hand"))
