"""The second factor of a login: codes of an authenticator app (RFC 6238), and words for when the phone is lost."""

from __future__ import annotations

import hmac

import pyotp
from sqlalchemy import delete, or_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.dealers.errors import CodeRefused, PasswordRefused, SecondFactorOff, SecondFactorOn
from app.dealers.models import RecoveryCode, Staff
from app.kit import clock
from app.kit.crypto import new_password, password_matches, token_hash

PERIOD = 30
# A phone's clock may be this many codes wrong.
DRIFT = 1
RECOVERY_CODES = 8


def begin_second_factor(session: Session, staff: Staff) -> str:
    """The address that an authenticator app scans; asked for only once a code of it was confirmed. Again begins anew.

    Raises:
        SecondFactorOn: she has one.
    """
    if staff.totp_confirmed_at is not None:
        raise SecondFactorOn
    staff.totp_secret, staff.totp_last_step = pyotp.random_base32(), None
    session.flush()
    return pyotp.TOTP(staff.totp_secret).provisioning_uri(name=staff.username, issuer_name=staff.brand.name)


def confirm_second_factor(session: Session, staff: Staff, code: str) -> list[str]:
    """From now on logins ask for a code. Gives the recovery codes, which nobody can look up later.

    Raises:
        SecondFactorOn, SecondFactorOff: there is one already, or none was begun. CodeRefused: the code is not its.
    """
    if staff.totp_confirmed_at is not None:
        raise SecondFactorOn
    if staff.totp_secret is None:
        raise SecondFactorOff
    if not _is_current(session, staff, code):
        raise CodeRefused
    staff.totp_confirmed_at = clock.now(session)
    codes = [new_password() for _ in range(RECOVERY_CODES)]
    session.execute(delete(RecoveryCode).filter_by(staff_id=staff.id))
    session.execute(insert(RecoveryCode), [{"staff_id": staff.id, "code_hash": token_hash(one)} for one in codes])
    session.flush()
    return codes


def end_second_factor(session: Session, staff: Staff, *, password: str, code: str) -> None:
    """Logins ask for the password alone again. Raises `SecondFactorOff`, `PasswordRefused`, `CodeRefused`."""
    if staff.totp_confirmed_at is None:
        raise SecondFactorOff
    if not password_matches(staff.password_hash, password):
        raise PasswordRefused
    if not passes(session, staff, code):
        raise CodeRefused
    forget(session, staff)


def forget(session: Session, staff: Staff) -> None:
    """She has no second factor any more."""
    staff.totp_secret = staff.totp_confirmed_at = staff.totp_last_step = None
    session.execute(delete(RecoveryCode).filter_by(staff_id=staff.id))
    session.flush()


def passes(session: Session, staff: Staff, code: str) -> bool:
    """Whether it is a code of her app that nobody has used, or one of her recovery codes, which is used up by this."""
    if _is_current(session, staff, code):
        return True
    used = delete(RecoveryCode).filter_by(staff_id=staff.id, code_hash=token_hash(code.strip().lower()))
    return session.execute(used.returning(RecoveryCode.code_hash)).first() is not None


def _is_current(session: Session, staff: Staff, code: str) -> bool:
    """Each code once: of two logins with the same one the second is refused."""
    assert staff.totp_secret is not None
    app = pyotp.TOTP(staff.totp_secret, interval=PERIOD)
    # The app on her phone bears real time, whatever the product's clock says.
    step = int(clock.wall(session).timestamp()) // PERIOD
    given = "".join(code.split())
    for at in range(step - DRIFT, step + DRIFT + 1):
        if hmac.compare_digest(app.generate_otp(at), given):
            unused = or_(Staff.totp_last_step.is_(None), Staff.totp_last_step < at)
            taken = update(Staff).where(Staff.id == staff.id, unused).values(totp_last_step=at).returning(Staff.id)
            return session.execute(taken).first() is not None
    return False
