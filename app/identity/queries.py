"""Looks at customers."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, literal, or_, select, tuple_, union_all
from sqlalchemy.orm import Session, aliased

from app.events import queries as happenings
from app.events import service as hearing
from app.events.models import Event, EventDelivery
from app.identity.errors import CustomerUnknown, MergeCovered, MergeForgotten, MergeMoving, MergeUndone, MergeUnknown, SameInWechat
from app.identity.models import Consent, ConsentText, Customer, CustomerMerge, CustomerMergeChange, Purpose, Refusal, WechatIdentity
from app.identity.schemas import consent_out, refusal_out
from app.kit import db
from app.kit.crypto import blind_index
from app.kit.errors import Conflict
from app.kit.phone import PhoneInvalid, normalise


def get(session: Session, brand_id: uuid.UUID, customer_id: uuid.UUID | str) -> Customer:
    """The customer of the brand, or the one she was merged into. Raises `CustomerUnknown`, also for another brand's."""
    found = session.get(Customer, uuid.UUID(str(customer_id)))
    if found is None or found.brand_id != brand_id:
        raise CustomerUnknown
    return current(session, found)


def current(session: Session, customer: Customer) -> Customer:
    """The customer herself, or the one she was merged into."""
    while customer.merged_into_id is not None:
        customer = session.get_one(Customer, customer.merged_into_id)
    return customer


def standing_still(session: Session, customer: Customer, *, alone: bool = False) -> Customer:
    """Who she is now, locked: a merge that runs at the same moment waits until this transaction ends and finds what it made.

    `alone` keeps out others who ask for her alone, too.
    """
    lock: dict[str, bool] = {"key_share": True} if alone else {"read": True}
    while True:
        customer = current(session, customer)
        session.refresh(customer, with_for_update=lock)
        if customer.merged_into_id is None:
            return customer


def of_unionid(session: Session, brand_id: uuid.UUID, unionid: str | None) -> Customer | None:
    """The customer that a unionid leads to, by herself or by one of her identities."""
    if unionid is None:
        return None
    found = session.execute(select(Customer).filter_by(brand_id=brand_id, unionid=unionid)).scalar_one_or_none()
    if found is None:
        linked = select(WechatIdentity.customer_id).filter_by(brand_id=brand_id, unionid=unionid)
        found = session.execute(select(Customer).where(Customer.id.in_(linked)).order_by(Customer.id).limit(1)).scalar_one_or_none()
    return current(session, found) if found else None


def with_a_customer(session: Session, brand_id: uuid.UUID, unionids: Collection[str | None]) -> set[str | None]:
    """Those of these unionids that lead to a customer, as `of_unionid` finds her."""
    if not unionids:
        return set()
    themselves = select(Customer.unionid).where(Customer.brand_id == brand_id, Customer.unionid.in_(unionids))
    by_identity = select(WechatIdentity.unionid).where(
        WechatIdentity.brand_id == brand_id, WechatIdentity.unionid.in_(unionids), WechatIdentity.customer_id.is_not(None)
    )
    return set(session.execute(themselves.union(by_identity)).scalars())


def ids_of(session: Session, customer_id: uuid.UUID) -> Sequence[uuid.UUID]:
    """Her id and those of everybody merged into her: under which of them a fact was recorded, nobody needs to know."""
    return [customer_id, *session.execute(select(Customer.id).filter_by(merged_into_id=customer_id)).scalars()]


def identity_at(session: Session, customer_id: uuid.UUID, appid: str) -> WechatIdentity | None:
    """What an account of Tencent calls her; of several, one that follows it, then the one that signed in last: only that one can pay."""
    return (
        session.execute(
            select(WechatIdentity)
            .filter_by(customer_id=customer_id, appid=appid)
            .order_by(
                WechatIdentity.followed.desc().nulls_last(), WechatIdentity.signed_in_at.desc().nulls_last(), WechatIdentity.id.desc()
            )
            .limit(1)
        )
        .scalars()
        .first()
    )


