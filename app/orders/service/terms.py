"""Put deposit terms in force."""

from __future__ import annotations

import uuid

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.dealers.models import Brand
from app.kit.money import yuan
from app.kit.settings import settings
from app.kit.texts import t
from app.orders.models import DepositTerms, DepositType

FIRST_VERSION = "2026-11"
DEPOSIT_FEN = 100_000


def install_terms(session: Session, brand_id: uuid.UUID) -> DepositTerms:
    """The brand's first terms: an intent deposit (意向金) of ¥1,000, refundable in full. A second call changes nothing.

    The text speaks of 意向金 and never of 定金, which under the Civil Code (art. 586, 587) would be forfeited or paid back double.
    """
    brand = session.get_one(Brand, brand_id)
    hours = settings().hard_hold_hours
    text = t("orders.terms", brand=brand.name, amount=yuan(DEPOSIT_FEN), hold_hours=hours, pay_minutes=settings().soft_hold_minutes)
    session.execute(
        insert(DepositTerms)
        .values(
            brand_id=brand_id,
            version=FIRST_VERSION,
            text=text,
            deposit_type=DepositType.intent_deposit,
            amount_fen=DEPOSIT_FEN,
            hold_hours=hours,
        )
        .on_conflict_do_nothing(index_elements=["brand_id", "version"])
    )
    return session.execute(select(DepositTerms).filter_by(brand_id=brand_id, version=FIRST_VERSION)).scalar_one()
