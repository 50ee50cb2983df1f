"""Plan messages, and take back those that nobody has claimed yet."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Any, cast

from sqlalchemy import ColumnElement, Select, Uuid, any_, bindparam, case, delete, exists, func, literal, select, tuple_, update
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.orm import Session, aliased

from app.kit import clock, db
from app.messaging.channels import channel
from app.messaging.models import InboxMessage, Lane, Purpose, Send, SendStatus
from app.messaging.service import claiming
from app.messaging.service.sending import ring

# Python knows no infinity, and whoever reads the row reads this.
NEVER = datetime(9999, 1, 1, tzinfo=UTC)

_LANES: dict[str, Lane] = {Purpose.transactional: Lane.transactional, Purpose.marketing: Lane.journey}
# What has left, or may, the nearest to her first.
_BY_DISTANCE = (SendStatus.accepted, SendStatus.unknown, SendStatus.claimed, SendStatus.planned)


def plan(
    session: Session,
    *,
    brand_id: uuid.UUID,
    channel: str,
    recipient: tuple[str, uuid.UUID],
    template_key: str,
    dedupe_key: str,
    purpose: str = Purpose.transactional,
    context: dict[str, Any] | None = None,
    **more: Any,
) -> Send:
    """Write a message that is to leave once this transaction is committed.

    `recipient` is ("customer" | "staff", id). `context` holds what the message is about as ids and figures (order_id, vehicle_id,
    lead_id, walk_id, …). The same `dedupe_key` of a brand again gives the send that is there. Raises `KeyError` for an unknown channel.

    More: `ladder` ({channel, template_key} each, best first, in place of the one channel and template), `lane` (`Lane`; whose turn it is
    first; by its purpose where none is given), `expires_at` (after which it is skipped), `broadcast_id`.
    """
    draft = {
        "brand_id": brand_id,
        "channel": channel,
        "recipient": recipient,
        "template_key": template_key,
        "dedupe_key": dedupe_key,
        "purpose": purpose,
        "context": context,
        **more,
    }
    return plan_all(session, [draft])[0]


def plan_all(session: Session, drafts: Sequence[dict[str, Any]]) -> list[Send]:
    """Plan many messages, each given as `plan`'s keyword arguments, in as many statements as one takes. In the order of the drafts."""
    if not drafts:
        return []
    moment = clock.now(session)
    rows = [_row(**draft) | {"due_at": moment} for draft in drafts]
    session.execute(insert(Send).on_conflict_do_nothing(index_elements=["brand_id", "dedupe_key"]), rows)
    wanted = [(row["brand_id"], row["dedupe_key"]) for row in rows]
    found = session.execute(
        select(Send).where(
            Send.brand_id.in_({brand_id for brand_id, _ in wanted}), Send.dedupe_key.in_([dedupe_key for _, dedupe_key in wanted])
        )
    ).scalars()
    sends = {(send.brand_id, send.dedupe_key): send for send in found}
    ring(session, (row["lane"] for row in rows))
    return [sends[one] for one in wanted]


# What `plan_selected` is given of each message.
_OF_EACH = ("id", "brand_id", "customer_id", "staff_id", "dedupe_key", "context", "walk_id")


def plan_selected(
    session: Session,
    rows: Select[Any],
    *,
    channel: str,
    template_key: str,
    purpose: str = Purpose.transactional,
    ladder: Sequence[dict[str, str]] | None = None,
    lane: int | None = None,
    expires_at: datetime | None = None,
) -> int:
    """Plan one message to everybody whom `rows` selects, in one statement; how many were written.

    `rows` has these columns, in this order: id (a new one for the send), brand_id, customer_id, staff_id (NULL is one of the two),
    dedupe_key, context (jsonb, as `plan` says), walk_id. Where a send of that key is there already, it stays as it is. All the rest is
    as for `plan`; raises `KeyError` for an unknown channel.
    """
    for rung in ladder or ({"channel": channel},):
        _must_exist(rung["channel"])
    its_lane = int(_LANES[purpose] if lane is None else lane)
    moment = clock.now(session)
    shared: dict[str, Any] = {
        "channel": channel,
        "template_key": template_key,
        "purpose": purpose,
        "ladder": list(ladder) if ladder else None,
        "lane": its_lane,
        "expires_at": expires_at,
        # Given, for their defaults would be asked for at each row.
        "created_at": moment,
        "due_at": moment,
    }
    table = Send.__table__.c
    of_each = rows.subquery("of_each")
    wanted = select(*of_each.c, *(bindparam(name, value, table[name].type) for name, value in shared.items()))
    written = insert(Send).from_select([*_OF_EACH, *shared], wanted, include_defaults=False).on_conflict_do_nothing()
    ring(session, [its_lane])
    return cast(int, session.execute(written.execution_options(preserve_rowcount=True)).rowcount)  # type: ignore[attr-defined]


def _row(
    *,
    brand_id: uuid.UUID,
    channel: str,
    recipient: tuple[str, uuid.UUID],
    template_key: str,
    dedupe_key: str,
    purpose: str = Purpose.transactional,
    context: dict[str, Any] | None = None,
    ladder: Sequence[dict[str, str]] | None = None,
    lane: int | None = None,
    expires_at: datetime | None = None,
    broadcast_id: uuid.UUID | None = None,
) -> dict[str, Any]:
    for rung in ladder or ({"channel": channel},):
        _must_exist(rung["channel"])
    kind, recipient_id = recipient
    plain = {key: str(value) if isinstance(value, uuid.UUID) else value for key, value in (context or {}).items()}
    return {
        "id": db.new_id(),
        "brand_id": brand_id,
        "channel": channel,
        "customer_id": recipient_id if kind == "customer" else None,
        "staff_id": recipient_id if kind == "staff" else None,
        "template_key": template_key,
        "purpose": purpose,
        "dedupe_key": dedupe_key,
        "context": plain,
        "walk_id": uuid.UUID(plain["walk_id"]) if plain.get("walk_id") else None,
        "ladder": list(ladder) if ladder else None,
        "lane": int(_LANES[purpose] if lane is None else lane),
        "expires_at": expires_at,
        "broadcast_id": broadcast_id,
    }


