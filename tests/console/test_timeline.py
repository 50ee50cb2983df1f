"""A customer's timeline tells everything once, in words, and to each reader only what is hers to know."""

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.events import service as events
from app.events.catalogue import NAMES
from app.events.models import Event
from app.kit.texts import has
from tests.factories import dealers as make
from tests.factories import identity as people
from tests.factories import journeys
from tests.factories import vehicles as cars


def _timeline(desk: Any, customer: Any, **query: Any) -> Any:
    answer = desk.get(f"customers/{customer.id}/timeline", **query)
    assert answer.status_code == 200, answer.text
    return answer.json


def _record(session: Session, customer: Any, name: str, **fields: Any) -> None:
    events.record(session, name, brand_id=customer.brand_id, customer_id=customer.id, **fields)
    session.commit()


def test_events_are_told_in_words_newest_first(session: Session, world: Any, adviser: Any) -> None:
    car = cars.vehicle(session, world.our_store)
    about = {"vehicle_id": car.id, "dealer_id": world.ours.id, "amount_fen": 500_000}
    _record(session, world.our_customer, "deposit.paid", data=about, actor=("customer", world.our_customer.id))
    _record(session, world.our_customer, "lead.accepted", data={"staff_id": world.adviser.id}, actor=("staff", world.adviser.id))
    latest, first = _timeline(adviser, world.our_customer)["items"]
    assert (latest["label"], latest["detail"]) == ("顾问接受线索", "王晨")
    assert latest["actor"] == {"type": "staff", "name": "王晨"}
    assert (first["label"], first["detail"]) == ("意向金已支付", f"¥5,000 · {car.title}")
    assert first["actor"] == {"type": "customer", "name": None}


def test_pages_hold_each_event_once_even_when_all_happened_at_one_moment(session: Session, world: Any, adviser: Any) -> None:
    facts = [{"brand_id": world.brand.id, "customer_id": world.our_customer.id, "data": {"n": n}} for n in range(7)]
    events.record_all(session, "customer.logged_in", facts)
    session.commit()
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = _timeline(adviser, world.our_customer, limit=3, **({"cursor": cursor} if cursor else {}))
        seen += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]
    assert len(seen) == len(set(seen)) == 7
    assert seen == sorted(seen, reverse=True)


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({"group": "commerce"}, ["payment.opened", "order.reserved"]),
        ({"group": "lead"}, ["lead.created"]),
        ({"name": "lead.created"}, ["lead.created"]),
        ({"group": "message"}, []),
    ],
)
def test_the_timeline_is_filtered_by_kind_or_name(session: Session, world: Any, adviser: Any, query: Any, names: list[str]) -> None:
    for name in ("order.reserved", "payment.opened", "lead.created"):
        _record(session, world.our_customer, name)
    assert [item["name"] for item in _timeline(adviser, world.our_customer, **query)["items"]] == names


def test_a_kind_that_is_not_offered_is_refused(world: Any, adviser: Any) -> None:
    answer = adviser.get(f"customers/{world.our_customer.id}/timeline", group="secrets")
    assert answer.status_code == 422
    assert set(answer.json["details"]) == {"group"}


def test_what_she_did_with_another_dealer_is_not_told(session: Session, world: Any, adviser: Any, marketer: Any) -> None:
    elsewhere = world.their_lead
    elsewhere.customer_id, world.our_lead.status, world.our_lead.closed_at = world.our_customer.id, "won", world.our_lead.created_at
    session.commit()
    _record(session, world.our_customer, "lead.created", data={"lead_id": elsewhere.id, "dealer_id": world.theirs.id})
    _record(session, world.our_customer, "lead.updated", subject=("lead", elsewhere.id))
    _record(session, world.our_customer, "tag.added", data={"tag": "vip", "lead_id": elsewhere.id})
    _record(session, world.our_customer, "customer.phone_bound")
    assert [item["name"] for item in _timeline(adviser, world.our_customer)["items"]] == ["customer.phone_bound"]
    assert len(_timeline(marketer, world.our_customer)["items"]) == 4


