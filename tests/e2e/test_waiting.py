"""Who waits for a car gets it when it is let go: told by her service account, alone for a quarter of an hour, paid like any other."""

from __future__ import annotations

from collections.abc import Iterator

from miniprogram_mock.phone.phone import Desk
from tests.e2e import acts
from tests.e2e.conftest import Phones, Picture


def test_a_car_that_is_cancelled_goes_to_who_waited_for_it(phone: Phones, cars: Iterator[str], desk: Desk, picture: Picture) -> None:
    car = next(cars)
    holder, stranger = phone("林晓雯", alone=True), phone("陈思齐", alone=True)
    waiter = phone("周宇航", alone=True, follows=True)
    acts.reserve(holder, car)

    acts.open_car(waiter, car)
    waiter.tap("排队等候…")
    waiter.see("轮到您时")
    picture(waiter, "waiting-rules", [(375, 812)])
    waiter.tap("加入排队")
    waiter.see("排队中 · 第 1 位", "排队中，第 1 位")
    picture(waiter, "waiting-detail", [(375, 812)])
    waiter.open("pages/orders/index")
    waiter.see("您排在第 1 位")
    picture(waiter, "waiting-list", [(375, 812)])

    holder.tap("查看订单")
    holder.at(acts.ORDER)
    acts.cancel(holder)
    holder.see("退款进度")

    waiter.see("这辆车只留给您…")
    picture(waiter, "waiting-offer-list", [(375, 812)])
    acts.eventually(lambda: [one for one in waiter.inbox() if one["template"] == "waitlist_offered"], "the service account has told her")
    acts.open_car(stranger, car)
    stranger.see("排队等候…")
    assert stranger.there("预订…").count() == 0

    waiter.open(f"{acts.DETAIL}?id={car}")
    waiter.see("轮到您了")
    picture(waiter, "waiting-offer", [(375, 812)])
    waiter.tap("立即预订…")
    waiter.at(acts.CONFIRM)
    waiter.see("轮到您了…")
    waiter.tap("我已阅读并同意《意向金条款》…")
    acts.agree_to_be_called(waiter)
    picture(waiter, "waiting-confirm", [(375, 812)])
    waiter.tap("支付意向金…")
    acts.pay(waiter)
    told = acts.timeline(desk, acts.customer_id(waiter))
    assert told >= {"waitlist.joined", "waitlist.offered", "waitlist.taken", "deposit.paid"}
