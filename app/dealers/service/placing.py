"""Place dealers and stores; bring staff up to date."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.dealers import queries
from app.dealers.errors import RosterRefused
from app.dealers.models import HEADQUARTERS, Brand, Dealer, Role, Staff, Store
from app.kit.crypto import hash_password, new_password
from app.kit.geo import Datum, Place, gcj02_to_wgs84
from app.kit.rows import CellRefused, Refusals, short_text

EVERY_DAY = {day: ["09:00", "18:00"] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}

# Columns of a list of staff with their longest cell; WeCom's own limit is 64.
STAFF_COLUMNS = {"username": 64, "name": 64, "role": 64, "dealer": 200, "wecom_userid": 64}


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
    store = Store(
        brand_id=dealer.brand_id,
        dealer_id=dealer.id,
        name=name,
        **coordinates(lat, lng, datum),
        datum_source=datum_source or datum.value,
        **{"hours": EVERY_DAY, "capabilities": ["sales", "test_drive"]} | fields,
    )
    session.add(store)
    session.flush()
    return store, True


def coordinates(lat: float, lng: float, datum: Datum) -> dict[str, float]:
    """The columns of a store's place in both datums."""
    gcj02 = Place.of(lat, lng, datum)
    wgs84 = (lat, lng) if datum is Datum.wgs84 else gcj02_to_wgs84(lat, lng)
    return {"lat_gcj02": gcj02.lat, "lng_gcj02": gcj02.lng, "lat_wgs84": wgs84[0], "lng_wgs84": wgs84[1]}


@dataclass
class Roster:
    """What a list of staff did. `newcomers`: each new person with the password that nobody can look up later."""

    newcomers: list[tuple[Staff, str]] = field(default_factory=list)
    updated: int = 0
    unchanged: int = 0


def take_on(
    session: Session,
    brand_id: uuid.UUID,
    rows: Iterable[tuple[int, dict[str, str]]],
    *,
    refused: Refusals,
    progress: Callable[[], object] = lambda: None,
) -> Roster:
    """Make the staff what the rows (line, cells of `STAFF_COLUMNS` and perhaps `active`) say; the same rows again change nothing.

    People are recognised by user name. New ones get a random password, known ones keep theirs. Who is not listed stays as he is. Every
    row that does not hold goes to `refused`; the caller's transaction makes it all or nothing. `progress` hears of every person.

    Raises:
        RosterRefused: a row does not hold.
    """
    session.execute(text("SELECT pg_advisory_xact_lock(hashtext('staff'))"))
    wanted = _people(session, brand_id, rows, refused)
    if refused:
        raise RosterRefused(rejected=len(refused))
    known = {one.username: one for one in session.execute(select(Staff).where(Staff.username.in_(wanted))).scalars()}
    roster = Roster()
    changed = {name: one for name, one in known.items() if any(getattr(one, key) != value for key, value in wanted[name].items())}
    for one in changed.values():
        one.wecom_userid = None
    session.flush()  # two people may swap their WeCom userids
    for username, values in wanted.items():
        if username not in known:
            password = new_password()
            newcomer = Staff(brand_id=brand_id, username=username, password_hash=hash_password(password), **values)
            session.add(newcomer)
            roster.newcomers.append((newcomer, password))
        elif person := changed.get(username):
            if person.dealer_id != values["dealer_id"]:
                person.store_id = None
            for key, value in values.items():
                setattr(person, key, value)
        progress()
    session.flush()
    roster.updated, roster.unchanged = len(changed), len(known) - len(changed)
    return roster


def _people(
    session: Session, brand_id: uuid.UUID, rows: Iterable[tuple[int, dict[str, str]]], refused: Refusals
) -> dict[str, dict[str, Any]]:
    """The columns of each person by user name, of the rows that hold."""
    listed = list(rows)
    usernames = {row["username"] for _, row in listed}
    elsewhere = select(Staff.username).where(Staff.username.in_(usernames), Staff.brand_id != brand_id)
    others = select(Staff.wecom_userid).where(Staff.brand_id == brand_id, Staff.username.not_in(usernames))
    taken = {
        "username": set(session.execute(elsewhere).scalars()),
        "wecom_userid": {userid.lower() for userid in session.execute(others).scalars() if userid},
    }
    people: dict[str, dict[str, Any]] = {}
    userids: set[str] = set()
    for line, row in listed:
        try:
            username, userid = row["username"], row["wecom_userid"]
            values = _person(session, brand_id, row)
            # WeCom does not tell upper from lower case.
            for name, value, before in (("username", username, people.keys()), ("wecom_userid", userid.lower(), userids)):
                if value in before:
                    raise CellRefused(name, row[name], "duplicate")
                if value in taken[name]:
                    raise CellRefused(name, row[name], "taken")
        except CellRefused as error:
            refused.append((line, error))
            continue
        people[username] = values
        if userid:
            userids.add(userid.lower())
    return people


def _person(session: Session, brand_id: uuid.UUID, row: dict[str, str]) -> dict[str, Any]:
    """The columns of one person but the user name. Raises `CellRefused` for the first cell that does not hold."""
    for name, longest in STAFF_COLUMNS.items():
        try:
            short_text(row[name], longest)
        except ValueError as error:
            raise CellRefused(name, row[name], str(error)) from error
    for name in ("username", "name", "role"):
        if not row[name]:
            raise CellRefused(name, "", "missing")
    role, active = row["role"], row.get("active") or "true"
    if role not in Role.__members__:
        raise CellRefused("role", role, "unknown_value")
    if active not in ("true", "false"):
        raise CellRefused("active", active, "unknown_value")
    dealer = queries.dealer_by_name(session, brand_id, row["dealer"]) if row["dealer"] else None
    if row["dealer"] and role in HEADQUARTERS:
        raise CellRefused("dealer", row["dealer"], "headquarters")
    if row["dealer"] and dealer is None:
        raise CellRefused("dealer", row["dealer"], "no_dealer")
    if dealer is None and role not in HEADQUARTERS:
        raise CellRefused("dealer", "", "dealer_needed")
    return {
        "name": row["name"],
        "role": role,
        "dealer_id": dealer.id if dealer else None,
        "wecom_userid": row["wecom_userid"] or None,
        "active": active == "true",
    }
