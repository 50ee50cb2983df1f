"""The sweeps over holds, offers to people who waited, and what WeChat has to be told, whose time has come."""

from __future__ import annotations

import uuid

from prometheus_client import Gauge
from sqlalchemy.orm import Session

from app.kit import db
from app.kit.logging import logger
from app.kit.queue import job
from app.orders import queries, service, waiting_queries
from app.orders.service import owners, shipping, waiting

log = logger(__name__)

# The last process that looked has it right.
WITHOUT_OWNER = Gauge(
    "marque_money_without_owner",
    "Money, holds and vehicles that belong to nobody, by kind; has to be 0.",
    ["kind"],
    multiprocess_mode="mostrecent",
)


@job("orders.expire_due", every=2, queue="critical", transactional=False)
def expire_due() -> None:
    """One transaction per order: what stands in the way of one holds up no other."""
    with db.transaction() as session:
        due = queries.due(session)
    for order_id in due:
        try:
            with db.transaction() as session:
                service.expire(session, order_id)
        except Exception:
            log.exception("hold could not be ended", order_id=str(order_id))


@job("orders.offers_due", every=2, queue="critical", transactional=False)
def offers_due() -> None:
    """Offers go on to the next in line, each in a transaction of its own."""
    with db.transaction() as session:
        due = waiting_queries.offers_due(session)
    for entry_id in due:
        try:
            with db.transaction() as session:
                waiting.lapse(session, entry_id)
        except Exception:
            log.exception("offer could not be handed on", entry_id=str(entry_id))


@job("orders.shipping_due", every=10)
def shipping_due(session: Session) -> None:
    shipping.claim_due(session)
    shipping.warn(session)


@job("orders.tell_shipping", transactional=False)
def tell_shipping(shipping_id: str) -> None:
    shipping.tell(uuid.UUID(shipping_id))


@job("orders.learn_what_is_managed", cron="41 3 * * *", transactional=False)
def learn_what_is_managed() -> None:
    shipping.learn_what_is_managed()


@job("orders.find_owners", every=30, transactional=False)
def find_owners() -> None:
    for kind, left in owners.find_owners().items():
        WITHOUT_OWNER.labels(kind).set(left)
