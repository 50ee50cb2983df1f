"""Every listener hears of every fact once, whatever fails in between."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
import rq
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.events import jobs, service
from app.events.models import Event, EventDelivery
from app.kit import db, queue
from app.kit.queue import Job
from tests.factories import dealers as make


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What a listener to `vehicle.listed` heard; it chokes on an event whose data says so."""
    facts: list[str] = []

    def listener(_session: Session, events: Sequence[Event]) -> None:
        if any(event.data.get("poison") for event in events):
            raise ValueError("poison")
        facts.extend(event.data["n"] for event in events)

    monkeypatch.setattr(service, "_handlers", {"tests.listener": listener})
    monkeypatch.setattr(service, "_listeners", {"vehicle.listed": {"tests.listener"}})
    return facts


def test_a_fact_is_delivered_once_and_in_order(session: Session, heard: list[str], deliver: Any) -> None:
    brand = make.brand(session)
    for n in range(5):
        service.record(session, "vehicle.listed", brand_id=brand.id, data={"n": n})
    assert deliver() == 5
    assert deliver() == 0
    assert heard == [0, 1, 2, 3, 4]


def test_many_facts_of_a_feed_are_delivered_as_single_ones_are(session: Session, heard: list[int], deliver: Any) -> None:
    brand, many = make.brand(session), service.COPIED_FROM + 1
    facts = [{"brand_id": brand.id, "subject": ("vehicle", uuid.uuid4()), "data": {"n": n}} for n in range(many)]
    assert [event.data["n"] for event in service.record_all(session, "vehicle.listed", facts)] == list(range(many))
    assert deliver() == many
    assert heard == list(range(many))
    kept = session.execute(select(Event).filter_by(brand_id=brand.id).order_by(Event.id).limit(1)).scalar_one()
    assert (kept.data, kept.actor_type, kept.subject_type, kept.customer_id) == ({"n": 0}, "system", "vehicle", None)


def test_a_fact_nobody_listens_to_leaves_no_delivery(session: Session, heard: list[str], rings: list[Any]) -> None:
    service.record(session, "vehicle.sold", brand_id=make.brand(session).id)
    session.commit()
    assert session.execute(select(EventDelivery)).first() is None
    assert rings == []


def test_a_rolled_back_transaction_records_nothing_and_rings_nobody(session: Session, heard: list[str], rings: list[Any]) -> None:
    brand = make.brand(session)
    session.commit()

    def fail_late() -> None:
        with db.transaction() as inner:
            service.record(inner, "vehicle.listed", brand_id=brand.id, data={"n": 1})
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_late()
    assert session.execute(select(Event)).first() is None
    assert rings == []


def test_several_facts_of_one_transaction_ring_once(session: Session, heard: list[str], rings: list[Any]) -> None:
    brand = make.brand(session)
    for n in range(3):
        service.record(session, "vehicle.listed", brand_id=brand.id, data={"n": n})
    session.commit()
    assert rings == [("events.deliver", {})]


def test_one_bad_event_holds_up_no_other_and_is_tried_again_later(session: Session, heard: list[str], deliver: Any, later: Any) -> None:
    brand = make.brand(session)
    for n in range(3):
        service.record(session, "vehicle.listed", brand_id=brand.id, data={"n": n, "poison": n == 1})
    deliver()
    assert heard == [0, 2]
    left = session.execute(select(EventDelivery).where(EventDelivery.delivered_at.is_(None))).scalar_one()
    assert left.attempts == 1
    assert "poison" in (left.error or "")
    session.get_one(Event, (left.event_id, left.recorded_at)).data = {"n": 1}
    later(seconds=3)
    deliver()
    assert heard == [0, 2, 1]


def test_an_event_that_never_succeeds_ends_dead_and_visible(session: Session, heard: list[str], deliver: Any, later: Any) -> None:
    service.record(session, "vehicle.listed", brand_id=make.brand(session).id, data={"n": 0, "poison": True})
    for _ in range(service.MAX_ATTEMPTS):
        deliver()
        later(hours=1)
    row = session.execute(select(EventDelivery)).scalar_one()
    assert row.dead_at is not None
    assert row.attempts == service.MAX_ATTEMPTS
    assert deliver() == 0


