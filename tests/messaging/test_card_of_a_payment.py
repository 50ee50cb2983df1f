"""The card of a payment, at the platform's simulator: it needs no dialog, only a payment of hers, and stays one card."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from app.messaging import service
from app.messaging.channels import CallPerLetter
from app.wechat.http import HttpGateway
from tests.factories import messaging as make
from tests.messaging.test_channels_at_tencent import World, accounts, die_after_the_call, gateway, simulator, world
from tests.messaging.test_channels_of_ours import paid
from tests.messaging.test_sending import Killed
from tests.wechat.contract.support import Shop

__all__ = ["accounts", "die_after_the_call", "gateway", "simulator", "world"]


def test_her_payment_has_one_card_which_is_written_again_as_her_order_goes_on(
    world: World, gateway: HttpGateway, die_after_the_call: Any, later: Any
) -> None:
    her, person = world.customer()
    mini, openid = world.accounts["mini_program"], world.openid(person, "mini_program")
    world.simulator.ask(f"users/{person['id']}/login-code", appid=mini.appid)
    order = make.paid_order(world.session, world.town, her)
    trade = Shop(gateway.pay(world.accounts["merchant"]), world.simulator, person, openid).paid(amount_fen=order.amount_fen)
    paid(world.session, world.town, order, openid=openid, appid=mini.appid, transaction_id=trade.transaction_id, paid_at=trade.paid_at)
    added = gateway.mini_program(mini).add_subscribe_template("10000002", [], "预订进度")
    ids = {"template_ids": {mini.appid: "2002"}}
    keys = [
        make.template(world.session, world.town, "service_notice", {"status": said, "order": "{{ order_number }}"}, **ids).key
        for said in ("待到店", "已到店")
    ]
    sends = [world.plan(her, "service_notice", key, context={"order_id": order.id}) for key in keys]
    sends[1].due_at += timedelta(hours=1)
    world.session.commit()
    dying = die_after_the_call(CallPerLetter)
    with pytest.raises(Killed):
        service.send_due()
    dying.__exit__(None, None, None)
    later(seconds=16)
    assert world.send(sends[0]) == [("accepted", None)]

    def cards() -> list[Any]:
        return [one["card"] for one in world.simulator.look(f"users/{person['id']}/notices")["notices"] if "card" in one]

    assert cards() == [{"status": "待到店", "order": order.number}]
    later(hours=1)
    assert world.send(sends[1]) == [("accepted", None)]
    assert cards() == [{"status": "已到店", "order": order.number}]
    gateway.mini_program(mini).delete_subscribe_template(added)
