"""What becomes of favourites: cheaper, to be had again, or sold; each told to whom it concerns, once."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import func, or_, select, update
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from app.interests.models import AlertKind, Favourite
from app.interests.service.telling import News, tell
from app.kit import clock
from app.kit.settings import settings
from app.vehicles.models import VISIBLE, PriceChange, Status, Vehicle

# A car that goes back and forth is told of once in a while; and who held it herself lately knows what became of it.
QUIET = timedelta(days=7)


def cheaper(session: Session, vehicle_ids: Collection[uuid.UUID]) -> None:
    """Tell of a price that is truly lower, and lower by enough than the one she was told last; again tells nothing more.

    Truly lower is what is below the lowest price of thirty days: a car that was made dearer first is none.
    """
    last = (
        select(PriceChange.vehicle_id, PriceChange.id, PriceChange.reduced_fen)
        .ext(distinct_on(PriceChange.vehicle_id))
        .where(PriceChange.vehicle_id.in_(vehicle_ids))
        .order_by(PriceChange.vehicle_id, PriceChange.created_at.desc(), PriceChange.id.desc())
        .subquery()
    )
    enough = 100 * settings().price_drop_alert_yuan
    wanted = (
        select(Favourite, Vehicle.price_fen, last.c.id)
        .join(Vehicle, Vehicle.id == Favourite.vehicle_id)
        .join(last, last.c.vehicle_id == Favourite.vehicle_id)
        .where(Vehicle.status.in_(VISIBLE), last.c.reduced_fen > 0, Favourite.told_price_fen - Vehicle.price_fen >= enough)
        .order_by(Favourite.id)
        .with_for_update(of=Favourite, key_share=True)
        .execution_options(populate_existing=True)
    )
    news = []
    for kept, price_fen, change_id in session.execute(wanted).all():
        news.append(_news(AlertKind.price_dropped, kept, change_id, old_price_fen=kept.told_price_fen, new_price_fen=price_fen))
        kept.told_price_fen = price_fen
    session.flush()
    tell(session, news)


def back_on_sale(session: Session, causes: Mapping[uuid.UUID, uuid.UUID]) -> None:
    """Tell that cars can be had again; `causes` maps each to the event that says so.

    One that somebody took meanwhile, or that is offered to whoever waits for it in line, is not on sale.
    """
    quiet = clock.now(session) - QUIET
    wanted = (
        select(Favourite)
        .join(Vehicle, Vehicle.id == Favourite.vehicle_id)
        .where(
            Favourite.vehicle_id.in_(causes),
            Vehicle.status == Status.listed,
            or_(Favourite.told_back_at.is_(None), Favourite.told_back_at <= quiet),
            or_(Favourite.held_at.is_(None), Favourite.held_at <= quiet),
        )
        .order_by(Favourite.id)
        .with_for_update(of=Favourite, key_share=True)
    )
    found = session.execute(wanted).scalars().all()
    told = update(Favourite).where(Favourite.id.in_([kept.id for kept in found])).values(told_back_at=func.marque_now())
    session.execute(told.execution_options(synchronize_session=False))
    tell(session, [_news(AlertKind.back_on_sale, kept, causes[kept.vehicle_id]) for kept in found])


def sold(session: Session, causes: Mapping[uuid.UUID, uuid.UUID]) -> None:
    """Tell that cars were sold, so that nobody waits for them; `causes` maps each to the event that says so."""
    quiet = clock.now(session) - QUIET
    wanted = select(Favourite).join(Vehicle, Vehicle.id == Favourite.vehicle_id)
    wanted = wanted.where(Favourite.vehicle_id.in_(causes), Vehicle.status.in_((Status.sold, Status.delivered)))
    wanted = wanted.where(or_(Favourite.held_at.is_(None), Favourite.held_at <= quiet)).order_by(Favourite.id)
    found = session.execute(wanted.with_for_update(of=Favourite, key_share=True)).scalars().all()
    tell(session, [_news(AlertKind.sold, kept, causes[kept.vehicle_id]) for kept in found])


def held(session: Session, customer_id: uuid.UUID, vehicle_id: uuid.UUID) -> None:
    """She took it for herself: what becomes of it she learns by her order."""
    hers = update(Favourite).where(Favourite.customer_id == customer_id, Favourite.vehicle_id == vehicle_id)
    session.execute(hers.values(held_at=func.marque_now()).execution_options(synchronize_session=False))


def _news(kind: AlertKind, kept: Favourite, cause: uuid.UUID, **prices: Any) -> News:
    return News(kind, kept.brand_id, kept.customer_id, cause, [kept.vehicle_id], **prices)