def test_what_the_brand_told_her_about_another_dealer_is_not_told_either(
    session: Session, world: Any, adviser: Any, marketer: Any, deliver: Any
) -> None:
    elsewhere = world.their_lead
    elsewhere.customer_id, world.our_lead.status, world.our_lead.closed_at = world.our_customer.id, "won", world.our_lead.created_at
    about = {"lead_id": str(elsewhere.id), "dealer_id": str(world.theirs.id)}
    journeys.journey(session, world.brand)
    journeys.triggered(session, world.our_customer, **about)
    deliver()
    (entered,) = session.execute(select(Event).filter_by(name="journey.entered")).scalars()
    assert entered.data["walk_id"]
    _record(session, world.our_customer, "message.accepted", data={"key": "deposit_paid", "context": about})
    _record(session, world.our_customer, "message.rejected", data={"key": "deposit_paid", "context": {"lead_id": about["lead_id"]}})
    _record(session, world.our_customer, "share.converted", data={"kind": "lead", "subject_id": about["lead_id"]})
    _record(session, world.our_customer, "message.delivered", data={"key": "deposit_paid", "context": {"dealer_id": str(world.ours.id)}})
    assert [item["name"] for item in _timeline(adviser, world.our_customer)["items"]] == ["message.delivered"]
    assert {"journey.entered", "share.converted"} < {item["name"] for item in _timeline(marketer, world.our_customer)["items"]}


def test_the_cars_she_looked_at_are_told_with_their_names_and_how_the_app_fared_is_not(session: Session, world: Any, adviser: Any) -> None:
    car = cars.vehicle(session, world.our_store)
    _record(session, world.our_customer, "app.launched", data={"scene": 1001})
    _record(session, world.our_customer, "vehicle.viewed", subject=("vehicle", car.id), data={"vehicle_id": car.id})
    _record(session, world.our_customer, "search.performed", data={"q": "911 白"})
    _record(session, world.our_customer, "navigation.opened", subject=("store", world.our_store.id), data={"store_id": world.our_store.id})
    _record(session, world.our_customer, "api.failed", data={"status": 503})
    _record(session, world.our_customer, "subscription.answered", data={"moment": "appointment", "answer": "accept"})
    told = [(item["label"], item["detail"]) for item in _timeline(adviser, world.our_customer)["items"]]
    assert told == [
        ("答复订阅消息", "预约试驾后 · 允许"),
        ("打开门店导航", world.our_store.name),
        ("搜索车辆", "911 白"),
        ("查看车辆", car.title),
    ]
    assert [item["name"] for item in _timeline(adviser, world.our_customer, group="message")["items"]] == ["subscription.answered"]
    assert len(_timeline(adviser, world.our_customer, group="share")["items"]) == 3
    assert [item["name"] for item in _timeline(adviser, world.our_customer, name="api.failed")["items"]] == ["api.failed"]


def test_what_she_looked_at_with_another_dealer_is_not_told(session: Session, world: Any, adviser: Any, marketer: Any) -> None:
    theirs = cars.vehicle(session, world.their_store)
    for name in ("vehicle.viewed", "finance.calculated"):
        _record(session, world.our_customer, name, subject=("vehicle", theirs.id), data={"vehicle_id": theirs.id})
    _record(
        session, world.our_customer, "navigation.opened", subject=("store", world.their_store.id), data={"store_id": world.their_store.id}
    )
    _record(session, world.our_customer, "share.tapped", subject=("share", "s1"), data={"share_id": "s1"})
    assert [item["name"] for item in _timeline(adviser, world.our_customer)["items"]] == ["share.tapped"]
    assert len(_timeline(marketer, world.our_customer)["items"]) == 4


def test_a_phone_that_names_what_is_another_brands_learns_nothing_of_it(session: Session, world: Any, marketer: Any) -> None:
    store = make.store(session, make.dealer(session, make.brand(session)))
    car = cars.vehicle(session, store)
    about = {"vehicle_id": str(car.id), "store_id": str(store.id)}
    _record(session, world.our_customer, "contact.tapped", subject=("vehicle", car.id), data=about)
    (told,) = _timeline(marketer, world.our_customer)["items"]
    assert (told["name"], told["detail"]) == ("contact.tapped", None)


def test_the_past_of_a_merged_customer_is_part_of_hers(session: Session, world: Any, adviser: Any) -> None:
    merged = people.customer(session, world.brand, merged_into_id=world.our_customer.id)
    _record(session, merged, "share.opened")
    assert [item["name"] for item in _timeline(adviser, world.our_customer)["items"]] == ["share.opened"]


@pytest.mark.parametrize("name", sorted(NAMES))
def test_every_event_has_words(name: str) -> None:
    assert has(f"events.{name}")


def test_an_event_with_data_that_nobody_foresaw_is_still_told(session: Session, world: Any, adviser: Any) -> None:
    odd = {"vehicle_id": "not-an-id", "amount_fen": None, "send_id": 7}
    for name in ("deposit.paid", "message.accepted", "tag.added", "journey.exited"):
        _record(session, world.our_customer, name, data=odd)
    assert len(_timeline(adviser, world.our_customer)["items"]) == 4
