"""Keep what people agree to and what they refuse. Each verb locks the person first, as the claim of a message does.

A message that is claimed after one of these verbs was committed heeds it; one that was claimed before is on its way.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, aliased

from app.identity import queries
from app.identity.errors import ConsentTextFixed, ConsentTextUnknown
from app.identity.models import WISH_TURNS, Consent, ConsentText, Customer, Purpose, Refusal
from app.identity.service.ground import lock, record
from app.kit.acting import Actor
from app.kit.db import new_id
from app.kit.errors import Invalid


@dataclass(frozen=True)
class Evidence:
    """How we know of a wish: `source` is "customer", "staff", "link" or another that tells of itself, `scene` where she was asked."""

    source: str = "customer"
    ip: str | None = None
    scene: str | None = None
    recorded_by: uuid.UUID | None = None

    @property
    def actor(self) -> Actor | None:
        return ("staff", self.recorded_by) if self.recorded_by else None


HERSELF = Evidence()


def publish_text(session: Session, brand_id: uuid.UUID, *, purpose: Purpose, version: str, words: str) -> ConsentText:
    """Publish the words of a version: from now on only published ones can be agreed to for this purpose. The same again changes nothing.

    Raises:
        ConsentTextFixed: this version has other words; people agreed to them.
    """
    values = {"brand_id": brand_id, "purpose": purpose.value, "version": version}
    session.execute(insert(ConsentText).values(id=new_id(), words=words, **values).on_conflict_do_nothing())
    kept = session.execute(select(ConsentText).filter_by(**values)).scalar_one()
    if kept.words != words:
        raise ConsentTextFixed(version=version)
    return kept


def give_consent(
    session: Session,
    customer: Customer,
    *,
    purpose: Purpose,
    text_version: str,
    ip: str | None = None,
    channel: str | None = None,
    evidence: Evidence = HERSELF,
) -> None:
    """Keep that she agreed to a purpose in the words of a version, for a channel or for every one. The same again changes nothing.

    It outweighs the refusal of this channel (None: of every channel). What she refused of one channel alone, a word about all of them
    does not touch.

    Raises:
        ConsentTextUnknown: the brand published texts for this purpose, and none of this version.
    """
    customer = _her(session, customer)
    texts = session.execute(select(ConsentText.version).filter_by(brand_id=customer.brand_id, purpose=purpose.value)).scalars().all()
    if texts and text_version not in texts:
        raise ConsentTextUnknown(text_version=text_version)
    _lift(session, customer, purpose, Refusal.channel.is_not_distinct_from(channel), evidence=evidence)
    given = {"customer_id": customer.id, "purpose": purpose.value, "text_version": text_version, "channel": channel}
    same = session.execute(select(Consent).filter_by(**given, withdrawn_at=None)).scalar_one_or_none()
    if same is not None:
        # She may have refused every channel meanwhile: said again, it is the later word.
        session.execute(update(Consent).where(Consent.id == same.id).values(turn=WISH_TURNS.next_value()))
        return
    row = Consent(brand_id=customer.brand_id, **given)
    row.ip, row.scene, row.source, row.recorded_by = ip or evidence.ip, evidence.scene, evidence.source, evidence.recorded_by
    session.add(row)
    session.flush()
    told = {"purpose": purpose.value, "text_version": text_version} | ({"channel": channel} if channel else {})
    record(session, customer, "customer.consent_given", actor=evidence.actor, **told)


def withdraw_consent(session: Session, customer: Customer, *, purpose: Purpose, evidence: Evidence = HERSELF) -> None:
    """End every agreement to a purpose, over whatever channel; without one there is nothing to end."""
    customer = _her(session, customer)
    withdrawn = session.execute(
        update(Consent)
        .where(Consent.customer_id == customer.id, Consent.purpose == purpose.value, Consent.withdrawn_at.is_(None))
        .values(withdrawn_at=func.marque_now())
        .returning(Consent.id)
    ).all()
    if withdrawn:
        record(session, customer, "customer.consent_withdrawn", actor=evidence.actor, purpose=purpose.value)


def refuse(session: Session, customer: Customer, *, purpose: Purpose, channel: str | None = None, evidence: Evidence = HERSELF) -> None:
    """She wants nothing of this purpose over a channel (None: over any) from now on. Again changes nothing; an erased one wants nothing."""
    customer = _her(session, customer)
    if customer.erased_at or queries.wishes(session, [customer.id], purpose)[customer.id].refuses(channel):
        return
    # One that she outweighed since is no longer the last word; this is.
    _lift(session, customer, purpose, Refusal.channel.is_not_distinct_from(channel), silently=True, evidence=evidence)
    row = Refusal(brand_id=customer.brand_id, customer_id=customer.id, purpose=purpose.value, channel=channel)
    row.source, row.recorded_by = evidence.source, evidence.recorded_by
    session.add(row)
    session.flush()
    told = {"purpose": purpose.value, "source": evidence.source} | ({"channel": channel} if channel else {})
    record(session, customer, "customer.refused", actor=evidence.actor, **told)


def want(
    session: Session,
    customer: Customer,
    *,
    purpose: Purpose,
    channel: str | None,
    text_version: str | None,
    evidence: Evidence = HERSELF,
) -> None:
    """She wants messages of this purpose over a channel (None: over every one that she did not refuse by itself).

    What she agreed to once holds again; without that she agrees now, in the words of a version.

    Raises:
        Invalid: she has to agree, and no version is named.
        ConsentTextUnknown: see `give_consent`.
    """
    lift_refusal(session, customer, purpose=purpose, channel=channel, evidence=evidence)
    customer = _her(session, customer)
    if queries.wishes(session, [customer.id], purpose)[customer.id].covers(channel):
        return
    if text_version is None:
        raise Invalid(text_version="needed to agree")
    give_consent(session, customer, purpose=purpose, text_version=text_version, channel=channel, evidence=evidence)


def lift_refusal(
    session: Session,
    customer: Customer,
    *,
    purpose: Purpose,
    channel: str | None = None,
    only_from: str | None = None,
    evidence: Evidence = HERSELF,
) -> None:
    """Take back the refusal of exactly this channel (None: the one of every channel): what she had agreed to holds again.

    `only_from` lifts it only if it came from this source. Without one there is nothing to lift.
    """
    which = Refusal.channel.is_not_distinct_from(channel)
    customer = _her(session, customer)
    _lift(session, customer, purpose, which if only_from is None else which & (Refusal.source == only_from), evidence=evidence)


def _lift(
    session: Session, customer: Customer, purpose: Purpose, which: ColumnElement[bool], *, silently: bool = False, evidence: Evidence
) -> None:
    in_force = Refusal.customer_id == customer.id, Refusal.purpose == purpose.value, Refusal.lifted_at.is_(None)
    lifted = session.execute(update(Refusal).where(*in_force, which).values(lifted_at=func.marque_now()).returning(Refusal.id)).all()
    if lifted and not silently:
        record(session, customer, "customer.refusal_lifted", actor=evidence.actor, purpose=purpose.value)


def _her(session: Session, customer: Customer) -> Customer:
    """Who she is now, locked."""
    while True:
        customer = lock(session, customer.id)
        if customer.merged_into_id is None:
            return customer
        customer = queries.current(session, customer)


def join_wishes(session: Session, keep: Customer, merged: Customer) -> None:
    """What either agreed to is agreed to by both, unless one of them took it back later; what either refused is refused by both."""
    _carry_consents(session, keep, merged)
    later = aliased(Refusal)
    said_again = (
        select(later.id)
        .where(
            later.customer_id.in_((keep.id, merged.id)),
            later.purpose == Refusal.purpose,
            later.channel.is_not_distinct_from(Refusal.channel),
            later.lifted_at.is_(None),
            later.turn > Refusal.turn,
        )
        .exists()
    )
    both = Refusal.customer_id.in_((keep.id, merged.id)), Refusal.lifted_at.is_(None)
    session.execute(
        update(Refusal).where(*both, said_again).values(lifted_at=func.marque_now()).execution_options(synchronize_session=False)
    )
    session.execute(update(Refusal).where(Refusal.customer_id == merged.id).values(customer_id=keep.id))


def _carry_consents(session: Session, keep: Customer, merged: Customer) -> None:
    kept = aliased(Consent)
    in_force_already: ColumnElement[bool] = (
        select(kept.id)
        .where(
            kept.customer_id == keep.id,
            kept.purpose == Consent.purpose,
            kept.channel.is_not_distinct_from(Consent.channel),
            kept.text_version == Consent.text_version,
            kept.withdrawn_at.is_(None),
            Consent.withdrawn_at.is_(None),
        )
        .exists()
    )
    session.execute(update(Consent).where(Consent.customer_id == merged.id, ~in_force_already).values(customer_id=keep.id))
    taken_back = select(func.max(kept.withdrawn_at)).where(kept.customer_id == keep.id, kept.purpose == Consent.purpose).scalar_subquery()
    session.execute(
        update(Consent)
        .where(Consent.customer_id == keep.id, Consent.withdrawn_at.is_(None), Consent.given_at <= taken_back)
        .values(withdrawn_at=taken_back)
    )


def forget_wishes(session: Session, customer_ids: Collection[uuid.UUID]) -> None:
    """Of an erased person nothing is in force any more, and nothing stays that tells where she was."""
    session.execute(
        update(Consent)
        .where(Consent.customer_id.in_(customer_ids))
        .values(ip=None, scene=None, withdrawn_at=func.coalesce(Consent.withdrawn_at, func.marque_now()))
    )
