"""What campaigns do when somebody signs in, scans a code of the service account, turns out to be somebody else, or leaves."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlalchemy.orm import Session

from app.campaigns import service
from app.events.models import Event
from app.events.service import on
from app.identity import queries as identity
from app.identity.service import undoable
from app.wechat import queries as wechat
from app.wechat.models import WechatAccount


@on("customer.logged_in")
def recognise(session: Session, events: Sequence[Event]) -> None:
    for event in events:
        assert event.customer_id is not None
        if visitor_id := event.data.get("visitor_id"):
            service.recognise(session, event.brand_id, event.customer_id, visitor_id=visitor_id)


@on("wechat.scanned", "wechat.followed", "customer.followed")
def note_scans(session: Session, events: Sequence[Event]) -> None:
    """One handler for all, so that no scan is noted as a stranger's after we have heard who she is."""
    for event in events:
        if event.name == "customer.followed":
            assert event.customer_id is not None
            customer = identity.get(session, event.brand_id, event.customer_id)
            service.followed(session, event.brand_id, customer.id, appid=event.data["appid"])
        elif scene := event.data.get("scene"):
            told = wechat.message(session, event.data["inbox_id"])
            account = session.get_one(WechatAccount, wechat.inbox(session, event.data["inbox_id"]).account_id)
            service.scanned(session, event.brand_id, scene, appid=account.appid, openid=told.sender)


@on("customer.merged")
def follow_merge(session: Session, events: Sequence[Event]) -> None:
    for event in events:
        assert event.customer_id is not None
        kept = identity.get(session, event.brand_id, event.customer_id)
        with undoable(session, event):
            service.merge(session, kept_id=kept.id, merged_id=uuid.UUID(event.data["merged_id"]))


@on("customer.erased")
def forget_customer(session: Session, events: Sequence[Event]) -> None:
    for event in events:
        assert event.customer_id is not None
        service.forget(session, event.customer_id)
