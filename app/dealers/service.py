"""Sign staff in and out."""

from __future__ import annotations

import functools
from datetime import timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session
from werkzeug.security import check_password_hash, generate_password_hash

from app.dealers.errors import LoginLocked, LoginRefused
from app.dealers.models import Staff, StaffSession
from app.kit import clock
from app.kit.crypto import new_token, token_hash
from app.kit.settings import settings

WRONG_PASSWORDS = 5
LOCKED_FOR = timedelta(minutes=15)


@functools.cache
def _nobody() -> str:
    return generate_password_hash("nobody has this password")


def hash_password(password: str) -> str:
    """scrypt with a salt of its own, as werkzeug writes it."""
    return generate_password_hash(password)


def sign_in(session: Session, *, username: str, password: str) -> tuple[Staff, str] | None:
    """The staff member and a new bearer token, or None when the password is wrong (which is counted; never says which part was wrong).

    Raises:
        LoginLocked: too many wrong passwords in a row.
    """
    staff = session.execute(select(Staff).filter_by(username=username, active=True).with_for_update()).scalar_one_or_none()
    if staff is None:
        check_password_hash(_nobody(), password)  # the same time as for a known name
        return None
    moment = clock.now(session)
    if staff.locked_until and staff.locked_until > moment:
        raise LoginLocked(retry_after=int((staff.locked_until - moment).total_seconds()))
    if not check_password_hash(staff.password_hash, password):
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
    """The staff member whose session this is. Raises `LoginRefused` for an unknown or expired token."""
    found = session.execute(
        select(Staff)
        .join(StaffSession, StaffSession.staff_id == Staff.id)
        .where(StaffSession.token_hash == token_hash(token), StaffSession.expires_at > clock.now(session), Staff.active)
    ).scalar_one_or_none()
    if found is None:
        raise LoginRefused
    return found
