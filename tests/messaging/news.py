"""People who want to hear of news, the news, and the moments at which it is tried."""

from __future__ import annotations

import uuid
from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy.orm import Session

from app.identity import service as identity
from app.identity.models import Consent, Customer, Purpose, WechatIdentity
from app.kit import clock
from app.messaging.models import Lane, MessagingPolicy, Send
from app.messaging.service import limits
from tests.factories import messaging as make


def agreeing(session: Session, town: make.Town, **fields: Any) -> Customer:
    """A follower who wants to hear of news."""
    buyer = make.follower(session, town, **fields)
    identity.give_consent(session, buyer, purpose=Purpose.marketing, text_version="1", ip=None)
    return buyer


def many_agreeing(session: Session, town: make.Town, count: int) -> list[uuid.UUID]:
    """So many of them at once, in a few statements."""
    people = [Customer(brand_id=town.brand_id, unionid=f"news{uuid.uuid4().hex}") for _ in range(count)]
    session.add_all(people)
    session.flush()
    at = {"brand_id": town.brand_id, "appid": town.service_account.appid, "followed": True}
    session.add_all(WechatIdentity(customer_id=one.id, openid=one.unionid, unionid=one.unionid, **at) for one in people)
    session.add_all(Consent(brand_id=town.brand_id, customer_id=one.id, purpose=Purpose.marketing, text_version="1") for one in people)
    session.flush()
    return [one.id for one in people]


def own(session: Session, town: make.Town, to: Customer, **fields: Any) -> Send:
    """A planned message about what she arranged with us."""
    about = {"vehicle_id": town.market.vehicle.id}
    return make.plan(session, town, to, "test_drive_invitation", **({"context": about} | fields))


def news(session: Session, town: make.Town, to: Customer, **fields: Any) -> Send:
    """A planned message that she need not get."""
    return own(session, town, to, **({"purpose": "marketing", "lane": Lane.broadcast} | fields))


def policy(session: Session, town: make.Town, **fields: Any) -> MessagingPolicy:
    made = MessagingPolicy(brand_id=town.brand_id, **fields)
    session.add(made)
    session.flush()
    return made


def at(session: Session, hours: int, minutes: int = 0) -> None:
    """Let it be this time of tomorrow in China."""
    here = clock.now(session).astimezone(limits.CHINA)
    wanted = datetime.combine(here.date() + timedelta(days=1), time(hours, minutes), limits.CHINA)
    clock.advance(session, wanted - here)
    session.commit()
