"""Customers enter once per occasion and leave at once, in whatever order the events are heard."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.audience import service as audience
from app.dealers.models import Brand
from app.events import service as events
from app.events.models import Event
from app.identity.models import Customer
from app.journeys import reasons, service
from app.journeys.models import Walk
from app.kit import db
from app.messaging import service as messaging
from app.messaging.models import Send
from tests.factories import dealers as make_dealers
from tests.factories import identity as make_identity
from tests.factories import journeys as make


@pytest.fixture
def brand(session: Session) -> Brand:
    return make_dealers.brand(session)


@pytest.fixture
def walker(session: Session, brand: Brand) -> Customer:
    return make_identity.customer(session, brand)


@pytest.fixture
def sweep(session: Session, deliver: Callable[[], int]) -> Callable[[], None]:
    def run() -> None:
        deliver()
        service.advance_all()
        deliver()
        session.expire_all()

    return run


def walks(session: Session) -> list[tuple[str, str | None]]:
    return [(walk.status, walk.exit_reason) for walk in session.execute(select(Walk).order_by(Walk.id)).scalars()]


def sends(session: Session) -> list[str]:
    return list(session.execute(select(Send.status).order_by(Send.id)).scalars())


def test_an_event_that_does_not_fit_the_filter_lets_nobody_in(
    session: Session, brand: Brand, walker: Customer, sweep: Callable[[], None]
) -> None:
    drawn = make.message_wait_message(trigger=make.event("tag.added", tag="vip"))
    make.journey(session, brand, drawn)
    make.triggered(session, walker, name="tag.added", tag="other")
    make.triggered(session, walker, name="share.opened", tag="vip")
    make.triggered(session, make_identity.customer(session, make_dealers.brand(session)), name="tag.added", tag="vip")
    sweep()
    assert walks(session) == []
    make.triggered(session, walker, name="tag.added", tag="vip")
    sweep()
    assert walks(session) == [("active", None)]


def test_nobody_walks_a_journey_twice_at_a_time_but_again_afterwards(
    session: Session, brand: Brand, walker: Customer, sweep: Callable[[], None], later: Any
) -> None:
    make.journey(session, brand)
    for _ in range(3):
        make.triggered(session, walker)
        sweep()
    assert walks(session) == [("active", None)]
    later(days=1)
    sweep()
    make.triggered(session, walker)
    sweep()
    assert walks(session) == [("completed", None), ("active", None)]


def test_a_journey_that_is_walked_once_is_not_entered_again(
    session: Session, brand: Brand, walker: Customer, sweep: Callable[[], None], later: Any
) -> None:
    make.journey(session, brand, make.message_wait_message(reentry={"mode": "once"}))
    make.triggered(session, walker)
    sweep()
    later(days=1)
    sweep()
    make.triggered(session, walker)
    sweep()
    assert walks(session) == [("completed", None)]


def test_a_tag_taken_and_given_again_enters_again(session: Session, brand: Brand, walker: Customer, sweep: Callable[[], None]) -> None:
    """The demo journey, from deposit to cancellation and to the deposit on another car, while the first refund is still on its way."""
    audience.install_defaults(session, brand.id)
    service.install_demo(session, brand.id)
    first, second = uuid.uuid4(), uuid.uuid4()
    make.triggered(session, walker, name="deposit.paid", order=first)
    sweep()
    make.triggered(session, walker, name="order.cancelled", order=first)
    sweep()
    make.triggered(session, walker, name="deposit.paid", order=second)
    sweep()
    make.triggered(session, walker, name="deposit.refunded", order=first)
    sweep()
    assert walks(session) == [("exited", "order.cancelled"), ("active", None)]
    assert [send.context["order_id"] for send in session.execute(select(Send).order_by(Send.id)).scalars()] == [str(first), str(second)]


def test_what_ends_a_walk_takes_back_the_message_that_nobody_claimed(
    session: Session, brand: Brand, walker: Customer, sweep: Callable[[], None], later: Any
) -> None:
    make.journey(session, brand)
    order = uuid.uuid4()
    make.triggered(session, walker, order=order)
    sweep()
    make.triggered(session, walker, name="order.cancelled", order=order)
    sweep()
    assert walks(session) == [("exited", "order.cancelled")]
    assert sends(session) == ["cancelled"]
    assert reasons.of_walk(session.execute(select(Walk)).scalar_one()) == "取消订单"
    exited = session.execute(select(Event).filter_by(name="journey.exited")).scalar_one()
    assert exited.data["reason"] == "order.cancelled"
    later(days=3)
    sweep()
    assert sends(session) == ["cancelled"]


def test_the_end_of_another_order_ends_nothing(session: Session, brand: Brand, walker: Customer, sweep: Callable[[], None]) -> None:
    make.journey(session, brand)
    make.triggered(session, walker, order=uuid.uuid4())
    sweep()
    make.triggered(session, walker, name="deposit.refunded", order=uuid.uuid4())
    sweep()
    assert walks(session) == [("active", None)]


def test_an_end_heard_before_its_beginning_keeps_the_customer_out(session: Session, brand: Brand, walker: Customer) -> None:
    make.journey(session, brand)
    order = uuid.uuid4()
    began = make.triggered(session, walker, order=order)
    ended = make.triggered(session, walker, name="order.cancelled", order=order)
    service.hear(session, [ended])
    service.hear(session, [began])
    assert walks(session) == []


def test_a_tag_that_was_given_late_does_not_outrun_the_cancellation(session: Session, brand: Brand, walker: Customer, later: Any) -> None:
    """The tag's own time is after the cancellation; the time of its cause is before."""
    make.journey(session, brand, make.message_wait_message(trigger="tag.added"))
    paid = make.triggered(session, walker, name="deposit.paid")
    later(minutes=1)
    make.triggered(session, walker, name="order.cancelled")
    later(minutes=1)
    tagged = make.triggered(session, walker, name="tag.added", caused_at=paid.recorded_at.isoformat())
    service.hear(session, [tagged])
    assert walks(session) == []


