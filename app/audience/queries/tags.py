"""Looks at tags and at those who carry them."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, func, or_, select, tuple_
from sqlalchemy.orm import Session, joinedload

from app.audience.errors import TagUnknown
from app.audience.models import BehaviourRule, CustomerTag, Tag, TagFolder, TagRule
from app.identity import queries as identity
from app.identity.models import Customer
from app.kit import db, paging
from app.kit.crypto import blind_index
from app.kit.phone import PhoneInvalid, normalise
from app.kit.texts import t

Teller = Callable[[Session, Tag], Sequence[str]]
_users: dict[str, Teller] = {}


def tags(session: Session, brand_id: uuid.UUID, *, archived: bool = True) -> Sequence[Tag]:
    """Every tag of the brand, by label; without those that are `archived` when they are not wanted."""
    wanted = select(Tag).filter_by(brand_id=brand_id).options(joinedload(Tag.folder)).order_by(Tag.label, Tag.key)
    return session.execute(wanted if archived else wanted.where(Tag.archived_at.is_(None))).scalars().all()


def page_of_tags(
    session: Session,
    brand_id: uuid.UUID,
    *,
    q: str | None = None,
    archived: bool = False,
    sort: str = "label",
    cursor: str | None = None,
    limit: int,
    **of: Any,
) -> tuple[Sequence[Tag], str | None]:
    """Tags whose label or key has `q` in it and whose columns are as `of` says, and the cursor of the next page. Raises `CursorInvalid`."""
    wanted = select(Tag).filter_by(brand_id=brand_id, **of).options(joinedload(Tag.folder))
    if not archived:
        wanted = wanted.where(Tag.archived_at.is_(None))
    if q:
        wanted = wanted.where(or_(Tag.label.icontains(q, autoescape=True), Tag.key.icontains(q, autoescape=True)))
    if sort == "newest":
        wanted = wanted.order_by(Tag.id.desc())
        if cursor:
            wanted = wanted.where(Tag.id < paging.row_id(cursor))
    else:
        wanted = wanted.order_by(Tag.label, Tag.key)
        if cursor:
            wanted = wanted.where(tuple_(Tag.label, Tag.key) > tuple_(*map(str, paging.decode(cursor, 2))))
    found = session.execute(wanted.limit(limit + 1)).scalars().all()
    if len(found) <= limit:
        return found, None
    last = found[limit - 1]
    return found[:limit], paging.encode(last.id) if sort == "newest" else paging.encode(last.label, last.key)


def tag(session: Session, brand_id: uuid.UUID, tag_id: uuid.UUID) -> Tag:
    """A tag of the brand. Raises `TagUnknown`."""
    found = session.execute(select(Tag).filter_by(brand_id=brand_id, id=tag_id)).scalar_one_or_none()
    if found is None:
        raise TagUnknown(tag=str(tag_id))
    return found


def tag_of_key(session: Session, brand_id: uuid.UUID, key: str) -> Tag:
    """The brand's tag that others know by this key. Raises `TagUnknown`."""
    found = session.execute(select(Tag).filter_by(brand_id=brand_id, key=key)).scalar_one_or_none()
    if found is None:
        raise TagUnknown(tag=key)
    return found


def people_by_phone(session: Session, brand_id: uuid.UUID, phones: Iterable[str]) -> dict[str, uuid.UUID | None]:
    """Who has each of these telephone numbers, as they are written; None where nobody has, or it is none.

    Of a number that a merged profile kept it is the person into whom that was merged."""
    found: dict[str, uuid.UUID | None] = dict.fromkeys(phones)
    hashes: dict[str, list[str]] = defaultdict(list)
    for phone in found:
        with suppress(PhoneInvalid):
            hashes[blind_index(normalise(phone))].append(phone)
    person = func.coalesce(Customer.merged_into_id, Customer.id)
    rows = select(Customer.phone_hash, person).where(Customer.brand_id == brand_id, Customer.phone_hash.in_(hashes))
    for number, customer_id in session.execute(rows):
        found |= dict.fromkeys(hashes[str(number)], customer_id)
    return found


def folders(session: Session, brand_id: uuid.UUID) -> Sequence[TagFolder]:
    """The brand's folders of tags, by name."""
    return session.execute(select(TagFolder).filter_by(brand_id=brand_id).order_by(TagFolder.name)).scalars().all()


