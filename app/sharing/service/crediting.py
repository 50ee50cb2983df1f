"""Credit a share with what it led to: the last share that touched her counts, the first is kept, and nobody is credited for herself."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.events import service as events
from app.kit import db
from app.sharing import queries
from app.sharing.models import Conversion, Share, ShareConversion, ShareOpen, ShareTouch, ShareVisitor


def logged_in(
    session: Session,
    brand_id: uuid.UUID,
    customer_id: uuid.UUID,
    *,
    share_id: str | None,
    visitor_id: str | None,
    at: datetime,
) -> None:
    """Now we know who opened those shares on this device: each of somebody else touched her. Again changes nothing more."""
    if visitor_id:
        _recognise(session, brand_id, customer_id, visitor_id)
        for opened, first_at, last_at in queries.opened_on(session, brand_id, visitor_id, until=at):
            touch(session, opened, customer_id, at=last_at, first_at=first_at)
    named = session.execute(select(Share).filter_by(id=share_id, brand_id=brand_id)).scalar_one_or_none() if share_id else None
    if named is not None:
        touch(session, named, customer_id, at=at)


def _recognise(session: Session, brand_id: uuid.UUID, customer_id: uuid.UUID, visitor_id: str) -> None:
    session.execute(
        insert(ShareVisitor)
        .values(id=db.new_id(), brand_id=brand_id, visitor_id=visitor_id, customer_id=customer_id)
        .on_conflict_do_update(index_elements=["brand_id", "visitor_id"], set_={"customer_id": customer_id})
    )
    ours = select(Share.id).where(Share.brand_id == brand_id)
    session.execute(
        update(ShareOpen)
        .where(ShareOpen.visitor_id == visitor_id, ShareOpen.customer_id.is_(None), ShareOpen.share_id.in_(ours))
        .values(customer_id=customer_id)
        .execution_options(synchronize_session=False)
    )


def touch(session: Session, by: Share, customer_id: uuid.UUID, *, at: datetime, first_at: datetime | None = None) -> None:
    """A share reached a customer, who is known: her login is credited to it once. Her own shares do not touch her."""
    if by.customer_id == customer_id:
        return
    row = insert(ShareTouch).values(customer_id=customer_id, share_id=by.id, first_at=first_at or at, last_at=at)
    session.execute(
        row.on_conflict_do_update(
            index_elements=["customer_id", "share_id"],
            set_={
                "first_at": func.least(ShareTouch.first_at, row.excluded.first_at),
                "last_at": func.greatest(ShareTouch.last_at, row.excluded.last_at),
            },
        )
    )
    _convert(session, by, first_share_id=by.id, kind=Conversion.login, subject_id=str(customer_id), customer_id=customer_id)


def credit(session: Session, customer_id: uuid.UUID, *, kind: Conversion, subject_id: str, at: datetime) -> None:
    """A lead, an order or a deposit of hers goes to the last share that touched her in the 30 days before; none, if there is none."""
    last = queries.last_touch(session, customer_id, at=at)
    known = select(ShareConversion.id).filter_by(kind=kind, subject_id=subject_id)
    if last is None or session.execute(known).first():
        return
    first = queries.first_touch(session, customer_id, at=at) or last
    by = session.get_one(Share, last.share_id)
    _convert(session, by, first_share_id=first.share_id, kind=kind, subject_id=subject_id, customer_id=customer_id)


def _convert(session: Session, by: Share, *, first_share_id: str, kind: Conversion, subject_id: str, customer_id: uuid.UUID) -> None:
    row = {"share_id": by.id, "first_share_id": first_share_id, "kind": kind, "subject_id": subject_id, "customer_id": customer_id}
    new = session.execute(
        insert(ShareConversion).values(id=db.new_id(), **row).on_conflict_do_nothing().returning(ShareConversion.id)
    ).first()
    if new is None:
        return
    events.record(
        session,
        "share.converted",
        brand_id=by.brand_id,
        customer_id=customer_id,
        subject=("share", by.id),
        data={"share_id": by.id, "sharer_id": by.customer_id, "kind": kind, "subject_id": subject_id},
    )
