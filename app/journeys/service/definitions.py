"""Make journeys, and publish graphs that were found sound."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from app.events import service as events
from app.journeys import filters
from app.journeys.arrivals import Heard
from app.journeys.errors import GraphInvalid, JourneyOver
from app.journeys.graph import Graph, problems
from app.journeys.models import JOURNEY, Journey, JourneyStatus, JourneyVersion, VersionStatus
from app.journeys.nodes.sub_journey import leads_back
from app.journeys.service.converting import convert
from app.journeys.service.entering import hear, heed
from app.journeys.service.leaving import watched_by
from app.journeys.service.running import lock, told
from app.journeys.service.timing import at_publish, set_clocks
from app.kit import states
from app.kit.texts import t

DEMO_KEY = "after_deposit"


def create(session: Session, brand_id: uuid.UUID, *, key: str, name: str) -> Journey:
    """A journey with nothing published yet."""
    journey = Journey(brand_id=brand_id, key=key, name=name, status=JourneyStatus.draft)
    session.add(journey)
    states.arrive(session, journey)
    return journey


def publish(
    session: Session,
    journey: Journey,
    graph: dict[str, Any],
    *,
    staff_id: uuid.UUID | None = None,
    note: str = "",
    copy_of: int | None = None,
) -> JourneyVersion:
    """Those who enter from now on walk this graph; those who are inside finish theirs. A paused journey stays paused.

    Raises:
        GraphInvalid: with everything that is wrong in `details["problems"]`.
        JourneyOver: the journey was cancelled.
    """
    wrong = problems(graph)
    if wrong:
        raise GraphInvalid(problems=wrong)
    lock(session, journey)
    if journey.status == JourneyStatus.cancelled:
        raise JourneyOver
    # Two publications at once would each subscribe to what they see, and the later would forget the other's events.
    session.execute(text("SELECT pg_advisory_xact_lock(hashtext('journeys subscriptions'))"))
    if leads_back(session, journey.brand_id, journey.key, graph):
        raise GraphInvalid(problems=[{"node": None, "field": None, "message": t("journeys.nodes.sub_journey.circle")}])
    of_journey = JourneyVersion.journey_id == journey.id
    last = session.execute(select(func.max(JourneyVersion.number)).where(of_journey)).scalar_one()
    session.execute(
        update(JourneyVersion).where(of_journey, JourneyVersion.status == VersionStatus.published).values(status=VersionStatus.superseded)
    )
    drawn = Graph(graph)
    version = JourneyVersion(
        brand_id=journey.brand_id,
        journey_id=journey.id,
        number=(last or 0) + 1,
        status=VersionStatus.published,
        graph=graph,
        hears=sorted(drawn.hears()),
        exit_on=sorted(drawn.exits()),
        awaits=sorted(drawn.awaits()),
        watches=sorted(watched_by(drawn.rules["exit_if"])),
        note=note,
        published_by=staff_id,
        copy_of=copy_of,
    )
    session.add(version)
    if journey.status == JourneyStatus.draft:
        JOURNEY.move(session, journey, JourneyStatus.active)
    journey.updated_at, journey.priority = func.marque_now(), drawn.rules["priority"]
    session.flush()
    told(session, journey, "journey.published", version_id=version.id, version=version.number)
    _subscribe(session, journey, drawn)
    set_clocks(session, version)
    at_publish(session, journey, drawn)
    return version


def _subscribe(session: Session, journey: Journey, graph: Graph) -> None:
    """Hear what lets people into a journey now, and what lets out or wakes those who are inside any, on whatever version."""
    heard = [(kind, config) for kind, config in graph.triggers if issubclass(kind, Heard)]
    about = [(name, filters.plain(kind.asks(config))) for kind, config in heard for name in kind.hears(config)]
    events.subscribe_for(session, hear, str(journey.id), about, brand_id=journey.brand_id)
    events.wake(session, events.handler_key(hear, str(journey.id)))
    names: set[str] = set()
    for some in session.execute(select(JourneyVersion.exit_on, JourneyVersion.awaits, JourneyVersion.watches)):
        names.update(*some)
    events.subscribe_each(session, heed, names)
    goals = select(JourneyVersion.graph["rules"]["goal"]["event"].astext).distinct()
    events.subscribe(session, convert, {name for name in session.execute(goals).scalars() if name})


def install_demo(session: Session, brand_id: uuid.UUID) -> Journey:
    """The journey that starts when a deposit is paid. May be called twice."""
    journey = session.execute(select(Journey).filter_by(brand_id=brand_id, key=DEMO_KEY)).scalar_one_or_none()
    if journey is None:
        journey = create(session, brand_id, key=DEMO_KEY, name=t("journeys.demo.name"))
        publish(session, journey, demo_graph())
    return journey


def demo_graph() -> dict[str, Any]:
    """A thank-you at once; a day later an invitation to a test drive, unless one is booked by then."""

    def node(node_id: str, kind: str, **config: Any) -> dict[str, Any]:
        return {"id": node_id, "kind": kind, "label": t(f"journeys.demo.{node_id}"), "config": config}

    return {
        "triggers": [{"kind": "event", "config": {"event": "tag.added", "where": {"tag": "deposit_paid"}}}],
        "rules": {"exit_on": [{"event": "order.cancelled"}, {"event": "deposit.refunded"}]},
        "start": "thanks",
        "nodes": [
            node("thanks", "send_message", template="deposit_paid"),
            node("one_day", "wait", amount=1, unit="day"),
            node("booked", "branch", condition={"kind": "event_happened", "event": "lead.test_drive_booked"}),
            node("invitation", "send_message", template="test_drive_invitation"),
            node("end", "end"),
        ],
        "edges": [
            {"from": "thanks", "port": "done", "to": "one_day"},
            {"from": "one_day", "port": "done", "to": "booked"},
            {"from": "booked", "port": "yes", "to": "end"},
            {"from": "booked", "port": "no", "to": "invitation"},
            {"from": "invitation", "port": "done", "to": "end"},
        ],
    }
