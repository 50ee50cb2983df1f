"""What journeys send: each message once, by the way that is there, and not when it is too late."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy import text as sql
from sqlalchemy.orm import Session

from app.dealers.models import Brand
from app.identity.models import Customer
from app.journeys import service
from app.journeys.models import Walk, WalkStep
from app.journeys.nodes.send_message import SendMessage
from app.journeys.service import walking
from app.kit import clock
from tests.factories import journeys as make
from tests.factories import messaging as make_messaging
from tests.journeys.deeds import Sweep, deed, port, sends

# Sending


def test_every_message_names_its_step_and_version_and_none_of_it_comes_twice(
    session: Session, brand: Brand, walker: Customer, sweep: Sweep
) -> None:
    journey = deed(session, brand, "send_message", template="deposit_paid")
    make.triggered(session, walker, vehicle_id="v")
    sweep()
    walk = session.execute(select(Walk)).scalar_one()
    (send,) = sends(session)
    assert send.dedupe_key == f"walk:{walk.id}:deed:1"
    named = {"version_id": str(walk.version_id), "version": 1, "walk_id": str(walk.id), "node_id": "deed"}
    assert send.context == {"vehicle_id": "v", "journey_id": str(journey.id)} | named
    assert session.execute(select(WalkStep.send_id).where(WalkStep.node_id == "deed")).scalar_one() == send.id
    # The same step taken anew finds its message.
    session.execute(sql("DELETE FROM walk_steps"))
    session.execute(update(Walk).values(status="active", node_id="deed", visit_no=1, due_at=func.marque_now(), ended_at=None))
    sweep()
    assert [one.id for one in sends(session)] == [send.id]
    assert session.execute(select(WalkStep.send_id).where(WalkStep.node_id == "deed")).scalar_one() == send.id


def test_a_ladder_an_end_and_a_priority_reach_the_ledger(session: Session, brand: Brand, walker: Customer, sweep: Sweep) -> None:
    ladder = [{"channel": "subscribe_message", "template": "a"}, {"channel": "sms", "template": "b"}]
    graph = make.graph(
        [make.node("deed", "send_message", ladder=ladder, purpose="marketing", expires_hours=6), make.node("end", "end")],
        ways="deed>end",
        priority=9,
    )
    make.journey(session, brand, graph)
    make.triggered(session, walker)
    sweep()
    (send,) = sends(session)
    assert send.ladder == [{"channel": "subscribe_message", "template_key": "a"}, {"channel": "sms", "template_key": "b"}]
    assert (send.channel, send.purpose, send.lane) == ("subscribe_message", "marketing", 9)
    assert send.expires_at == clock.now(session) + timedelta(hours=6)


@pytest.mark.parametrize(("became", "way"), [("accepted", "sent"), ("unknown", "sent"), ("rejected", "not_sent"), ("skipped", "not_sent")])
def test_a_step_that_waits_goes_by_what_became_of_its_message(
    session: Session, brand: Brand, walker: Customer, sweep: Sweep, later: Any, became: str, way: str
) -> None:
    deed(session, brand, "send_message", "sent", "not_sent", template="deposit_paid", wait_hours=4)
    make.triggered(session, walker)
    sweep()
    assert port(session) is None
    (send,) = sends(session)
    send.status = became
    session.commit()
    later(hours=4)
    sweep()
    assert port(session) == way
    assert len(sends(session)) == 1


def test_what_has_not_left_in_time_is_taken_back_and_nothing_else_of_the_walk(
    session: Session, brand: Brand, walker: Customer, sweep: Sweep, later: Any
) -> None:
    nodes = [
        make.node("before", "send_message", template="deposit_paid"),
        make.node("deed", "send_message", template="test_drive_invitation", wait_hours=1),
        make.node("end", "end"),
    ]
    make.journey(session, brand, make.graph(nodes, ways="before>deed deed.sent>end deed.not_sent>end"))
    make.triggered(session, walker)
    sweep()
    later(hours=1, seconds=1)
    sweep()
    assert {one.template_key: one.status for one in sends(session)} == {"deposit_paid": "planned", "test_drive_invitation": "cancelled"}
    assert port(session) == "not_sent"


def test_what_is_on_its_way_when_time_is_over_is_waited_for(
    session: Session, brand: Brand, walker: Customer, sweep: Sweep, later: Any
) -> None:
    deed(session, brand, "send_message", "sent", "not_sent", template="deposit_paid", wait_hours=1)
    make.triggered(session, walker)
    sweep()
    (send,) = sends(session)
    send.status, send.lease_until = "claimed", clock.now(session) + timedelta(hours=3)
    session.commit()
    later(hours=1, seconds=1)
    sweep()
    assert port(session) is None
    send = sends(session)[0]
    send.status, send.lease_until = "accepted", None
    session.commit()
    later(minutes=1)
    sweep()
    assert port(session) == "sent"


def test_what_the_brand_has_not_is_said_before_publishing(session: Session, brand: Brand) -> None:
    def wrong(**config: Any) -> str:
        found = SendMessage.missing(session, brand.id, SendMessage.Config().load(config))
        return found[0][1] if found else ""

    assert "没有模板" in wrong(template="none")
    assert "没有渠道" in wrong(template="none", channel="pigeon")
    assert "收件人" in wrong(template="none", channel="wecom_text")
    key = make_messaging.brand_template(session, brand.id, state="active", purpose="marketing").key
    assert "用途" in wrong(template=key, channel="inbox")
    assert not wrong(template=key, channel="inbox", purpose="marketing")
    draft = make_messaging.brand_template(session, brand.id).key
    assert "没有启用" in wrong(template=draft, channel="inbox")


# Too late


OUTAGE = {"hours": 30}


@pytest.mark.parametrize("then", ["skip", "send", "next_window"])
def test_who_comes_too_late_is_dealt_with_as_the_node_says(
    session: Session, brand: Brand, walker: Customer, sweep: Sweep, later: Any, then: str
) -> None:
    nodes = [
        make.node("pause", "wait", amount=1, unit="hour"),
        make.node("deed", "send_message", template="deposit_paid") | {"late": {"after_minutes": 60, "then": then}},
        make.node("end", "end"),
    ]
    make.journey(session, brand, make.graph(nodes, ways="pause>deed deed>end"))
    make.triggered(session, walker)
    sweep()
    due = session.execute(select(Walk.due_at)).scalar_one()
    later(**OUTAGE)
    sweep()
    skipped = session.execute(select(WalkStep.skipped).where(WalkStep.node_id == "deed")).scalars().all()
    if then == "skip":
        assert (sends(session), skipped) == ([], ["late"])
        counted = session.execute(sql("SELECT detail, times FROM journey_counts WHERE what = 'skipped'")).all()
        assert [tuple(one) for one in counted] == [("late", 1)]
    elif then == "send":
        assert (len(sends(session)), skipped) == (1, [None])
    else:
        assert (sends(session), skipped) == ([], [])
        assert session.execute(select(Walk.due_at)).scalar_one() == due + timedelta(days=2)
        later(hours=20)
        sweep()
        assert len(sends(session)) == 1


def test_who_is_a_little_late_or_has_acted_already_is_not_too_late(
    session: Session, brand: Brand, walker: Customer, sweep: Sweep, later: Any
) -> None:
    late = {"after_minutes": 60, "then": "skip"}
    deed(session, brand, "send_message", "sent", "not_sent", late=late, template="deposit_paid", wait_hours=1)
    make.triggered(session, walker)
    later(minutes=50)
    sweep()
    (send,) = sends(session)
    send.status = "accepted"
    session.commit()
    # The wait for the outcome is not what the outage made late.
    later(hours=9)
    sweep()
    assert port(session) == "sent"
    assert session.execute(select(WalkStep.skipped).where(WalkStep.node_id == "deed")).scalar_one() is None


def test_lateness_is_not_forgotten_when_a_turn_ends_between_two_nodes(
    session: Session, brand: Brand, walker: Customer, sweep: Sweep, later: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    nodes = [
        make.node("pause", "wait", amount=1, unit="hour"),
        make.node("deed", "send_message", template="deposit_paid") | {"late": {"after_minutes": 60, "then": "skip"}},
        make.node("end", "end"),
    ]
    make.journey(session, brand, make.graph(nodes, ways="pause>deed deed>end"))
    make.triggered(session, walker)
    sweep()
    later(hours=6)
    ticks = iter(range(1000))
    monkeypatch.setattr(walking, "SECONDS_A_TURN", 0.5)
    monkeypatch.setattr(walking.time, "monotonic", lambda: next(ticks) * 0.4)
    service.advance_all(seconds=300)
    session.expire_all()
    assert session.execute(select(Walk.status)).scalar_one() == "completed"
    assert sends(session) == []
