"""Begin what is due, write its audience down, and hand it to the ledger of messages just ahead of the sending.

Every step is one transaction that begins by claiming the broadcast's row: whoever dies in the middle has done nothing, and a pause waits
for no more than one step. A person's message has one key per broadcast, so that no mistake here could send it twice.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, exists, func, literal, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, aliased

from app.broadcasts import queries
from app.broadcasts.models import BROADCAST, Broadcast, BroadcastPerson, BroadcastStatus
from app.broadcasts.service.running import told
from app.identity.models import Customer
from app.kit import clock, db, live, queue
from app.kit.settings import settings
from app.messaging import service as messaging
from app.messaging.models import Lane

LISTED_AT_ONCE = 10_000
PLANNED_AT_ONCE = 1_000
LOOKS_AGAIN = timedelta(seconds=2)


def begin_due(session: Session) -> int:
    """Start the broadcasts whose time has come; how many. What is found long after its time begins still, and its end has not moved."""
    begun = BROADCAST.move_all(
        session,
        Broadcast,
        BroadcastStatus.sending,
        Broadcast.scheduled_at <= func.marque_now(),
        since=(BroadcastStatus.scheduled,),
        started_at=func.marque_now(),
        expires_at=Broadcast.scheduled_at + func.make_interval(0, 0, 0, 0, Broadcast.expires_hours),
        next_at=func.marque_now(),
        updated_at=func.marque_now(),
    )
    for row in begun:
        told(session, session.get_one(Broadcast, row.id, populate_existing=True), "broadcast.started")
    if begun:
        queue.enqueue(session, "broadcasts.feed")
    return len(begun)


def feed(most: int = 200) -> int:
    """Take up to `most` steps of whatever is being sent; how many there were to take. Many may do this at once."""
    steps = 0
    while steps < most:
        with db.transaction() as session:
            broadcast = _next(session)
            if broadcast is None:
                return steps
            _step(session, broadcast)
        steps += 1
    queue.ring_again("broadcasts.feed")
    return steps


def hold_paused() -> None:
    """What was on its way when its broadcast was paused, and came back without having left, is set aside, too."""
    paused = select(Broadcast.id).filter_by(status=BroadcastStatus.paused)
    with db.transaction() as session:
        found = session.execute(paused).scalars().all()
    for broadcast_id in found:
        with db.transaction() as session:
            # Whoever resumes it meanwhile has released what was held: nothing may be set aside after that.
            if session.execute(paused.filter_by(id=broadcast_id).with_for_update()).first():
                messaging.hold(session, broadcast_id=broadcast_id)


def _next(session: Session) -> Broadcast | None:
    wanted = select(Broadcast).where(Broadcast.status == BroadcastStatus.sending, Broadcast.next_at <= func.marque_now())
    return session.execute(wanted.order_by(Broadcast.next_at).limit(1).with_for_update(skip_locked=True)).scalar_one_or_none()


def _step(session: Session, broadcast: Broadcast) -> None:
    moment = clock.now(session)
    live.tell(session, "broadcasts", brand_id=broadcast.brand_id)
    assert broadcast.expires_at is not None
    if broadcast.expires_at > moment and broadcast.listed_at is None:
        _list(session, broadcast, moment)
        return
    on_their_way = queries.on_their_way(session, broadcast.id, most=settings().broadcast_ahead)
    room = min(PLANNED_AT_ONCE, settings().broadcast_ahead - on_their_way)
    if broadcast.per_minute:
        room = min(room, max(1, broadcast.per_minute // 6))
    waiting = _waiting(session, broadcast, room) if broadcast.expires_at > moment else []
    if waiting:
        _plan(session, broadcast, waiting, moment)
        broadcast.next_at = moment + _pause(broadcast, len(waiting))
    elif room > 0 and broadcast.expires_at > moment and _settle_the_rest(session, broadcast):
        broadcast.next_at = moment
    elif room > 0 and not on_their_way and (not (left_out := queries.not_planned(session, broadcast.id)) or broadcast.expires_at <= moment):
        BROADCAST.move(session, broadcast, BroadcastStatus.finished, ended_at=moment, updated_at=moment)
        told(session, broadcast, "broadcast.finished", left_out=left_out)
    else:
        broadcast.next_at = moment + LOOKS_AGAIN


def _pause(broadcast: Broadcast, planned: int) -> timedelta:
    """How long to wait after a page: as long as its pace says; else not at all after a full one, and after another until there is room."""
    if broadcast.per_minute:
        return timedelta(seconds=60 * planned / broadcast.per_minute)
    return timedelta() if planned == PLANNED_AT_ONCE else LOOKS_AGAIN


def _list(session: Session, broadcast: Broadcast, moment: datetime) -> None:
    """Write down the next page of the audience: as it is now, in the order of the people's ids."""
    if broadcast.audience["kind"] == "list":
        broadcast.listed_at = broadcast.next_at = moment
        return
    members = queries.members(broadcast.brand_id, broadcast.audience).subquery()
    wanted = select(members.c[0].label("id")).order_by(members.c[0]).limit(LISTED_AT_ONCE)
    page = (wanted if broadcast.listed_until is None else wanted.where(members.c[0] > broadcast.listed_until)).cte("page")
    written = (
        insert(BroadcastPerson)
        .from_select(["broadcast_id", "customer_id", "added_at"], select(literal(broadcast.id), page.c.id, literal(moment)))
        .on_conflict_do_nothing()
        .cte("written")
    )
    last = select(page.c.id).order_by(page.c.id.desc()).limit(1).scalar_subquery()
    count, last_id = session.execute(select(func.count(), last).select_from(page).add_cte(written)).one()
    broadcast.listed_until = last_id or broadcast.listed_until
    broadcast.next_at = moment
    if count < LISTED_AT_ONCE:
        broadcast.listed_at = moment


