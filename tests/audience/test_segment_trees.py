"""Whom a tree finds is whom its conditions, asked one by one of each person, agree on."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audience.conditions import Scope
from app.audience.models import CustomerTag, Source, Tag, TagKind
from app.audience.service.compiling import Among, about_everybody, people, problems
from app.dealers.models import Brand
from app.events import service as events
from app.events import totals
from app.identity.models import Consent, Customer
from app.kit import clock
from tests.factories import dealers, identity
from tests.factories import segments as make

EVENTS = ("vehicle.viewed", "search.performed", "finance.calculated")
TAGS = ("vip", "follower", "cold")
ZONES = ("Asia/Shanghai", "Asia/Urumqi")
TREES = 300


@dataclass
class Person:
    """What is true of somebody, in plain words."""

    row: Customer
    known_days: float = 0
    tags: set[str] = field(default_factory=set)
    # (name, days ago, price)
    done: list[tuple[str, float, int]] = field(default_factory=list)
    agreed: bool = False


def crowd(session: Session, brand: Brand, dice: random.Random) -> list[Person]:
    """Forty people; some were two once, and some have left."""
    moment = clock.now(session)
    tags = {key: Tag(brand_id=brand.id, key=key, label=key, kind=TagKind.manual) for key in TAGS}
    session.add_all(tags.values())
    found = []
    for _ in range(40):
        age = dice.uniform(0, 60)
        row = identity.customer(
            session,
            brand,
            phone=f"+86139{len(found):08d}" if dice.random() < 0.5 else None,
            nickname=dice.choice([None, "某人"]),
            time_zone=dice.choice([None, *ZONES]),
            created_at=moment - timedelta(days=age),
        )
        person = Person(row, age)
        other = None
        if dice.random() < 0.25:
            other = identity.customer(session, brand, merged_into_id=row.id, created_at=moment - timedelta(days=70))
            person.known_days = 70
        for _ in range(dice.randrange(8)):
            name, ago, price = dice.choice(EVENTS), dice.uniform(0, 40), dice.choice([1, 5, 9])
            under = other if other is not None and dice.random() < 0.5 else row
            make.did(session, under, name, ago=timedelta(days=ago), price=price)
            person.done.append((name, ago, price))
        for key in dice.sample(TAGS, dice.randrange(3)):
            under = other if other is not None and dice.random() < 0.5 else row
            session.add(CustomerTag(customer_id=under.id, tag_id=tags[key].id, active=True, source=Source.staff))
            person.tags.add(key)
        if dice.random() < 0.4:
            session.add(Consent(brand_id=brand.id, customer_id=row.id, purpose="marketing", text_version="1"))
            person.agreed = True
        found.append(person)
    for person in found[-4:]:
        person.row.erased_at, person.row.phone, person.row.phone_hash, person.row.nickname = moment, None, None, None
        person.row.unionid = person.row.time_zone = None
    session.flush()
    return found[:-4]


Question = tuple[dict[str, Any], Callable[[Person], bool]]


def question(dice: random.Random) -> Question:
    """A condition, and what it asks in Python."""
    match dice.randrange(7):
        case 0:
            present = dice.random() < 0.5
            return make.leaf("profile", attribute="phone", present=present), lambda one: (one.row.phone is not None) is present
        case 1:
            zone = dice.choice(ZONES)
            return make.leaf("time_zone", zones=[zone]), lambda one: one.row.time_zone == zone
        case 2:
            limit = dice.randrange(1, 80)
            return make.leaf("known_since", within_days=limit), lambda one: one.known_days < limit
        case 3:
            limit = dice.randrange(1, 80)
            return make.leaf("known_since", more_than_days=limit), lambda one: one.known_days >= limit
        case 4:
            key = dice.choice(TAGS)
            return make.leaf("tag", tag=key), lambda one: key in one.tags
        case 5:
            return make.leaf("consent", purpose="marketing"), lambda one: one.agreed
    return happened(dice)


def happened(dice: random.Random) -> Question:
    name, low, within = dice.choice(EVENTS), dice.randrange(1, 4), dice.choice([None, dice.randrange(1, 40)])
    high = dice.choice([None, 0, low + dice.randrange(3)])
    if high is not None and high and dice.random() < 0.3:
        low = 0
    price = dice.choice([None, None, 5])
    where = [{"name": "price", "test": "gte", "value": price}] if price else []

    def holds(one: Person) -> bool:
        count = sum(1 for what, ago, paid in one.done if what == name and (within is None or ago < within) and (not price or paid >= price))
        return (0 if high == 0 else low) <= count and (high is None or count <= high)

    return make.leaf("event", event=name, at_least=low, at_most=high, within_days=within, where=where), holds


def tree(dice: random.Random, depth: int = 1) -> Question:
    """A random tree, at most five groups deep."""
    if depth > 1 and (depth > 5 or dice.random() < 0.5):
        return question(dice)
    if dice.random() < 0.25:
        inside, asked = tree(dice, depth + 1)
        return {"not": inside}, lambda one: not asked(one)
    parts = [tree(dice, depth + 1) for _ in range(dice.randrange(1, 4))]
    group, of = dice.choice([("all", all), ("any", any)])
    return {group: [part for part, _ in parts]}, lambda one: of(asked(one) for _, asked in parts)


@pytest.fixture
def brand(session: Session) -> Brand:
    return dealers.brand(session)


def test_random_trees_find_whom_plain_python_finds(session: Session, brand: Brand) -> None:
    dice = random.Random(20261122)
    everybody = crowd(session, brand, dice)
    crowd(session, dealers.brand(session), dice)
    scope, sizes = Scope(brand.id, clock.now(session)), set()
    for number in range(TREES):
        asked, holds = tree(dice)
        assert problems(session, brand.id, asked) == [], asked
        wanted = {one.row.id for one in everybody if holds(one)}
        assert set(session.execute(people(asked, scope)).scalars()) == wanted, (number, asked)
        sizes.add(len(wanted))
    assert len(sizes) > 20


def test_some_people_are_found_as_they_are_among_all(session: Session, brand: Brand) -> None:
    """What keeps members up asks about some; it may never answer otherwise than what found them all."""
    dice = random.Random(7)
    everybody = crowd(session, brand, dice)
    scope = Scope(brand.id, clock.now(session))
    for _ in range(40):
        asked, _holds = tree(dice)
        some = [one.row.id for one in dice.sample(everybody, 9)]
        merged = session.execute(select(Customer.id).where(Customer.merged_into_id.in_(some))).scalars()
        among = Among(some, [*some, *merged])
        found = set(session.execute(people(asked, scope)).scalars())
        assert set(session.execute(people(asked, scope, among)).scalars()) == found & set(some), asked


def test_totals_find_whom_the_events_find(session: Session, brand: Brand) -> None:
    """Up to whatever day they are counted, and also of what was done while nobody was known, and became hers."""
    dice = random.Random(9)
    everybody = crowd(session, brand, dice)
    raw = Scope(brand.id, clock.now(session))
    more = True
    while more:
        more = totals.count_up(session, step=timedelta(days=13))
        counted = about_everybody(session, brand.id)
        assert counted.counted_until is not None
        for _ in range(12):
            asked, _holds = happened(dice)
            found = set(session.execute(people(asked, raw)).scalars())
            assert set(session.execute(people(asked, counted)).scalars()) == found, asked
    her = everybody[0].row
    nobodys = make.did(session, her, "contact.tapped", ago=timedelta(days=3), visitor_id="phone-1")
    nobodys.customer_id = None
    session.flush()
    events.attach(session, brand_id=brand.id, visitor_id="phone-1", customer_id=her.id)
    events.attach(session, brand_id=brand.id, visitor_id="phone-1", customer_id=her.id)
    once = make.leaf("event", event="contact.tapped", at_least=1, at_most=1)
    assert session.execute(people(once, about_everybody(session, brand.id))).scalars().all() == [her.id]
