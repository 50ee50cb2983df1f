"""Tags follow what happened, in whatever order we hear of it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audience import queries, service
from app.audience.errors import CustomerUnknown, TagByRule, TagUnknown
from app.audience.models import Action, CustomerTag, Source
from app.dealers.models import Brand
from app.events import service as events
from app.events.models import Event
from app.identity.models import Customer
from tests.factories import audience as make_audience
from tests.factories import dealers as make_dealers
from tests.factories import identity as make_identity


@pytest.fixture
def brand(session: Session) -> Brand:
    made = make_dealers.brand(session)
    service.install_defaults(session, made.id)
    return made


@pytest.fixture
def buyer(session: Session, brand: Brand) -> Customer:
    return make_identity.customer(session, brand)


def tags_of(session: Session, customer: Customer) -> list[str]:
    return [tag.key for tag in queries.tags_of(session, [customer.id])[customer.id]]


def facts(session: Session, customer: Customer) -> list[tuple[str, str]]:
    rows = session.execute(select(Event).where(Event.customer_id == customer.id, Event.name.like("tag.%")).order_by(Event.id)).scalars()
    return [(event.name, event.data["tag"]) for event in rows]


def happens(session: Session, name: str, customer: Customer, order: uuid.UUID) -> Event:
    return events.record(
        session, name, brand_id=customer.brand_id, customer_id=customer.id, subject=("order", order), data={"order_id": order}
    )


def test_a_paid_deposit_tags_the_customer_and_the_fact_knows_its_cause(
    session: Session, buyer: Customer, deliver: Callable[[], int]
) -> None:
    order = uuid.uuid4()
    paid = happens(session, "deposit.paid", buyer, order)
    deliver()
    assert tags_of(session, buyer) == ["deposit_paid"]
    added = session.execute(select(Event).filter_by(name="tag.added")).scalar_one()
    assert added.customer_id == buyer.id
    assert (added.subject_type, added.subject_id) == ("order", str(order))
    assert added.data["order_id"] == str(order)
    assert added.data["cause"] == "deposit.paid"
    assert added.data["caused_at"] == paid.recorded_at.isoformat()


def test_a_cancelled_order_takes_the_tag_and_the_later_refund_changes_nothing(
    session: Session, buyer: Customer, deliver: Callable[[], int]
) -> None:
    order = uuid.uuid4()
    for name in ("deposit.paid", "order.cancelled", "deposit.refunded"):
        happens(session, name, buyer, order)
        deliver()
    assert tags_of(session, buyer) == []
    assert facts(session, buyer) == [("tag.added", "deposit_paid"), ("tag.removed", "deposit_paid")]


def test_the_refund_of_an_old_order_leaves_the_tag_of_the_new_one(session: Session, buyer: Customer, deliver: Callable[[], int]) -> None:
    first, second = uuid.uuid4(), uuid.uuid4()
    for name, order in (("deposit.paid", first), ("order.cancelled", first), ("deposit.paid", second), ("deposit.refunded", first)):
        happens(session, name, buyer, order)
        deliver()
    assert tags_of(session, buyer) == ["deposit_paid"]
    assert [name for name, _ in facts(session, buyer)] == ["tag.added", "tag.removed", "tag.added"]


def test_what_is_heard_together_is_recorded_in_the_order_in_which_it_happened(session: Session, brand: Brand) -> None:
    people = [make_identity.customer(session, brand) for _ in range(3)]
    orders = [uuid.uuid4() for _ in people]
    heard = [
        happens(session, name, one, order)
        for name in ("deposit.paid", "order.cancelled", "deposit.refunded")
        for one, order in zip(people, orders, strict=True)
    ]
    service.apply_rules(session, heard)
    for one in people:
        assert facts(session, one) == [("tag.added", "deposit_paid"), ("tag.removed", "deposit_paid")]
        assert tags_of(session, one) == []


def test_a_cancellation_heard_before_its_payment_still_wins(session: Session, buyer: Customer) -> None:
    order = uuid.uuid4()
    paid, cancelled = happens(session, "deposit.paid", buyer, order), happens(session, "order.cancelled", buyer, order)
    service.apply_rules(session, [cancelled])
    service.apply_rules(session, [paid])
    assert tags_of(session, buyer) == []
    assert facts(session, buyer) == []


def test_an_older_unfollow_heard_late_does_not_undo_the_follow(session: Session, buyer: Customer, later: Any) -> None:
    def account(name: str) -> Event:
        return events.record(session, name, brand_id=buyer.brand_id, customer_id=buyer.id, subject=("customer", buyer.id))

    unfollowed = account("customer.unfollowed")
    later(seconds=5)
    service.apply_rules(session, [account("customer.followed")])
    service.apply_rules(session, [unfollowed])
    assert tags_of(session, buyer) == ["follower"]


def test_a_tag_added_twice_is_one_fact(session: Session, buyer: Customer) -> None:
    assert service.add(session, buyer.id, "vip")
    assert not service.add(session, buyer.id, "vip")
    assert service.remove(session, buyer.id, "vip")
    assert not service.remove(session, buyer.id, "vip")
    assert facts(session, buyer) == [("tag.added", "vip"), ("tag.removed", "vip")]


def test_what_a_journey_decided_outlives_an_older_event_heard_late(session: Session, buyer: Customer, later: Any) -> None:
    booked = events.record(session, "lead.test_drive_booked", brand_id=buyer.brand_id, customer_id=buyer.id, subject=("lead", uuid.uuid4()))
    later(minutes=1)
    service.remove(session, buyer.id, "test_drive_booked", source=Source.journey)
    service.apply_rules(session, [booked])
    assert tags_of(session, buyer) == []


def test_an_unknown_tag_and_another_brands_tag_are_refused(session: Session, buyer: Customer) -> None:
    other = make_audience.tag(session, make_dealers.brand(session), key="theirs")
    for key in ("no such tag", other.key):
        with pytest.raises(TagUnknown):
            service.add(session, buyer.id, key)
    with pytest.raises(CustomerUnknown):
        service.add(session, uuid.uuid4(), "vip")


def test_staff_neither_give_nor_take_what_rules_give_and_take(session: Session, buyer: Customer, deliver: Callable[[], int]) -> None:
    with pytest.raises(TagByRule):
        service.add(session, buyer.id, "deposit_paid")
    happens(session, "deposit.paid", buyer, uuid.uuid4())
    deliver()
    with pytest.raises(TagByRule):
        service.remove(session, buyer.id, "deposit_paid")
    assert tags_of(session, buyer) == ["deposit_paid"]
    assert facts(session, buyer) == [("tag.added", "deposit_paid")]


def test_a_rule_of_one_brand_does_not_touch_anothers_customers(session: Session, brand: Brand, deliver: Callable[[], int]) -> None:
    stranger = make_identity.customer(session, make_dealers.brand(session))
    happens(session, "deposit.paid", stranger, uuid.uuid4())
    deliver()
    assert tags_of(session, stranger) == []


def test_a_new_rule_hears_from_then_on_and_the_old_ones_still_hear(session: Session, brand: Brand, deliver: Callable[[], int]) -> None:
    make_audience.tag(session, brand, key="shopper", rules={"share.opened": Action.add})
    customer = make_identity.customer(session, brand)
    events.record(session, "share.opened", brand_id=brand.id, customer_id=customer.id)
    happens(session, "deposit.paid", customer, uuid.uuid4())
    deliver()
    assert set(tags_of(session, customer)) == {"shopper", "deposit_paid"}


def test_installing_the_defaults_twice_changes_nothing(session: Session, brand: Brand) -> None:
    before = [tag.key for tag in queries.tags(session, brand.id)]
    service.install_defaults(session, brand.id)
    assert [tag.key for tag in queries.tags(session, brand.id)] == before
    assert set(before) == set(service.DEFAULT_TAGS)


def test_merged_customers_carry_the_tags_of_both_and_no_fact_says_so(
    session: Session, brand: Brand, buyer: Customer, deliver: Callable[[], int]
) -> None:
    twin = make_identity.customer(session, brand)
    order = uuid.uuid4()
    happens(session, "deposit.paid", twin, order)
    deliver()
    service.add(session, buyer.id, "vip")
    service.remove(session, buyer.id, "deposit_paid", source=Source.journey)
    twin.merged_into_id = buyer.id
    events.record(session, "customer.merged", brand_id=brand.id, customer_id=buyer.id, data={"merged_id": twin.id})
    deliver()
    deliver()
    assert set(tags_of(session, buyer)) == {"vip", "deposit_paid"}
    assert facts(session, buyer) == [("tag.added", "vip")]
    assert session.execute(select(CustomerTag).filter_by(customer_id=twin.id)).first() is None
    happens(session, "order.cancelled", twin, order)
    deliver()
    assert tags_of(session, buyer) == ["vip"]


def test_an_erased_customer_carries_nothing_and_gets_nothing(
    session: Session, buyer: Customer, deliver: Callable[[], int], later: Any
) -> None:
    service.add(session, buyer.id, "vip")
    late = happens(session, "deposit.paid", buyer, uuid.uuid4())
    buyer.unionid = buyer.phone = buyer.phone_hash = buyer.nickname = None
    buyer.erased_at = late.recorded_at
    events.record(session, "customer.erased", brand_id=buyer.brand_id, customer_id=buyer.id)
    deliver()
    assert session.execute(select(CustomerTag).filter_by(customer_id=buyer.id)).first() is None


def test_fifty_at_once_give_one_tag_and_one_fact(committed: Callable[[], Any]) -> None:
    with committed() as session:
        brand = make_dealers.brand(session)
        service.install_defaults(session, brand.id)
        customer = make_identity.customer(session, brand)

    def give(_: int) -> bool:
        with committed() as own:
            return service.add(own, customer.id, "vip")

    with ThreadPoolExecutor(10) as pool:
        assert sum(pool.map(give, range(50))) == 1
    with committed() as session:
        assert facts(session, customer) == [("tag.added", "vip")]
