"""Let customers into journeys and out of them, in whatever order the events behind it are heard."""

from __future__ import annotations

import uuid
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audience.queries import Living, who_now
from app.events import service as events
from app.events.models import Event
from app.journeys.arrivals import Heard
from app.journeys.graph import TRIGGER, Graph
from app.journeys.models import INSIDE, Journey, JourneyStatus, JourneyVersion, VersionStatus, Walk, WalkStatus
from app.journeys.service import converting
from app.journeys.service.counting import Count, count
from app.journeys.service.enrolling import Arrival, close_doors, enrol, fill, open_doors
from app.journeys.service.leaving import end, let_out, let_out_before
from app.journeys.service.waking import wake

# Whoever enters a paused journey waits at its first node.
OPEN = (JourneyStatus.active, JourneyStatus.paused)


def hear(session: Session, happened: Sequence[Event], whom: str = "") -> None:
    """What a journey, or all of them, does about these events: those whose walk is over leave, then those whom a trigger brings enter.

    An event that ends a walk and was recorded after the cause of the entry keeps the customer out even when it is heard first.
    """
    names = {event.name for event in happened}
    journey_id = uuid.UUID(whom) if whom else None
    letting_in = _hearing(session, names, journey_id)
    open_doors(session, exits_of=_letting_out(session, names, journey_id), entries_of=[version.journey_id for version in letting_in])
    people = who_now(session, {event.customer_id for event in happened if event.customer_id})
    counts: Counter[Count] = Counter()
    let_out(session, happened, people, counts, journey_id=journey_id)
    if journey_id is None:
        wake(session, happened, people)
    # Read again: whoever publishes another version has been waited for.
    for version in _hearing(session, names, journey_id):
        arrivals = list(_arrivals(version, happened, people))
        if arrivals:
            let_out_before(session, version, [(one.customer_id, one.told_as) for one in arrivals], counts)
            fill(session, arrivals)
            enrol(session, version, counts)
    count(session, counts)


def heed(session: Session, happened: Sequence[Event], whom: str = "") -> None:
    """End the walks that these events end, and wake those that await them, in all journeys; who enters, each journey hears for itself.

    One that cannot do so is handed the events, to be heard by itself again and again: it holds up no other.
    """
    names = {event.name for event in happened}
    open_doors(session, exits_of=_letting_out(session, names))
    people = who_now(session, {event.customer_id for event in happened if event.customer_id})
    counts: Counter[Count] = Counter()
    for journey_id in let_out(session, happened, people, counts, each_alone=True):
        events.hand_over(session, hear, str(journey_id), happened)
    wake(session, happened, people)
    count(session, counts)


def _letting_out(session: Session, names: Collection[str], journey_id: uuid.UUID | None = None) -> Sequence[uuid.UUID]:
    """The journeys, or that one, out of which such events may lead."""
    letting_out = JourneyVersion.exit_on.overlap(list(names)) | JourneyVersion.watches.overlap(list(names))
    wanted = select(JourneyVersion.journey_id).where(letting_out).distinct()
    if journey_id is not None:
        wanted = wanted.where(JourneyVersion.journey_id == journey_id)
    return session.execute(wanted).scalars().all()


def _hearing(session: Session, names: Collection[str], journey_id: uuid.UUID | None) -> Sequence[JourneyVersion]:
    """The versions, of that journey if it is given, that let in whom such events happen to."""
    wanted = select(JourneyVersion).join(Journey, Journey.id == JourneyVersion.journey_id)
    wanted = wanted.where(
        JourneyVersion.status == VersionStatus.published, JourneyVersion.hears.overlap(list(names)), Journey.status.in_(OPEN)
    )
    if journey_id is not None:
        wanted = wanted.where(JourneyVersion.journey_id == journey_id)
    return session.execute(wanted.order_by(JourneyVersion.id)).scalars().all()


