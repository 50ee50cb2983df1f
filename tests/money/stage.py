"""One telling of a story, in a process that may be killed: a car, two who want it, WeChat over HTTP, workers that do as they are told."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from threading import Thread
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session
from werkzeug.serving import WSGIRequestHandler, make_server

from app.dealers.models import Brand, Role, Staff, Store
from app.events import service as events
from app.events.models import Event
from app.kit import clock, db, queue
from app.kit.idempotency import IdempotentAnswer
from app.orders import queries
from app.orders import service as orders
from app.orders.models import Order
from app.payments import queries as payments
from app.payments.models import PaymentAttempt
from app.reconciliation.models import Difference, Reconciliation
from app.vehicles.models import Vehicle
from app.wechat import service as wechat
from app.wechat.models import WechatAccount
from dev.testing import wait_until
from tests.factories import dealers, identity, vehicles
from tests.factories.payments import Works
from tests.money import books
from tests.simulator import Simulator

# What is due within so many seconds of business is swept for; a car is back on sale no later.
BACK_ON_SALE_SECONDS = 10
NO_ANSWER_FROM_A_DEAD_PROCESS = 15
DOMAINS = ("orders.", "payments.", "wechat.take_callbacks")
CHINA = ZoneInfo("Asia/Shanghai")
RUNG_FOR = (*DOMAINS, "events.", "reconciliation.")


@dataclass(frozen=True)
class Shop:
    """A dealer: his store, the terms of his cars, and who deals with orders there."""

    store_id: uuid.UUID
    terms_version: str
    adviser: str


@dataclass(frozen=True)
class Ground:
    """What all tellings share: a brand at the simulator with three dealers. One has the brand's terms, one receives the deposits of his
    cars himself, one takes earnest money.
    """

    app: Any
    simulator: Simulator
    port: int
    brand_id: uuid.UUID
    shops: dict[str, Shop]
    mini: WechatAccount
    merchant: WechatAccount

    @classmethod
    def laid(cls, app: Any, simulator: Simulator, port: int) -> Ground:
        with db.transaction() as session:
            brand = dealers.brand(session)
            taken = {one.kind: one for one in wechat.import_accounts(session, brand.id, simulator.accounts["accounts"])}
            [partner] = wechat.import_accounts(session, brand.id, simulator.accounts["partners"])
            orders.install_terms(session, brand.id)
            headquarters = dealers.staff(session, brand, Role.admin)
            shops = {
                "plain": _shop(session, brand, headquarters),
                "receives himself": _shop(session, brand, headquarters, sub_mchid=partner.settings["sub_mchids"][0]["sub_mchid"]),
                "takes earnest money": _shop(session, brand, headquarters, is_earnest=True),
            }
            session.expunge_all()
            return cls(app, simulator, port, brand.id, shops, taken["mini_program"], taken["merchant"])


def _shop(session: Session, brand: Brand, headquarters: Staff, *, sub_mchid: str | None = None, is_earnest: bool = False) -> Shop:
    dealer = dealers.dealer(session, brand, sub_mchid=sub_mchid)
    store, adviser = dealers.store(session, dealer), dealers.staff(session, dealer)
    terms = queries.terms(session, brand.id, None)
    if sub_mchid or is_earnest:
        own = {name: getattr(terms, name) for name in ("amount_fen", "pay_minutes", "hold_hours", "extension_hours", "active_per_customer")}
        kind, rule = ("earnest_money", "forfeit") if is_earnest else ("intent_deposit", "full")
        payee = "dealer" if sub_mchid else "brand"
        policy = orders.Policy(**own, deposit_type=kind, refund_rule=rule, payee=payee, dealer_id=dealer.id)
        terms = orders.publish_terms(session, headquarters, policy)
    session.flush()
    return Shop(store.id, terms.version, adviser.username)


@dataclass(frozen=True)
class Person:
    customer_id: uuid.UUID
    headers: dict[str, str]


@dataclass(frozen=True)
class Stage:
    """What one telling is about; it is there before anybody is killed."""

    ground: Ground
    shop: Shop
    vehicle_id: uuid.UUID
    people: tuple[Person, Person]

    @classmethod
    def set_up(cls, ground: Ground, dealer: str = "plain") -> Stage:
        shop = ground.shops[dealer]
        with db.transaction() as session:
            vehicle = vehicles.vehicle(session, session.get_one(Store, shop.store_id))
            people = (_person(session, ground), _person(session, ground))
            return cls(ground, shop, vehicle.id, people)

    @property
    def end(self) -> tuple[str, str, str, str]:
        """(order, hold, payment, vehicle), the order being the first person's."""
        with db.transaction() as session:
            order = session.execute(select(Order).filter_by(customer_id=self.people[0].customer_id)).scalar_one()
            view = queries.view(session, order)
            vehicle = session.get_one(Vehicle, self.vehicle_id)
            return order.status, view.hold.status, view.standing.status.value, vehicle.status

    @property
    def facts(self) -> Counter[str]:
        """How often each fact about the first person's order was recorded."""
        with db.transaction() as session:
            order_id = session.execute(select(Order.id).filter_by(customer_id=self.people[0].customer_id)).scalar_one()
            return Counter(session.execute(select(Event.name).where(Event.subject_id == str(order_id))).scalars())


