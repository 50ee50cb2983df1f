"""What happens when a cancellation, a merge or an erasure meets a step that is being taken, and when one journey of many is broken."""

from __future__ import annotations

import threading
import uuid
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.dealers.models import Brand
from app.identity.models import Customer
from app.journeys import reasons, service
from app.journeys.holding import hold
from app.journeys.models import Journey, JourneyMove, MoveKind, Walk
from app.journeys.models.entering import JourneyFanOut
from app.journeys.service import enrolling, fanning_out, leaving, moving, naming, running, walking
from app.kit import clock
from tests.factories import dealers as make_dealers
from tests.factories import identity as make_identity
from tests.factories import journeys as make

WAIT = [make.node("pause", "wait", amount=30, unit="day"), make.node("end", "end")]
# So long somebody who has to wait is given to show that he does.
A_MOMENT = 0.4


def waiting(**rules: Any) -> dict[str, Any]:
    return make.graph(WAIT, ways="pause>end", **rules)


def around(key: str) -> dict[str, Any]:
    """A journey whose first node lets people into another one, and waits for them."""
    nodes = [make.node("inside", "sub_journey", journey=key), make.node("end", "end")]
    return make.graph(nodes, ways="inside.ended>end inside.not_entered>end")


def two_journeys(session: Session, brand: Brand) -> tuple[Journey, Journey]:
    inner = make.journey(session, brand, waiting(trigger="lead.test_drive_booked"))
    return inner, make.journey(session, brand, around(inner.key))


def meanwhile(monkeypatch: pytest.MonkeyPatch, where: Any, name: str, work: Callable[[], None]) -> list[threading.Thread]:
    """Once this function is done, and before its transaction is committed, somebody else begins to do this, and is given a moment."""
    original, threads = getattr(where, name), list[threading.Thread]()

    def then(*given: Any) -> Any:
        done = original(*given)
        if not threads:
            threads.append(threading.Thread(target=work))
            threads[0].start()
            threads[0].join(A_MOMENT)
        return done

    monkeypatch.setattr(where, name, then)
    return threads


def statuses(session: Session, journey: Journey) -> Counter[str]:
    return Counter(session.execute(select(Walk.status).where(Walk.journey_id == journey.id)).scalars())