def test_an_end_before_the_beginning_was_another_story(session: Session, brand: Brand, walker: Customer, later: Any) -> None:
    make.journey(session, brand)
    ended = make.triggered(session, walker, name="order.cancelled")
    later(minutes=1)
    began = make.triggered(session, walker)
    service.hear(session, [began])
    service.hear(session, [ended])
    assert walks(session) == [("active", None)]


def test_an_erased_customer_leaves_everything_and_enters_nothing(
    session: Session, brand: Brand, walker: Customer, sweep: Callable[[], None], later: Any
) -> None:
    make.journey(session, brand)
    make.triggered(session, walker)
    sweep()
    gone = events.record(session, "customer.erased", brand_id=brand.id, customer_id=walker.id)
    walker.unionid = walker.nickname = None
    walker.erased_at = gone.recorded_at
    session.flush()
    sweep()
    assert walks(session) == [("exited", "customer.erased")]
    assert sends(session) == ["cancelled"]
    make.triggered(session, walker)
    later(days=2)
    sweep()
    assert len(walks(session)) == 1


def merged(session: Session, kept: Customer, twin: Customer) -> None:
    twin.merged_into_id = kept.id
    session.flush()
    events.record(session, "customer.merged", brand_id=kept.brand_id, customer_id=kept.id, data={"merged_id": twin.id})


def test_two_profiles_that_are_one_person_walk_on_once(
    session: Session, brand: Brand, walker: Customer, sweep: Callable[[], None], later: Any
) -> None:
    make.journey(session, brand)
    twin = make_identity.customer(session, brand)
    for one in (walker, twin):
        make.triggered(session, one)
    sweep()
    merged(session, walker, twin)
    sweep()
    assert sorted(walks(session), key=str) == [("active", None), ("exited", "customer.merged")]
    later(days=1)
    sweep()
    assert {send.customer_id for send in session.execute(select(Send).filter_by(template_key="test_drive_invitation")).scalars()} == {
        walker.id
    }


def test_a_merge_before_the_triggers_are_heard_enters_once(
    session: Session, brand: Brand, walker: Customer, sweep: Callable[[], None]
) -> None:
    make.journey(session, brand)
    twin = make_identity.customer(session, brand)
    for one in (walker, twin, twin):
        make.triggered(session, one)
    merged(session, walker, twin)
    sweep()
    assert session.execute(select(Walk.customer_id)).scalars().all() == [walker.id]


@pytest.mark.parametrize(("mode", "late"), [("once", False), ("again", False), ("once", True), ("again", True)])
def test_who_walks_as_a_profile_that_was_merged_a_moment_ago_does_not_enter_again_as_the_one_that_is_kept(
    session: Session, brand: Brand, walker: Customer, sweep: Callable[[], None], later: Any, *, mode: str, late: bool
) -> None:
    """Identity has merged her, and journeys will hear of it: until then her walk stands under the other profile."""
    make.journey(session, brand, make.message_wait_message(reentry={"mode": mode}))
    twin = make_identity.customer(session, brand)
    cause = make.triggered(session, twin)
    sweep()
    if late:
        later(days=2)
        sweep()
    twin.merged_into_id = walker.id
    session.flush()
    # The same cause once more, and while she is inside, or where nobody comes twice, another one as well.
    service.hear(session, [cause])
    if mode == "once" or not late:
        service.hear(session, [make.triggered(session, walker)])
    session.commit()
    assert len(walks(session)) == 1
    assert len(sends(session)) == (2 if late else 1)


def test_a_walk_of_the_merged_profile_goes_on_under_the_kept_one_and_ends_by_its_events(
    session: Session, brand: Brand, walker: Customer, sweep: Callable[[], None]
) -> None:
    make.journey(session, brand)
    twin = make_identity.customer(session, brand)
    make.triggered(session, twin)
    sweep()
    merged(session, walker, twin)
    # The cancellation is heard before the merge is: the walk still stands under the old profile.
    ended = make.triggered(session, walker, name="order.cancelled")
    service.hear(session, [ended])
    assert walks(session) == [("exited", "order.cancelled")]


