"""Tags with a value, tags that end, and tags for what somebody did often enough lately."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.audience import queries, service
from app.audience.errors import BehaviourInvalid, TagArchived, TagByRule, TagInUse, ValueUnfit
from app.audience.models import Action, CustomerTag, Source, Tag, TagKind, ValueType
from app.audience.service import counting, deciding
from app.dealers.models import Brand
from app.events import service as events
from app.events.models import Event
from app.identity import queries as identity
from app.identity import service as people
from app.identity.models import Customer
from app.kit import clock
from tests.factories import dealers as make_dealers
from tests.factories import identity as make_identity
from tests.factories import vehicles as make_vehicles


@pytest.fixture
def brand(session: Session) -> Brand:
    return make_dealers.brand(session)


@pytest.fixture
def her(session: Session, brand: Brand) -> Customer:
    return make_identity.customer(session, brand)


def tag(session: Session, of: Brand, key: str = "hot", **more: Any) -> Tag:
    return service.create(session, of.id, key=key, label=f"标签{key}", **{"kind": TagKind.manual, **more})


def carried(session: Session, one: Customer) -> dict[str, str | None]:
    rows = session.execute(select(CustomerTag, Tag).join(CustomerTag.tag).where(CustomerTag.customer_id == one.id, CustomerTag.active))
    return {tag.key: hers.value for hers, tag in rows}


def facts(session: Session, one: Customer) -> list[tuple[str, str | None]]:
    rows = session.execute(select(Event).where(Event.customer_id == one.id, Event.name.like("tag.%")).order_by(Event.id)).scalars()
    return [(event.name, event.data.get("cause")) for event in rows]


def test_a_value_is_kept_as_its_type_wants_it_and_another_one_is_a_fact(session: Session, brand: Brand, her: Customer) -> None:
    tag(session, brand, "budget", value_type=ValueType.number)
    assert service.add(session, her.id, "budget", value="030.5")
    assert not service.add(session, her.id, "budget", value="30.5")
    assert not service.add(session, her.id, "budget")
    assert service.add(session, her.id, "budget", value="45")
    assert carried(session, her) == {"budget": "45"}
    assert [name for name, _ in facts(session, her)] == ["tag.added", "tag.changed"]


@pytest.mark.parametrize(
    ("kind", "choices", "value"),
    [
        ("none", [], "x"),
        ("number", [], "many"),
        ("number", [], "NaN"),
        ("date", [], "2026-02-30"),
        ("choice", ["红"], "蓝"),
        ("text", [], ""),
    ],
)
def test_a_value_of_another_type_is_refused(
    session: Session, brand: Brand, her: Customer, kind: str, choices: list[str], value: str
) -> None:
    tag(session, brand, value_type=ValueType(kind), choices=choices)
    with pytest.raises(ValueUnfit):
        service.add(session, her.id, "hot", value=value)
    assert carried(session, her) == {}


def test_a_tag_with_a_time_to_live_ends_and_says_why(session: Session, brand: Brand, her: Customer, later: Any) -> None:
    tag(session, brand, ttl_days=7)
    service.add(session, her.id, "hot")
    later(days=6)
    assert not service.add(session, her.id, "hot")
    later(days=6)
    assert deciding.expire(session) == 0
    later(days=2)
    assert deciding.expire(session) == 1
    assert deciding.expire(session) == 0
    assert carried(session, her) == {}
    assert facts(session, her) == [("tag.added", None), ("tag.removed", "expired")]
    assert service.add(session, her.id, "hot")


def test_two_sweeps_at_once_end_each_tag_once(committed: Callable[[], Any]) -> None:
    with committed() as session:
        brand = make_dealers.brand(session)
        tag(session, brand)
        everybody = [make_identity.customer(session, brand) for _ in range(300)]
        ends = clock.now(session) + timedelta(milliseconds=1)
        for one in everybody:
            service.add(session, one.id, "hot", expires_at=ends)

    def sweep(_: int) -> int:
        with committed() as own:
            return deciding.expire(own)

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(sweep, range(4))) == 300
    with committed() as session:
        ended = session.execute(select(Event.customer_id).filter_by(name="tag.removed")).scalars().all()
        assert sorted(ended) == sorted(one.id for one in everybody)


def test_a_sweep_looks_only_at_what_is_due(session: Session, brand: Brand, her: Customer) -> None:
    tag(session, brand)
    service.add(session, her.id, "hot", expires_at=clock.now(session) + timedelta(days=1))
    session.execute(text("SET LOCAL enable_seqscan = off"))
    plan = "\n".join(session.execute(text("EXPLAIN " + deciding._EXPIRE), {"batch": 10}).scalars())
    assert "ix_customer_tags_expires_at" in plan


def test_an_archived_tag_is_given_to_nobody_and_one_that_is_used_is_not_archived(session: Session, brand: Brand, her: Customer) -> None:
    used = tag(session, brand, kind=TagKind.rule)
    service.rule(session, used, event_name="share.opened", action=Action.add)
    with pytest.raises(TagInUse) as refused:
        service.archive(session, used)
    assert refused.value.details["used_by"] == [{"kind": "rule", "label": "规则", "name": "打开分享"}]
    free = tag(session, brand, "old")
    service.add(session, her.id, "old")
    service.archive(session, free)
    with pytest.raises(TagArchived):
        service.add(session, make_identity.customer(session, brand).id, "old")
    assert carried(session, her) == {"old": None}
    service.restore(session, free)
    assert service.add(session, make_identity.customer(session, brand).id, "old")


class Looks:
    """Somebody who looks at cars."""

    def __init__(self, session: Session, brand: Brand) -> None:
        self.session = session
        self.store = make_dealers.store(session, make_dealers.dealer(session, brand))
        self.cars = {body: [make_vehicles.vehicle(session, self.store, body=body) for _ in range(3)] for body in ("SUV", "轿车")}

    def at(self, one: Customer, body: str, number: int) -> Event:
        car = self.cars[body][number]
        return events.record(
            self.session,
            "vehicle.viewed",
            brand_id=one.brand_id,
            customer_id=one.id,
            subject=("vehicle", car.id),
            data={"vehicle_id": car.id},
        )


@pytest.fixture
def looks(session: Session, brand: Brand) -> Looks:
    return Looks(session, brand)


def three_suvs(session: Session, brand: Brand, **how: Any) -> Tag:
    made = tag(session, brand, "suv", kind=TagKind.behavioural)
    wanted = {"event_name": "vehicle.viewed", "at_least": 3, "within": timedelta(days=7), "different": True, "vehicle": {"body": "SUV"}}
    service.define_behaviour(session, made, **(wanted | how))
    return made


def test_three_different_suvs_in_seven_days_and_not_a_day_longer(
    session: Session, brand: Brand, her: Customer, looks: Looks, deliver: Callable[[], int], later: Any
) -> None:
    three_suvs(session, brand)
    for body, number in (("SUV", 0), ("SUV", 0), ("轿车", 1), ("SUV", 1)):
        looks.at(her, body, number)
        later(days=1)
    deliver()
    assert carried(session, her) == {}
    looks.at(her, "SUV", 2)
    deliver()
    assert carried(session, her) == {"suv": None}
    # The car of the second day was seen six days and some hours ago by then.
    later(days=3, hours=-1)
    assert deciding.expire(session) == 0
    later(hours=2)
    looks.at(her, "SUV", 0)
    deliver()
    assert deciding.expire(session) == 0
    later(days=3)
    assert deciding.expire(session) == 1
    assert facts(session, her) == [("tag.added", "vehicle.viewed"), ("tag.removed", "expired")]


def test_changing_what_is_counted_tells_whom_it_concerns_and_then_concerns_them(
    session: Session, brand: Brand, her: Customer, looks: Looks, deliver: Callable[[], int]
) -> None:
    made = three_suvs(session, brand, at_least=1)
    other = make_identity.customer(session, brand)
    looks.at(her, "SUV", 0)
    looks.at(her, "SUV", 1)
    looks.at(other, "轿车", 0)
    looks.at(other, "轿车", 1)
    deliver()
    assert carried(session, her) == {"suv": None}
    sedans = {"event_name": "vehicle.viewed", "at_least": 2, "within": timedelta(days=7), "vehicle": {"body": "轿车"}}
    assert service.affected_by_behaviour(session, made, **sedans) == (1, 1)
    assert carried(session, her) == {"suv": None}
    service.define_behaviour(session, made, **sedans)
    assert counting.recount(session)
    assert not counting.recount(session)
    assert (carried(session, her), carried(session, other)) == ({}, {"suv": None})
    assert [name for name, _ in facts(session, her)] == ["tag.added", "tag.removed"]


def test_what_two_profiles_did_counts_together_once_they_are_one(
    session: Session, brand: Brand, her: Customer, looks: Looks, deliver: Callable[[], int]
) -> None:
    three_suvs(session, brand)
    twin = make_identity.customer(session, brand)
    looks.at(her, "SUV", 0)
    looks.at(twin, "SUV", 1)
    looks.at(twin, "SUV", 2)
    deliver()
    kept = people.merge(session, her, twin)
    deliver()
    assert carried(session, kept) == {"suv": None}


def test_nobody_gives_a_behavioural_tag_by_hand_and_a_wrong_one_names_its_field(session: Session, brand: Brand, her: Customer) -> None:
    made = three_suvs(session, brand)
    with pytest.raises(TagByRule):
        service.add(session, her.id, "suv")
    with pytest.raises(BehaviourInvalid) as refused:
        service.define_behaviour(session, made, event_name="no.such", at_least=0, within=timedelta(days=7))
    assert refused.value.details["fields"] == "event_name、at_least"


def test_a_rule_tells_beforehand_whom_it_would_have_concerned(session: Session, brand: Brand, her: Customer) -> None:
    made = tag(session, brand, "sharer", kind=TagKind.rule)
    for one in (her, make_identity.customer(session, brand)):
        for _ in range(2):
            events.record(session, "share.opened", brand_id=brand.id, customer_id=one.id)
    service.add(session, her.id, "sharer", source=Source.journey)
    asked = {"event_name": "share.opened", "days": 30}
    assert service.affected_by_rule(session, made, action=Action.add, **asked) == service.Affected(1, 0)
    assert service.affected_by_rule(session, made, action=Action.remove, **asked) == service.Affected(0, 0)


def test_her_tags_are_in_her_export_and_gone_once_she_is_forgotten(
    session: Session, brand: Brand, her: Customer, deliver: Callable[[], int]
) -> None:
    tag(session, brand, "budget", value_type=ValueType.number, ttl_days=3)
    service.add(session, her.id, "budget", value="30")
    (told,) = identity.everything_about(session, her)["more"]["tags"]
    assert (told["tag"], told["value"], told["carried"], told["source"]) == ("标签budget", "30", True, "staff")
    people.erase(session, her)
    deliver()
    assert identity.everything_about(session, her)["more"]["tags"] == []


def test_many_are_decided_at_once_and_unknown_ids_are_told(session: Session, brand: Brand) -> None:
    made = tag(session, brand)
    some = [make_identity.customer(session, brand) for _ in range(3)]
    stranger = make_identity.customer(session, make_dealers.brand(session))
    ids = [*(one.id for one in some), stranger.id, uuid.UUID(int=7)]
    assert service.decide_all(session, made, ids, active=True) == (3, ids[3:])
    assert service.decide_all(session, made, ids, active=True) == (0, ids[3:])
    assert service.decide_all(session, made, ids[:1], active=False) == (1, [])
    assert [queries.tags_of(session, [one.id])[one.id] for one in some] == [[], [made], [made]]
