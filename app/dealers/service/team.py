"""Who works for the brand or a dealer, as their manager or an administrator keeps it: taken on, changed, locked out, let in again.

Every act stands in the person's trail (`transitions` of `staff`): `active` and `locked` are what she is, another role stands between the
roles, and what leaves her what she is bears its reason.
"""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, func, select, text
from sqlalchemy.orm import Session

from app.dealers import queries
from app.dealers.errors import (
    DealerNeeded,
    NotYourself,
    StaffUnknown,
    StoreUnknown,
    TeamRefused,
    UsernameTaken,
    WecomTaken,
)
from app.dealers.models import HEADQUARTERS, Role, Staff, StaffSession, Store
from app.dealers.scope import Scope
from app.dealers.service.second_factor import forget
from app.kit import clock, live, states
from app.kit.crypto import hash_password, new_password

ACTIVE, LOCKED = "active", "locked"
# A password that somebody else knows is good for one login within this time.
GIVEN_FOR = timedelta(days=7)


def must_keep_team(staff: Staff) -> None:
    """Raises `TeamRefused` for everybody but administrators and dealers' managers."""
    if staff.role not in (Role.admin, Role.dealer_manager):
        raise TeamRefused


def hire(session: Session, staff: Staff, *, username: str, role: str, dealer_id: uuid.UUID | None, **fields: Any) -> tuple[Staff, str]:
    """A new person (`name`, perhaps `store_id`, `wecom_userid`) and her first password, which nobody can look up later.

    Raises:
        TeamRefused, UsernameTaken, WecomTaken, DealerNeeded, DealerUnknown, StoreUnknown.
    """
    staff = _keeper(session, staff)
    if not staff.sees_the_brand:
        dealer_id = staff.dealer_id
    if dealer_id is not None:
        queries.dealer_of(session, staff.brand_id, dealer_id)
    if (dealer_id is None) != (role in HEADQUARTERS):
        raise DealerNeeded(dealer_id="role")
    if session.execute(select(Staff.id).filter_by(username=username)).first():
        raise UsernameTaken(username="taken")
    password = new_password()
    person = Staff(brand_id=staff.brand_id, dealer_id=dealer_id, username=username, role=role, password_hash=hash_password(password))
    person.must_choose_by = clock.now(session) + GIVEN_FOR
    _fill(session, person, fields)
    session.add(person)
    session.flush()
    states.note(session, person, before="", after=ACTIVE)
    return person, password


def change_person(session: Session, staff: Staff, person_id: uuid.UUID, *, role: str | None = None, **fields: Any) -> Staff:
    """Another name, role, store or WeCom account; another role signs her out everywhere, and the same again changes nothing.

    Raises:
        TeamRefused, StaffUnknown, WecomTaken, StoreUnknown. NotYourself: one's own role.
        DealerNeeded: from headquarters to a dealer, or back.
    """
    staff, person = _reached(session, staff, person_id)
    if role is not None and role != person.role:
        _not_herself(staff, person)
        if (person.dealer_id is None) != (role in HEADQUARTERS):
            raise DealerNeeded(role="dealer")
        states.note(session, person, before=person.role, after=role, reason="role")
        person.role = role
        _sign_out(session, person)
    _fill(session, person, fields)
    session.flush()
    return person


def lock(session: Session, staff: Staff, person_id: uuid.UUID) -> Staff:
    """She is signed out and cannot sign in; again changes nothing. Raises `TeamRefused`, `StaffUnknown`, `NotYourself`."""
    staff, person = _reached(session, staff, person_id)
    _not_herself(staff, person)
    if person.active:
        person.active = False
        _sign_out(session, person)
        states.note(session, person, before=ACTIVE, after=LOCKED)
    return person


def unlock(session: Session, staff: Staff, person_id: uuid.UUID) -> Staff:
    """She can sign in again with what she had; again changes nothing. Raises `TeamRefused`, `StaffUnknown`."""
    _, person = _reached(session, staff, person_id)
    if not person.active:
        person.active = True
        states.note(session, person, before=LOCKED, after=ACTIVE)
    return person


