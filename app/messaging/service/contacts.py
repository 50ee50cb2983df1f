"""Know which members of the corp a customer has in WeCom: told when it changes, and read through from time to time."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Uuid, any_, func, literal, select, update
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.orm import Session

from app.events import service as events
from app.events.models import Event
from app.identity.models import Customer, WechatIdentity
from app.kit import clock, db, queue
from app.kit.logging import logger
from app.messaging.models import Contact, ContactSync
from app.wechat import queries as wechat
from app.wechat.client import WechatError, gateway
from app.wechat.endpoints.wecom.customers import FollowedCustomer
from app.wechat.messages import ContactAdded, ContactDeleted
from app.wechat.models import AccountKind, WechatAccount

log = logger(__name__)

READ_EVERY = timedelta(hours=6)
# While one reads, the others leave the corp alone; what died over it is read anew.
LEASE = timedelta(minutes=20)
MEMBERS_AT_ONCE = 100


def contact_changed(session: Session, event: Event) -> None:
    """A customer and a member became contacts, or are no longer."""
    told = wechat.message(session, event.data["inbox_id"])
    if isinstance(told, ContactAdded):
        queue.enqueue(session, "messaging.read_contact", inbox_id=event.data["inbox_id"])
    elif isinstance(told, ContactDeleted):
        account = session.get_one(WechatAccount, uuid.UUID(str(event.data["account_id"])))
        hers = select(WechatIdentity.id).filter_by(appid=account.appid, openid=told.external_userid).scalar_subquery()
        _end(session, (Contact.identity_id == hers) & (func.lower(Contact.userid) == told.userid.lower()), at=clock.now(session))


def read_contact(inbox_id: uuid.UUID) -> None:
    """Ask WeCom who the new contact is that a callback told of, and keep it. May be called twice."""
    with db.transaction() as session:
        told = wechat.message(session, inbox_id)
        account = session.get_one(WechatAccount, wechat.inbox(session, inbox_id).account_id)
    assert isinstance(told, ContactAdded)
    found = gateway().wecom(account).customer(told.external_userid)
    with db.transaction() as session:
        keep(session, account, [found], moment=clock.now(session))


def read_contacts() -> int:
    """Read through the contacts of a corp whose turn it is; returns how many there are. What was not seen any more has ended.

    Whatever fails leaves everything as it was known, and is tried again later.
    """
    with db.transaction() as session:
        account = _claim(session)
        began = clock.now(session)
    if account is None:
        return 0
    door, count = gateway().wecom(account), 0
    try:
        members = door.customer_servers()
        for start in range(0, len(members), MEMBERS_AT_ONCE):
            cursor = ""
            while True:
                page = door.customers_of(members[start : start + MEMBERS_AT_ONCE], cursor)
                with db.transaction() as session:
                    keep(session, account, page.items, moment=began)
                count += len(page.items)
                if not (cursor := page.next_cursor):
                    break
    except WechatError as error:
        log.warning("contacts cannot be read", account=account.appid, error=error.code)
        return count
    with db.transaction() as session:
        of_corp = select(WechatIdentity.id).filter_by(appid=account.appid)
        _end(session, Contact.identity_id.in_(of_corp) & (Contact.read_at < began), at=began)
        session.execute(update(ContactSync).filter_by(account_id=account.id).values(due_at=func.marque_now() + READ_EVERY))
    return count


def keep(session: Session, account: WechatAccount, found: Sequence[FollowedCustomer], *, moment: datetime) -> None:
    """Write contacts down, and link those to our customers whose unionid says who they are. Nobody becomes a customer by this."""
    people = {one.customer.external_userid: one.customer.unionid for one in found}
    if not people:
        return
    # Before the identities, as whoever merges, erases or imports people does.
    known_people = _hold(session, account, [unionid for unionid in people.values() if unionid])
    rows = [
        {"id": db.new_id(), "brand_id": account.brand_id, "appid": account.appid, "openid": external, "unionid": unionid}
        for external, unionid in sorted(people.items())
    ]
    adding = insert(WechatIdentity).values(rows)
    session.execute(
        adding.on_conflict_do_update(
            index_elements=["appid", "openid"], set_={"unionid": func.coalesce(adding.excluded.unionid, WechatIdentity.unionid)}
        )
    )
    for unionid, customer_id in known_people.items():
        session.execute(
            update(WechatIdentity)
            .where(WechatIdentity.appid == account.appid, WechatIdentity.unionid == unionid, WechatIdentity.customer_id.is_(None))
            .values(customer_id=customer_id)
            .execution_options(synchronize_session=False)
        )
    ids = select(WechatIdentity.openid, WechatIdentity.id).where(WechatIdentity.appid == account.appid, WechatIdentity.openid.in_(people))
    known = {row[0]: row[1] for row in session.execute(ids)}
    contacts = {
        (known[one.customer.external_userid], follow.userid): {"since": follow.since, "read_at": moment, "ended_at": None}
        for one in found
        for follow in one.follows
    }
    if contacts:
        active = select(Contact.identity_id, Contact.userid).where(Contact.identity_id.in_(known.values()), Contact.ended_at.is_(None))
        before = {(row.identity_id, row.userid) for row in session.execute(active)}
        writing = insert(Contact).values([{"identity_id": who, "userid": userid, **rest} for (who, userid), rest in contacts.items()])
        changed = {name: writing.excluded[name] for name in ("since", "read_at", "ended_at")}
        session.execute(writing.on_conflict_do_update(index_elements=["identity_id", "userid"], set_=changed))
        _tell(session, "customer.contact_added", {who for who, userid in contacts if (who, userid) not in before})


def _end(session: Session, which: ColumnElement[bool], *, at: datetime) -> None:
    ended = update(Contact).where(which, Contact.ended_at.is_(None)).values(ended_at=at).returning(Contact.identity_id)
    _tell(session, "customer.contact_ended", session.execute(ended.execution_options(synchronize_session=False)).scalars().all())


def _tell(session: Session, name: str, identities: Collection[uuid.UUID]) -> None:
    """Of customers it is a fact: what asks how they can be reached hears of it. Whoever becomes one later signs in."""
    hers = WechatIdentity.id == any_(literal(list(identities), ARRAY(Uuid)))
    rows = select(WechatIdentity.brand_id, WechatIdentity.customer_id, WechatIdentity.appid).where(hers)
    facts = [
        {"brand_id": row.brand_id, "customer_id": row.customer_id, "data": {"appid": row.appid}}
        for row in session.execute(rows.where(WechatIdentity.customer_id.is_not(None)).order_by(WechatIdentity.customer_id))
    ]
    events.record_all(session, name, facts)


def _hold(session: Session, account: WechatAccount, unionids: Sequence[str]) -> dict[str, uuid.UUID]:
    """Whose these unionids are; locked, so that whoever merges or erases one of them at this moment finds what is linked here, or is found
    by it.
    """
    rows = select(Customer.id, Customer.unionid, Customer.merged_into_id).where(
        Customer.brand_id == account.brand_id, Customer.unionid.in_(unionids), Customer.erased_at.is_(None)
    )
    locked = session.execute(rows.order_by(Customer.id).with_for_update(read=True)).all()
    return {unionid: merged_into_id or customer_id for customer_id, unionid, merged_into_id in locked if unionid}


def _claim(session: Session) -> WechatAccount | None:
    accounts = select(WechatAccount.id, func.marque_now()).filter_by(kind=AccountKind.corp)
    session.execute(insert(ContactSync).from_select(["account_id", "due_at"], accounts).on_conflict_do_nothing())
    due = select(ContactSync.account_id).where(ContactSync.due_at <= func.marque_now()).limit(1).with_for_update(skip_locked=True)
    claimed = update(ContactSync).where(ContactSync.account_id == db.one_of(due)).values(due_at=func.marque_now() + LEASE)
    account_id = session.execute(claimed.returning(ContactSync.account_id)).scalar_one_or_none()
    return session.get_one(WechatAccount, account_id) if account_id else None
