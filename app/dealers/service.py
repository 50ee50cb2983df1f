"""Sign staff in and out; place dealers and stores."""

from __future__ import annotations

import functools
import uuid
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.dealers.errors import LoginLocked
from app.dealers.models import Brand, Dealer, Staff, StaffSession, Store
from app.kit import clock
from app.kit.crypto import hash_password, new_token, password_matches, token_hash
from app.kit.errors import Unauthorized
from app.kit.geo import Datum, Place, gcj02_to_wgs84
from app.kit.settings import settings

WRONG_PASSWORDS = 5
LOCKED_FOR = timedelta(minutes=15)
EVERY_DAY = {day: ["09:00", "18:00"] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}


@functools.cache
def _nobody() -> str:
    return hash_password("nobody has this password")


def sign_in(session: Session, *, username: str, password: str) -> tuple[Staff, str] | None:
    """The staff member and a new bearer token, or None when the password is wrong (which is counted; never says which part was wrong).

    Raises:
        LoginLocked: too many wrong passwords in a row.
    """
    staff = session.execute(select(Staff).filter_by(username=username, active=True).with_for_update()).scalar_one_or_none()
    if staff is None:
        password_matches(_nobody(), password)  # the same time as for a known name
        return None
    moment = clock.now(session)
    if staff.locked_until and staff.locked_until > moment:
        raise LoginLocked(retry_after=int((staff.locked_until - moment).total_seconds()))
    if not password_matches(staff.password_hash, password):
        staff.failed_logins += 1
        if staff.failed_logins >= WRONG_PASSWORDS:
            staff.failed_logins, staff.locked_until = 0, moment + LOCKED_FOR
        return None
    staff.failed_logins, staff.locked_until = 0, None
    token = new_token()
    lifetime = timedelta(hours=settings().staff_session_hours)
    session.add(StaffSession(token_hash=token_hash(token), staff_id=staff.id, expires_at=moment + lifetime))
    return staff, token


def sign_out(session: Session, token: str) -> None:
    """Forget a session; an unknown token is nothing to forget."""
    session.execute(delete(StaffSession).filter_by(token_hash=token_hash(token)))


def of_token(session: Session, token: str) -> Staff:
    """The staff member whose session this is. Raises `Unauthorized` for an unknown or expired token."""
    found = session.execute(
        select(Staff)
        .join(StaffSession, StaffSession.staff_id == Staff.id)
        .where(StaffSession.token_hash == token_hash(token), StaffSession.expires_at > clock.now(session), Staff.active)
    ).scalar_one_or_none()
    if found is None:
        raise Unauthorized
    return found


def found_brand(session: Session, *, key: str, name: str) -> Brand:
    """The brand of this key, made when there is none."""
    brand = session.execute(select(Brand).filter_by(key=key)).scalar_one_or_none()
    if brand is None:
        brand = Brand(key=key, name=name)
        session.add(brand)
        session.flush()
    return brand


def found_dealer(session: Session, brand_id: uuid.UUID, *, name: str, city: str) -> Dealer:
    """The brand's dealer of this name, made when there is none."""
    dealer = session.execute(select(Dealer).filter_by(brand_id=brand_id, name=name)).scalar_one_or_none()
    if dealer is None:
        dealer = Dealer(brand_id=brand_id, name=name, city=city)
        session.add(dealer)
        session.flush()
    return dealer


def place_store(
    session: Session, dealer: Dealer, *, name: str, lat: float, lng: float, datum: Datum, datum_source: str | None = None, **fields: Any
) -> tuple[Store, bool]:
    """(the dealer's store of this name, whether it is new): open every day and for sales and test drives unless `fields` say otherwise.

    `lat` and `lng` are degrees in `datum`; `datum_source` tells that this was only assumed.
    """
    store = session.execute(select(Store).filter_by(dealer_id=dealer.id, name=name)).scalar_one_or_none()
    if store is not None:
        return store, False
    gcj02 = Place.of(lat, lng, datum)
    wgs84 = (lat, lng) if datum is Datum.wgs84 else gcj02_to_wgs84(lat, lng)
    store = Store(
        brand_id=dealer.brand_id,
        dealer_id=dealer.id,
        name=name,
        lat_gcj02=gcj02.lat,
        lng_gcj02=gcj02.lng,
        lat_wgs84=wgs84[0],
        lng_wgs84=wgs84[1],
        datum_source=datum_source or datum.value,
        **{"hours": EVERY_DAY, "capabilities": ["sales", "test_drive"]} | fields,
    )
    session.add(store)
    session.flush()
    return store, True
