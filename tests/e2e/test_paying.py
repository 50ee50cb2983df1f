"""Whatever becomes of a payment, she is told the truth, and the server alone decides that money has come."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from miniprogram_mock.phone.phone import Desk
from tests.e2e import acts
from tests.e2e.conftest import Phones, Picture
from tests.e2e.hand import Hand

# A finger that comes down at that moment: two that the test moves itself would come one after the other.
PRESS = """(button, at) => void setTimeout(() => {
    const { x, y } = button.getBoundingClientRect()
    for (const type of ['mousedown', 'mouseup', 'click']) {
        button.dispatchEvent(new MouseEvent(type, { bubbles: true, composed: true, clientX: x + 9, clientY: y + 9, detail: 1 }))
    }
}, at - Date.now())"""


def order_of(her: Hand) -> str:
    """From the result of her payment to its order; the order's id."""
    her.tap("查看订单")
    her.at(acts.ORDER)
    return str(her.page.evaluate("window.phone.router.current.options.id"))


def paid_once(desk: Desk, order_id: str) -> None:
    """The books know one deposit, and debits and credits agree."""
    order = desk.look(f"orders/{order_id}")
    lines = order["ledger"]
    assert sum(line["debit_fen"] for line in lines) == sum(line["credit_fen"] for line in lines) == order["amount_fen"] > 0


def test_a_payment_she_cancels_can_be_made_up_for(phone: Phones, cars: Iterator[str], desk: Desk, picture: Picture) -> None:
    her = phone()
    acts.open_car(her, next(cars))
    acts.go_to_pay(her)
    her.tap("关闭")
    her.see("尚未支付", "您取消了支付…")
    picture(her, "result-unpaid")
    her.tap("继续支付…")
    acts.pay(her)
    paid_once(desk, order_of(her))


def test_a_payment_that_fails_costs_nothing_and_may_be_tried_again(phone: Phones, cars: Iterator[str], desk: Desk) -> None:
    her = phone()
    acts.open_car(her, next(cars))
    acts.go_to_pay(her)
    her.set("pay", "fail")
    her.tap("确认支付")
    her.see("支付失败")
    her.tap("确定")
    her.see("尚未支付", "这次支付没有成功…")
    her.set("pay", "")
    her.tap("继续支付…")
    acts.pay(her)
    paid_once(desk, order_of(her))


@pytest.mark.parametrize("wish", ["slow", "twice", "lost"])
def test_money_counts_once_however_its_notice_comes(phone: Phones, cars: Iterator[str], desk: Desk, wish: str) -> None:
    her = phone()
    acts.open_car(her, next(cars))
    acts.go_to_pay(her)
    her.set("pay", wish)
    acts.pay(her)
    paid_once(desk, order_of(her))


def test_of_two_thumbs_on_one_car_one_gets_it_and_the_other_is_offered_similar_ones(phone: Phones, cars: Iterator[str]) -> None:
    car = next(cars)
    both = [phone("林晓雯", alone=True), phone("周宇航", alone=True)]
    for hand in both:
        acts.open_car(hand, car)
        acts.agree(hand)
    moment = both[0].page.evaluate("Date.now()") + 1500
    for hand in both:
        hand.there("支付意向金…").last.evaluate(PRESS, moment)
    acts.eventually(lambda: all(hand.there("确认支付").count() + hand.there("这辆车暂时不能预订").count() for hand in both), "both heard")
    winner, loser = sorted(both, key=lambda hand: hand.there("确认支付").count(), reverse=True)
    acts.pay(winner)
    loser.see("这辆车暂时不能预订", "相近的车")
    assert loser.there("确认支付").count() == 0
    acts.open_first_free_car(loser)
    loser.see("预订…")


def test_she_sees_her_refund_on_its_way_and_in_her_list(phone: Phones, cars: Iterator[str], picture: Picture) -> None:
    her = phone()
    acts.reserve(her, next(cars))
    order_of(her)
    her.see("车辆已为您保留", "订单进度")
    picture(her, "order-paid")
    acts.cancel(her)
    her.see("退款进度", "退款已申请")
    her.see("已退回原支付账户")
    picture(her, "order-refunded")
    her.open("pages/orders/index")
    her.see(acts.CAR_ORDER, "¥1,000 已退回")
