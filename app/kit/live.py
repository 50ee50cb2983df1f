"""Tell pages that are open what is stale, once it is committed. A hint may be lost: pages ask again by themselves, only later."""

from __future__ import annotations

import uuid

import redis
from sqlalchemy.orm import Session

from app.kit import db, hearing, json, queue
from app.kit.logging import logger

log = logger(__name__)


class _Hints(set[tuple[str | None, ...]]):
    """What one transaction has to tell: gone with it when it is rolled back."""

    def __call__(self) -> None:
        told = [dict(zip(("topic", "brand_id", "dealer_id", "staff_id"), one, strict=True)) for one in self]
        try:
            queue.connection().publish(hearing.channel(), json.dumps(told))
        except redis.RedisError as error:
            log.info("nobody is told", hints=len(told), error=str(error))


def tell(
    session: Session,
    topic: str,
    *,
    brand_id: uuid.UUID | None = None,
    dealer_id: uuid.UUID | str | None = None,
    staff_id: uuid.UUID | None = None,
) -> None:
    """`topic` is stale for the brand's headquarters and this dealer, or for this person alone. Many of one transaction are one."""
    waiting = session.info.get("after_commit", [])
    hints = next((one for one in waiting if isinstance(one, _Hints)), None)
    if hints is None:
        hints = _Hints()
        db.after_commit(session, hints)
    hints.add((topic, *(None if one is None else str(one) for one in (brand_id, dealer_id, staff_id))))


def ask_anew(session: Session, staff_id: uuid.UUID) -> None:
    """What this person may do has changed, or one of her sessions has ended: her streams end, and her pages ask for a new one."""
    tell(session, hearing.ASK_ANEW, staff_id=staff_id)