def identities_at(
    session: Session, customer_ids: Collection[uuid.UUID | None], appids: Collection[str]
) -> dict[tuple[uuid.UUID | None, str], WechatIdentity]:
    """What accounts of Tencent call many customers, by (customer, appid); of several the one that `identity_at` gives."""
    rows = session.execute(
        select(WechatIdentity)
        .where(db.among(WechatIdentity.customer_id, customer_ids), WechatIdentity.appid.in_(appids))
        .order_by(WechatIdentity.followed.asc().nulls_first(), WechatIdentity.signed_in_at.asc().nulls_first(), WechatIdentity.id)
    )
    # The last one said wins.
    return {(one.customer_id, one.appid): one for one in rows.scalars()}


def openid_for(session: Session, customer_id: uuid.UUID, appid: str) -> str | None:
    """Her openid at an account of Tencent, if she has one there."""
    found = identity_at(session, customer_id, appid)
    return found.openid if found else None


def follows(session: Session, customer_id: uuid.UUID) -> bool:
    """Whether she follows any service account of the brand."""
    return session.execute(select(WechatIdentity.id).filter_by(customer_id=customer_id, followed=True).limit(1)).first() is not None


def consents(session: Session, customer_id: uuid.UUID) -> Sequence[Consent]:
    """Everything she ever agreed to, newest first."""
    return session.execute(select(Consent).filter_by(customer_id=customer_id).order_by(Consent.id.desc())).scalars().all()


def consented(session: Session, customer_id: uuid.UUID, purpose: Purpose) -> bool:
    """Whether a purpose is agreed to and not withdrawn."""
    return (
        session.execute(select(Consent.id).filter_by(customer_id=customer_id, purpose=purpose.value, withdrawn_at=None).limit(1)).first()
        is not None
    )


@dataclass(frozen=True)
class Wish:
    """What one person said about a purpose and has not taken back: by channel (None: every channel) at which turn she said it."""

    consents: Mapping[str | None, int] = field(default_factory=dict)
    refusals: Mapping[str | None, int] = field(default_factory=dict)

    def allows(self, channel: str) -> str | None:
        """None if messages over this channel are welcome, else why not: `refused` or `no_consent`.

        What she refused of this channel alone stands until she lifts it; between a word about every channel and another the last counts.
        """
        agreed = max((turn for where, turn in self.consents.items() if where in (None, channel)), default=0)
        if channel in self.refusals or self.refusals.get(None, 0) > agreed:
            return "refused"
        return None if agreed else "no_consent"

    def covers(self, channel: str | None) -> bool:
        """Whether she agreed to exactly this much: to a channel by whatever word, or (None) to every channel in one."""
        if channel is not None:
            return self.allows(channel) is None
        return self.consents.get(None, 0) > self.refusals.get(None, 0)

    def refuses(self, channel: str | None) -> bool:
        """Whether the refusal of exactly this channel (None: of every one) is there, and outweighs whatever she agreed to."""
        if channel is not None:
            return channel in self.refusals
        return self.refusals.get(None, 0) > max(self.consents.values(), default=0)


def wishes(session: Session, customer_ids: Collection[uuid.UUID], purpose: str = Purpose.marketing) -> dict[uuid.UUID, Wish]:
    """What each of these customers wants of a purpose, in one statement; of a merged one, what the one kept wants.

    It holds until this transaction ends if their rows are locked: whoever changes a wish locks the person first.
    """
    said: dict[uuid.UUID, tuple[dict[str | None, int], dict[str | None, int]]] = {one: ({}, {}) for one in customer_ids}
    asked = (
        select(Customer.id, func.coalesce(Customer.merged_into_id, Customer.id).label("now"))
        .where(db.among(Customer.id, said))
        .cte("asked")
    )
    agreed = (
        select(asked.c.id, literal(0), Consent.channel, func.max(Consent.turn))
        .join(Consent, Consent.customer_id == asked.c.now)
        .where(Consent.purpose == purpose, Consent.withdrawn_at.is_(None))
        .group_by(asked.c.id, Consent.channel)
    )
    refused = (
        select(asked.c.id, literal(1), Refusal.channel, Refusal.turn)
        .join(Refusal, Refusal.customer_id == asked.c.now)
        .where(Refusal.purpose == purpose, Refusal.lifted_at.is_(None))
    )
    for customer_id, place, channel, turn in session.execute(union_all(agreed, refused)):
        said[customer_id][place][channel] = turn
    return {customer_id: Wish(*both) for customer_id, both in said.items()}


