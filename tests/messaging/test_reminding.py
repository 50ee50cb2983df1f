"""A message that waits for a member's own hand: he is told again, and what is given up is taken out of his hands."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from app.kit import clock
from app.messaging import service
from app.messaging.facts import CHINA
from app.messaging.models import MemberTask
from tests.factories import messaging as make
from tests.messaging.test_channels_at_tencent import World, accounts, gateway, simulator, world

__all__ = ["accounts", "gateway", "simulator", "world"]


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
