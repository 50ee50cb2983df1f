"""A message is clicked once, when it brought her into the mini-program or she read it, and counts at the step that sent it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from app.dealers.models import Brand
from app.events import service as events
from app.identity.models import Customer
from app.journeys import behind, results
from app.journeys.models import Journey, JourneyCount
from app.journeys.service import clicking, messages_counted
from app.kit import clock
from app.messaging.models import InboxMessage, Send
from tests.factories import journeys as make


@pytest.fixture
def journey(session: Session, brand: Brand, walker: Customer, sweep: Callable[[], None]) -> Journey:
    """She has got the message of `hello`."""
    made = make.journey(session, brand)
    make.triggered(session, walker)
    session.commit()
    sweep()
    session.execute(update(Send).values(status="accepted", claimed_at=func.marque_now()))
    session.commit()
    return made


def opened(session: Session, walker: Customer, scene: int, name: str = "app.launched") -> None:
    events.record(session, name, brand_id=walker.brand_id, customer_id=walker.id, data={"scene": scene})
    session.commit()


def clicked(session: Session, journey: Journey) -> int:
    while clicking.notice(session):
        pass
    session.commit()
    found = results.figures(session, [one.id for one in results.versions(session, journey)])
    times: int = found["hello"]["clicked"]
    return times


def test_a_message_that_brings_her_in_is_clicked_once_however_often_and_whoever_looks(
    session: Session, walker: Customer, journey: Journey, later: Any
) -> None:
    later(minutes=1)
    opened(session, walker, 1001)
    assert clicked(session, journey) == 0, "she came by herself"
    opened(session, walker, 1043)
    assert clicked(session, journey) == 1
    later(seconds=10)
    opened(session, walker, 1043, "app.shown")
    assert [clicked(session, journey) for _ in range(2)] == [1, 1]
    (one,) = behind.people(session, journey, node="hello", figure="clicked", detail=None, version=None, q=None, cursor=None, limit=5)[
        "items"
    ]
    assert one["customer_id"] == walker.id


def test_what_another_kind_of_message_or_an_old_one_brought_is_not_owed_to_it(
    session: Session, walker: Customer, journey: Journey, later: Any
) -> None:
    later(minutes=1)
    opened(session, walker, 1014)
    assert clicked(session, journey) == 0, "the message was no subscribe message"
    later(days=3)
    opened(session, walker, 1043)
    assert clicked(session, journey) == 0


def test_of_two_messages_the_later_one_has_brought_her_also_where_no_journey_sent_it(
    session: Session, walker: Customer, journey: Journey, later: Any
) -> None:
    ours = session.execute(select(Send)).scalar_one()
    later(minutes=1)
    to = {"brand_id": ours.brand_id, "customer_id": walker.id, "channel": ours.channel, "template_key": "news", "purpose": "marketing"}
    now = clock.now(session)
    session.add(Send(**to, dedupe_key="news", context={}, status="accepted", due_at=now, claimed_at=now))
    later(minutes=1)
    opened(session, walker, 1043)
    assert clicked(session, journey) == 0


def test_a_message_that_she_reads_in_her_inbox_is_clicked(session: Session, walker: Customer, journey: Journey, later: Any) -> None:
    send = session.execute(select(Send)).scalar_one()
    said = {"purpose": "transactional", "title": "您好", "content": "您好"}
    session.add(InboxMessage(brand_id=send.brand_id, customer_id=walker.id, send_id=send.id, **said))
    assert clicked(session, journey) == 0
    later(minutes=1)
    session.execute(update(InboxMessage).values(read_at=func.marque_now()))
    assert clicked(session, journey) == 1


def test_a_recount_finds_clicks_that_went_astray_and_an_outage_loses_none(
    session: Session, walker: Customer, journey: Journey, later: Any
) -> None:
    assert clicked(session, journey) == 0
    later(minutes=1)
    opened(session, walker, 1043)
    later(hours=5)
    assert clicked(session, journey) == 1
    session.execute(delete(JourneyCount).where(JourneyCount.what == "clicked"))
    session.commit()
    assert list(messages_counted.recount(session, journey).values()) == [1]
    assert messages_counted.recount(session, journey) == {}
    assert clicked(session, journey) == 1


def test_a_fact_that_was_long_in_being_written_is_found(session: Session, walker: Customer, journey: Journey, later: Any) -> None:
    """Its moment is that at which its transaction began."""
    later(minutes=1)
    began = clock.now(session)
    opened(session, walker, 1043)
    later(seconds=90)
    session.execute(update(clicking.JourneyClickMark).values(seen_until=began + timedelta(seconds=60)))
    assert clicked(session, journey) == 1
