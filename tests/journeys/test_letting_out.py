"""People inside are let out by time alone, and moved, however many there are and whoever holds them just now."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.dealers.models import Brand
from app.journeys import service
from app.journeys.models import Journey, JourneyVersion, MoveKind, Walk, WalkStep
from app.journeys.service import leaving, moving, walking
from app.journeys.service.enrolling import open_doors
from app.kit import clock
from tests.factories import dealers as make_dealers
from tests.factories import identity as make_identity
from tests.factories import journeys as make
from tests.factories import segments as make_segments


def resting(**rules: Any) -> dict[str, Any]:
    nodes = [make.node("rest", "wait", amount=30, unit="day"), make.node("end", "end")]
    return make.graph(nodes, ways="rest>end", **rules)


def statuses(session: Session) -> Counter[tuple[str, str | None]]:
    session.expire_all()
    return Counter((walk.status, walk.exit_reason) for walk in session.execute(select(Walk)).scalars())


def test_who_has_not_done_something_for_too_long_is_let_out_though_nothing_happened(
    session: Session, brand: Brand, later: Callable[..., None]
) -> None:
    viewed_lately = make_segments.leaf("event", event="vehicle.viewed", within_days=3)
    make.journey(session, brand, resting(exit_if={"not": viewed_lately}))
    idle, busy = (make_identity.customer(session, brand) for _ in range(2))
    for one in (idle, busy):
        make.triggered(session, one, name="vehicle.viewed")
    service.hear(session, [make.triggered(session, one) for one in (idle, busy)])
    session.commit()
    later(days=2)
    assert leaving.end_by_time() == 0
    make.triggered(session, busy, name="vehicle.viewed")
    session.commit()
    later(days=2)
    assert (leaving.end_by_time(), leaving.end_by_time()) == (1, 0)
    assert statuses(session) == {("active", None): 1, ("exited", "exit_if"): 1}
    later(days=2)
    assert leaving.end_by_time() == 1


def test_a_version_whose_rule_cannot_be_asked_keeps_no_other_from_being_looked_at(
    session: Session, brand: Brand, later: Callable[..., None]
) -> None:
    rule = {"not": make_segments.leaf("event", event="vehicle.viewed", within_days=3)}
    bad, _ = (make.journey(session, brand, resting(exit_if=rule)) for _ in range(2))
    one = make_identity.customer(session, brand)
    make.triggered(session, one, name="vehicle.viewed")
    service.hear(session, [make.triggered(session, one)])
    version = session.execute(select(JourneyVersion).filter_by(journey_id=bad.id)).scalar_one()
    version.graph = version.graph | {"rules": {"exit_if": {"kind": "forgotten"}}}
    session.commit()
    later(days=4)
    assert leaving.end_by_time() == 1


def _inside(committed: Callable[[], Any]) -> Journey:
    """A journey in which somebody's rest is just over."""
    with committed() as session:
        brand = make_dealers.brand(session)
        journey = make.journey(session, brand, resting())
        service.hear(session, [make.triggered(session, make_identity.customer(session, brand))])
    service.advance_all(seconds=5)
    with committed() as session:
        clock.advance(session, timedelta(days=31))
    return journey


def _publish(committed: Callable[[], Any], journey: Journey, kind: MoveKind) -> None:
    with committed() as own:
        mine = own.get_one(Journey, journey.id)
        service.pause(own, mine)
        service.resume(own, mine)
        open_doors(own, exits_of=[journey.id])
        version = service.publish(own, mine, resting())
        moving.begin(own, version, kind, {})


def _outcome(committed: Callable[[], Any]) -> tuple[str, int, list[str]]:
    with committed() as session:
        walk = session.execute(select(Walk)).scalar_one()
        steps = session.execute(select(WalkStep.node_id).where(WalkStep.walk_id == walk.id).order_by(WalkStep.visit_no)).scalars().all()
        distinct = session.execute(select(func.count(func.distinct(WalkStep.visit_no))).where(WalkStep.walk_id == walk.id)).scalar_one()
        assert distinct == len(steps)
        return walk.status, session.get_one(JourneyVersion, walk.version_id).number, list(steps)


@pytest.mark.parametrize("kind", [MoveKind.migrate, MoveKind.eject])
def test_who_is_held_by_a_turn_when_a_version_comes_finishes_that_turn_first(
    committed: Callable[[], Any], monkeypatch: pytest.MonkeyPatch, kind: MoveKind
) -> None:
    journey = _inside(committed)
    told, threads = walking._tell, list[threading.Thread]()

    def meanwhile(*how: Any) -> None:
        if not threads:
            threads.append(threading.Thread(target=_publish, args=(committed, journey, kind)))
            threads[0].start()
            threads[0].join(0.5)
            assert threads[0].is_alive(), "a version came in the middle of a turn"
        told(*how)

    monkeypatch.setattr(walking, "_tell", meanwhile)
    service.advance_all(seconds=2)
    threads[0].join(20)
    moving.move_all()
    service.advance_all(seconds=2)
    assert _outcome(committed) == ("completed", 1, ["rest", "end"])


@pytest.mark.parametrize("kind", [MoveKind.migrate, MoveKind.eject])
def test_who_is_held_by_a_move_takes_no_step_until_she_is_moved(
    committed: Callable[[], Any], monkeypatch: pytest.MonkeyPatch, kind: MoveKind
) -> None:
    journey = _inside(committed)
    _publish(committed, journey, kind)
    write, taken = moving._write, list[int]()

    def meanwhile(*how: Any) -> None:
        write(*how)
        taken.append(service.advance_all(seconds=1))

    monkeypatch.setattr(moving, "_write", meanwhile)
    moving.move_all()
    assert taken == [0]
    service.advance_all(seconds=2)
    expected = ("completed", 2, ["rest", "end"]) if kind == MoveKind.migrate else ("exited", 1, [])
    assert _outcome(committed) == expected