def test_a_handler_that_dies_after_its_work_does_it_once_in_effect(session: Session, monkeypatch: pytest.MonkeyPatch, deliver: Any) -> None:
    """The work and its receipt are one transaction: a crash between them takes both back."""
    brand = make.brand(session)
    crashes = iter([True, True, False])

    def listener(inner: Session, events: Sequence[Event]) -> None:
        for event in events:
            service.record(inner, "vehicle.sold", brand_id=event.brand_id, subject=("vehicle", event.subject_id))
        inner.flush()
        if next(crashes):
            raise KeyError("killed")

    monkeypatch.setattr(service, "_handlers", {"tests.listener": listener})
    monkeypatch.setattr(service, "_listeners", {"vehicle.listed": {"tests.listener"}})
    service.record(session, "vehicle.listed", brand_id=brand.id, subject=("vehicle", uuid.uuid4()))
    deliver()
    session.execute(EventDelivery.__table__.update().values(due_at=EventDelivery.recorded_at))
    deliver()
    assert len(session.execute(select(Event).filter_by(name="vehicle.sold")).all()) == 1


def test_a_name_that_is_not_in_the_catalogue_cannot_be_recorded(session: Session) -> None:
    with pytest.raises(RuntimeError, match="catalogue"):
        service.record(session, "vehicle.exploded", brand_id=uuid.uuid4())


def test_a_subscription_made_at_run_time_hears_from_then_on(session: Session, monkeypatch: pytest.MonkeyPatch, deliver: Any) -> None:
    brand = make.brand(session)
    heard: list[str] = []

    def listener(_session: Session, events: Sequence[Event]) -> None:
        heard.extend(event.name for event in events)

    monkeypatch.setattr(service, "_handlers", {service.handler_key(listener): listener})
    monkeypatch.setattr(service, "_listeners", {})
    service.record(session, "tag.added", brand_id=brand.id)
    service.subscribe(session, listener, {"tag.added"})
    service.record(session, "tag.added", brand_id=brand.id)
    deliver()
    assert heard == ["tag.added"]


def test_a_dead_delivery_is_listed_and_revived_by_hand(session: Session, heard: list[str], deliver: Any, later: Any, app: Any) -> None:
    event = service.record(session, "vehicle.listed", brand_id=make.brand(session).id, data={"n": 0, "poison": True})
    for _ in range(service.MAX_ATTEMPTS):
        deliver()
        later(hours=1)
    run = app.test_cli_runner()
    assert str(event.id) in run.invoke(args=["events", "dead"]).output
    session.get_one(Event, (event.id, event.recorded_at)).data = {"n": 0}
    session.commit()
    assert run.invoke(args=["events", "revive"]).output.startswith("1 ")
    deliver()
    assert heard == [0]


def test_receipts_are_forgotten_in_time_and_what_is_due_is_not(session: Session, heard: list[str], deliver: Any, later: Any) -> None:
    brand = make.brand(session)
    service.record(session, "vehicle.listed", brand_id=brand.id, data={"n": 0})
    deliver()
    service.record(session, "vehicle.listed", brand_id=brand.id, data={"n": 1, "poison": True})
    deliver()
    later(days=31)
    service.forget_receipts(session, older_than=jobs.RECEIPTS_KEPT)
    left = session.execute(select(EventDelivery)).scalar_one()
    assert left.delivered_at is None


def test_the_event_that_choked_is_the_one_put_off(session: Session, monkeypatch: pytest.MonkeyPatch, deliver: Any) -> None:
    """A younger event that failed is put off itself, whatever came due before it meanwhile."""
    brand = make.brand(session)
    late: list[Event] = []

    def listener(inner: Session, events: Sequence[Event]) -> None:
        if any(event.data.get("poison") for event in events):
            raise ValueError("poison")

    monkeypatch.setattr(service, "_handlers", {"tests.listener": listener})
    monkeypatch.setattr(service, "_listeners", {"vehicle.listed": {"tests.listener"}})
    good = service.record(session, "vehicle.listed", brand_id=brand.id, data={"n": 0})
    bad = service.record(session, "vehicle.listed", brand_id=brand.id, data={"n": 1, "poison": True})
    session.commit()
    put_off = service._postpone

    def remembering(key: str, event_ids: list[uuid.UUID], error: Exception) -> None:
        # An older event becomes due just before the failure is written down.
        session.execute(EventDelivery.__table__.update().where(EventDelivery.event_id == good.id).values(delivered_at=None))
        session.commit()
        late.extend(session.get_one(Event, (one, bad.recorded_at)) for one in event_ids)
        put_off(key, event_ids, error)

    monkeypatch.setattr(service, "_postpone", remembering)
    service.deliver("tests.listener")
    assert late[0].id == bad.id
    session.expire_all()
    assert session.get_one(EventDelivery, ("tests.listener", bad.id)).attempts == 1
    assert session.get_one(EventDelivery, ("tests.listener", good.id)).attempts == 0