def test_who_is_let_into_a_journey_while_it_is_cancelled_does_not_stay_in_it(
    committed: Callable[[], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    with committed() as session:
        brand = make_dealers.brand(session)
        inner, _ = two_journeys(session, brand)
        service.hear(session, [make.triggered(session, make_identity.customer(session, brand))])

    def cancel() -> None:
        with committed() as own:
            running.cancel(own, own.get_one(Journey, inner.id))
        moving.move_all()

    threads = meanwhile(monkeypatch, walking, "_tell", cancel)
    service.advance_all(seconds=1)
    threads[0].join(20)
    moving.move_all()
    with committed() as session:
        assert statuses(session, inner) == {"exited": 1}


def test_nobody_is_let_into_a_journey_that_somebody_changes_and_nobody_waits_for_him(committed: Callable[[], Any]) -> None:
    with committed() as session:
        brand = make_dealers.brand(session)
        inner, outer = two_journeys(session, brand)
        service.hear(session, [make.triggered(session, make_identity.customer(session, brand))])
    with committed() as somebody:
        hold(somebody, inner.id)
        service.advance_all(seconds=1)
    with committed() as session:
        assert (statuses(session, outer), statuses(session, inner)) == ({"active": 1}, {})
        clock.advance(session, timedelta(seconds=10))
    service.advance_all(seconds=1)
    with committed() as session:
        assert statuses(session, inner) == {"active": 1}


def test_who_is_merged_while_a_step_lets_her_into_another_journey_walks_there_as_who_she_is(
    committed: Callable[[], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    with committed() as session:
        brand = make_dealers.brand(session)
        inner, _ = two_journeys(session, brand)
        kept, twin = (make_identity.customer(session, brand) for _ in range(2))
        service.hear(session, [make.triggered(session, twin)])

    def merge() -> None:
        with committed() as own:
            own.execute(update(Customer).where(Customer.id == twin.id).values(merged_into_id=kept.id))
        with committed() as own:
            service.merge(own, kept_id=kept.id, merged_id=twin.id)

    threads = meanwhile(monkeypatch, walking, "_tell", merge)
    service.advance_all(seconds=1)
    threads[0].join(20)
    with committed() as session:
        assert session.execute(select(Walk.customer_id).where(Walk.journey_id == inner.id)).scalars().all() == [kept.id]


@pytest.mark.parametrize("by_a_step", [False, True])
def test_who_is_forgotten_while_she_is_let_in_does_not_stay_inside(
    committed: Callable[[], Any], monkeypatch: pytest.MonkeyPatch, by_a_step: bool
) -> None:
    with committed() as session:
        brand = make_dealers.brand(session)
        two_journeys(session, brand)
        customer = make_identity.customer(session, brand)
        told = make.triggered(session, customer)

    def forget() -> None:
        with committed() as own:
            leaving.leave(own, [customer.id], reason="customer.erased")

    if by_a_step:
        with committed() as session:
            service.hear(session, [told])
        threads = meanwhile(monkeypatch, walking, "_tell", forget)
        service.advance_all(seconds=1)
    else:
        threads = meanwhile(monkeypatch, enrolling, "_enter", forget)
        with committed() as session:
            service.hear(session, [told])
    threads[0].join(20)
    with committed() as session:
        assert set(session.execute(select(Walk.status)).scalars()) == {"exited"}


def test_nothing_that_another_system_told_of_her_is_kept_when_she_is_forgotten(session: Session) -> None:
    brand = make_dealers.brand(session)
    journey = make.journey(session, brand, waiting(trigger={"kind": "api", "config": {}}))
    her, another = (make_identity.customer(session, brand) for _ in range(2))
    for one in (her, another):
        naming.let_in(session, journey, one.id, key="1", data={"note": "下周三来店里"})
    leaving.leave(session, [her.id], reason="customer.erased")
    session.expire_all()
    kept = select(Walk.context).where(Walk.customer_id == her.id)
    assert session.execute(kept).scalar_one() == {}
    assert session.execute(select(Walk.context).where(Walk.customer_id == another.id)).scalar_one() == {"note": "下周三来店里"}


def test_one_person_is_in_the_control_group_once_whoever_brings_her(committed: Callable[[], Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(enrolling, "draw", lambda *_, below: enrolling.case((True, 0), else_=below))
    with committed() as session:
        brand = make_dealers.brand(session)
        journey = make.journey(session, brand, waiting(holdout_percent=50))
        customer = make_identity.customer(session, brand)
        first, second = (make.triggered(session, customer) for _ in range(2))
    enter, began = enrolling._enter, list[bool]()

    def another_first(*given: Any) -> Any:
        if not began:
            began.append(True)
            with committed() as own:
                service.hear(own, [second])
        return enter(*given)

    monkeypatch.setattr(enrolling, "_enter", another_first)
    with committed() as session:
        service.hear(session, [first])
    with committed() as session:
        assert statuses(session, journey) == {"held_out": 1}


def test_a_fan_out_that_fails_is_tried_again_and_holds_up_no_other(committed: Callable[[], Any], monkeypatch: pytest.MonkeyPatch) -> None:
    with committed() as session:
        brand = make_dealers.brand(session)
        make_identity.customer(session, brand)
        bad, good = (make.journey(session, brand, waiting()) for _ in range(2))
        for journey in (bad, good):
            fanning_out.begin(session, journey, {"kind": "everybody"})
    enrol = enrolling.enrol

    def failing(own: Session, version: Any) -> Any:
        if version.journey_id == bad.id:
            raise RuntimeError("it cannot be read")
        return enrol(own, version)

    def found() -> dict[uuid.UUID, str]:
        with committed() as session:
            return {row.journey_id: row.status for row in session.execute(select(JourneyFanOut.journey_id, JourneyFanOut.status))}

    monkeypatch.setattr(fanning_out, "enrol", failing)
    fanning_out.fan_out(seconds=2)
    assert found() == {bad.id: "running", good.id: "finished"}
    monkeypatch.setattr(fanning_out, "enrol", enrol)
    with committed() as session:
        clock.advance(session, timedelta(minutes=1))
    fanning_out.fan_out(seconds=2)
    assert found() == {bad.id: "finished", good.id: "finished"}


def test_a_move_that_fails_is_tried_again_and_holds_up_no_other(committed: Callable[[], Any], monkeypatch: pytest.MonkeyPatch) -> None:
    with committed() as session:
        brand = make_dealers.brand(session)
        bad, good = (make.journey(session, brand, waiting()) for _ in range(2))
        service.hear(session, [make.triggered(session, make_identity.customer(session, brand))])
    for journey in (bad, good):
        with committed() as session:
            running.cancel(session, session.get_one(Journey, journey.id))
    write = moving._write

    def failing(own: Session, move: JourneyMove) -> None:
        if move.journey_id == bad.id:
            raise RuntimeError("it cannot be written")
        write(own, move)

    monkeypatch.setattr(moving, "_write", failing)
    moving.move_all(seconds=2)
    with committed() as session:
        assert (statuses(session, bad), statuses(session, good)) == ({"active": 1}, {"exited": 1})
    monkeypatch.setattr(moving, "_write", write)
    moving.move_all(seconds=2)
    with committed() as session:
        assert statuses(session, bad) == {"exited": 1}


def test_a_journey_is_cancelled_while_a_move_comes_to_its_end(committed: Callable[[], Any], monkeypatch: pytest.MonkeyPatch) -> None:
    with committed() as session:
        brand = make_dealers.brand(session)
        journey = make.journey(session, brand, waiting())
        service.hear(session, [make.triggered(session, make_identity.customer(session, brand))])
    with committed() as session:
        running.lock(session, own := session.get_one(Journey, journey.id))
        moving.begin(session, service.publish(session, own, waiting()), MoveKind.migrate, {})
    take = moving._turn_page
    refused = list[Exception]()

    def cancel() -> None:
        try:
            with committed() as own:
                running.cancel(own, own.get_one(Journey, journey.id))
        except Exception as error:
            refused.append(error)

    thread = threading.Thread(target=cancel)

    def at_the_end(own: Session, move: JourneyMove, most: int) -> None:
        if move.moved and move.cursor is None:
            thread.start()
            thread.join(A_MOMENT)
        take(own, move, most)

    monkeypatch.setattr(moving, "_turn_page", at_the_end)
    while not thread.ident:
        assert moving.move_page()
    thread.join(20)
    monkeypatch.setattr(moving, "_turn_page", take)
    moving.move_all(seconds=2)
    assert refused == []
    with committed() as session:
        assert statuses(session, journey) == {"exited": 1}


def test_who_is_let_in_at_a_pace_for_the_first_time_and_who_publishes_do_not_wait_for_each_other(
    committed: Callable[[], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    with committed() as session:
        brand = make_dealers.brand(session)
        journey = make.journey(session, brand, waiting(throttle={"people": 1, "per": "day"}))
        told = make.triggered(session, make_identity.customer(session, brand))

    def cancel() -> None:
        with committed() as own:
            running.cancel(own, own.get_one(Journey, journey.id))

    threads = meanwhile(monkeypatch, enrolling, "_leave_out", cancel)
    with committed() as session:
        service.hear(session, [told])
    threads[0].join(20)
    moving.move_all(seconds=2)
    with committed() as session:
        assert (session.get_one(Journey, journey.id).status, statuses(session, journey)) == ("cancelled", {"exited": 1})


def test_the_time_of_who_waits_for_her_turn_counts_from_that_turn(session: Session) -> None:
    brand = make_dealers.brand(session)
    make.journey(session, brand, waiting(throttle={"people": 1, "per": "day"}, ttl_days=2))
    service.hear(session, [make.triggered(session, make_identity.customer(session, brand)) for _ in range(4)])
    lives = [walk.ends_at - walk.arrived_at for walk in session.execute(select(Walk)).scalars() if walk.ends_at]
    assert lives == [timedelta(days=2)] * 4


def test_who_finds_all_walks_in_other_hands_does_not_ask_without_a_pause(
    committed: Callable[[], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    with committed() as session:
        brand = make_dealers.brand(session)
        make.journey(session, brand, waiting())
        service.hear(session, [make.triggered(session, make_identity.customer(session, brand))])
    looks, look = list[int](), walking.due_journeys

    def counted(reached: Any) -> Any:
        looks.append(1)
        return look(reached)

    monkeypatch.setattr(walking, "due_journeys", counted)
    with committed() as other:
        other.execute(select(Walk).with_for_update())
        assert service.advance_all(seconds=0.5) == 0
    assert 2 <= len(looks) <= 12
    assert service.advance_all(seconds=2) == 1


def test_why_somebody_is_stuck_is_said_in_chinese() -> None:
    assert reasons.of_walk(Walk(problem="no_tag")) == "标签已归档或不存在"
    assert reasons.of_walk(Walk(problem="undecided")) == "这一步没有得出结果，请检查设置后重试"
