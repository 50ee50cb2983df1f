"""Keys with which other systems of a brand call our doors: made, shown once, and taken back."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from app.dealers.errors import AdministratorsOnly, PartnerKeyUnknown, TooManyKeys
from app.dealers.models import PartnerKey, Role, Staff
from app.events import service as events
from app.kit import acting, clock
from app.kit.crypto import new_token, token_hash
from app.kit.errors import Unauthorized

PREFIX, SHOWN, MOST = "mqp_", 8, 50
# A key in use is noted as used this often, so that its calls do not wait for one another.
NOTED_EVERY = timedelta(minutes=1)


def issue(session: Session, staff: Staff, *, name: str, journeys: Sequence[str] | None = None) -> tuple[PartnerKey, str]:
    """A new key and its token, which nobody can look up later; for these journeys alone where there are any.

    Raises `AdministratorsOnly`, `TooManyKeys`.
    """
    if len([one for one in listed(session, staff) if one.revoked_at is None]) >= MOST:
        raise TooManyKeys(most=MOST)
    token = PREFIX + new_token()
    of_token = {"hint": token[:SHOWN], "token_hash": token_hash(token)}
    key = PartnerKey(brand_id=staff.brand_id, name=name, journeys=journeys, made_by=staff.id, **of_token)
    session.add(key)
    session.flush()
    _record(session, "partner_key.issued", key)
    return key, token


def listed(session: Session, staff: Staff) -> Sequence[PartnerKey]:
    """All keys of the brand, the newest first. Raises `AdministratorsOnly`."""
    _check(staff)
    wanted = select(PartnerKey).filter_by(brand_id=staff.brand_id).order_by(PartnerKey.created_at.desc(), PartnerKey.id.desc())
    return session.execute(wanted).scalars().all()


def revoke(session: Session, staff: Staff, key_id: uuid.UUID) -> None:
    """Whoever shows it is turned away once this is committed; again changes nothing. Raises `AdministratorsOnly`, `PartnerKeyUnknown`."""
    _check(staff)
    key = session.execute(select(PartnerKey).filter_by(id=key_id, brand_id=staff.brand_id).with_for_update()).scalar_one_or_none()
    if key is None:
        raise PartnerKeyUnknown
    if key.revoked_at is None:
        key.revoked_at = clock.now(session)
        session.flush()
        _record(session, "partner_key.revoked", key)


def of_token(session: Session, token: str) -> PartnerKey:
    """The key of this token. Raises `Unauthorized` for one that is unknown or was taken back."""
    found = session.execute(select(PartnerKey).filter_by(token_hash=token_hash(token), revoked_at=None)).scalar_one_or_none()
    if found is None:
        raise Unauthorized
    now = clock.now(session)
    stale = or_(PartnerKey.last_used_at.is_(None), PartnerKey.last_used_at < now - NOTED_EVERY)
    free = select(PartnerKey.id).where(PartnerKey.id == found.id, stale).with_for_update(skip_locked=True)
    noted = update(PartnerKey).where(PartnerKey.id.in_(free.scalar_subquery())).values(last_used_at=now)
    session.execute(noted.execution_options(synchronize_session=False))
    return found


def _check(staff: Staff) -> None:
    if staff.role != Role.admin:
        raise AdministratorsOnly


def _record(session: Session, name: str, key: PartnerKey) -> None:
    """Which key, by its name: nothing of its token."""
    data = {"key_id": key.id, "name": key.name}
    events.record(session, name, brand_id=key.brand_id, subject=("partner_key", key.id), data=data, actor=acting.now().actor)