@pytest.fixture
def short_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    """A turn is over after one batch of two events, and nobody has had one yet."""
    monkeypatch.setattr(service, "BATCH", 2)
    monkeypatch.setattr(jobs, "TURN_SECONDS", 0.0)
    monkeypatch.setattr(jobs, "_others_until", 0.0)


@pytest.fixture
def heard_by(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[int]]:
    """What each of two listeners to `vehicle.listed` heard."""
    told: dict[str, list[int]] = {"tests.first": [], "tests.second": []}

    def listener(key: str) -> service.Handler:
        return lambda _session, events: told[key].extend(event.data["n"] for event in events)

    monkeypatch.setattr(service, "_handlers", {key: listener(key) for key in told})
    monkeypatch.setattr(service, "_listeners", {"vehicle.listed": set(told)})
    return told


def _flood(session: Session, many: int) -> None:
    brand = make.brand(session)
    service.record_all(session, "vehicle.listed", [{"brand_id": brand.id, "data": {"n": n}} for n in range(many)])
    session.commit()


@pytest.mark.usefixtures("short_turns")
def test_a_flood_is_delivered_turn_by_turn_each_ringing_for_the_next_and_no_listener_is_always_the_last(
    session: Session, heard_by: dict[str, list[int]], rings: list[Any]
) -> None:
    _flood(session, 10)
    rings.clear()
    queue.run("events.deliver")
    turns = 1
    while rings:
        assert rings == [("events.deliver_rest", {})]
        assert abs(len(heard_by["tests.first"]) - len(heard_by["tests.second"])) <= service.BATCH
        rings.clear()
        queue.run("events.deliver_rest")
        turns += 1
    assert heard_by == {"tests.first": list(range(10)), "tests.second": list(range(10))}
    assert turns >= 10


@pytest.mark.usefixtures("short_turns")
def test_after_a_whole_turn_a_worker_hands_the_bell_on_and_without_any_bell_the_sweep_finds_the_rest(
    session: Session, heard: list[int], rings: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    _flood(session, 5)
    queue.run("events.deliver")
    rings.clear()
    queue.run("events.deliver")
    assert (heard, rings) == ([0, 1], [("events.deliver_rest", {})])
    rings.clear()  # Redis has lost it
    monkeypatch.setattr(jobs, "_others_until", 0.0)
    monkeypatch.setattr(jobs, "TURN_SECONDS", 60.0)
    queue.run("events.deliver")
    assert (heard, rings) == ([0, 1, 2, 3, 4], [])


@pytest.mark.real_queue
@pytest.mark.usefixtures("short_turns")
def test_another_job_is_done_while_events_still_flood_in(session: Session, heard: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    done_after: list[int] = []
    other = Job("tests.other", lambda: done_after.append(len(heard)), "default", None, None, False, 60)
    monkeypatch.setitem(queue._jobs, "tests.other", other)
    deliver = service._deliver_batch
    # While events are delivered, others commit, and each of them rings.
    monkeypatch.setattr(service, "_deliver_batch", lambda *how: (queue.ring(queue.jobs()["events.deliver"], {}), deliver(*how))[1])
    _flood(session, 20)
    queue.ring(other, {})
    waiting = [rq.Queue(queue.queue_name(name), connection=queue.connection()) for name in ("critical", "default")]
    try:
        rq.SimpleWorker(waiting, connection=queue.worker_connection()).work(burst=True, logging_level="WARNING")
    finally:
        for one in waiting:
            one.delete(delete_jobs=True)
    assert done_after[0] <= 2 * service.BATCH
    assert heard == list(range(20))
