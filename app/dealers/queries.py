"""Looks at stores and staff, and at who of them moved what."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, String, cast, func, or_, select
from sqlalchemy.orm import Session, joinedload

from app.dealers.errors import BrandUnclear, DealerUnknown, StaffUnknown, StoreUnknown
from app.dealers.models import Brand, Dealer, Role, Staff, StaffSession, Store
from app.dealers.scope import Scope
from app.kit import paging
from app.kit.crypto import token_hash
from app.kit.geo import Place, distance_m
from app.kit.paging import CursorInvalid
from app.kit.states import Transition


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


def moves_in_words(session: Session, moves: Sequence[Transition]) -> list[dict[str, Any]]:
    """These moves with the names of the staff among their movers. A customer is not named: the page that asks knows her."""
    ids = {uuid.UUID(move.actor_id) for move in moves if move.actor_type == "staff" and move.actor_id}
    names = {str(staff_id): name for staff_id, name in session.execute(select(Staff.id, Staff.name).where(Staff.id.in_(ids)))}
    return [
        {
            "id": move.id,
            "at": move.created_at,
            "subject": move.subject_type,
            "before": move.before,
            "after": move.after,
            "actor": {"type": move.actor_type, "name": names.get(move.actor_id or "")},
            "reason": move.reason,
            "cause": move.cause,
            "request_id": move.request_id,
        }
        for move in moves
    ]


def dealers(session: Session, staff: Staff, *, q: str | None = None, cursor: str | None = None, limit: int) -> dict[str, Any]:
    """The dealers that this person sees by name, with how many stores and people each has. Raises `CursorInvalid`."""
    conditions = _within(Scope.of(staff))
    if q:
        conditions.append(or_(Dealer.name.icontains(q, autoescape=True), Dealer.city == q))
    total = session.execute(select(func.count()).select_from(Dealer).where(*conditions)).scalar_one()
    if cursor:
        conditions.append(Dealer.name > _name_in(cursor))
    found = session.execute(select(Dealer).where(*conditions).order_by(Dealer.name).limit(limit + 1)).scalars().all()
    shown = found[:limit]
    ids = [one.id for one in shown]
    stores = _counted(session, Store.dealer_id, Store.dealer_id.in_(ids))
    people = _counted(session, Staff.dealer_id, Staff.dealer_id.in_(ids) & Staff.active)
    return {
        "items": [_dealer_row(one) | {"stores": stores.get(one.id, 0), "staff": people.get(one.id, 0)} for one in shown],
        "next_cursor": paging.encode(shown[-1].name) if len(found) > limit else None,
        "total": total,
    }


def dealer_page(session: Session, staff: Staff, dealer_id: uuid.UUID) -> dict[str, Any]:
    """One of them with its stores. Raises `DealerUnknown`, also for one that this person does not see."""
    found = session.execute(select(Dealer).where(*_within(Scope.of(staff)), Dealer.id == dealer_id)).scalar_one_or_none()
    if found is None:
        raise DealerUnknown
    names = ("id", "name", "city", "address", "phone", "datum_source")
    of_it = session.execute(select(Store).filter_by(dealer_id=dealer_id).order_by(Store.name)).scalars()
    placed = [{name: getattr(one, name) for name in names} | {"lat": one.lat_gcj02, "lng": one.lng_gcj02} for one in of_it]
    return _dealer_row(found) | {"stores": placed}


def _within(scope: Scope) -> list[ColumnElement[bool]]:
    """A dealer has no dealer_id that `covers` could ask for: it is one."""
    return [Dealer.brand_id == scope.brand_id] + ([Dealer.id == scope.dealer_id] if scope.dealer_id else [])


def _counted(session: Session, of: Any, where: ColumnElement[bool]) -> dict[Any, int]:
    return dict(session.execute(select(of, func.count()).where(where).group_by(of)).tuples().all())


def _dealer_row(one: Dealer) -> dict[str, Any]:
    return {"id": one.id, "name": one.name, "city": one.city, "takes_money": one.sub_mchid is not None}


def _name_in(cursor: str) -> str:
    (name,) = paging.decode(cursor, 1)
    if not isinstance(name, str) or "\x00" in name:
        raise CursorInvalid(cursor="unreadable")
    return name


def team(
    session: Session,
    staff: Staff,
    *,
    q: str | None = None,
    role: str | None = None,
    dealer_id: uuid.UUID | None = None,
    active: bool | None = None,
    cursor: str | None = None,
    limit: int,
) -> dict[str, Any]:
    """Those of this person's dealer, or of the whole brand for headquarters, by user name. Raises `CursorInvalid`."""
    said = {"role": role, "dealer_id": dealer_id, "active": active}
    conditions: list[ColumnElement[bool]] = [Scope.of(staff).covers(Staff)]
    conditions += [getattr(Staff, name) == value for name, value in said.items() if value is not None]
    if q:
        conditions.append(or_(Staff.name.icontains(q, autoescape=True), Staff.username.icontains(q, autoescape=True)))
    total = session.execute(select(func.count()).select_from(Staff).where(*conditions)).scalar_one()
    if cursor:
        conditions.append(Staff.username > _name_in(cursor))
    wanted = select(Staff).options(joinedload(Staff.dealer)).where(*conditions).order_by(Staff.username).limit(limit + 1)
    found = session.execute(wanted).scalars().all()
    more = len(found) > limit
    return {
        "items": _people(session, staff, found[:limit]),
        "next_cursor": paging.encode(found[limit - 1].username) if more else None,
        "total": total,
    }


def person(session: Session, staff: Staff, person_id: uuid.UUID) -> dict[str, Any]:
    """One of them with her trail, the latest first. Raises `StaffUnknown`, also for another dealer's."""
    wanted = select(Staff).where(Scope.of(staff).covers(Staff), Staff.id == person_id)
    found = session.execute(wanted).scalar_one_or_none()
    if found is None:
        raise StaffUnknown
    moves = select(Transition).filter_by(subject_type=Staff.__tablename__, subject_id=person_id)
    trail = session.execute(moves.order_by(Transition.created_at.desc(), Transition.id.desc())).scalars().all()
    return _people(session, staff, [found])[0] | {"trail": moves_in_words(session, trail)}


def _people(session: Session, staff: Staff, found: Sequence[Staff]) -> list[dict[str, Any]]:
    open_ones = StaffSession.staff_id.in_([one.id for one in found]) & (StaffSession.expires_at > func.marque_now())
    seen = select(StaffSession.staff_id, func.count().label("browsers"), func.max(StaffSession.last_seen_at).label("last_seen_at"))
    signed_in = {one.staff_id: one for one in session.execute(seen.where(open_ones).group_by(StaffSession.staff_id))}
    of_stores = select(Store.id, Store.name).where(Store.id.in_({one.store_id for one in found if one.store_id}))
    stores = {store_id: {"id": store_id, "name": name} for store_id, name in session.execute(of_stores)}
    names = ("id", "username", "name", "role", "wecom_userid", "active", "must_choose_by")
    return [
        {name: getattr(one, name) for name in names}
        | {
            "dealer": {"id": one.dealer.id, "name": one.dealer.name} if one.dealer else None,
            "store": stores.get(one.store_id) if one.store_id else None,
            "has_second_factor": one.totp_confirmed_at is not None,
            "browsers": signed_in[one.id].browsers if one.id in signed_in else 0,
            "last_seen_at": signed_in[one.id].last_seen_at if one.id in signed_in else None,
            "is_you": one.id == staff.id,
        }
        for one in found
    ]
