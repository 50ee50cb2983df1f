"""A message that waits for a member's own hand: he is told again, and what is given up is taken out of his hands."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from app.kit import clock
from app.messaging import service
from app.messaging.channels.wecom_customer_task import WecomCustomerTask
from app.messaging.facts import CHINA
from app.messaging.models import MemberTask, Send
from tests.factories import messaging as make
from tests.messaging.test_channels_at_tencent import World, accounts, die_after_the_call, gateway, simulator, world
from tests.messaging.test_sending import Killed
from tests.wechat.contract.support import now

__all__ = ["accounts", "die_after_the_call", "gateway", "simulator", "world"]


def planned(world: World, *keys: str) -> list[Send]:
    """To another customer of the adviser's each."""
    people = [world.customer() for _ in keys]
    for _, person in people:
        world.simulator.ask(f"staff/{world.adviser.wecom_userid}/customers", user=person["id"])
    service.read_contacts()
    about = {"dealer_id": world.town.market.dealer.id}
    return [world.plan(her, "wecom_customer_task", key, context=about) for (her, _), key in zip(people, keys, strict=True)]


def test_a_member_who_lets_a_task_wait_is_reminded_by_day_three_times_and_then_cannot_send_it_any_more(
    world: World, deliver: Any, later: Any
) -> None:
    later(hours=(24 + 16 - clock.now(world.session).astimezone(CHINA).hour) % 24)
    her, person = world.customer()
    key = make.template(world.session, world.town, "wecom_customer_task", {"content": "邀您试驾"}).key
    userid = world.adviser.wecom_userid
    world.simulator.ask(f"staff/{userid}/customers", user=person["id"])
    service.read_contacts()
    send = world.plan(her, "wecom_customer_task", key, context={"dealer_id": world.town.market.dealer.id})
    world.send(send)
    (task,) = world.simulator.look(f"staff/{userid}/tasks")["tasks"]

    def reminded() -> int:
        """After everything that is due has been asked about, again and again."""
        for _ in range(3):
            service.ask_members()
            later(minutes=11)
        world.session.expire_all()
        return sum(one["reminded"] for one in world.simulator.look(f"staff/{userid}/tasks")["tasks"] if one["msgid"] == task["msgid"])

    later(hours=4)
    assert reminded() == 0, "it is eight in the evening"
    later(hours=13)
    assert reminded() == 1
    later(hours=2)
    assert reminded() == 1
    later(hours=6)
    world.simulator.ask("clock/advance", seconds=86_400)
    assert reminded() == 2
    later(hours=46)
    world.simulator.ask("clock/advance", seconds=86_400)
    assert (reminded(), send.delivery) == (3, None)
    later(hours=96)
    service.ask_members()
    later(minutes=11)
    service.ask_members()
    world.session.expire_all()
    assert (send.delivery, send.error_message) == ("failed", "failed: unsent")
    assert task["msgid"] not in [one["msgid"] for one in world.simulator.look(f"staff/{userid}/tasks")["tasks"]]
    assert world.session.execute(select(MemberTask)).first() is None


def test_a_task_whose_answer_was_lost_is_found_and_followed_and_made_once(world: World, die_after_the_call: Any, later: Any) -> None:
    key = make.template(world.session, world.town, "wecom_customer_task", {"content": "周末邀您试驾"}).key
    others = make.template(world.session, world.town, "wecom_customer_task", {"content": "您的车到店了"}).key
    # Other tests have moved the clock of WeCom.
    later(seconds=max(1, (now(world.simulator) - clock.now(world.session)).total_seconds()))
    *sends, other = planned(world, key, key, others)
    stranger = world.plan(world.customer()[0], "wecom_customer_task", key)
    world.session.commit()
    dying = die_after_the_call(WecomCustomerTask)
    with pytest.raises(Killed):
        service.send_due()
    dying.__exit__(None, None, None)
    later(seconds=16)
    assert world.send(*sends, other, stranger) == [("unknown", None)] * 3 + [("skipped", "no_contact")]
    later(minutes=6)
    service.ask_members()
    world.session.expire_all()
    assert [one.status for one in (*sends, other)] == ["accepted"] * 3
    assert sends[0].msgid == sends[1].msgid != other.msgid
    tasks = {one["msgid"] for one in world.simulator.look(f"staff/{world.adviser.wecom_userid}/tasks")["tasks"]}
    assert tasks == {sends[0].msgid, other.msgid}
    world.simulator.ask(f"staff/{world.adviser.wecom_userid}/tasks/{other.msgid}/confirm")
    later(minutes=11)
    service.ask_members()
    world.session.expire_all()
    assert (other.delivery, sends[0].delivery) == ("success", None)


def test_a_task_that_was_never_made_stays_unknown_and_is_not_looked_for_for_ever(
    world: World, monkeypatch: pytest.MonkeyPatch, later: Any
) -> None:
    key = make.template(world.session, world.town, "wecom_customer_task", {"content": "邀您看新车"}).key
    (send,) = planned(world, key)
    world.session.commit()

    def die(*_: Any) -> None:
        raise Killed

    with monkeypatch.context() as dying:
        dying.setattr(WecomCustomerTask, "send", die)
        with pytest.raises(Killed):
            service.send_due()
    later(seconds=16)
    assert world.send(send) == [("unknown", None)]
    for minutes in (6, 30, 30, 11):
        later(minutes=minutes)
        service.ask_members()
    world.session.expire_all()
    assert (send.status, send.msgid) == ("unknown", None)
    assert world.session.execute(select(MemberTask)).first() is None
