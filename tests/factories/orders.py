"""A brand that takes deposits, its cars, and people who want one."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from app.dealers.models import Brand, Dealer, Store
from app.identity.models import Customer
from app.orders import service as orders
from app.orders.models import DepositTerms, Order
from app.vehicles.models import Vehicle
from app.wechat.models import AccountKind, WechatAccount
from tests.factories import dealers, identity, vehicles, wechat

_count = itertools.count(1)


@dataclass
class Market:
    """A dealer with a store and one car on sale; the brand takes deposits under `terms`."""

    brand: Brand
    dealer: Dealer
    store: Store
    vehicle: Vehicle
    mini: WechatAccount
    merchant: WechatAccount
    terms: DepositTerms


def market(session: Session) -> Market:
    brand = dealers.brand(session)
    dealer = dealers.dealer(session, brand)
    store = dealers.store(session, dealer)
    mini = wechat.account(session, brand)
    merchant = wechat.account(session, brand, AccountKind.merchant, linked_appid=mini.appid)
    terms = orders.install_terms(session, brand.id)
    return Market(brand, dealer, store, vehicles.vehicle(session, store), mini, merchant, terms)


def buyer(session: Session, of: Market, **fields: Any) -> Customer:
    """A customer with a phone number, known in the mini-program."""
    made = identity.customer(session, of.brand, **{"phone": f"+86138{next(_count):08d}"} | fields)
    identity.identity(session, made, of.mini)
    return made


def order(session: Session, of: Market, by: Customer, **fields: Any) -> Order:
    """A reservation that nobody has paid yet, as the door makes it before it calls WeChat."""
    asked: dict[str, Any] = {"vehicle_id": of.vehicle.id, "terms_version": of.terms.version, "request_key": f"key-{next(_count)}"}
    return orders.reserve(session, by.id, **asked | fields)