def test_a_test_drive_booked_under_either_profile_counts(
    session: Session, brand: Brand, walker: Customer, sweep: Callable[[], None], later: Any
) -> None:
    audience.install_defaults(session, brand.id)
    service.install_demo(session, brand.id)
    twin = make_identity.customer(session, brand)
    make.triggered(session, twin, name="deposit.paid", order=uuid.uuid4())
    sweep()
    make.triggered(session, twin, name="lead.test_drive_booked")
    merged(session, walker, twin)
    sweep()
    later(days=1)
    sweep()
    assert walks(session) == [("completed", None)]
    assert len(sends(session)) == 1


def test_without_a_test_drive_the_demo_journey_invites_to_one(
    session: Session, brand: Brand, walker: Customer, sweep: Callable[[], None], later: Any
) -> None:
    audience.install_defaults(session, brand.id)
    service.install_demo(session, brand.id)
    service.install_demo(session, brand.id)
    make.triggered(session, walker, name="lead.test_drive_booked")
    later(minutes=1)
    make.triggered(session, walker, name="deposit.paid", order=uuid.uuid4())
    sweep()
    later(days=1)
    sweep()
    assert session.execute(select(Send.template_key).order_by(Send.id)).scalars().all() == ["deposit_paid", "test_drive_invitation"]


def test_the_same_event_heard_fifty_times_at_once_enters_once(committed: Callable[[], Any]) -> None:
    with committed() as session:
        brand = make_dealers.brand(session)
        make.journey(session, brand)
        people = [make_identity.customer(session, brand) for _ in range(20)]
        heard = [make.triggered(session, one) for one in people]
        ids = [event.id for event in heard]

    def hear(_: int) -> None:
        with committed() as own:
            facts = list(own.execute(select(Event).where(Event.id.in_(ids))).scalars())
            random.shuffle(facts)
            service.hear(own, facts)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(hear, range(50)))
    with committed() as session:
        counts = session.execute(select(Walk.customer_id, func.count()).group_by(Walk.customer_id)).all()
        assert {count for _, count in counts} == {1}
        assert len(counts) == 20
        entered = session.execute(select(func.count()).where(Event.name == "journey.entered")).scalar_one()
        assert entered == 20


def test_after_an_exit_is_committed_no_message_leaves_in_a_hundred_races(committed: Callable[[], Any]) -> None:
    """The engine plans, a sender claims, and the exit comes, all at once; what was planned at the exit's commit is never claimed."""
    with committed() as session:
        brand = make_dealers.brand(session)
        make.journey(session, brand)
        people = [make_identity.customer(session, brand) for _ in range(100)]
        began = [make.triggered(session, one) for one in people]
        service.hear(session, began)

    exited: dict[uuid.UUID, set[uuid.UUID]] = {}

    def end(one: Customer) -> None:
        with committed() as own:
            service.hear(own, [make.triggered(own, one, name="order.cancelled")])
        with committed() as own:
            left = own.execute(select(Send.id).where(Send.customer_id == one.id, Send.status == "claimed")).scalars()
            exited[one.id] = set(left)

    def claim(_: int) -> None:
        with committed() as own:
            wanted = select(Send.id).where(Send.status == "planned").limit(10).with_for_update(skip_locked=True)
            own.execute(
                update(Send)
                .where(Send.id == db.one_of(wanted), Send.status == "planned")
                .values(status="claimed", lease_until=func.marque_now())
            )

    with ThreadPoolExecutor(8) as pool:
        work = [pool.submit(service.advance_all)]
        for number, one in enumerate(people):
            work.append(pool.submit(end, one))
            if number % 10 == 0:
                work += [pool.submit(claim, number), pool.submit(service.advance_all)]
        for one in work:
            one.result()
    with committed() as session:
        assert session.execute(select(func.count()).where(Walk.status == "active")).scalar_one() == 0
        for send in session.execute(select(Send)).scalars():
            assert send.status in ("cancelled", "claimed")
            if send.status == "claimed":
                assert send.customer_id is not None
                assert send.id in exited[send.customer_id]
    assert service.advance_all() == 0


def test_a_send_planned_by_a_walk_is_planned_once_whatever_the_number_of_workers(committed: Callable[[], Any]) -> None:
    with committed() as session:
        brand = make_dealers.brand(session)
        make.journey(session, brand)
        service.hear(session, [make.triggered(session, make_identity.customer(session, brand)) for _ in range(100)])
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda _: service.advance_all(), range(12)))
    with committed() as session:
        assert session.execute(select(func.count()).select_from(Send)).scalar_one() == 100
        assert set(session.execute(select(Walk.node_id)).scalars()) == {"pause"}
        assert messaging.cancel_planned(session, walk_id=uuid.uuid4()) == 0
