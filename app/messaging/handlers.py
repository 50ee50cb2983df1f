"""What we tell people when something happened, and what the platforms tell us of it."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlalchemy.orm import Session

from app.events.models import Event
from app.events.service import on
from app.identity import queries as identity
from app.identity.service import undoable
from app.messaging import service
from app.wechat import queries as wechat
from app.wechat.messages import CardPressed

# What ended a paid order of a lead
ENDS = ("order_cancelled", "order_expired", "order_declined", "order_sold_offline", "order_forfeited", "order_ended")


@on("lead.assigned")
def tell_adviser(session: Session, events: Sequence[Event]) -> None:
    for event in events:
        service.lead_assigned(session, event)


@on("lead.accepted", "lead.callback_promised")
def show_answer(session: Session, events: Sequence[Event]) -> None:
    for event in events:
        service.lead_answered(session, event)


@on("lead.updated")
def tell_end(session: Session, events: Sequence[Event]) -> None:
    for event in events:
        if event.data.get("cause") in ENDS:
            service.order_ended(session, event)


@on("deposit.refunded")
def tell_refund(session: Session, events: Sequence[Event]) -> None:
    for event in events:
        service.deposit_refunded(session, event)


@on("order.confirmed", "order.extended", "order.declined", "order.sold_offline")
def tell_dealt_with(session: Session, events: Sequence[Event]) -> None:
    for event in events:
        service.order_dealt_with(session, event)


@on("waitlist.offered", "waitlist.lapsed", "waitlist.ended")
def tell_who_waits(session: Session, events: Sequence[Event]) -> None:
    for event in events:
        service.waitlist_moved(session, event)


@on("message.rejected", "message.skipped", "message.unknown")
def find_another_way(session: Session, events: Sequence[Event]) -> None:
    for event in events:
        service.fall_back(session, uuid.UUID(event.data["send_id"]))


@on("wechat.template_delivered")
def note_delivery(session: Session, events: Sequence[Event]) -> None:
    for event in events:
        msgid, status = str(event.data.get("msgid", "")), event.data.get("status", "")
        service.delivered(session, event.brand_id, msgid=msgid, status=status, heard_at=event.recorded_at)


@on("wechat.card_pressed")
def note_press(session: Session, events: Sequence[Event]) -> None:
    for event in events:
        # What Tencent leaves empty the event leaves out.
        told = {name: event.data.get(name, "") for name in ("task_id", "key", "userid")}
        press = wechat.message(session, event.data["inbox_id"])
        code = press.response_code if isinstance(press, CardPressed) else ""
        service.pressed(session, event.brand_id, response_code=code or None, **told)


@on("wechat.subscribe_answered")
def note_subscriptions(session: Session, events: Sequence[Event]) -> None:
    for event in events:
        service.subscriptions_answered(session, event)


@on("wechat.subscribe_sent")
def note_subscriptions_sent(session: Session, events: Sequence[Event]) -> None:
    for event in events:
        service.subscriptions_sent(session, event)


@on("wechat.message_received", "wechat.menu_pressed", "wechat.followed", "wechat.scanned", "wechat.unfollowed")
def note_windows(session: Session, events: Sequence[Event]) -> None:
    for event in events:
        service.did_something(session, event)


@on("wechat.mass_sent")
def note_group_send(session: Session, events: Sequence[Event]) -> None:
    for event in events:
        service.group_sent(session, event.brand_id, msgid=str(event.data.get("msgid", "")), status=event.data.get("status", ""))


@on("wechat.contact_added", "wechat.contact_deleted")
def note_contact(session: Session, events: Sequence[Event]) -> None:
    for event in events:
        service.contact_changed(session, event)


@on("customer.merged")
def follow_merge(session: Session, events: Sequence[Event]) -> None:
    for event in events:
        assert event.customer_id is not None
        kept = identity.get(session, event.brand_id, event.customer_id)
        with undoable(session, event):
            service.move(session, kept_id=kept.id, merged_id=uuid.UUID(event.data["merged_id"]))


@on("customer.erased")
def forget_customer(session: Session, events: Sequence[Event]) -> None:
    for event in events:
        assert event.customer_id is not None
        service.forget(session, event.customer_id)