def give_password(session: Session, staff: Staff, person_id: uuid.UUID) -> tuple[Staff, str]:
    """A new password for one login, at which she chooses her own; she is signed out.

    Raises `TeamRefused`, `StaffUnknown`, `NotYourself`.
    """
    staff, person = _reached(session, staff, person_id)
    _not_herself(staff, person)
    password = new_password()
    person.password_hash, person.must_choose_by = hash_password(password), clock.now(session) + GIVEN_FOR
    _sign_out(session, person)
    _note_as_she_is(session, person, "password_given")
    return person, password


def reset_second_factor(session: Session, staff: Staff, person_id: uuid.UUID) -> Staff:
    """Her phone is lost: the password alone is enough until she sets up another; she is signed out.

    Raises `TeamRefused`, `StaffUnknown`, `NotYourself`; one's own is ended with a code.
    """
    staff, person = _reached(session, staff, person_id)
    _not_herself(staff, person)
    if person.totp_secret is not None:
        forget(session, person)
        _sign_out(session, person)
        _note_as_she_is(session, person, "second_factor_reset")
    return person


def sign_out_everywhere(session: Session, staff: Staff, person_id: uuid.UUID) -> int:
    """Every browser of hers has to sign in again; how many those were. Raises `TeamRefused`, `StaffUnknown`, `NotYourself`."""
    staff, person = _reached(session, staff, person_id)
    _not_herself(staff, person)
    ended = _sign_out(session, person)
    if ended:
        _note_as_she_is(session, person, "signed_out")
    return ended


def _keeper(session: Session, staff: Staff) -> Staff:
    """Who keeps the team, as she is now; two who lock each other out at once come one after the other, and one of them stays."""
    session.execute(text("SELECT pg_advisory_xact_lock(hashtext('staff'))"))
    keeper = session.get_one(Staff, staff.id, populate_existing=True)
    must_keep_team(keeper)
    if not keeper.active:
        raise TeamRefused
    return keeper


def _reached(session: Session, staff: Staff, person_id: uuid.UUID) -> tuple[Staff, Staff]:
    """The keeper, and a person of hers: headquarters keeps everybody, a manager his dealer's people."""
    keeper = _keeper(session, staff)
    wanted = select(Staff).where(Scope.of(keeper).covers(Staff), Staff.id == person_id)
    person = session.execute(wanted.execution_options(populate_existing=True)).scalar_one_or_none()
    if person is None:
        raise StaffUnknown
    return keeper, person


def _not_herself(staff: Staff, person: Staff) -> None:
    if staff.id == person.id:
        raise NotYourself


def _fill(session: Session, person: Staff, fields: dict[str, Any]) -> None:
    """Set name, store and WeCom account where they are said."""
    if store_id := fields.get("store_id"):
        of_her_dealer = select(Store.id).filter_by(id=store_id, brand_id=person.brand_id, dealer_id=person.dealer_id)
        if session.execute(of_her_dealer).first() is None:
            raise StoreUnknown
    if userid := fields.get("wecom_userid"):
        others = select(Staff.id).where(Staff.brand_id == person.brand_id, func.lower(Staff.wecom_userid) == userid.lower())
        if session.execute(others.where(Staff.id != person.id) if person.id else others).first():
            raise WecomTaken(wecom_userid="taken")
    for name, value in fields.items():
        setattr(person, name, value or None)


def _sign_out(session: Session, person: Staff) -> int:
    session.flush()
    live.ask_anew(session, person.id)
    return len(session.execute(delete(StaffSession).filter_by(staff_id=person.id).returning(StaffSession.id)).all())


def _note_as_she_is(session: Session, person: Staff, reason: str) -> None:
    now = ACTIVE if person.active else LOCKED
    states.note(session, person, before=now, after=now, reason=reason)
