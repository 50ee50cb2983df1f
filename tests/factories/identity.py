"""Consumers for tests."""

from __future__ import annotations

import itertools
import uuid
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.dealers.models import Brand
from app.identity import service
from app.identity.models import Customer, CustomerMerge, CustomerSession, WechatIdentity
from app.kit import clock
from app.kit.crypto import blind_index, new_token, token_hash
from app.wechat.models import WechatAccount

_count = itertools.count(1)
# What the law of repeating asks of the doors of merges.
NEEDED = {"POST /api/staff/customers/<uuid:customer_id>/merge/<uuid:merge_id>/undo"}


def customer(session: Session, of: Brand, *, phone: str | None = None, **fields: Any) -> Customer:
    """A customer of a brand; `phone` is E.164, as `kit.phone.normalise` writes it."""
    number = next(_count)
    made = Customer(
        **{
            "brand_id": of.id,
            "unionid": f"union{number:024d}",
            "nickname": f"客户{number}",
            "phone": phone,
            "phone_hash": blind_index(phone) if phone else None,
        }
        | fields
    )
    session.add(made)
    session.flush()
    return made


def identity(session: Session, of: Customer, at: WechatAccount, **fields: Any) -> WechatIdentity:
    """What an account calls a customer."""
    number = next(_count)
    made = WechatIdentity(
        **{"brand_id": of.brand_id, "customer_id": of.id, "appid": at.appid, "openid": f"open{number:024d}", "unionid": of.unionid} | fields
    )
    session.add(made)
    session.flush()
    return made


def signed_in(session: Session, of: Customer, at: WechatAccount) -> dict[str, str]:
    """The headers of a mini-program in which this customer is signed in."""
    token = new_token()
    expires_at = clock.now(session) + timedelta(days=30)
    session.add(CustomerSession(token_hash=token_hash(token), customer_id=of.id, appid=at.appid, expires_at=expires_at))
    session.flush()
    return {"Authorization": f"Bearer {token}", "X-Appid": at.appid}


def twin(session: Session, of: Customer) -> uuid.UUID:
    """The merge by which somebody became a part of a customer, of which everybody has heard."""
    of_two = service.merge(session, of, customer(session, session.get_one(Brand, of.brand_id)))
    merge = session.execute(select(CustomerMerge).filter_by(kept_id=of_two.id)).scalar_one()
    merge.event_id = None
    session.flush()
    return merge.id
