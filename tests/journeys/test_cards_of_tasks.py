"""A card in WeCom that asked for something says what became of it, once nobody is asked any more."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.dealers.models import Brand, Staff
from app.identity.models import Customer
from app.journeys import service
from app.journeys.models import StaffTask
from app.journeys.service import confirming
from app.messaging.models import Send
from app.wechat import client as doors
from app.wechat.fake import FakeGateway
from tests.factories import journeys as make
from tests.factories import messaging as towns
from tests.journeys.deeds import deed, lead_of, sends

Sweep = Callable[[], int]


@pytest.fixture
def tencent(monkeypatch: pytest.MonkeyPatch) -> FakeGateway:
    fake = FakeGateway()
    monkeypatch.setattr(doors, "replacement", fake)
    return fake


@pytest.fixture
def brand(session: Session) -> Brand:
    return towns.town(session).market.brand


@pytest.fixture
def task(session: Session, brand: Brand, walker: Customer, sweep: Sweep) -> StaffTask:
    lead_of(session, walker)
    deed(session, brand, "staff_task", "confirmed", "timed_out", title="回访客户", hours=48)
    make.triggered(session, walker)
    sweep()
    return session.execute(select(StaffTask)).scalar_one()


def changed(tencent: FakeGateway) -> list[tuple[str, bool]]:
    """What the cards say that were changed, and whether there is still a button."""
    cards = [call["card"] for call in tencent.calls_of("update_card")]
    return [(card["main_title"]["title"], "button_list" in card) for card in cards]


def test_a_card_says_that_its_task_is_done_and_by_whom(session: Session, task: StaffTask, tencent: FakeGateway) -> None:
    towns.send_due(session)
    (asked,) = tencent.calls_of("send_card")
    assert [one["key"] for one in asked["card"]["button_list"]] == ["confirm"]
    for _ in range(2):
        confirming.confirm(session, task_staff(session, task), task.id)
    towns.send_due(session)
    assert changed(tencent) == [("已完成：回访客户", False)]
    (call,) = tencent.calls_of("update_card")
    lines = {one["keyname"]: one["value"] for one in call["card"]["horizontal_content_list"]}
    assert lines["处理人"] == task_staff(session, task).name
    assert call["response_code"] == asked_code(session)


def test_every_card_of_a_task_whose_time_is_over_says_so_those_of_its_reminders_too(
    session: Session, task: StaffTask, tencent: FakeGateway, sweep: Sweep, later: Any
) -> None:
    towns.send_due(session)
    for hours in (2, 6, 12, 28):
        later(hours=hours)
        confirming.look_after(session)
        towns.send_due(session)
    assert len(tencent.calls_of("send_card")) == 4
    later(hours=1)
    sweep()
    towns.send_due(session)
    assert changed(tencent) == [("已超时：回访客户", False)] * 4


def test_a_card_of_a_walk_that_is_over_asks_for_nothing_any_more(
    session: Session, walker: Customer, task: StaffTask, tencent: FakeGateway, sweep: Sweep
) -> None:
    towns.send_due(session)
    service.leave(session, [walker.id], reason="customer.erased")
    session.commit()
    sweep()
    sweep()
    towns.send_due(session)
    assert changed(tencent) == [("不用做了：回访客户", False)]


def test_a_card_that_has_not_left_is_taken_back_and_nobody_is_told_of_what_he_never_saw(
    session: Session, task: StaffTask, tencent: FakeGateway
) -> None:
    confirming.confirm(session, task_staff(session, task), task.id)
    towns.send_due(session)
    assert [one.status for one in sends(session)] == ["cancelled"]
    assert tencent.calls_of("send_card") == tencent.calls_of("update_card") == []


def test_a_card_that_is_too_old_to_be_changed_is_left_alone(
    session: Session, brand: Brand, walker: Customer, tencent: FakeGateway, sweep: Sweep, later: Any
) -> None:
    lead_of(session, walker)
    deed(session, brand, "staff_task", "confirmed", "timed_out", title="回访客户", hours=200)
    make.triggered(session, walker)
    sweep()
    towns.send_due(session)
    later(hours=100)
    task = session.execute(select(StaffTask)).scalar_one()
    confirming.confirm(session, task_staff(session, task), task.id)
    towns.send_due(session)
    assert changed(tencent) == []
    assert len(tencent.calls_of("send_card")) == 1


def task_staff(session: Session, task: StaffTask) -> Staff:
    assert task.staff_id is not None
    return session.get_one(Staff, task.staff_id)


def asked_code(session: Session) -> str | None:
    return session.execute(select(Send.response_code).where(Send.template_key == "journey_task")).scalar_one()
