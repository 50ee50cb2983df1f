"""A town where messages go: a dealer with advisers in WeCom, a service account with templates, and people who follow it."""

from __future__ import annotations

import itertools
import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.dealers.models import Role, Staff
from app.events import service as events
from app.events.models import Event
from app.identity.models import Customer
from app.kit import clock
from app.messaging import service as messaging
from app.messaging.models import MessageTemplate, Send
from app.orders.models import Order
from app.wechat.models import AccountKind, WechatAccount
from tests.factories import dealers, identity, wechat
from tests.factories import orders as make

_count = itertools.count(1)
TEMPLATES = {
    key: f"{key}-at-wechat"
    for key in (
        "deposit_paid",
        "test_drive_invitation",
        "deposit_refunded",
        "order_kept",
        "order_let_go",
        "waitlist_offered",
        "waitlist_ended",
    )
}


@dataclass
class Town:
    """One dealer with two advisers and a manager, and what the brand has at Tencent."""

    market: make.Market
    adviser: Staff
    colleague: Staff
    manager: Staff
    service_account: WechatAccount
    corp: WechatAccount

    @property
    def brand_id(self) -> uuid.UUID:
        return self.market.brand.id


def town(session: Session) -> Town:
    market = make.market(session)
    adviser, colleague = dealers.staff(session, market.dealer), dealers.staff(session, market.dealer)
    manager = dealers.staff(session, market.dealer, Role.dealer_manager)
    service_account = wechat.account(session, market.brand, AccountKind.service_account)
    corp = wechat.account(session, market.brand, AccountKind.corp)
    messaging.install_defaults(session, market.brand.id, TEMPLATES)
    return Town(market, adviser, colleague, manager, service_account, corp)


def follower(session: Session, of: Town, *, followed: bool = True, **fields: Any) -> Customer:
    """A buyer who follows the service account."""
    made = make.buyer(session, of.market, **fields)
    identity.identity(session, made, of.service_account, followed=followed)
    return made


def paid_order(session: Session, of: Town, by: Customer) -> Order:
    """A reservation whose deposit has arrived, with both events recorded as orders records them."""
    order = make.order(session, of.market, by)
    order.status, order.paid_at = "paid", clock.now(session)
    happened(session, "deposit.paid", order)
    return order


def happened(session: Session, name: str, order: Order, **more: Any) -> Event:
    """A fact about an order with the ids that every such fact carries."""
    data = {"order_id": order.id, "vehicle_id": order.vehicle_id, "dealer_id": order.dealer_id, "store_id": order.store_id}
    return events.record(
        session,
        name,
        brand_id=order.brand_id,
        customer_id=order.customer_id,
        subject=("order", order.id),
        data=data | {"amount_fen": order.amount_fen} | more,
    )


def plan(session: Session, of: Town, to: Customer, template_key: str = "deposit_paid", **fields: Any) -> Send:
    """A template message to a customer that is planned and not yet sent."""
    asked: dict[str, Any] = {
        "brand_id": of.brand_id,
        "channel": "service_template",
        "recipient": ("customer", to.id),
        "template_key": template_key,
        "dedupe_key": f"test:{next(_count)}",
    }
    return messaging.plan(session, **asked | fields)


def brand_template(session: Session, brand_id: uuid.UUID, content: str = "您好", **more: Any) -> MessageTemplate:
    """A draft for the inbox."""
    said = {"channel": "inbox", "key": f"template-{next(_count)}", "title": "问候", "state": "draft", "fields": {"content": content}}
    made = MessageTemplate(brand_id=brand_id, **said | more)
    session.add(made)
    session.flush()
    return made


def doors(session: Session, brand_id: uuid.UUID) -> dict[str, dict[str, Any]]:
    """For each step of a template, by the end of its door, one that can take it."""
    said = {"/override": "限时优惠"}
    steps = ("", "/activate", "/archive", "/override", "/preview")
    made = {step: brand_template(session, brand_id, said.get(step, "您好")) for step in steps}
    session.commit()
    return {f"/templates/<uuid:template_id>{step}": {"template_id": one.id} for step, one in made.items()}


def template(session: Session, of: Town, channel: str, fields: dict[str, str], **more: Any) -> MessageTemplate:
    """A template of the brand, in use."""
    made = MessageTemplate(brand_id=of.brand_id, channel=channel, fields=fields, **{"key": f"{channel}-{next(_count)}"} | more)
    session.add(made)
    session.flush()
    return made


def send_due(session: Session) -> int:
    """Let the worker send what is due; then see everything as it is."""
    session.commit()
    calls = messaging.send_due()
    session.expire_all()
    return calls


def facts(session: Session, send: Send) -> list[str]:
    """The names of what is recorded about a send, in order."""
    return list(session.execute(select(Event.name).where(Event.subject_id == str(send.id)).order_by(Event.id)).scalars())
