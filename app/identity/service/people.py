"""Sign consumers in, find out that two are one, and forget whoever asks for it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from app.events import service as events
from app.identity import queries
from app.identity.errors import CustomerUnknown, SessionEnded
from app.identity.models import Customer, CustomerMerge, CustomerSession, WechatIdentity
from app.identity.service import undoing
from app.identity.service.ground import in_a_row, lock, record
from app.identity.service.wishes import forget_wishes, join_wishes
from app.kit import clock, idempotency
from app.kit.crypto import blind_index, new_token, token_hash
from app.kit.settings import settings
from app.wechat.client import Session as WechatSession
from app.wechat.models import WechatAccount


@dataclass(frozen=True)
class SignedIn:
    """A customer with her new bearer token."""

    customer: Customer
    token: str
    expires_at: datetime
    is_new: bool


def sign_in(session: Session, account: WechatAccount, told: WechatSession, *, arrival: dict[str, Any] | None = None) -> SignedIn:
    """Sign in the person behind a login code; whoever comes for the first time becomes a customer.

    `arrival` is how she came (visitor_id, share_id, scene), for whoever listens to `customer.logged_in`.
    """
    identity, is_new = recognise(session, account, openid=told.openid, unionid=told.unionid)
    identity.session_key, identity.signed_in_at = told.session_key, clock.now(session)
    customer = session.get_one(Customer, identity.customer_id)
    token = new_token()
    expires_at = clock.now(session) + timedelta(days=settings().customer_session_days)
    session.add(CustomerSession(token_hash=token_hash(token), customer_id=customer.id, appid=account.appid, expires_at=expires_at))
    arrival = arrival or {}
    if "visitor_id" in arrival:
        events.attach(session, brand_id=customer.brand_id, visitor_id=arrival["visitor_id"], customer_id=customer.id)
    record(session, customer, "customer.logged_in", **arrival)
    return SignedIn(customer, token, expires_at, is_new)


def of_token(session: Session, token: str) -> tuple[Customer, str]:
    """The customer whose session this is, and the mini-program it was made in. Raises `SessionEnded`."""
    found = session.execute(
        select(Customer, CustomerSession.appid)
        .join(CustomerSession, CustomerSession.customer_id == Customer.id)
        .where(CustomerSession.token_hash == token_hash(token), CustomerSession.expires_at > func.marque_now())
    ).one_or_none()
    if found is None:
        raise SessionEnded
    return found[0], found[1]


def recognise(session: Session, account: WechatAccount, *, openid: str, unionid: str | None) -> tuple[WechatIdentity, bool]:
    """The identity of a person at an account, with its customer, who is made when there is none; and whether she was.

    A unionid that another customer is known by makes the two one. May be called by many at once: the locks put the calls for one person
    in a row, and the unique indexes stand behind them.
    """
    in_a_row(session, account.appid, openid)
    if unionid:
        in_a_row(session, account.brand_id, unionid)
    identity = session.execute(
        select(WechatIdentity).filter_by(appid=account.appid, openid=openid).execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if identity is None:
        identity = WechatIdentity(brand_id=account.brand_id, appid=account.appid, openid=openid)
    unionid = unionid or identity.unionid
    known = queries.current(session, session.get_one(Customer, identity.customer_id)) if identity.customer_id else None
    same = queries.of_unionid(session, account.brand_id, unionid)
    if known and same and known is not same:
        older, newer = sorted((known, same), key=lambda one: (one.created_at, one.id))
        customer = merge(session, older, newer, cause="unionid")
    elif found := known or same:
        # The customer before her identities, as a merge does it; and whoever merged her in the meantime has finished now.
        customer = queries.current(session, lock(session, found.id))
    else:
        customer = _create(session, account.brand_id)
    if unionid and same is None and customer.unionid is None:
        customer.unionid = unionid
    identity.unionid = unionid
    session.add(identity)
    _attach(session, identity, customer)
    followers = select(WechatIdentity).filter_by(brand_id=account.brand_id, unionid=unionid, customer_id=None)
    for follower in session.execute(followers).scalars() if unionid else ():
        _attach(session, follower, customer)
    return identity, known is None and same is None


def call(session: Session, customer: Customer, nickname: str) -> Customer:
    """Call a customer what she wants to be called. WeChat tells no names; she types hers into the mini-program."""
    customer = queries.current(session, lock(session, customer.id))
    if customer.nickname != nickname:
        customer.nickname = nickname
        record(session, customer, "customer.updated")
    return customer


def bind_phone(session: Session, customer: Customer, phone: str) -> Customer:
    """Give a customer a number that WeChat verified; when somebody has it already, the two are one person, and that one is kept.

    `phone` is E.164. The same number again changes nothing. Returns the customer who has the number now.
    """
    number = blind_index(phone)
    in_a_row(session, customer.brand_id, number)
    holder = session.execute(select(Customer).filter_by(brand_id=customer.brand_id, phone_hash=number)).scalar_one_or_none()
    owner = queries.current(session, holder) if holder else None
    if owner and queries.current(session, session.get_one(Customer, customer.id)) is not owner:
        customer = merge(session, owner, customer, cause="phone")
    else:
        customer = queries.current(session, lock(session, customer.id))
        if holder is customer:
            return customer
    if holder and holder is not customer:
        holder.phone = holder.phone_hash = None
        session.flush()
    customer.phone, customer.phone_hash = phone, number
    record(session, customer, "customer.phone_bound")
    return customer


def of_phone(session: Session, brand_id: uuid.UUID, phone: str) -> Customer:
    """The customer who has a number (E.164), made when there is none: somebody who said it to a member of staff. When she binds it in the
    mini-program, the two are one. Again, or by many at once, it is the same customer.
    """
    number = blind_index(phone)
    in_a_row(session, brand_id, number)
    holder = session.execute(select(Customer).filter_by(brand_id=brand_id, phone_hash=number)).scalar_one_or_none()
    if holder is not None:
        return queries.current(session, holder)
    customer = _create(session, brand_id)
    customer.phone, customer.phone_hash = phone, number
    session.flush()
    return customer


def merge(
    session: Session, keep: Customer, merged: Customer, *, cause: str = "staff", actor: tuple[str, str | None] = ("system", None)
) -> Customer:
    """Make two customers one and return the one kept; who was merged stays as a tombstone that leads there. May be called twice.

    What belongs to other domains follows when they hear `customer.merged`.

    Raises:
        CustomerUnknown: one of them was erased.
    """
    while True:
        keep, merged = lock(session, keep.id, merged.id), session.get_one(Customer, merged.id)
        heads = queries.current(session, keep), queries.current(session, merged)
        if heads == (keep, merged):
            break
        keep, merged = heads
    if keep is merged:
        return keep
    if keep.erased_at or merged.erased_at:
        raise CustomerUnknown
    told = CustomerMerge(
        brand_id=keep.brand_id,
        kept_id=keep.id,
        merged_id=merged.id,
        cause=cause,
        staff_id=uuid.UUID(str(actor[1])) if actor[0] == "staff" else None,
    )
    session.add(told)
    session.flush()
    with undoing.kept_for_undoing(session, told.id):
        _become_one(session, keep, merged)
    told.event_id = record(session, keep, "customer.merged", actor=actor, merged_id=merged.id, cause=cause, merge_id=told.id).id
    return keep


def _become_one(session: Session, keep: Customer, merged: Customer) -> None:
    moved: dict[str, Any] = {}
    if keep.unionid is None:
        moved["unionid"], merged.unionid = merged.unionid, None
    if keep.phone is None:
        moved |= {"phone": merged.phone, "phone_hash": merged.phone_hash}
        merged.phone = merged.phone_hash = None
    if keep.external_id is None:
        moved["external_id"], merged.external_id = merged.external_id, None
    for word in ("nickname", "city", "time_zone"):
        if getattr(keep, word) is None:
            moved[word] = getattr(merged, word)
    merged.merged_into_id = keep.id
    session.flush()
    for field, value in moved.items():
        setattr(keep, field, value)
    for table in (WechatIdentity, CustomerSession):
        session.execute(update(table).where(table.customer_id == merged.id).values(customer_id=keep.id))
    session.execute(update(Customer).where(Customer.merged_into_id == merged.id).values(merged_into_id=keep.id))
    join_wishes(session, keep, merged)


def erase(session: Session, customer: Customer) -> None:
    """Forget the person: her keys, her sessions and whatever tells who she was. Her id stays, for what the law wants kept.

    May be called twice.
    What belongs to other domains follows when they hear `customer.erased`.
    """
    customer = queries.current(session, lock(session, customer.id))
    if customer.erased_at:
        return
    ids = queries.ids_of(session, customer.id)
    for table in (CustomerSession, WechatIdentity):
        session.execute(delete(table).where(table.customer_id.in_(ids)))
    forget_wishes(session, ids)
    undoing.forget(session, ids)
    nothing = dict.fromkeys(("unionid", "phone", "phone_hash", "nickname", "external_id", "city", "time_zone"))
    session.execute(update(Customer).where(Customer.id.in_(ids)).values(erased_at=func.marque_now(), **nothing))
    events.forget_behaviour(session, customer.brand_id, ids)
    events.redact(session, ids, "visitor_id", "session_id", "scene", "q")
    idempotency.forget(session, "customer", *ids)
    # Each for itself: what was recorded under a merged profile is forgotten too where nobody has heard of the merge yet.
    for one in ids:
        record(session, session.get_one(Customer, one), "customer.erased")


def _create(session: Session, brand_id: uuid.UUID) -> Customer:
    customer = Customer(brand_id=brand_id)
    session.add(customer)
    session.flush()
    record(session, customer, "customer.created")
    return customer


def _attach(session: Session, identity: WechatIdentity, customer: Customer) -> None:
    """Let an identity be this customer's; what was known of its following is now known of her."""
    was_nobody = identity.customer_id is None
    identity.customer_id, identity.look_up_at = customer.id, None
    session.flush()
    if was_nobody and identity.followed:
        record(session, customer, "customer.followed", appid=identity.appid)