def _person(session: Any, ground: Ground) -> Person:
    known = ground.simulator.ask("users", nickname="买家", phone=f"138{uuid.uuid4().int % 10**8:08}", follow=False)
    brand = session.get_one(Brand, ground.brand_id)
    customer = identity.customer(session, brand, phone=f"+86138{uuid.uuid4().int % 10**8:08}")
    identity.identity(session, customer, ground.mini, openid=known["openids"][ground.mini.appid])
    return Person(customer.id, identity.signed_in(session, customer, ground.mini))


class Telling:
    """The steps of stories, by name. Each may be begun again by the process that follows one which was killed in it."""

    def __init__(self, stage: Stage, *, clocks_apart: bool = False) -> None:
        self.stage, self.ground = stage, stage.ground
        # WeChat's clock stands still while ours goes on: for money that comes when ours says it is too late.
        self.clocks_apart = clocks_apart
        self.client = stage.ground.app.test_client()
        self.works = Works([])
        queue.ring = self._ring
        # The others' work is theirs.
        events._listeners = {
            name: {key for key in keys if key.startswith(("orders.", "payments."))} for name, keys in events._listeners.items()
        }

    # What people do.
    def reserves(self, who: int = 0) -> None:
        self._call("POST", "/", who, vehicle_id=str(self.stage.vehicle_id), terms_version=self.stage.shop.terms_version)

    def another_reserves(self) -> None:
        self.reserves(1)

    def cancels(self, who: int = 0) -> None:
        self._call("POST", f"/{self._order(who).id}/cancel", who, reason="x")

    def another_cancels(self) -> None:
        self.cancels(1)

    def another_joins_the_line(self) -> None:
        self._call("POST", str(self.stage.vehicle_id), 1, under="waiting-list")

    def the_dealer_declines(self) -> None:
        self._dealer("decline", reason="车辆有损伤")

    def the_dealer_sells_it_to_her(self) -> None:
        self._dealer("convert")

    def pays(self) -> None:
        self._pay()
        self._is_told(self._attempt().out_trade_no, "TRANSACTION.SUCCESS")

    def pays_and_nobody_tells(self) -> None:
        self._pay(lose_notification=True)

    # What passes.
    def sixteen_minutes_pass(self) -> None:
        self.later(16 * 60)

    def until_the_bill_is_there(self) -> None:
        """Eleven o'clock of the next day in China, here and at WeChat."""
        with db.transaction() as session:
            local = clock.now(session).astimezone(CHINA)
        self.later(int((datetime.combine(local.date() + timedelta(days=1), time(11), CHINA) - local).total_seconds()))

    def three_days_pass(self) -> None:
        self.later(73 * 3600)

    def the_refund_arrives(self) -> None:
        self.later(2)
        self._is_told(self._attempt().out_trade_no, "REFUND.SUCCESS")

    # What workers do.
    def work(self) -> None:
        """Everything that was rung for."""
        self.works.quietly()

    def sweep(self) -> None:
        """Everything that is due, and what comes of it."""
        self.works.rings.clear()
        for name, job in sorted(queue.jobs().items()):
            if job.every is not None and name.startswith(DOMAINS):
                queue.run(name)
        self.works.quietly()

    def reconcile(self) -> None:
        """The bills of every day that is over; nothing differs, of this telling or of those before it."""
        # What a process had taken that was killed is due again after its lease.
        self.later(310)
        queue.run("reconciliation.work")
        self.works.quietly()
        with db.transaction() as session:
            runs = session.execute(select(Reconciliation)).scalars().all()
            assert {run.status for run in runs if run.account_id == self.ground.merchant.id} == {"done"}
            assert session.execute(select(Difference.kind, Difference.reference).filter_by(status="open")).all() == []

    def recover(self) -> None:
        """The processes are started again: what was rung for is lost, and within ten seconds of business nothing is half done."""
        with db.transaction() as session:
            session.execute(update(IdempotentAnswer).where(IdempotentAnswer.status.is_(None)).values(lease_until=func.now()))
        for _ in range(2):
            self.sweep()
            self.later(BACK_ON_SALE_SECONDS // 2)
        self.sweep()
        with db.transaction() as session:
            assert books.never(session) + books.left_between(session) == []

    def later(self, seconds: int) -> None:
        with db.transaction() as session:
            clock.advance(session, timedelta(seconds=seconds))
        if not self.clocks_apart:
            self.ground.simulator.ask("clock/advance", seconds=seconds)

    def _ring(self, job: queue.Job, ids: dict[str, str]) -> None:
        if job.name.startswith(RUNG_FOR):
            self.works.rings.append((job.name, ids))

    def _call(self, method: str, path: str, who: int = 0, *, under: str = "orders", **body: Any) -> None:
        key = f"{under[:6]}-{self.stage.people[who].customer_id}-{path.rpartition('/')[2]}"[:64]
        headers = self.stage.people[who].headers | {"Idempotency-Key": key}
        answer = self.client.open(f"/api/customer/{under}/{path.lstrip('/')}", method=method, json=body, headers=headers)
        assert answer.status_code < 300, answer.json

    def _dealer(self, verb: str, **body: str) -> None:
        staff, order = self.ground.app.test_client(), self._order()
        staff.post("/api/public/staff/login", json={"username": self.stage.shop.adviser, "password": dealers.PASSWORD})
        answer = staff.post(f"/api/staff/orders/{order.id}/{verb}", json=body, headers={"Idempotency-Key": f"{verb}-{order.id}"})
        assert answer.status_code < 300, answer.json

    def _pay(self, **how: Any) -> None:
        attempt = self._attempt()
        told = self.ground.simulator.ask(f"payments/{attempt.mchid}/{attempt.out_trade_no}", action="pay", **how)
        # She may have done so before a process was killed.
        assert told["result"] == "ok" or "该订单已支付" in told["errMsg"], told

    def _is_told(self, number: str, event: str) -> None:
        """Wait until WeChat has told us; what nobody answered it tells again."""

        def told() -> bool:
            found = self.ground.simulator.look("callbacks", recipient=number, event=event)["callbacks"]
            if found and found[0]["state"] == "pending" and found[0]["attempts"]:
                self.ground.simulator.ask("clock/advance", seconds=NO_ANSWER_FROM_A_DEAD_PROCESS)
            return bool(found) and found[0]["state"] == "delivered"

        wait_until(told, what=f"{event} of {number} was not taken")

    def _order(self, who: int = 0) -> Order:
        with db.transaction() as session:
            return session.execute(select(Order).filter_by(customer_id=self.stage.people[who].customer_id)).scalar_one()

    def _attempt(self) -> PaymentAttempt:
        with db.transaction() as session:
            return payments.attempts_of(session, self._order().intent_id)[-1]  # type: ignore[arg-type]


class Quiet(WSGIRequestHandler):
    def log_request(self, *_: Any) -> None:
        """The tests' output is for the tests."""


@contextmanager
def answering(ground: Ground) -> Iterator[None]:
    """The application at the address that WeChat calls back, in this process."""
    server = make_server("127.0.0.1", ground.port, ground.app, threaded=True, request_handler=Quiet)
    Thread(target=server.serve_forever, daemon=True).start()
    yield
    server.shutdown()
