"""Who is signed in, on which browsers, and how that ends."""

from __future__ import annotations

import functools
import uuid
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import case, delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.dealers.errors import CodeNeeded, CodeRefused, LoginLocked, LoginRefused, PasswordRefused, PasswordToChange, SessionUnknown
from app.dealers.models import LoginFailure, Staff, StaffSession
from app.dealers.service.second_factor import passes
from app.kit import clock, live
from app.kit.crypto import hash_password, new_token, password_matches, token_hash
from app.kit.errors import Unauthorized
from app.kit.settings import settings

WRONG_PASSWORDS = 5
LOCKED_FOR = timedelta(minutes=15)
# A session in use is noted as seen this often, so that its requests do not wait for one another.
NOTED_EVERY = timedelta(minutes=5)
LONGEST_AGENT = 200


@dataclass(frozen=True)
class Place:
    """From where somebody signs in: the network address, and what her browser says it is."""

    address: str
    agent: str = ""


@dataclass(frozen=True)
class SignedIn:
    staff: Staff
    token: str


@functools.cache
def _nobody() -> str:
    return hash_password("nobody has this password")


def sign_in(
    session: Session, *, username: str, password: str, place: Place, code: str | None = None
) -> SignedIn | type[LoginRefused] | type[CodeRefused]:
    """The staff member and a new bearer token; or why not, which is counted and therefore not raised (and never says which part of name
    and password was wrong).

    What was wrong is counted by name and network address, so that a stranger locks nobody out but himself, and for names that nobody
    has as well, so that the lock tells nothing.

    Raises:
        LoginLocked: too much was wrong in a row from this address.
        CodeNeeded: she has a second factor, and no code was given.
    """
    must_not_be_locked(session, username, place)
    staff = session.execute(select(Staff).filter_by(username=username, active=True)).scalar_one_or_none()
    # Checked against nobody's password for an unknown name, so that both take the same time.
    is_right = password_matches(staff.password_hash if staff else _nobody(), password)
    is_late = staff is not None and staff.must_choose_by is not None and staff.must_choose_by < clock.now(session)
    wrong: type[LoginRefused] | type[CodeRefused] | None = None
    if staff is None or not is_right or is_late:
        wrong = LoginRefused
    elif staff.totp_confirmed_at is not None:
        if not code:
            raise CodeNeeded
        wrong = None if passes(session, staff, code) else CodeRefused
    if wrong is not None or staff is None:
        count_wrong(session, username, place)
        return wrong or LoginRefused
    session.execute(delete(LoginFailure).filter_by(key=_key(username, place)))
    return SignedIn(staff, _begin(session, staff, place, how="password"))


def _key(username: str, place: Place) -> str:
    return token_hash(f"{username}\n{place.address}")


def must_not_be_locked(session: Session, username: str, place: Place) -> None:
    """Raises `LoginLocked` while too much was wrong in a row for this name from this address."""
    failure, moment = session.get(LoginFailure, _key(username, place)), clock.now(session)
    if failure and failure.wrong >= WRONG_PASSWORDS and failure.last_at + LOCKED_FOR > moment:
        raise LoginLocked(retry_after=int((failure.last_at + LOCKED_FOR - moment).total_seconds()))


def count_wrong(session: Session, username: str, place: Place) -> None:
    """A wrong password or code more; those of long ago count no more."""
    moment = clock.now(session)
    again = case((LoginFailure.last_at + LOCKED_FOR > moment, LoginFailure.wrong + 1), else_=1)
    counted = insert(LoginFailure).values(key=_key(username, place), wrong=1, last_at=moment)
    session.execute(counted.on_conflict_do_update(index_elements=["key"], set_={"wrong": again, "last_at": moment}))


def sign_in_member(session: Session, brand_id: uuid.UUID, userid: str, *, place: Place) -> SignedIn | None:
    """WeCom says who she is, by a phone that she has unlocked: that is factor enough. None when she is nobody of the staff."""
    wanted = select(Staff).filter_by(brand_id=brand_id, wecom_userid=userid, active=True)
    staff = session.execute(wanted).scalar_one_or_none()
    if staff is None:
        return None
    return SignedIn(staff, _begin(session, staff, place, how="wecom"))


def _begin(session: Session, staff: Staff, place: Place, *, how: str) -> str:
    token, moment = new_token(), clock.now(session)
    made = StaffSession(
        token_hash=token_hash(token),
        staff_id=staff.id,
        expires_at=moment + timedelta(hours=settings().staff_session_hours),
        how=how,
        address=place.address,
        agent=place.agent[:LONGEST_AGENT],
        last_seen_at=moment,
    )
    session.add(made)
    session.flush()
    return token


def sign_out(session: Session, token: str) -> None:
    """Forget a session; an unknown token is nothing to forget."""
    ended = delete(StaffSession).filter_by(token_hash=token_hash(token)).returning(StaffSession.staff_id)
    if (staff_id := session.execute(ended).scalar_one_or_none()) is not None:
        live.ask_anew(session, staff_id)


def end_session(session: Session, staff: Staff, session_id: uuid.UUID) -> None:
    """Whoever sits at that browser is asked to sign in. Raises `SessionUnknown` when it is none of hers."""
    ended = delete(StaffSession).filter_by(id=session_id, staff_id=staff.id).returning(StaffSession.id)
    if session.execute(ended).first() is None:
        raise SessionUnknown
    live.ask_anew(session, staff.id)


def end_other_sessions(session: Session, staff: Staff, token: str) -> int:
    """Every browser but this one is asked to sign in; how many those were."""
    others = delete(StaffSession).where(StaffSession.staff_id == staff.id, StaffSession.token_hash != token_hash(token))
    live.ask_anew(session, staff.id)
    return len(session.execute(others.returning(StaffSession.id)).all())


def change_password(session: Session, staff: Staff, *, token: str, password: str, new: str) -> None:
    """Every other browser has to sign in with it. Raises `PasswordRefused` when `password` is not hers."""
    if not password_matches(staff.password_hash, password):
        raise PasswordRefused
    staff.password_hash, staff.must_choose_by = hash_password(new), None
    session.flush()
    end_other_sessions(session, staff, token)


def of_token(session: Session, token: str, *, at_her_own_login: bool = False) -> Staff:
    """The staff member whose session this is.

    Raises:
        Unauthorized: an unknown or expired token.
        PasswordToChange: she came with a password that somebody gave her, and wants more than to choose her own (`at_her_own_login`).
    """
    moment = clock.now(session)
    found = session.execute(
        select(Staff, StaffSession.last_seen_at, StaffSession.how)
        .join(StaffSession, StaffSession.staff_id == Staff.id)
        .where(StaffSession.token_hash == token_hash(token), StaffSession.expires_at > moment, Staff.active)
    ).one_or_none()
    if found is None:
        raise Unauthorized
    if found.last_seen_at < moment - NOTED_EVERY:
        # Whoever notes it at the same time does it for both.
        free = select(StaffSession.id).filter_by(token_hash=token_hash(token)).with_for_update(skip_locked=True)
        noted = update(StaffSession).where(StaffSession.id.in_(free.scalar_subquery())).values(last_seen_at=moment)
        session.execute(noted.execution_options(synchronize_session=False))
    staff: Staff = found[0]
    if staff.must_choose_by is not None and found.how == "password" and not at_her_own_login:
        raise PasswordToChange
    return staff