def _must_exist(kind: str) -> None:
    channel(kind)


def cancel_planned(
    session: Session,
    *,
    walk_id: uuid.UUID | None = None,
    walk_ids: Collection[uuid.UUID] = (),
    send_ids: Collection[uuid.UUID] = (),
    broadcast_id: uuid.UUID | None = None,
) -> int:
    """Take back what walks of journeys, or a broadcast, planned, or these messages alone; returns how many nobody had claimed. A claimed
    message is on its way, and stays if it arrives; it is not tried again if it does not.
    """
    if broadcast_id:
        return len(_cancel(session, Send.broadcast_id == broadcast_id))
    if send_ids:
        return len(_cancel(session, Send.id == any_(literal(list(send_ids), ARRAY(Uuid)))))
    walks = [walk_id, *walk_ids] if walk_id else list(walk_ids)
    return len(_cancel(session, Send.walk_id == any_(literal(walks, ARRAY(Uuid)))))


def hold(session: Session, *, broadcast_id: uuid.UUID) -> int:
    """Set aside what a broadcast has planned, until `release`; how many. What is claimed is on its way; if it comes back without having
    left it is planned again, so whoever pauses asks once more.
    """
    open_ = (Send.broadcast_id == broadcast_id) & Send.error_code.is_distinct_from("paused")
    return _move_due(session, open_, due_at=NEVER, error_code="paused")


def release(session: Session, *, broadcast_id: uuid.UUID) -> int:
    """Let what was set aside leave now; how many."""
    held = (Send.broadcast_id == broadcast_id) & (Send.error_code == "paused")
    ring(session, claiming.MANY_LANES)
    return _move_due(session, held, due_at=func.marque_now(), error_code=None)


def go_on(session: Session, brand_ids: Collection[uuid.UUID], *, journey_ids: Collection[uuid.UUID], most: int) -> int:
    """Let what these journeys planned, and what waited because they were paused, leave now, so many at the most; how many."""
    held = select(Send.id).where(Send.brand_id.in_(brand_ids), Send.error_code == "journey_paused", Send.status == SendStatus.planned)
    theirs = held.where(Send.walk_id.is_not(None), Send.context["journey_id"].astext.in_([str(one) for one in journey_ids]))
    ids = session.execute(theirs.limit(most).with_for_update(skip_locked=True)).scalars().all()
    ring(session, claiming.EVERY_LANE)
    return _move_due(session, Send.id.in_(ids), due_at=func.marque_now(), error_code=None)


def _move_due(session: Session, which: ColumnElement[bool], **values: Any) -> int:
    moved = update(Send).where(which, Send.status == SendStatus.planned).values(**values, error_message=None)
    return len(session.execute(moved.returning(Send.id).execution_options(synchronize_session=False)).all())


def _cancel(session: Session, whose: Any) -> Sequence[uuid.UUID]:
    # A claim holds the row's lock until it is committed: then the status no longer fits, and the claim has won.
    cancelled = (
        session.execute(
            update(Send)
            .where(whose, Send.status == SendStatus.planned)
            .values(status=SendStatus.cancelled, settled_at=clock.now(session))
            .returning(Send.id)
        )
        .scalars()
        .all()
    )
    session.execute(update(Send).where(whose, Send.status == SendStatus.claimed).values(withdrawn=True))
    return cancelled


def move(session: Session, *, kept_id: uuid.UUID, merged_id: uuid.UUID) -> None:
    """Two customers are one: every message of the merged one is the kept one's; of a broadcast that was for both she gets one."""
    for table in (Send, InboxMessage):
        session.execute(update(table).where(table.customer_id == merged_id).values(customer_id=kept_id))
    hers = (Send.customer_id == kept_id) & Send.broadcast_id.is_not(None)
    both = select(Send.id).where(hers, Send.status.in_(_BY_DISTANCE)).order_by(Send.id)
    # Whoever is just claiming one of them comes first.
    session.execute(both.with_for_update())
    other = aliased(Send)
    is_ahead = tuple_(_how_far(other), other.id) < tuple_(_how_far(Send), Send.id)
    of_same = (other.customer_id == Send.customer_id) & (other.broadcast_id == Send.broadcast_id)
    _cancel(session, hers & exists().where(of_same, is_ahead))


def _how_far(send: type[Send]) -> ColumnElement[int]:
    """Less the nearer it is to her; nothing for what never comes."""
    return case({status: place for place, status in enumerate(_BY_DISTANCE)}, value=send.status)


def forget(session: Session, customer_id: uuid.UUID) -> None:
    """Cancel what is planned for an erased customer, and drop what was rendered for her or about her; the ledger's figures stay."""
    _cancel(session, Send.customer_id == customer_id)
    about_her = Send.context["customer_id"].astext == str(customer_id)
    for whose in (Send.customer_id == customer_id, about_her):
        session.execute(update(Send).where(whose, Send.payload.is_not(None)).values(payload=None))
    session.execute(update(Send).where(Send.customer_id == customer_id, Send.answer.is_not(None)).values(answer=None))
    session.execute(delete(InboxMessage).where(InboxMessage.customer_id == customer_id))