def consent_text(session: Session, brand_id: uuid.UUID, purpose: str) -> ConsentText | None:
    """The words to be agreed to now: the version that was published last."""
    return (
        session.execute(select(ConsentText).filter_by(brand_id=brand_id, purpose=purpose).order_by(ConsentText.id.desc()).limit(1))
        .scalars()
        .first()
    )


def consent_texts(session: Session, brand_id: uuid.UUID) -> Sequence[ConsentText]:
    """Every version that was ever published, newest first."""
    return session.execute(select(ConsentText).filter_by(brand_id=brand_id).order_by(ConsentText.id.desc())).scalars().all()


def refusals(session: Session, customer_id: uuid.UUID) -> Sequence[Refusal]:
    """Everything she ever refused, newest first."""
    return session.execute(select(Refusal).filter_by(customer_id=customer_id).order_by(Refusal.id.desc())).scalars().all()


Teller = Callable[[Session, Sequence[uuid.UUID]], Any]
_tellers: dict[str, Teller] = {}


def also_holds(what: str) -> Callable[[Teller], Teller]:
    """Let a domain above tell what it holds about a customer, given all her ids: as JSON values, under this name of her export."""

    def register(teller: Teller) -> Teller:
        _tellers[what] = teller
        return teller

    return register


def everything_about(session: Session, customer: Customer) -> dict[str, Any]:
    """What identity, the timeline and whoever else says so hold about a customer, for herself to read."""
    ids = ids_of(session, customer.id)
    devices = happenings.devices_of(session, customer.brand_id, ids)
    # Of a phone that several people used, what nobody did goes to nobody but the one who has it now.
    hers = [one for one in devices if happenings.owner_of(session, customer.brand_id, one) in (*ids, None)]
    happened = (*_whole_timeline(session, ids), *happenings.of_nobody_on(session, customer.brand_id, hers))
    identities = session.execute(select(WechatIdentity).where(WechatIdentity.customer_id.in_(ids)).order_by(WechatIdentity.id)).scalars()
    return {
        "customer": {
            "id": str(customer.id),
            "nickname": customer.nickname,
            "phone": customer.phone,
            "city": customer.city,
            "time_zone": customer.time_zone,
            "external_id": customer.external_id,
            "since": customer.created_at.isoformat(),
        },
        "wechat": [{"appid": one.appid, "openid": one.openid, "unionid": one.unionid, "followed": one.followed} for one in identities],
        "consents": [consent_out(one) for one in consents(session, customer.id)],
        "refusals": [refusal_out(one) for one in refusals(session, customer.id)],
        "events": [
            {"name": one.name, "at": one.recorded_at.isoformat(), "subject": one.subject_type, "data": one.data} for one in happened
        ],
        "more": {what: teller(session, ids) for what, teller in sorted(_tellers.items())},
    }


def _whole_timeline(session: Session, ids: Sequence[uuid.UUID]) -> Iterator[Event]:
    before = None
    while page := happenings.of_customer(session, ids, before=before, limit=500):
        yield from page
        before = (page[-1].recorded_at, page[-1].id)


def of_brand(
    session: Session,
    brand_id: uuid.UUID,
    *,
    q: str | None = None,
    among: Collection[uuid.UUID] | Select[uuid.UUID] | None = None,
    before: tuple[datetime, uuid.UUID] | None = None,
    limit: int = 50,
) -> Sequence[Customer]:
    """Customers of the brand, newest first, continuing before (created_at, id).

    `q` is a part of the nickname or a whole phone number; `among` narrows to some ids, given or as a select.
    """
    wanted = _matching(brand_id, q, among)
    if before:
        wanted = wanted.where(tuple_(Customer.created_at, Customer.id) < tuple_(*before))
    return session.execute(wanted.order_by(Customer.created_at.desc(), Customer.id.desc()).limit(limit)).scalars().all()


