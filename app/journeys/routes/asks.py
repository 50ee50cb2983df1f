"""The door through which the mini-program hears which messages it is to ask her for."""

from __future__ import annotations

from typing import Any

from apiflask import Schema
from apiflask.fields import List, Nested, String
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.journeys.models import AskStatus, CreditAsk
from app.kit.web import Caller, blueprint, transactional
from app.messaging.models import MessageTemplate
from app.wechat import queries as wechat

customer = blueprint("journeys", audience="customer")


class AskOut(Schema):
    template_id = String(metadata={"description": "of WeChat, for wx.requestSubscribeMessage"})
    title = String()


class AsksOut(Schema):
    items = List(Nested(AskOut))


@customer.get("/asks")
@customer.output(AsksOut)
@transactional
def asks(session: Session, who: Caller) -> Any:
    """The subscribe templates of this mini-program that her journeys want a message of, the longest wanted first."""
    own = {one["template_id"]: one["title"] for one in wechat.subscribe_templates(session, who.appid or "")}
    template_id = MessageTemplate.template_ids[who.appid or ""].astext
    of_brand = (MessageTemplate.brand_id == CreditAsk.brand_id) & (MessageTemplate.key == CreditAsk.template_key)
    wanted = (
        select(template_id)
        .join(CreditAsk, of_brand & (MessageTemplate.channel == "subscribe_message"))
        .where(CreditAsk.customer_id == who.customer.id, CreditAsk.status == AskStatus.open, CreditAsk.ends_at > func.marque_now())
        .order_by(CreditAsk.created_at)
    )
    found = dict.fromkeys(one for one in session.execute(wanted).scalars() if one in own)
    return {"items": [{"template_id": one, "title": own[one]} for one in found]}