def rules_of(session: Session, tag_id: uuid.UUID) -> Sequence[TagRule]:
    """Which events give and take a tag."""
    return session.execute(select(TagRule).filter_by(tag_id=tag_id).order_by(TagRule.event_name)).scalars().all()


def behaviour_of(session: Session, tag_id: uuid.UUID) -> BehaviourRule | None:
    """What a behavioural tag counts; None for others, and while nobody has said it."""
    return session.get(BehaviourRule, tag_id)


def stands_on_tags(what: str) -> Callable[[Teller], Teller]:
    """Let a part that uses tags tell by what names it uses one; `what` is a key of `audience.tag_uses`. Such a tag is not put away."""

    def register(teller: Teller) -> Teller:
        _users[what] = teller
        return teller

    return register


def uses_of(session: Session, tag: Tag) -> list[dict[str, str]]:
    """What stands on a tag: what kind of thing, in words, and its name."""
    return [
        {"kind": what, "label": t(f"audience.tag_uses.{what}"), "name": name}
        for what, teller in sorted(_users.items())
        for name in teller(session, tag)
    ]


@stands_on_tags("rule")
def _by_rules(session: Session, tag: Tag) -> list[str]:
    return [t(f"events.{rule.event_name}") for rule in rules_of(session, tag.id)]


@identity.also_holds("tags")
def everything_about(session: Session, customer_ids: Sequence[uuid.UUID]) -> list[dict[str, Any]]:
    """Her tags, for herself to read; also those that were taken away again."""
    rows = session.execute(
        select(CustomerTag, Tag)
        .join(Tag, Tag.id == CustomerTag.tag_id)
        .where(CustomerTag.customer_id.in_(customer_ids))
        .order_by(CustomerTag.decided_at, Tag.key)
    )
    return [
        {
            "tag": tag.label,
            "carried": hers.active,
            "value": hers.value,
            "source": hers.source,
            "since": hers.decided_at.isoformat(),
            "until": hers.expires_at.isoformat() if hers.expires_at else None,
        }
        for hers, tag in rows
    ]


def tags_of(session: Session, customer_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, list[Tag]]:
    """The tags that each of these customers carries, in the order in which she got them."""
    found: dict[uuid.UUID, list[Tag]] = {customer_id: [] for customer_id in customer_ids}
    rows = session.execute(
        select(CustomerTag.customer_id, Tag)
        .join(Tag, Tag.id == CustomerTag.tag_id)
        .where(CustomerTag.customer_id.in_(customer_ids), CustomerTag.active)
        .order_by(CustomerTag.decided_at, Tag.key)
    )
    for customer_id, tag in rows:
        found[customer_id].append(tag)
    return found


def carriers(brand_id: uuid.UUID, tag_key: str) -> Select[uuid.UUID]:
    """The ids of the customers who carry a tag, as a selection to be used inside another."""
    return (
        select(CustomerTag.customer_id)
        .join(Tag, Tag.id == CustomerTag.tag_id)
        .where(Tag.brand_id == brand_id, Tag.key == tag_key, CustomerTag.active)
    )


class Living(NamedTuple):
    """Of a customer what those need who hear of thousands at once."""

    id: uuid.UUID
    brand_id: uuid.UUID
    merged_into_id: uuid.UUID | None
    erased_at: datetime | None


def who_now(session: Session, customer_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Living]:
    """The living customer behind each id: a merged one leads on to the one kept, an erased or unknown one is left out."""
    known: dict[uuid.UUID, Living] = {}
    wanted = set(customer_ids)
    columns = select(Customer.id, Customer.brand_id, Customer.merged_into_id, Customer.erased_at)
    while wanted:
        known |= {row.id: Living(*row) for row in session.execute(columns.where(db.among(Customer.id, wanted)))}
        wanted = {row.merged_into_id for row in known.values() if row.merged_into_id} - known.keys()
    found = {}
    for customer_id in customer_ids:
        customer = known.get(customer_id)
        while customer is not None and customer.merged_into_id:
            customer = known.get(customer.merged_into_id)
        if customer is not None and customer.erased_at is None:
            found[customer_id] = customer
    return found