def count_of_brand(
    session: Session,
    brand_id: uuid.UUID,
    *,
    q: str | None = None,
    among: Collection[uuid.UUID] | Select[uuid.UUID] | None = None,
) -> int:
    """How many customers `of_brand` finds."""
    return session.execute(select(func.count()).select_from(_matching(brand_id, q, among).subquery())).scalar_one()


def _matching(brand_id: uuid.UUID, q: str | None, among: Collection[uuid.UUID] | Select[uuid.UUID] | None) -> Select[Customer]:
    wanted = select(Customer).where(Customer.brand_id == brand_id, Customer.merged_into_id.is_(None))
    if q:
        wanted = wanted.where(called(brand_id, q))
    if among is not None:
        wanted = wanted.where(Customer.id.in_(among))
    return wanted


def called(brand_id: uuid.UUID, q: str) -> ColumnElement[bool]:
    """Of a statement about `Customer`: `q` is a part of her nickname or her whole phone number."""
    named = Customer.nickname.icontains(q, autoescape=True)
    try:
        number = blind_index(normalise(q))
    except PhoneInvalid:
        return named
    alias = aliased(Customer)
    # Her number may be kept by somebody who was merged into her.
    owners = select(func.coalesce(alias.merged_into_id, alias.id)).where(alias.brand_id == brand_id, alias.phone_hash == number)
    return or_(named, Customer.id.in_(owners))


def merge_of(session: Session, kept: Customer, merge_id: uuid.UUID) -> CustomerMerge:
    """A merge by which somebody became a part of this customer. Raises `MergeUnknown`."""
    found = session.execute(select(CustomerMerge).filter_by(id=merge_id, kept_id=kept.id)).scalar_one_or_none()
    if found is None:
        raise MergeUnknown
    return found


def merges_into(session: Session, kept: Customer) -> Sequence[CustomerMerge]:
    """By which merges somebody became a part of this customer, the latest first."""
    return session.execute(select(CustomerMerge).filter_by(kept_id=kept.id).order_by(CustomerMerge.id.desc())).scalars().all()


def why_merge_stays(session: Session, merge: CustomerMerge) -> Conflict | None:
    """Why a merge cannot be undone now, as the refusal; None where it can."""
    both = (merge.kept_id, merge.merged_id)
    if merge.undone_at is not None:
        return MergeUndone()
    if session.execute(select(Customer.id).where(Customer.id.in_(both), Customer.erased_at.is_not(None))).first():
        return MergeForgotten()
    later = or_(CustomerMerge.kept_id.in_(both), CustomerMerge.merged_id.in_(both))
    if session.execute(select(CustomerMerge.id).where(CustomerMerge.id > merge.id, CustomerMerge.undone_at.is_(None), later)).first():
        return MergeCovered()
    unheard = select(EventDelivery.event_id).filter_by(event_id=merge.event_id, delivered_at=None)
    unheard = unheard.where(EventDelivery.handler.in_(hearing.listeners("customer.merged")))
    if session.execute(unheard).first():
        return MergeMoving()
    return SameInWechat() if merge.cause == "unionid" else None


def goes_back(session: Session, merge: CustomerMerge) -> dict[str, int]:
    """How many rows of each table that says whose something is go back to whom they were of."""
    before = CustomerMergeChange.before
    # A tag that was taken off her is none.
    was = (before["customer_id"].astext == str(merge.merged_id)) & (func.coalesce(before["active"].astext, "true") == "true")
    wanted = select(CustomerMergeChange.table_name, func.count()).where(CustomerMergeChange.merge_id == merge.id, was)
    return {row[0]: row[1] for row in session.execute(wanted.group_by(CustomerMergeChange.table_name))}
