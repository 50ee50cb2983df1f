"""Customers as the console lists and shows them."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session, aliased

from app.audience import queries as audience
from app.console.errors import CustomerUnknown
from app.console.queries import orders
from app.console.queries.names import person
from app.console.queries.paging import Page, page_of
from app.console.queries.scope import Scope
from app.dealers.models import Dealer, Staff
from app.events.models import Event
from app.identity import queries as identity
from app.identity.models import Consent, Customer, Refusal, WechatIdentity
from app.kit import phone
from app.kit.crypto import blind_index
from app.kit.registry import kinds
from app.leads.models import Lead
from app.messaging import channels
from app.wechat.models import AccountKind, WechatAccount


def get(session: Session, scope: Scope, customer_id: uuid.UUID) -> Customer:
    """A living customer within the scope; a merged one leads on to the one kept. Raises `CustomerUnknown`."""
    living = audience.who_now(session, [customer_id]).get(customer_id)
    if living is None:
        raise CustomerUnknown
    hers = select(Customer).where(Customer.id == living.id, scope.covers_customer()).execution_options(populate_existing=True)
    found = session.scalars(hers).one_or_none()
    if found is None:
        raise CustomerUnknown
    return found


def search(session: Session, scope: Scope, *, q: str | None, tag: str | None, cursor: str | None, limit: int, counted: bool = True) -> Page:
    """Customers by name or whole phone number and by tag, the newest first."""
    wanted = [Customer.merged_into_id.is_(None), Customer.erased_at.is_(None), scope.covers_customer()]
    if q:
        wanted.append(_named(scope, q))
    if tag:
        wanted.append(Customer.id.in_(audience.carriers(scope.brand_id, tag)))
    page = page_of(session, Customer, wanted, cursor=cursor, limit=limit, counted=counted)
    ids = [customer.id for customer in page.items]
    tags, leads, seen = audience.tags_of(session, ids), _leads(session, scope, ids), _last_seen(session, ids)
    return page.of([_row(customer, tags[customer.id], leads.get(customer.id), seen.get(customer.id)) for customer in page.items])


def _named(scope: Scope, q: str) -> ColumnElement[bool]:
    try:
        number = blind_index(phone.normalise(q))
    except phone.PhoneInvalid:
        return Customer.nickname.icontains(q, autoescape=True)
    # Her number may be kept by a profile that was merged into hers.
    holder = aliased(Customer)
    return Customer.id.in_(
        select(func.coalesce(holder.merged_into_id, holder.id)).where(holder.brand_id == scope.brand_id, holder.phone_hash == number)
    )


def _leads(session: Session, scope: Scope, customer_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, tuple[Lead, str | None, str | None]]:
    """The latest lead of each customer with the names of its adviser and dealer; an open one goes before a closed one."""
    rows = session.execute(
        select(Lead, Staff.name, Dealer.name)
        .outerjoin(Staff, Staff.id == Lead.owner_id)
        .outerjoin(Dealer, Dealer.id == Lead.dealer_id)
        .where(Lead.customer_id.in_(customer_ids), scope.covers(Lead))
        .order_by(Lead.customer_id, Lead.closed_at.desc().nulls_first(), Lead.created_at.desc())
        .ext(distinct_on(Lead.customer_id))
    )
    return {lead.customer_id: (lead, adviser, dealer) for lead, adviser, dealer in rows}


def _last_seen(session: Session, customer_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID | None, Any]:
    rows = session.execute(
        select(Event.customer_id, func.max(Event.recorded_at)).where(Event.customer_id.in_(customer_ids)).group_by(Event.customer_id)
    )
    return dict(rows.all())


def _row(customer: Customer, tags: Sequence[Any], lead: tuple[Lead, str | None, str | None] | None, seen: Any) -> dict[str, Any]:
    return person(customer) | {
        "tags": [{"key": tag.key, "label": tag.label, "kind": tag.kind} for tag in tags],
        "grade": lead[0].grade if lead else None,
        "adviser": lead[1] if lead else None,
        "dealer": lead[2] if lead else None,
        "last_event_at": seen,
        "created_at": customer.created_at,
    }


def show(session: Session, scope: Scope, customer_id: uuid.UUID) -> dict[str, Any]:
    """One customer with her lead, orders, tags and consents, as far as the scope reaches."""
    customer = get(session, scope, customer_id)
    tags = audience.tags_of(session, [customer.id])[customer.id]
    lead = _leads(session, scope, [customer.id]).get(customer.id)
    return _row(customer, tags, lead, None) | {
        "wechat": {"followed": identity.follows(session, customer.id)},
        "lead": lead and {"id": lead[0].id, "status": lead[0].status, "grade": lead[0].grade, "adviser": lead[1], "dealer": lead[2]},
        "orders": orders.of_customer(session, scope, customer.id),
        "reach": _reach(session, customer),
        "consents": _words(session, Consent, customer.id),
        "refusals": _words(session, Refusal, customer.id),
    }


def _reach(session: Session, customer: Customer) -> dict[str, bool]:
    used = select(WechatIdentity.id).join(WechatAccount, WechatAccount.appid == WechatIdentity.appid)
    used = used.where(WechatIdentity.customer_id == customer.id, WechatAccount.kind == AccountKind.mini_program)
    return {
        "mini_program": session.execute(used.limit(1)).first() is not None,
        "phone": customer.phone_hash is not None,
    }


def _words(session: Session, said: type[Consent] | type[Refusal], customer_id: uuid.UUID) -> list[dict[str, Any]]:
    """The latest word on each purpose and channel, with who wrote it down."""
    rows: Iterable[tuple[Consent | Refusal, str | None]] = session.execute(
        select(said, Staff.name)
        .outerjoin(Staff, Staff.id == said.recorded_by)
        .where(said.customer_id == customer_id)
        .order_by(said.purpose, said.channel, said.turn.desc())
        .ext(distinct_on(said.purpose, said.channel))
    )
    names = kinds(channels.__name__)
    return [
        {column.key: getattr(word, column.key) for column in said.__table__.columns}
        | {"recorded_by": name, "channel_label": names[word.channel].label if word.channel in names else word.channel}
        for word, name in rows
    ]
