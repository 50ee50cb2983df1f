"""Whom the messages of a node are for, by what became of them: as `journey_message_figures` counts them, page by page from an index."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, String, func, literal_column, select, true, union_all
from sqlalchemy.orm import Session, aliased

from app.identity.models import Customer
from app.journeys.models import JourneyClick, Walk
from app.messaging.models import Send, SendStatus

# What a message that a figure counts may have come to. Each is a range of the index that is in order by itself.
_BY_STATUS = {
    "sent": (SendStatus.accepted,),
    "delivered": (SendStatus.accepted, SendStatus.unknown),
    "failed": (SendStatus.rejected, SendStatus.unknown, SendStatus.accepted),
    "not_sent": (SendStatus.cancelled, SendStatus.skipped),
}


def messages(
    session: Session,
    version_ids: Collection[uuid.UUID],
    *,
    node: str,
    figure: str,
    detail: str | None,
    whom: ColumnElement[bool] | None,
    after: uuid.UUID | None,
    limit: int,
) -> Sequence[Row[Walk, Customer, Send]]:
    """A page of the messages of a node that a figure counts, each with her walk, in the order in which they were planned; or of those among
    them that are for these customers.
    """
    if figure == "clicked":
        wanted = [_clicked(version_id, node=node, after=after) for version_id in version_ids]
    else:
        of: dict[str, Any] = {"node": node, "figure": figure, "detail": detail, "after": after}
        wanted = [_ids(version_id, status, **of) for version_id in version_ids for status in _BY_STATUS[figure]]
    if not wanted:
        return ()
    if whom is not None:
        theirs = aliased(Send)
        ids = select(theirs.id).join(Walk, Walk.id == theirs.walk_id).join(Customer, Customer.id == Walk.customer_id).where(whom)
        wanted = [one.where(one.selected_columns[0].in_(ids)) for one in wanted]
    parts = [one.limit(limit).subquery() for one in wanted]
    some = union_all(*(select(part.c[0].label("id")) for part in parts)).subquery()
    page = select(some.c.id).order_by(some.c.id).limit(limit)
    found = select(Walk, Customer, Send).join(Walk, Walk.id == Send.walk_id).join(Customer, Customer.id == Walk.customer_id)
    return session.execute(found.where(Send.id.in_(page)).order_by(Send.id)).all()


def _clicked(version_id: uuid.UUID, *, node: str, after: uuid.UUID | None) -> Select[uuid.UUID]:
    wanted = select(JourneyClick.send_id).where(JourneyClick.version_id == version_id, JourneyClick.node_id == node)
    return (wanted if after is None else wanted.where(JourneyClick.send_id > after)).order_by(JourneyClick.send_id)


def _ids(
    version_id: uuid.UUID, status: SendStatus, *, node: str, figure: str, detail: str | None, after: uuid.UUID | None
) -> Select[uuid.UUID]:
    counted = func.journey_message_figures(Send.status, Send.delivery, Send.error_code).table_valued("what", "detail").alias("counted")
    # Written as in `ix_sends_node`, which is not found by a parameter in the place of a name.
    version_of = literal_column("sends.context ->> 'version_id'", String)
    node_of = literal_column("sends.context ->> 'node_id'", String)
    wanted = select(Send.id).join(counted, true()).where(counted.c.what == figure)
    wanted = wanted.where(Send.walk_id.is_not(None), version_of == str(version_id), node_of == node, Send.status == status)
    if detail is not None:
        wanted = wanted.where(counted.c.detail == detail)
    if after is not None:
        wanted = wanted.where(Send.id > after)
    return wanted.order_by(Send.id)
