"""Put deposit terms in force, and end them."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.dealers import queries as dealers
from app.dealers.models import Brand, Dealer, Role, Staff
from app.events import service as events
from app.kit import clock, db
from app.kit.money import yuan
from app.kit.settings import settings
from app.kit.texts import t
from app.orders import queries
from app.orders.errors import AdminsOnly, OnlyEarnestMoneyForfeits, TermsOver, VersionTaken
from app.orders.models import DepositTerms, DepositType, PayeeKind, RefundRule
from app.payments import service as payments

FIRST_VERSION = "2026-11"
DEPOSIT_FEN = 100_000
_CHINA = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True)
class Policy:
    """What is wanted of those who reserve a brand's cars, or one dealer's. `version` and `text` are made up where they are not given."""

    deposit_type: str
    amount_fen: int
    pay_minutes: int
    hold_hours: int
    extension_hours: int
    active_per_customer: int
    refund_rule: str
    payee: str
    dealer_id: uuid.UUID | None = None
    version: str | None = None
    text: str | None = None


def install_terms(session: Session, brand_id: uuid.UUID) -> DepositTerms:
    """The brand's first terms: an intent deposit (意向金) of ¥1,000, refundable in full. A second call changes nothing.

    The text speaks of 意向金 and never of 定金, which under the Civil Code (art. 586, 587) would be forfeited or paid back double.
    """
    first = Policy(
        deposit_type=DepositType.intent_deposit,
        amount_fen=DEPOSIT_FEN,
        pay_minutes=settings().soft_hold_minutes,
        hold_hours=settings().hard_hold_hours,
        extension_hours=settings().hard_hold_hours,
        active_per_customer=settings().active_reservations_per_customer,
        refund_rule=RefundRule.full,
        payee=PayeeKind.brand,
        version=FIRST_VERSION,
    )
    terms = _draft(session, session.get_one(Brand, brand_id), first)
    row = {column.key: getattr(terms, column.key) for column in DepositTerms.__table__.columns if getattr(terms, column.key) is not None}
    session.execute(insert(DepositTerms).values(row).on_conflict_do_nothing(index_elements=["brand_id", "version"]))
    return session.execute(select(DepositTerms).filter_by(brand_id=brand_id, version=FIRST_VERSION)).scalar_one()


def draft_terms(session: Session, staff: Staff, policy: Policy) -> DepositTerms:
    """What `publish_terms` would put in force, of which nothing is kept. Raises as `publish_terms`."""
    _must_be_admin(staff)
    terms = _draft(session, staff.brand, policy)
    payee_name(session, terms)
    if session.execute(select(DepositTerms.id).filter_by(brand_id=terms.brand_id, version=terms.version)).first():
        raise VersionTaken(version=terms.version)
    return terms


def publish_terms(session: Session, staff: Staff, policy: Policy) -> DepositTerms:
    """Put a policy in force, for the brand or one dealer; that of before has ended. Orders keep what their customers accepted.

    Raises:
        AdminsOnly, DealerUnknown, OnlyEarnestMoneyForfeits.
        PayeeMissing: nobody could receive the money.
        VersionTaken: the brand has terms of that version.
    """
    # Of two who publish at once the second ends what the first has put in force.
    session.execute(select(Brand.id).filter_by(id=staff.brand_id).with_for_update(key_share=True))
    terms = draft_terms(session, staff, policy)
    same = DepositTerms.dealer_id == terms.dealer_id if terms.dealer_id else DepositTerms.dealer_id.is_(None)
    session.execute(
        update(DepositTerms)
        .where(DepositTerms.brand_id == terms.brand_id, same, DepositTerms.ended_at.is_(None))
        .values(ended_at=clock.now(session))
    )
    session.add(terms)
    session.flush()
    _record(session, "terms.published", staff, terms)
    return terms


def end_terms(session: Session, staff: Staff, terms_id: uuid.UUID) -> DepositTerms:
    """Nobody accepts these any more: a dealer's cars are under the brand's terms again; without those nothing can be reserved.

    Raises:
        AdminsOnly, TermsUnknown.
        TermsOver: they had ended.
    """
    _must_be_admin(staff)
    terms = queries.one_of_the_terms(session, staff.brand_id, terms_id)
    ended = session.execute(
        update(DepositTerms)
        .where(DepositTerms.id == terms.id, DepositTerms.ended_at.is_(None))
        .values(ended_at=clock.now(session))
        .returning(DepositTerms.id)
    ).first()
    session.refresh(terms)
    if ended is None:
        raise TermsOver
    _record(session, "terms.ended", staff, terms)
    return terms


def payee_of(session: Session, terms: DepositTerms, dealer_id: uuid.UUID) -> payments.Payee:
    """Who receives the money for a car of this dealer. Raises `PayeeMissing`."""
    return payments.payee(session, terms.brand_id, dealer_id=dealer_id if terms.payee == PayeeKind.dealer else None)


def payee_name(session: Session, terms: DepositTerms, dealer_id: uuid.UUID | None = None) -> str:
    """Who receives the money for a car of this dealer; or, without one, of its dealer, in general words. Raises `PayeeMissing`."""
    dealer_id = terms.dealer_id or dealer_id
    if terms.payee == PayeeKind.dealer and dealer_id is None:
        return t("orders.terms.each_dealer")
    return payments.payee(session, terms.brand_id, dealer_id=dealer_id if terms.payee == PayeeKind.dealer else None).name


def _receiver(brand: Brand, dealer: Dealer | None, payee: str) -> str:
    if payee == PayeeKind.brand:
        return brand.name
    return dealer.name if dealer else t("orders.terms.each_dealer")


def _must_be_admin(staff: Staff) -> None:
    if staff.role != Role.admin:
        raise AdminsOnly


def _draft(session: Session, brand: Brand, policy: Policy) -> DepositTerms:
    if policy.refund_rule == RefundRule.forfeit and policy.deposit_type != DepositType.earnest_money:
        raise OnlyEarnestMoneyForfeits
    dealer = dealers.dealer_of(session, brand.id, policy.dealer_id) if policy.dealer_id else None
    return DepositTerms(
        id=db.new_id(),
        brand_id=brand.id,
        dealer_id=policy.dealer_id,
        version=policy.version or _version(session, brand.id),
        text=policy.text or _text(brand, policy, payee=_receiver(brand, dealer, policy.payee)),
        deposit_type=policy.deposit_type,
        amount_fen=policy.amount_fen,
        pay_minutes=policy.pay_minutes,
        hold_hours=policy.hold_hours,
        extension_hours=policy.extension_hours,
        active_per_customer=policy.active_per_customer,
        refund_rule=policy.refund_rule,
        payee=policy.payee,
    )


def _version(session: Session, brand_id: uuid.UUID) -> str:
    """Today in China, and a number from the second of a day on."""
    today = f"{clock.now(session).astimezone(_CHINA):%Y-%m-%d}"
    known = set(session.execute(select(DepositTerms.version).where(DepositTerms.brand_id == brand_id)).scalars())
    names = [today, *(f"{today}-{number}" for number in range(2, len(known) + 2))]
    return next(name for name in names if name not in known)


def _text(brand: Brand, policy: Policy, *, payee: str) -> str:
    longer = t("orders.terms.extension", extension_hours=policy.extension_hours) if policy.extension_hours else ""
    return t(
        f"orders.terms.{policy.deposit_type}",
        brand=brand.name,
        payee=payee,
        amount=yuan(policy.amount_fen),
        pay_minutes=policy.pay_minutes,
        hold_hours=policy.hold_hours,
        extension=longer,
        withdrawal=t(f"orders.terms.withdrawal.{policy.refund_rule}"),
    )


def _record(session: Session, name: str, staff: Staff, terms: DepositTerms) -> None:
    events.record(
        session,
        name,
        brand_id=terms.brand_id,
        subject=("terms", terms.id),
        data={
            "terms_id": terms.id,
            "version": terms.version,
            "dealer_id": terms.dealer_id,
            "deposit_type": terms.deposit_type,
            "amount_fen": terms.amount_fen,
        },
        actor=("staff", staff.id),
    )
