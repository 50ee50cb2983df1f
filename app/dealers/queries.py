"""Looks at stores and staff."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import String, cast, func, or_, select
from sqlalchemy.orm import Session, joinedload

from app.dealers.errors import BrandUnclear, DealerUnknown, StoreUnknown
from app.dealers.models import Brand, Dealer, Role, Staff, StaffSession, Store
from app.kit.crypto import token_hash
from app.kit.geo import Place, distance_m


def brand_by_key(session: Session, key: str) -> Brand | None:
    return session.execute(select(Brand).filter_by(key=key)).scalar_one_or_none()


def only_brand(session: Session, key: str | None = None) -> Brand:
    """The brand of this key, or the one there is. Raises `BrandUnclear` when that names none or several."""
    found = session.execute(select(Brand).filter_by(key=key) if key else select(Brand).limit(2)).scalars().all()
    if len(found) != 1:
        raise BrandUnclear(keys=list(session.execute(select(Brand.key).order_by(Brand.key)).scalars()))
    return found[0]


def dealer_by_name(session: Session, brand_id: uuid.UUID, name_or_id: str) -> Dealer | None:
    """A dealer of the brand by its name or by its id as text."""
    known = or_(Dealer.name == name_or_id, cast(Dealer.id, String) == name_or_id)
    return session.execute(select(Dealer).where(Dealer.brand_id == brand_id, known)).scalar_one_or_none()


def browsers(session: Session, staff: Staff, token: str) -> list[dict[str, Any]]:
    """Where she is signed in, the one seen last first; `token` is the session's that asks."""
    wanted = select(StaffSession).where(StaffSession.staff_id == staff.id, StaffSession.expires_at > func.marque_now())
    own, names = token_hash(token), ("how", "address", "agent", "created_at", "last_seen_at", "expires_at")
    return [
        {"id": str(one.id), "is_this": one.token_hash == own, **{name: getattr(one, name) for name in names}}
        for one in session.execute(wanted.order_by(StaffSession.last_seen_at.desc(), StaffSession.id)).scalars()
    ]


def store(session: Session, brand_id: uuid.UUID, store_id: uuid.UUID) -> Store:
    """A store of the brand. Raises `StoreUnknown`, also for another brand's."""
    found = session.execute(select(Store).filter_by(id=store_id, brand_id=brand_id)).scalar_one_or_none()
    if found is None:
        raise StoreUnknown
    return found


def stores(
    session: Session, brand_id: uuid.UUID, *, city: str | None = None, near: Place | None = None, limit: int = 100
) -> Sequence[tuple[Store, float | None]]:
    """Stores of the brand with their distance in metres (None without a place), nearest first, else by city and name."""
    wanted = select(Store).filter_by(brand_id=brand_id).options(joinedload(Store.dealer))
    if city:
        wanted = wanted.filter_by(city=city)
    found = session.execute(wanted.order_by(Store.city, Store.name, Store.id)).scalars().all()
    if near is None:
        return [(one, None) for one in found[:limit]]
    measured = [(one, distance_m(near, Place(one.lat_gcj02, one.lng_gcj02))) for one in found]
    return sorted(measured, key=lambda pair: (pair[1], str(pair[0].id)))[:limit]


def cities(session: Session, brand_id: uuid.UUID) -> Sequence[str]:
    """The cities that have a store, for the consumer who does not tell us where she is."""
    return session.execute(select(Store.city).filter_by(brand_id=brand_id).distinct().order_by(Store.city)).scalars().all()


def dealer(session: Session, dealer_id: uuid.UUID) -> Dealer:
    return session.get_one(Dealer, dealer_id)


def dealer_of(session: Session, brand_id: uuid.UUID, dealer_id: uuid.UUID) -> Dealer:
    """A dealer of the brand. Raises `DealerUnknown`, also for another brand's."""
    found = session.execute(select(Dealer).filter_by(id=dealer_id, brand_id=brand_id)).scalar_one_or_none()
    if found is None:
        raise DealerUnknown
    return found


def staff(session: Session, staff_id: uuid.UUID) -> Staff:
    return session.get_one(Staff, staff_id)


def advisers(session: Session, dealer_id: uuid.UUID) -> Sequence[Staff]:
    """The active advisers of a dealer, in a fixed order."""
    return session.execute(select(Staff).filter_by(dealer_id=dealer_id, role=Role.adviser, active=True).order_by(Staff.id)).scalars().all()


def managers(session: Session, dealer_id: uuid.UUID) -> Sequence[Staff]:
    return (
        session.execute(select(Staff).filter_by(dealer_id=dealer_id, role=Role.dealer_manager, active=True).order_by(Staff.id))
        .scalars()
        .all()
    )


def staff_by_wecom(session: Session, brand_id: uuid.UUID, userid: str) -> Staff | None:
    """WeCom reports userids in lower case, whatever the case they were made with."""
    return session.execute(
        select(Staff).where(Staff.brand_id == brand_id, Staff.wecom_userid.ilike(userid.replace("_", r"\_")))
    ).scalar_one_or_none()
