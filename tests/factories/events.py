"""A mini-program that tells what people do in it."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.dealers.models import Brand
from app.events.models import Event
from app.identity.models import Customer
from app.wechat.models import WechatAccount
from tests.factories import dealers as make
from tests.factories import identity as people
from tests.factories import wechat as accounts

AT = "2026-03-01T10:00:00.000+08:00"


class Phone:
    """A mini-program that calls itself `visitor`, signed in or not."""

    def __init__(self, session: Session, client: Any, visitor: str = "visitor-1") -> None:
        self.session, self.client, self.visitor = session, client, visitor
        self.brand: Brand = make.brand(session)
        self.account: WechatAccount = accounts.account(session, self.brand)
        self.headers = {"X-Appid": self.account.appid}
        session.commit()

    def sign_in(self, nickname: str = "林晓雯") -> Customer:
        customer = people.customer(self.session, self.brand, nickname=nickname)
        self.headers = people.signed_in(self.session, customer, self.account)
        self.session.commit()
        return customer

    def tell(self, *events: Any, **envelope: Any) -> Any:
        body = {"visitor_id": self.visitor, "session_id": "run-1", "events": list(events)} | envelope
        return self.client.post("/api/visitor/events/", json=body, headers=self.headers)

    def told(self) -> list[Event]:
        self.session.expire_all()
        ours = select(Event).filter_by(brand_id=self.brand.id).where(Event.data.has_key("session_id"))
        return list(self.session.execute(ours.order_by(Event.id)).scalars())


def seen(**fields: Any) -> dict[str, Any]:
    """Somebody looked at a vehicle."""
    return {"id": str(uuid.uuid4()), "name": "vehicle.viewed", "at": AT, "vehicle_id": str(uuid.uuid4())} | fields
