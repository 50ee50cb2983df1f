"""The platform for `bench money`: a stack, this process beside it, and orders that went every way by the platform's own verbs."""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from bench import money_data
from bench.beside import platform
from bench.money_data import Buyer, Car
from bench.report import Figure
from dev.stack import Stack
from dev.testing import servers
from dev.town import town
from miniprogram_mock.phone.wechat import WeChat


@dataclass
class Bench:
    """The stack with its data, this process beside it, and what was found so far."""

    stack: Stack
    rings: list[tuple[str, dict[str, str]]]
    figures: list[Figure] = field(default_factory=list)

    def tell(self, name: str, value: float, unit: str, **target: float) -> None:
        self.figures.append(Figure(name, value, unit, **target))

    @property
    def database_url(self) -> str:
        return self.stack.env["DATABASE_URL"]


@contextmanager
def built() -> Iterator[Stack]:
    """A town on a database of its own."""
    with tempfile.TemporaryDirectory() as folder, servers() as lent, town(Path(folder), lent.database_url) as stack:
        yield stack


@contextmanager
def beside(stack: Stack) -> Iterator[Bench]:
    """The platform in this process, too: on the stack's database, with WeChat played by the fake, and with rings that only we hear."""
    with platform(stack):
        from app.kit import queue
        from app.wechat import client
        from app.wechat.fake import FakeGateway

        client.replacement = FakeGateway()
        heard: list[tuple[str, dict[str, str]]] = []
        queue.ring, ring = lambda job, ids: heard.append((job.name, ids)), queue.ring
        try:
            yield Bench(stack, heard)
        finally:
            queue.ring, client.replacement = ring, None


def forget_connections() -> None:
    """This process has none any more; what they had counted is seen in the statistics."""
    from app.kit import db

    db.engine().dispose()


def market(bench: Bench, count: int, at_wechat: int) -> tuple[list[Buyer], list[Car], str]:
    """Fill the tables. As many buyers and cars that nobody has used, and the terms in force; the last `at_wechat` buyers are people whom
    the simulator knows.
    """
    from app.kit import db
    from app.wechat import queries as wechat
    from app.wechat.models import AccountKind

    with psycopg.connect(bench.database_url, autocommit=True) as connection:
        brand_id, terms = connection.execute("SELECT brand_id, version FROM deposit_terms ORDER BY id DESC LIMIT 1").fetchone() or ()
        with db.transaction() as session:
            appid = wechat.account(session, brand_id, AccountKind.merchant).linked_appid
            assert appid is not None
            first = money_data.buyers(session, brand_id, appid, [f"first-{way}" for way in money_data.WAYS])
        cars = money_data.cars(connection, len(first))
        ways = {way: _gone(bench, way, buyer, car, terms=terms) for way, buyer, car in zip(money_data.WAYS, first, cars, strict=True)}
        connection.execute("UPDATE reservations SET expires_at = expires_at + interval '1 day' WHERE status = 'soft_held'")
        connection.execute("UPDATE payment_attempts SET due_at = due_at + interval '1 day'")
        connection.execute("UPDATE payment_attempts SET certain_at = due_at WHERE status = 'closed'")
        connection.execute("UPDATE refunds SET due_at = due_at + interval '1 day'")
        money_data.fill(connection, ways, str(first[0].id))
        # As autovacuum does after as many new rows
        connection.execute("VACUUM (ANALYZE)")
        cars = money_data.cars(connection, count)
    bench.stack.restart("simulator")
    bench.stack.wait_healthy()
    wechat_side = WeChat(bench.stack.simulator)
    openids = [wechat_side.person("测速员", f"137{at:08d}")["openids"][appid] for at in range(at_wechat)]
    with db.transaction() as session:
        people = money_data.buyers(session, brand_id, appid, [*(f"open-{at}" for at in range(count - at_wechat)), *openids])
    return people, cars, terms


def _gone(bench: Bench, way: str, buyer: Buyer, car: Car, *, terms: str) -> str:
    """The id of an order that went this way, through the platform's own verbs."""
    from app.identity.models import Customer
    from app.kit import db, queue
    from app.orders import service as orders
    from app.orders.models import Order, Reservation
    from app.payments import queries
    from app.payments import service as payments
    from app.payments.service import attempt_for
    from app.wechat.client import gateway

    fake: Any = gateway()
    with db.transaction() as session:
        order = reserve(session, buyer, car, terms)
        attempt = attempt_for(session, order.intent_id)
    payments.prepay(attempt.id)
    with db.transaction() as session:
        orders.await_payment(session, order.id)
    if way not in ("expired", "cancelled", "soft"):
        fake.pay_for(attempt.out_trade_no)
        payments.settle(attempt.id)
        _work(bench)
    if way in ("cancelled", "returned", "returning"):
        with db.transaction() as session:
            orders.cancel(session, session.get_one(Customer, buyer.id), order.id)
    elif way in ("expired", "ran_out"):
        with db.transaction() as session:
            hold = session.query(Reservation).filter_by(order_id=order.id).one()
            hold.expires_at = session.get_one(Order, order.id).created_at
        queue.run("orders.expire_due")
    if way == "returning":
        bench.rings.clear()
    _work(bench)
    if way in ("returned", "ran_out"):
        with db.transaction() as session:
            (refund,) = queries.refunds_of(session, order.intent_id)
        fake.settle(refund.out_refund_no)
        payments.push_refund(refund.id)
        _work(bench)
    return str(order.id)


def reserve(session: Any, buyer: Buyer, car: Car, terms: str) -> Any:
    """An order by the service, that is a hold with its intent and attempt."""
    from app.orders import service as orders

    return orders.reserve(session, buyer.id, vehicle_id=uuid.UUID(car.id), terms_version=terms, request_key=uuid.uuid4().hex)


def _work(bench: Bench) -> None:
    """What workers do about money, until nothing is left."""
    from app.events import service as events
    from app.kit import queue

    while events.deliver_all() or bench.rings:
        heard = [ring for ring in bench.rings if ring[0].startswith(("payments.", "orders."))]
        bench.rings.clear()
        for name, ids in heard:
            queue.run(name, ids)