def _waiting(session: Session, broadcast: Broadcast, most: int) -> Sequence[uuid.UUID]:
    if most <= 0:
        return []
    # Who was merged into another a moment ago is followed there first: else the two might get a message each.
    other, merged = aliased(BroadcastPerson), aliased(Customer)
    one_is_planned = exists().where(
        merged.merged_into_id == BroadcastPerson.customer_id,
        other.customer_id == merged.id,
        other.broadcast_id == broadcast.id,
        other.planned_at.is_not(None),
    )
    wanted = (
        select(BroadcastPerson.customer_id)
        .join(Customer, Customer.id == BroadcastPerson.customer_id)
        .where(BroadcastPerson.broadcast_id == broadcast.id, BroadcastPerson.planned_at.is_(None))
        .where(Customer.merged_into_id.is_(None), Customer.erased_at.is_(None), ~one_is_planned)
    )
    rows = wanted.order_by(BroadcastPerson.customer_id).limit(most).with_for_update(of=BroadcastPerson)
    return session.execute(rows).scalars().all()


def _settle_the_rest(session: Session, broadcast: Broadcast) -> bool:
    """Whether of those who cannot be planned for somebody was merged, and has her place as who she is now, or was erased, and has none.

    Whoever was listed in the moment when she was merged or erased was not there yet for the handlers of that.
    """
    gone = (
        select(BroadcastPerson.customer_id, BroadcastPerson.added_at, Customer.merged_into_id)
        .join(Customer, Customer.id == BroadcastPerson.customer_id)
        .where(BroadcastPerson.broadcast_id == broadcast.id, BroadcastPerson.planned_at.is_(None))
        .where(Customer.merged_into_id.is_not(None) | Customer.erased_at.is_not(None))
        .order_by(BroadcastPerson.customer_id)
        .limit(LISTED_AT_ONCE)
        .with_for_update(of=BroadcastPerson)
    )
    rows = session.execute(gone).all()
    as_now = {row.merged_into_id: row.added_at for row in rows if row.merged_into_id}
    if as_now:
        places = [{"broadcast_id": broadcast.id, "customer_id": one, "added_at": at} for one, at in as_now.items()]
        session.execute(insert(BroadcastPerson).on_conflict_do_nothing(), places)
    if rows:
        theirs = BroadcastPerson.customer_id.in_([row.customer_id for row in rows])
        session.execute(delete(BroadcastPerson).where(BroadcastPerson.broadcast_id == broadcast.id, theirs))
    return bool(rows)


def _plan(session: Session, broadcast: Broadcast, people: Sequence[uuid.UUID], moment: datetime) -> None:
    first = broadcast.ladder[0]
    shared = {
        "brand_id": broadcast.brand_id,
        "channel": first["channel"],
        "template_key": first["template_key"],
        "ladder": broadcast.ladder,
        "purpose": broadcast.purpose,
        "context": broadcast.context,
        "lane": Lane.broadcast,
        "broadcast_id": broadcast.id,
        "expires_at": broadcast.expires_at,
    }
    messaging.plan_all(
        session, [shared | {"recipient": ("customer", one), "dedupe_key": f"broadcast:{broadcast.id}:{one}"} for one in people]
    )
    session.execute(
        update(BroadcastPerson)
        .where(BroadcastPerson.broadcast_id == broadcast.id, BroadcastPerson.customer_id.in_(people))
        .values(planned_at=moment)
    )


def follow_merge(session: Session, *, kept_id: uuid.UUID, merged_id: uuid.UUID) -> None:
    """Two customers are one: she is in every audience that one of them was in, and was planned for where one of them was."""
    both = BroadcastPerson.customer_id.in_((kept_id, merged_id))
    session.execute(
        select(BroadcastPerson).where(both).order_by(BroadcastPerson.broadcast_id, BroadcastPerson.customer_id).with_for_update()
    )
    hers = insert(BroadcastPerson).from_select(
        ["broadcast_id", "customer_id", "added_at", "planned_at"],
        select(BroadcastPerson.broadcast_id, literal(kept_id), BroadcastPerson.added_at, BroadcastPerson.planned_at).where(
            BroadcastPerson.customer_id == merged_id
        ),
    )
    planned = func.coalesce(BroadcastPerson.planned_at, hers.excluded.planned_at)
    session.execute(hers.on_conflict_do_update(index_elements=["broadcast_id", "customer_id"], set_={"planned_at": planned}))
    forget(session, merged_id)
    # What a feed planned for her while it was waited for above is the kept one's as well.
    messaging.move(session, kept_id=kept_id, merged_id=merged_id)


def forget(session: Session, customer_id: uuid.UUID) -> None:
    """Keep nothing of a customer in any audience."""
    session.execute(delete(BroadcastPerson).where(BroadcastPerson.customer_id == customer_id))
