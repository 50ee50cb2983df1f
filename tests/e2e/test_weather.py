"""Bad weather: no network, a slow one, a server that is away; each page says so and comes back."""

from __future__ import annotations

from dev.stack import Stack
from tests.e2e import acts
from tests.e2e.conftest import Phones, Picture


def test_started_without_a_network_she_is_told_and_can_try_again(phone: Phones, picture: Picture) -> None:
    her = phone().open(network="offline")
    her.see("网络连接不可用，请检查网络设置", "重新加载")
    picture(her, "home-offline")
    her.set("network", "wifi")
    her.tap("重新加载")
    her.see(acts.CAR)
    her.tap("我的")
    her.see("昵称")


def test_on_a_slow_network_she_is_told_that_it_takes_longer(phone: Phones, picture: Picture) -> None:
    her = phone().open("pages/orders/index", network="slow")
    her.see("网络较慢，正在努力加载…")
    picture(her, "orders-slow")
    her.see("还没有订单…")
    her.gone("网络较慢，正在努力加载…")


def test_a_server_that_is_away_and_comes_back_costs_her_one_tap(phone: Phones, town: Stack, picture: Picture) -> None:
    her = phone().open()
    her.see(acts.CAR)
    town.kill("web")
    try:
        her.tap("选车")
        her.see("重新加载")
        picture(her, "list-error")
    finally:
        town.restart("web")
        town.wait_healthy()
    her.tap("重新加载")
    her.see("共 … 辆")
    assert her.log("error") == []
