"""Whatever happens, in whatever order: no car is held twice, no money is lost, and the axes tell the truth."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.dealers.models import Role
from app.kit.errors import AppError
from app.kit.queue import run
from app.orders import queries
from app.orders import service as orders
from app.orders.models import ACTIVE, Order, Reservation
from app.orders.service import waiting
from app.orders.waiting_models import WaitlistEntry, WaitlistStatus
from app.payments import queries as payment_queries
from app.payments import service as payments
from app.payments.models import REFUNDS_UNDER_WAY, AttemptStatus, RefundStatus
from app.payments.queries import Standing
from app.vehicles.models import Vehicle
from app.wechat.fake import FakeGateway
from tests.factories import dealers as make_dealers
from tests.factories import orders as make
from tests.factories.payments import SWEEPS, Works, notify, notify_refund

WHO = st.integers(0, 2)
HER = ("reserve", "pay sheet", "pays", "notified", "told falsely", "cancels", "waits", "leaves the line")
DEALERS = ("confirm", "extend", "decline", "sold_offline", "convert")
STAFF = (*DEALERS, "part back")
THINGS = st.one_of(
    st.tuples(st.sampled_from(HER), WHO),
    st.tuples(st.sampled_from(STAFF), WHO),
    st.tuples(st.sampled_from(["work", "rings are lost", "sweep", "wechat is away", "answer is lost", "refunds arrive"]), st.just(0)),
    st.tuples(st.just("time"), st.sampled_from([5, 60, 16 * 60, 73 * 3600])),
)
PART_FEN = 30_000
HOLDING = ("paid", "confirmed")


class World:
    """Three buyers who want one car, its dealer, WeChat, and everything that may happen to them."""

    def __init__(self, session: Session, wechat: FakeGateway, works: Works, later: Callable[..., None]) -> None:
        self.session, self.wechat, self.works, self.later = session, wechat, works, later
        self.market = make.market(session)
        self.buyers = [make.buyer(session, self.market) for _ in range(3)]
        self.adviser = make_dealers.staff(session, self.market.dealer)
        self.finance = make_dealers.staff(session, self.market.brand, Role.finance)
        session.commit()

    def orders(self, who: int | None = None) -> list[Order]:
        self.session.expire_all()
        wanted = select(Order).filter_by(brand_id=self.market.brand.id).order_by(Order.id)
        if who is not None:
            wanted = wanted.filter_by(customer_id=self.buyers[who].id)
        return list(self.session.execute(wanted).scalars())

    def happen(self, thing: str, value: int) -> None:
        try:
            if thing in HER:
                self._she_does(thing, value)
            elif thing in STAFF:
                self._staff_do(thing, value)
            elif thing == "time":
                self.later(seconds=value)
            elif thing == "work":
                self.works.quietly()
            elif thing == "rings are lost":
                self.works.rings.clear()
            elif thing == "sweep":
                for name in SWEEPS:
                    run(name)
            elif thing == "wechat is away":
                self.wechat.fail("query")
            elif thing == "answer is lost":
                self.wechat.fail("close", after_effect=True)
            else:
                self._refunds_arrive()
        except AppError:
            self.session.rollback()

    def _she_does(self, thing: str, who: int) -> None:
        hers = self.orders(who)
        if thing == "reserve":
            make.order(self.session, self.market, self.buyers[who])
            self.session.commit()
        elif thing == "waits":
            waiting.join(self.session, self.buyers[who], self.market.vehicle.id)
            self.session.commit()
        elif thing == "leaves the line":
            waiting.leave(self.session, self.buyers[who].id, self.market.vehicle.id)
            self.session.commit()
        elif not hers or hers[-1].intent_id is None:
            return
        elif thing == "cancels":
            orders.cancel(self.session, self.buyers[who], hers[-1].id)
            self.session.commit()
        elif thing == "pay sheet":
            attempt = payments.attempt_for(self.session, hers[-1].intent_id)
            self.session.commit()
            payments.prepay(attempt.id)
        else:
            for number in self._numbers(hers[-1]):
                if thing == "pays" and self.wechat.trades[number].state == "NOTPAY":
                    self.wechat.pay_for(number)
                elif thing == "notified" and self.wechat.trades[number].state == "SUCCESS":
                    notify(self.session, self.market.merchant, self.wechat.trades[number])
                elif thing == "told falsely":
                    notify(self.session, self.market.merchant, self.wechat.trades[number], trade_state="SUCCESS", appid="wx-of-another")

    def _staff_do(self, thing: str, who: int) -> None:
        """To the latest order of hers, whatever state it is in."""
        for order in self.orders(who)[-1:]:
            if thing == "part back":
                orders.refund_part(self.session, self.finance, order.id, amount_fen=PART_FEN, reason="商定")
            elif thing in ("decline", "sold_offline"):
                getattr(orders, thing)(self.session, self.adviser, order.id, reason="不成")
            else:
                getattr(orders, thing)(self.session, self.adviser, order.id)
            self.session.commit()

    def _numbers(self, order: Order) -> list[str]:
        assert order.intent_id is not None
        numbers = [attempt.out_trade_no for attempt in payment_queries.attempts_of(self.session, order.intent_id)]
        return [number for number in numbers if number in self.wechat.trades]

    def _refunds_arrive(self) -> None:
        for order in self.orders():
            for refund in payment_queries.refunds_of(self.session, order.intent_id):  # type: ignore[arg-type]
                if refund.out_refund_no in self.wechat.refunds:
                    notify_refund(self.session, self.market.merchant, self.wechat.settle(refund.out_refund_no))

    def check(self) -> None:
        """What is true at any moment, also between two steps."""
        held = self.session.execute(
            select(Reservation).where(Reservation.vehicle_id == self.market.vehicle.id, Reservation.status.in_(ACTIVE))
        )
        holders = held.scalars().all()
        self.session.expire_all()
        vehicle = self.session.get_one(Vehicle, self.market.vehicle.id)
        offers = self.session.execute(select(WaitlistEntry).filter_by(vehicle_id=vehicle.id, status=WaitlistStatus.offered)).scalars().all()
        assert len(holders) + len(offers) <= 1
        if vehicle.status == "sold":
            assert not holders
            assert any(order.status == "converted" or order.close_reason == "sold_offline" for order in self.orders())
        else:
            assert vehicle.status == ("reserved" if holders or offers else "listed")
        assert sum(payment_queries.trial_balance(self.session, self.market.brand.id).values()) == 0
        for order in self.orders():
            view = queries.view(self.session, order)
            assert view.standing == self._standing(order)
            if order.status == "closed":
                assert payment_queries.refundable_fen(self.session, order.intent_id) == 0 or order.paid_at is None  # type: ignore[arg-type]
            if order.status in HOLDING:
                assert view.hold.status == "hard_held"
                assert view.standing.kept_fen > 0

    def _standing(self, order: Order) -> Standing:
        """The payment axis once more, out of attempts and refunds and without the ledger."""
        assert order.intent_id is not None
        attempts = payment_queries.attempts_of(self.session, order.intent_id)
        refunds = payment_queries.refunds_of(self.session, order.intent_id)
        return Standing(
            due_fen=order.amount_fen,
            received_fen=sum(attempt.amount_fen for attempt in attempts if attempt.status == AttemptStatus.succeeded),
            returned_fen=sum(refund.amount_fen for refund in refunds if refund.status == RefundStatus.succeeded),
            returning_fen=sum(refund.amount_fen for refund in refunds if refund.status in REFUNDS_UNDER_WAY),
        )

    def settle(self) -> None:
        """Nothing more happens; everything that is under way comes to its end."""
        self.wechat._failures.clear()
        for _ in range(4):
            self.later(minutes=16)
            self.works.sweep()
            self._refunds_arrive()
            self.works.quietly()

    def check_the_end(self) -> None:
        """Every fen that WeChat took either holds a car or is back."""
        self.check()
        kept = [0, 0]
        for order in self.orders():
            taken = [number for number in self._numbers(order) if self.wechat.trades[number].state == "SUCCESS"]
            standing = payment_queries.standing(self.session, order.intent_id)  # type: ignore[arg-type]
            assert standing.received_fen == len(taken) * order.amount_fen
            assert standing.returning_fen == 0
            assert order.status in (*HOLDING, "converted", "closed")
            if order.status == "closed":
                assert standing.kept_fen == 0
            else:
                assert 0 < standing.kept_fen <= order.amount_fen
                kept[order.status == "converted"] += standing.kept_fen
        balance = payment_queries.trial_balance(self.session, self.market.brand.id)
        assert balance["wechat_clearing"] == sum(kept)
        assert (balance["customer_deposits"], balance["deposits_applied"]) == (-kept[False], -kept[True])
        assert balance["unallocated"] == balance["refunds_payable"] == 0


# `make soak-money` tries more.
EXAMPLES = int(os.environ.get("HYPOTHESIS_EXAMPLES", "25"))


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(is_paid=st.booleans(), things=st.lists(THINGS, min_size=5, max_size=30))
def test_whatever_happens_in_whatever_order(
    session: Session, wechat: FakeGateway, works: Works, later: Callable[..., None], is_paid: bool, things: list[tuple[str, Any]]
) -> None:
    world = World(session, wechat, works, later)
    begun = [("reserve", 0), ("pay sheet", 0)] + is_paid * [("pays", 0), ("notified", 0), ("work", 0), ("waits", 1)]
    for thing in [*begun, *things]:
        world.happen(*thing)
        world.check()
    world.settle()
    world.check_the_end()
    # `pytest --hypothesis-show-statistics` tells how often each end was reached.
    event(", ".join(sorted({f"{order.status} {order.close_reason or ''}".strip() for order in world.orders()})))
