"""Times that were missed, paces that were not kept, and whose turn it is: after an outage as well as on a good day."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.dealers.models import Brand
from app.journeys import service, stuck
from app.journeys.models import Journey, JourneyVersion, Walk, WalkStep
from app.journeys.models.entering import JourneyFanOut
from app.journeys.service import moving, timing, walking
from app.kit import clock
from tests.factories import identity as make_identity
from tests.factories import journeys as make


def first_step(**rules: Any) -> dict[str, Any]:
    """A graph of one step, which is the last."""
    return make.graph([make.node("end", "end")], ways="", **rules)


def let_in(session: Session, brand: Brand, people: int) -> None:
    service.hear(session, [make.triggered(session, make_identity.customer(session, brand)) for _ in range(people)])
    session.commit()


def begins(session: Session) -> list[Any]:
    return sorted(session.execute(select(func.min(WalkStep.left_at)).group_by(WalkStep.walk_id)).scalars())


def most_within(times: list[Any], length: timedelta) -> int:
    return max(sum(1 for other in times if one <= other < one + length) for one in times)


@pytest.mark.parametrize("people", [10, 7])
def test_never_more_begin_than_the_throttle_lets_also_when_hours_are_made_up_for(
    session: Session, brand: Brand, later: Callable[..., None], people: int
) -> None:
    make.journey(session, brand, first_step(throttle={"people": people, "per": "minute"}))
    let_in(session, brand, 60)
    later(hours=6)
    let_in(session, brand, 20)
    for _ in range(130):
        service.advance_all(seconds=5)
        later(seconds=8)
    times = begins(session)
    assert len(times) == 80
    assert most_within(times, timedelta(minutes=1)) <= people
    # And hardly longer than that takes.
    assert times[-1] - times[0] <= timedelta(minutes=1.6 * 80 / people)


def test_who_waits_behind_an_outage_still_has_all_her_time(session: Session, brand: Brand, later: Callable[..., None]) -> None:
    make.journey(session, brand, first_step(throttle={"people": 1, "per": "hour"}, ttl_days=2))
    let_in(session, brand, 5)
    later(hours=30)
    service.advance_all(seconds=5)
    session.expire_all()
    waiting = session.execute(select(Walk).filter_by(status="active")).scalars().all()
    assert len(waiting) == 4
    assert all(one.ends_at and one.ends_at - one.arrived_at == timedelta(days=2) and one.due_at == one.arrived_at for one in waiting)


def test_a_move_lets_nobody_begin_before_her_turn(session: Session, brand: Brand, later: Callable[..., None]) -> None:
    journey = make.journey(session, brand, first_step(throttle={"people": 2, "per": "hour"}))
    let_in(session, brand, 9)
    later(hours=10)
    version = service.publish(session, journey, first_step(throttle={"people": 2, "per": "hour"}))
    moving.begin(session, version, moving.MoveKind.migrate, {})
    session.commit()
    moving.move_all()
    service.advance_all(seconds=5)
    assert len(begins(session)) == 2


def scheduled(session: Session, brand: Brand, cron: str = "* * * * *") -> Journey:
    trigger = {"kind": "schedule", "config": {"cron": cron}}
    return make.journey(session, brand, make.graph([make.node("end", "end")], ways="", trigger=trigger))


def test_a_year_without_anybody_at_work_is_made_up_for_at_once(session: Session, brand: Brand, later: Callable[..., None]) -> None:
    journeys = [scheduled(session, brand, cron) for cron in ("* * * * *", "*/5 9-17 * * 1", "0 10 1 * *", "0 0 29 2 *")]
    session.commit()
    later(days=366)
    began = time.process_time()
    assert service.keep_time(session) in (3, 4)
    assert time.process_time() - began < 2
    moment = clock.now(session)
    every_minute = session.execute(select(JourneyFanOut).filter_by(journey_id=journeys[0].id)).scalar_one()
    assert timedelta(0) <= moment - timing.datetime.fromisoformat(every_minute.source["at"]) < timedelta(minutes=1)
    assert service.keep_time(session) == 0


def test_a_journey_that_cannot_keep_time_pauses_alone_and_keeps_it_again_once_it_is_mended(
    session: Session, brand: Brand, later: Callable[..., None]
) -> None:
    bad, good = scheduled(session, brand), scheduled(session, brand)
    drawn = {**session.execute(select(JourneyVersion.graph).filter_by(journey_id=bad.id)).scalar_one()}
    of_bad = update(JourneyVersion).where(JourneyVersion.journey_id == bad.id)
    session.execute(of_bad.values(graph=drawn | {"triggers": [{"kind": "forgotten", "config": {}}]}))
    session.commit()
    for _ in range(3):
        later(minutes=1)
        timing.sweep()
    session.expire_all()
    counted = dict(session.execute(select(JourneyFanOut.journey_id, func.count()).group_by(JourneyFanOut.journey_id)).all())
    assert counted == {good.id: 3}
    told = stuck.pause(session, bad)
    assert told is not None
    assert told["by_itself"]
    assert told["problem"]
    session.execute(of_bad.values(graph=drawn))
    service.resume(session, bad)
    session.commit()
    assert timing.sweep() == 1


def test_of_two_journeys_that_are_due_the_one_of_higher_priority_goes_first_but_not_for_ever(
    session: Session, brand: Brand, later: Callable[..., None]
) -> None:
    low, high = (make.journey(session, brand, first_step(priority=priority)) for priority in (9, 1))
    let_in(session, brand, 2)
    assert list(walking.due_journeys()) == [high.id, low.id]
    later(minutes=2)
    session.execute(update(Walk).where(Walk.journey_id == high.id).values(due_at=func.marque_now(), arrived_at=func.marque_now()))
    session.commit()
    assert list(walking.due_journeys()) == [low.id, high.id]
    service.publish(session, low, first_step(priority=1))
    assert low.priority == 1


def test_a_journey_that_comes_due_while_many_of_another_are_taken_has_the_next_turn(
    session: Session, brand: Brand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(walking, "MOST", 2)
    many = make.journey(session, brand, first_step(priority=5))
    let_in(session, brand, 5)
    taken, turn = list[Any](), walking.turn

    def noting(journey_id: Any, most: int) -> walking.Turn:
        done = turn(journey_id, most)
        taken.append((journey_id == many.id, done.taken))
        if len(taken) == 1:
            make.journey(session, brand, first_step(priority=1))
            let_in(session, brand, 1)
        return done

    monkeypatch.setattr(walking, "turn", noting)
    assert service.advance_all(seconds=5) == 7
    assert [one for one in taken if one[1]] == [(True, 2), (False, 1), (True, 2), (True, 2)]
    assert walking.due_journeys() == []