def _arrivals(version: JourneyVersion, happened: Sequence[Event], people: Mapping[uuid.UUID, Living]) -> Iterator[Arrival]:
    graph = Graph(version.graph)
    heard = [(kind, config, kind.hears(config)) for kind, config in graph.triggers if issubclass(kind, Heard)]
    for event in happened:
        customer = people.get(event.customer_id) if event.customer_id else None
        if customer is None or event.customer_id is None or event.brand_id != version.brand_id:
            continue
        if any(event.name in names and kind.fits(config, event) for kind, config, names in heard):
            yield Arrival(
                customer.id,
                event.customer_id,
                entry_key(graph, str(event.id)),
                datetime.fromisoformat(event.data["caused_at"]) if "caused_at" in event.data else event.recorded_at,
                (event.subject_type, event.subject_id),
                {key: value for key, value in event.data.items() if key != "caused_at"},
            )


def entry_key(graph: Graph, cause: str) -> str:
    """What an entry is called, so that it is one: by its cause, or "once" where nobody comes back."""
    return "once" if graph.rules["reentry"]["mode"] == "once" else cause


def merge(session: Session, *, kept_id: uuid.UUID, merged_id: uuid.UUID) -> None:
    """Two profiles are one person: she goes on in each journey once, and what one of them walked the other has walked.

    Whoever walks is not in the control group, whichever of the two was.
    """
    # Who is being let in as the one who was merged cannot be seen before she is in.
    close_doors(session)
    of_journey: dict[uuid.UUID, dict[bool, list[Walk]]] = defaultdict(lambda: {True: [], False: []})
    for walk in _lock_walks(session, (kept_id, merged_id)):
        of_journey[walk.journey_id][walk.customer_id == kept_id].append(walk)
    twice: list[uuid.UUID] = []
    retired: dict[uuid.UUID, uuid.UUID | None] = {}
    counts: Counter[Count] = Counter()
    hers_now: list[Walk] = []
    for whose in of_journey.values():
        ours, theirs = whose[True], whose[False]
        inside = any(walk.status in INSIDE for walk in ours)
        walked = {walk.entry_key for walk in ours}
        over = [walk for walk in theirs if walk.status in INSIDE and (inside or walk.entry_key in walked)]
        twice += [walk.id for walk in over]
        retired |= {walk.id: _left(ours, walk) for walk in over}
        hers_now += [walk for walk in theirs if walk.entry_key not in walked]
        for walk in _one_group(ours, theirs):
            counts[walk.version_id, TRIGGER, "unheld", ""] += 1
            retired[walk.id] = None
    end(session, dict.fromkeys(twice, "customer.merged"), counts)
    converting.follow_merge(session, retired, counts)
    for walk in hers_now:
        walk.customer_id = kept_id
    session.flush()
    count(session, counts)


def _left(ours: Sequence[Walk], over: Walk) -> uuid.UUID:
    """Of the walks of the one who is kept the one for which another is over: that on which she is, or that which had the same cause."""
    return next((walk for walk in ours if walk.status in INSIDE), next((one for one in ours if one.entry_key == over.entry_key), over)).id


def _lock_walks(session: Session, customer_ids: Collection[uuid.UUID]) -> Sequence[Walk]:
    wanted = select(Walk).where(Walk.customer_id.in_(customer_ids)).order_by(Walk.id).with_for_update()
    locked, seen = session.execute(wanted).scalars().all(), -1
    # A step that was waited for may have let one of them into another journey.
    while len(locked) != seen:
        seen, locked = len(locked), session.execute(wanted).scalars().all()
    return locked


def _one_group(ours: Sequence[Walk], theirs: Sequence[Walk]) -> Sequence[Walk]:
    """Of two control rows one is left, and none where either has walked; those that are not."""
    held = [walk for walk in (*ours, *theirs) if walk.status == WalkStatus.held_out]
    spared = held[1:] if len(held) == len(ours) + len(theirs) else held
    for walk in spared:
        walk.status, walk.exit_reason = WalkStatus.exited, "customer.merged"
    return spared
