"""What somebody else tells of herself, or brings along from another journey, harms nobody and is not taken for ours."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.dealers.models import Brand
from app.events import service as events
from app.identity.models import Customer
from app.journeys.models import StaffTask, Walk, WalkStatus
from app.kit import clock
from tests.factories import identity as make_identity
from tests.factories import journeys as make
from tests.journeys import deeds

Sweep = Callable[[], int]
HOSTILE: list[dict[str, Any]] = [
    {"caused_at": "yesterday"},
    {"caused_at": 5},
    {"caused_at": "2026-01-01T00:00:00"},
    {"caused_at": "0001-01-01T00:00:00+14:00"},
    {"order_id": "none", "store_id": "none", "vehicle_id": "none", "customer_id": "none", "lead_id": "none"},
    {"acted": "deed:1", "answers": "x", "walk_id": "x", "task_id": "x", "held_until": "x", "order_outcome": "x"},
]


def _phone_tells(session: Session, customer: Customer, **data: Any) -> None:
    device = events.Device(customer.brand_id, f"phone{customer.id.hex}", "one")
    told = {"id": uuid.uuid4(), "name": "vehicle.viewed", "at": clock.now(session), "data": data}
    assert events.ingest(session, device, [told], customer=customer) == 1


@pytest.mark.parametrize("data", HOSTILE, ids=[" ".join(one) + f" {number}" for number, one in enumerate(HOSTILE)])
def test_what_a_phone_makes_up_keeps_nobody_out_and_is_not_taken_for_ours(
    session: Session, brand: Brand, walker: Customer, sweep: Sweep, data: dict[str, Any]
) -> None:
    make.journey(session, brand, make.message_wait_message(trigger="vehicle.viewed"))
    other = make_identity.customer(session, brand)
    _phone_tells(session, walker, **data)
    _phone_tells(session, other, colour="red")
    sweep()
    walks = {walk.customer_id: walk for walk in session.execute(select(Walk)).scalars()}
    assert {walk.node_id for walk in walks.values()} == {"pause"}
    assert walks.keys() == {walker.id, other.id}
    assert walks[walker.id].triggered_at == walks[other.id].triggered_at or "caused_at" not in data
    assert not data.keys() & walks[walker.id].context.keys()
    assert walks[other.id].context["colour"] == "red"
    assert len(deeds.sends(session)) == 2


def test_what_was_done_for_her_in_one_journey_is_not_taken_for_done_in_the_one_within(
    session: Session, brand: Brand, walker: Customer, sweep: Sweep, later: Any
) -> None:
    task = make.node("deed", "staff_task", title="回访", hours=1)
    inner = make.journey(session, brand, make.graph([task, make.node("end", "end")], ways="deed.confirmed>end deed.timed_out>end"))
    nodes = [task, make.node("within", "sub_journey", journey=inner.key), make.node("end", "end")]
    ways = "deed.confirmed>within deed.timed_out>within within.ended>end within.not_entered>end"
    make.journey(session, brand, make.graph(nodes, ways=ways, trigger="vehicle.viewed"))
    make.triggered(session, walker, name="vehicle.viewed")
    sweep()
    later(hours=2)
    sweep()
    (walk,) = session.execute(select(Walk).filter_by(journey_id=inner.id)).scalars()
    assert (walk.status, walk.node_id) == (WalkStatus.active, "deed")
    asked = session.execute(select(StaffTask.status, StaffTask.walk_id == walk.id).order_by(StaffTask.id)).all()
    assert asked == [("timed_out", False), ("open", True)]
