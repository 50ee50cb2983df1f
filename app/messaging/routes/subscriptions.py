"""Doors: which messages the mini-program may ask to send, and what people answered."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from app.kit.web import Caller, blueprint, transactional
from app.messaging import schemas, service
from app.wechat import queries as wechat

visitor = blueprint("messages", audience="visitor")
customer = blueprint("messages", audience="customer")


@visitor.get("/subscriptions")
@visitor.output(schemas.SubscriptionsOut)
@transactional
def subscriptions(session: Session, who: Caller) -> Any:
    """The subscribe templates of this mini-program, each with the moment at which wx.requestSubscribeMessage asks for it."""
    return {"items": wechat.subscribe_templates(session, who.appid or "")}


@customer.post("/subscriptions")
@customer.input(schemas.AnswersIn)
@customer.output({}, status_code=204)
@transactional
def answer(session: Session, who: Caller, json_data: dict[str, Any]) -> Any:
    """Tell what she answered. How many messages she may get, WeChat tells us itself."""
    service.answered(session, who.customer, who.appid or "", json_data["answers"])
    return "", 204
