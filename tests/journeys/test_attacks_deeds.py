"""What deeds do when people, dates and answers are not as anybody meant them to be."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.audience import service as audience
from app.dealers.models import Brand
from app.identity.models import Customer
from app.journeys.graph import problems
from app.journeys.models import StaffTask, TaskStatus, Walk
from app.journeys.service import confirming
from app.kit import clock
from app.messaging.models import Send, SendStatus
from app.wechat.models import AccountKind
from tests.factories import dealers as make_dealers
from tests.factories import identity as make_identity
from tests.factories import journeys as make
from tests.factories import messaging as make_messaging
from tests.factories import tags as make_tags
from tests.factories import wechat as make_wechat
from tests.journeys.deeds import Sweep, deed, lead_of, sends


def _task(session: Session, brand: Brand, walker: Customer, sweep: Sweep, **config: Any) -> StaffTask:
    deed(session, brand, "staff_task", "confirmed", "timed_out", title="回访客户", **config)
    make.triggered(session, walker)
    sweep()
    return session.execute(select(StaffTask)).scalar_one()


def test_a_date_at_the_end_of_the_calendar_makes_no_walk_that_nobody_can_read(
    session: Session, brand: Brand, walker: Customer, sweep: Sweep
) -> None:
    tag = make_tags.tag(session, brand, value_type="date")
    audience.add(session, walker.id, tag.key, value="9999-12-31")
    deed(session, brand, "wait_until", "done", "no_date", "passed", mode="date", date=f"tag:{tag.key}", days=3650, from_time="10:00")
    make.triggered(session, walker)
    sweep()
    walk = session.execute(select(Walk)).scalar_one()
    assert walk.node_id == "deed"
    assert walk.due_at is not None
    assert walk.due_at > datetime(9000, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("value", ["many", "", "1e9", "NaN", "--1", " 1"])
def test_an_answer_is_compared_with_numbers_only(value: str) -> None:
    ask = {"kind": "answer", "path": "crm.level", "test": "at_least", "value": value}
    nodes = [make.node("ask", "branch", condition=ask), make.node("end", "end")]
    assert problems(make.graph(nodes, ways="ask.yes>end ask.no>end"))
    assert not problems(
        make.graph([make.node("ask", "branch", condition=ask | {"value": "-0.5"}), nodes[1]], ways="ask.yes>end ask.no>end")
    )


def test_who_agreed_and_of_whom_nothing_comes_is_looked_at_ever_more_seldom(
    session: Session, brand: Brand, walker: Customer, sweep: Sweep, later: Any
) -> None:
    account = make_wechat.account(session, brand, AccountKind.mini_program)
    make_identity.identity(session, walker, account)
    template = make_messaging.brand_template(
        session, brand.id, channel="subscribe_message", state="active", template_ids={account.appid: "T-1"}
    )
    deed(session, brand, "ask_credit", "granted", "timed_out", template=template.key, hours=720)
    make.triggered(session, walker)
    sweep()
    make.triggered(session, walker, name="subscription.answered", template_id="T-1", answer="accept")
    waits = []
    for _ in range(4):
        sweep()
        due_at = session.execute(select(Walk.due_at)).scalar_one()
        assert due_at is not None
        waits.append(due_at - clock.now(session))
        later(seconds=waits[-1].total_seconds() + 1)
    assert waits[0] <= timedelta(seconds=5)
    assert all(after >= 1.9 * before for before, after in pairwise(waits[1:]))


@pytest.mark.parametrize("who", ["the lead", "the adviser"])
def test_whoever_looks_after_her_no_more_hears_no_more_of_her(
    session: Session, brand: Brand, walker: Customer, sweep: Sweep, later: Any, who: str
) -> None:
    lead, adviser, manager = lead_of(session, walker)
    task = _task(session, brand, walker, sweep)
    elsewhere = make_dealers.dealer(session, brand)
    if who == "the lead":
        heir = make_dealers.staff(session, elsewhere)
        lead.dealer_id, lead.owner_id = elsewhere.id, heir.id
    else:
        heir = manager
        adviser.dealer_id, lead.owner_id = elsewhere.id, manager.id
    session.flush()
    later(hours=3)
    confirming.look_after(session)
    assert (task.staff_id, task.dealer_id) == (heir.id, heir.dealer_id)
    assert [one.staff_id for one in sends(session)] == [adviser.id, heir.id]


def test_a_card_about_what_is_done_or_over_is_not_sent_any_more(
    session: Session, brand: Brand, walker: Customer, sweep: Sweep, later: Any
) -> None:
    _, adviser, _ = lead_of(session, walker)
    task = _task(session, brand, walker, sweep, hours=1)
    assert [one.status for one in sends(session)] == [SendStatus.planned]
    confirming.confirm(session, adviser, task.id)
    session.expire_all()
    assert [one.status for one in sends(session)] == [SendStatus.cancelled]
    other = make_identity.customer(session, brand)
    lead_of(session, other)
    make.triggered(session, other)
    sweep()
    later(hours=2)
    sweep()
    assert session.execute(select(StaffTask.status).order_by(StaffTask.id)).scalars().all() == [TaskStatus.confirmed, TaskStatus.timed_out]
    assert {one.status for one in sends(session)} == {SendStatus.cancelled}


def test_of_what_can_no_longer_be_done_nobody_is_reminded(
    session: Session, brand: Brand, walker: Customer, sweep: Sweep, later: Any
) -> None:
    lead_of(session, walker)
    task = _task(session, brand, walker, sweep, hours=1)
    # The journey rests meanwhile.
    later(hours=3)
    assert not confirming.look_after(session)
    assert (task.reminders, len(sends(session))) == (0, 1)
    session.execute(update(Send).values(status=SendStatus.accepted))
