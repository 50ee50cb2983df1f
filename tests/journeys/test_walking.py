"""Customers walk a journey step by step, each step once, whatever fails in between."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event as sa_event
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.dealers.models import Brand
from app.events.models import Event
from app.identity.models import Customer
from app.journeys import reasons, service
from app.journeys.errors import NotStuck
from app.journeys.models import Walk, WalkStep
from app.journeys.nodes import send_message, wait
from app.journeys.service import walking
from app.journeys.visits import Standing, standing
from app.kit import clock, db
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
def sweep(session: Session, deliver: Callable[[], int]) -> Callable[[], int]:
    """Deliver what happened and take every step that is due, as the workers would."""

    def run() -> int:
        deliver()
        taken = service.advance_all()
        deliver()
        session.expire_all()
        return taken

    return run


def templates(session: Session) -> list[str]:
    return list(session.execute(select(Send.template_key).where(Send.status == "planned").order_by(Send.id)).scalars())


def only_walk(session: Session) -> Walk:
    return session.execute(select(Walk)).scalar_one()


def names(session: Session) -> list[str]:
    hers = Event.name.like("journey.%") & Event.customer_id.is_not(None)
    return list(session.execute(select(Event.name).where(hers).order_by(Event.id)).scalars())


def test_a_customer_gets_the_first_message_at_once_and_the_second_a_day_later(
    session: Session, brand: Brand, walker: Customer, sweep: Callable[[], int], later: Any
) -> None:
    make.journey(session, brand)
    order = uuid.uuid4()
    make.triggered(session, walker, order=order)
    sweep()
    assert templates(session) == ["deposit_paid"]
    send = session.execute(select(Send)).scalar_one()
    assert send.customer_id == walker.id
    assert send.context["order_id"] == str(order)
    assert send.walk_id == only_walk(session).id
    later(hours=23, minutes=59)
    assert sweep() == 0
    later(minutes=1)
    sweep()
    assert templates(session) == ["deposit_paid", "test_drive_invitation"]
    assert only_walk(session).status == "completed"
    assert names(session) == ["journey.entered", "journey.completed"]
    later(days=30)
    assert sweep() == 0


def test_every_step_is_written_once_with_its_way_and_its_message(
    session: Session, brand: Brand, walker: Customer, sweep: Callable[[], int], later: Any
) -> None:
    make.journey(session, brand)
    make.triggered(session, walker)
    sweep()
    later(days=1)
    sweep()
    steps = session.execute(select(WalkStep).order_by(WalkStep.visit_no)).scalars().all()
    assert [(step.node_id, step.visit_no, step.port) for step in steps] == [
        ("hello", 1, "done"),
        ("pause", 2, "done"),
        ("again", 3, "done"),
        ("end", 4, None),
    ]
    assert [step.send_id is not None for step in steps] == [True, False, True, False]
    assert steps[1].left_at - steps[1].arrived_at == timedelta(days=1)


def test_the_clock_fires_those_who_are_due_and_nobody_early(session: Session, brand: Brand, sweep: Callable[[], int], later: Any) -> None:
    make.journey(session, brand)
    early, late = make_identity.customer(session, brand), make_identity.customer(session, brand)
    make.triggered(session, early)
    sweep()
    later(hours=6)
    make.triggered(session, late)
    sweep()
    later(hours=18)
    sweep()
    status = dict(session.execute(select(Walk.customer_id, Walk.status)).all())
    assert status == {early.id: "completed", late.id: "active"}
    later(hours=6)
    sweep()
    assert set(session.execute(select(Walk.status)).scalars()) == {"completed"}


@pytest.mark.parametrize("crash", range(1, 12))
def test_a_crash_between_any_two_steps_changes_nothing_in_the_end(
    session: Session, brand: Brand, walker: Customer, sweep: Callable[[], int], later: Any, monkeypatch: pytest.MonkeyPatch, crash: int
) -> None:
    """The worker dies at its n-th transaction, before the commit; the next sweep goes on."""
    make.journey(session, brand)
    make.triggered(session, walker)
    transactions = iter(range(1, 100))
    transaction = db.transaction

    class Killed(BaseException):
        pass

    @db.contextmanager
    def mortal() -> Any:
        with transaction() as own:
            yield own
            own.flush()
            if next(transactions) == crash:
                raise Killed

    deaths = 0

    def survive() -> None:
        nonlocal deaths
        session.commit()
        with monkeypatch.context() as patched:
            patched.setattr(db, "transaction", mortal)
            for _ in range(20):
                try:
                    sweep()
                    return
                except Killed:
                    deaths += 1
                    session.expire_all()

    survive()
    later(days=1)
    survive()
    assert deaths == 1
    assert templates(session) == ["deposit_paid", "test_drive_invitation"]
    assert only_walk(session).status == "completed"
    assert names(session) == ["journey.entered", "journey.completed"]
    assert len(session.execute(select(WalkStep)).all()) == 4


def test_two_hundred_walk_together_in_few_statements(session: Session, brand: Brand, deliver: Callable[[], int]) -> None:
    make.journey(session, brand)

    def statements(people: int) -> int:
        for _ in range(people):
            make.triggered(session, make_identity.customer(session, brand))
        deliver()
        session.commit()
        counted: list[str] = []
        connection = session.connection()
        listener = lambda *args: counted.append(args[2])  # noqa: E731
        sa_event.listen(connection, "before_cursor_execute", listener)
        service.advance_all()
        sa_event.remove(connection, "before_cursor_execute", listener)
        return len(counted)

    statements(1)
    few = statements(2)
    many = statements(200)
    assert len(session.execute(select(Send)).all()) == 203
    assert many <= few + 2
    assert many < 50


def test_a_poisoned_walk_is_stuck_alone_with_its_reason_and_can_be_tried_again(
    session: Session, brand: Brand, sweep: Callable[[], int], monkeypatch: pytest.MonkeyPatch, later: Any
) -> None:
    make.journey(session, brand)
    people = [make_identity.customer(session, brand) for _ in range(5)]
    for one in people:
        make.triggered(session, one)
    poisoned_id = people[2].id
    visit = send_message.SendMessage.visit

    def choke(here: Standing) -> None:
        if here.rows(standing.c.walk_id, where=standing.c.customer_id == poisoned_id):
            raise ValueError("no order to speak of")
        visit(here)

    with monkeypatch.context() as patched:
        patched.setattr(send_message.SendMessage, "visit", staticmethod(choke))
        sweep()
    assert len(templates(session)) == 4
    stuck = session.execute(select(Walk).filter_by(status="stuck")).scalar_one()
    assert stuck.customer_id == poisoned_id
    assert stuck.problem == "ValueError: no order to speak of"
    assert reasons.of_walk(stuck) == "执行这一步时出错（ValueError）"
    later(days=2)
    sweep()
    assert session.get_one(Walk, stuck.id).status == "stuck"
    service.retry(session, stuck)
    session.commit()
    sweep()
    assert session.get_one(Walk, stuck.id).node_id == "pause"
    with pytest.raises(NotStuck):
        service.retry(session, stuck)


def test_a_node_that_answers_nothing_for_a_walk_leaves_it_stuck_and_sends_nothing(
    session: Session, brand: Brand, walker: Customer, sweep: Callable[[], int], monkeypatch: pytest.MonkeyPatch, later: Any
) -> None:
    """A wait that does not know its end is never over."""
    make.journey(session, brand)
    make.triggered(session, walker)
    monkeypatch.setattr(wait.Wait, "visit", staticmethod(lambda _here: None))
    sweep()
    later(days=2)
    sweep()
    assert templates(session) == ["deposit_paid"]
    assert only_walk(session).status == "stuck"


def test_a_paused_journey_takes_no_step_and_a_resumed_one_takes_each_once(
    session: Session, brand: Brand, walker: Customer, sweep: Callable[[], int], later: Any
) -> None:
    journey = make.journey(session, brand)
    make.triggered(session, walker)
    sweep()
    service.pause(session, journey)
    meanwhile = make_identity.customer(session, brand)
    make.triggered(session, meanwhile)
    later(days=2)
    assert sweep() == 0
    assert templates(session) == ["deposit_paid"]
    service.resume(session, journey)
    session.commit()
    sweep()
    assert sorted(templates(session)) == ["deposit_paid", "deposit_paid", "test_drive_invitation"]
    assert {walk.customer_id: walk.status for walk in session.execute(select(Walk)).scalars()} == {
        walker.id: "completed",
        meanwhile.id: "active",
    }


def test_those_inside_finish_their_version_and_newcomers_walk_the_next(
    session: Session, brand: Brand, walker: Customer, sweep: Callable[[], int], later: Any
) -> None:
    journey = make.journey(session, brand)
    make.triggered(session, walker)
    sweep()
    newcomer = make_identity.customer(session, brand)
    service.publish(session, journey, make.graph([make.node("bye", "end")], ways=""))
    make.triggered(session, newcomer)
    sweep()
    later(days=1)
    sweep()
    walks = {walk.customer_id: walk for walk in session.execute(select(Walk)).scalars()}
    assert walks[newcomer.id].node_id == "bye"
    assert walks[walker.id].node_id == "end"
    assert {walk.status for walk in walks.values()} == {"completed"}
    assert templates(session) == ["deposit_paid", "test_drive_invitation"]


def test_the_sweep_reads_only_what_is_due(session: Session, brand: Brand, walker: Customer) -> None:
    journey = make.journey(session, brand)
    make.triggered(session, walker)
    version = session.execute(text("SELECT id FROM journey_versions")).scalar_one()
    session.execute(
        text(
            "INSERT INTO walks (id, brand_id, journey_id, version_id, customer_id, entry_key, status, node_id, arrived_at, due_at, "
            "triggered_at, context) SELECT gen_random_uuid(), :brand, :journey, :version, :customer, n::text, 'completed', 'end', "
            "marque_now(), NULL, marque_now(), '{}' FROM generate_series(1, 20000) AS n"
        ),
        {"brand": brand.id, "journey": journey.id, "version": version, "customer": walker.id},
    )
    session.execute(text("ANALYZE walks"))
    session.execute(text("ANALYZE journeys"))
    session.execute(text(walking.TABLE))
    asked = {"journey_id": journey.id, "now": clock.now(session), "most": 4000}
    plan = session.execute(text(f"EXPLAIN {walking.CLAIM}"), asked).scalars().all()
    shown = "\n".join(plan)
    assert "ix_walks_due" in shown
    assert "Seq Scan on walks" not in shown


def test_a_moved_clock_of_the_worker_means_nothing(
    session: Session, brand: Brand, walker: Customer, sweep: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    make.journey(session, brand)
    make.triggered(session, walker)
    sweep()
    due = only_walk(session).due_at
    monkeypatch.setattr(time, "time", lambda: 4_000_000_000.0)
    assert sweep() == 0
    assert only_walk(session).due_at == due
    assert due is not None
    assert due - clock.now(session) == timedelta(days=1)


def test_a_loop_with_a_wait_comes_back_to_the_same_node_as_another_visit(
    session: Session, brand: Brand, walker: Customer, sweep: Callable[[], int], later: Any
) -> None:
    nodes = [
        make.node("remind", "send_message", template="deposit_paid"),
        make.node("pause", "wait", amount=1, unit="hour"),
        make.node("ask", "branch", condition={"kind": "event_happened", "event": "lead.test_drive_booked"}),
        make.node("end", "end"),
    ]
    make.journey(session, brand, make.graph(nodes, ways="remind>pause pause>ask ask.yes>end ask.no>remind"))
    make.triggered(session, walker)
    sweep()
    for _ in range(2):
        later(hours=1)
        sweep()
    assert templates(session) == ["deposit_paid"] * 3
    make.triggered(session, walker, name="lead.test_drive_booked")
    later(hours=1)
    sweep()
    assert only_walk(session).status == "completed"


def test_the_steps_of_a_month_lie_in_a_partition_of_their_own_made_before_it_begins(session: Session) -> None:
    service.make_partitions(session)
    service.make_partitions(session)
    written = """
        INSERT INTO walk_steps (walk_id, visit_no, journey_id, version_id, node_id, arrived_at, left_at)
        SELECT CAST(rpad(lpad(to_hex(CAST(floor(extract(epoch FROM at) * 1000) AS bigint)), 12, '0'), 32, '0') AS uuid),
            1, marque_new_id(), marque_new_id(), 'end', at, at
        FROM generate_series(0, 3) n, LATERAL (SELECT date_trunc('month', now(), 'UTC') + make_interval(months => n)) AS month (begins),
            LATERAL (VALUES (begins), (begins + interval '1 month' - interval '1 ms')) AS moment (at)
        RETURNING CAST(CAST(tableoid AS regclass) AS text), to_char(arrived_at AT TIME ZONE 'UTC', '"walk_steps_"YYYYMM')
    """
    lies_in = session.execute(text(written)).all()
    assert len(lies_in) == 8
    assert all(found == wanted for found, wanted in lies_in)
