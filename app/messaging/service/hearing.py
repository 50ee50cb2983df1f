"""Hear what became of a message, which button was pressed on it, and which messages people want."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.dealers import queries as dealers
from app.events import service as events
from app.identity.models import Customer
from app.kit import clock
from app.kit.errors import Invalid
from app.kit.logging import logger
from app.messaging.models import Delivery, Send, SendStatus
from app.messaging.service import writing
from app.wechat import queries as wechat

log = logger(__name__)

# By then whoever sent the message has written down its msgid, also when he died first.
_KNOWN_AFTER = timedelta(minutes=5)


class ReceiptTooEarly(Exception):
    """A delivery receipt came before the answer to the call that it is about; it is to be delivered again later."""


def delivered(
    session: Session,
    brand_id: uuid.UUID,
    *,
    msgid: str,
    status: str,
    heard_at: datetime,
    unheard: Callable[[], Send | None] = lambda: None,
) -> None:
    """The platform says whether a message reached its person: `success` or `failed…`. Again changes nothing. `unheard` finds the one
    that it is about among those whose msgid nobody was told.

    Raises:
        ReceiptTooEarly: no send has this msgid yet.
    """
    send = session.execute(select(Send).filter_by(brand_id=brand_id, msgid=msgid).with_for_update()).scalar_one_or_none()
    if send is None:
        if clock.now(session) - heard_at < _KNOWN_AFTER:
            raise ReceiptTooEarly(msgid)
        if (send := unheard()) is None:
            log.warning("receipt for a message that is not ours", msgid=msgid)
            return
        send.msgid = msgid
    note(session, send, arrived=status.startswith("success"), status=status)


def note(session: Session, send: Send, *, arrived: bool, status: str) -> None:
    """Write down whether a message reached its person, `status` in the platform's words. Again changes nothing. One of which nobody knew
    whether it had left has left: who tells so took it.
    """
    if send.delivery is not None:
        return
    if send.status == SendStatus.unknown:
        send.error_code = send.error_message = None
        writing.end(session, send, SendStatus.accepted)
    send.delivery = Delivery.success if arrived else Delivery.failed
    if not arrived:
        send.error_code, send.error_message = "undelivered", status
    events.record(
        session,
        "message.delivered" if arrived else "message.undelivered",
        brand_id=send.brand_id,
        customer_id=send.about_customer_id,
        subject=("send", send.id),
        data=send.facts,
    )


def pressed(session: Session, brand_id: uuid.UUID, *, task_id: str, key: str, userid: str, response_code: str | None) -> None:
    """A member pressed a button on a card. `task_id` is the send's client_msg_id; `response_code` lets the card be changed once more."""
    send = _of_task(session, brand_id, task_id)
    staff = dealers.staff_by_wecom(session, brand_id, userid)
    if send is None or staff is None:
        log.warning("a press on a card that is not ours", task_id=task_id)
        return
    send.response_code = response_code or send.response_code
    events.record(
        session,
        "message.button_pressed",
        brand_id=brand_id,
        customer_id=send.about_customer_id,
        subject=("send", send.id),
        data=send.facts | {"key": key, "staff_id": staff.id},
        actor=("staff", staff.id),
    )


def answered(session: Session, customer: Customer, appid: str, answers: Sequence[dict[str, str]]) -> None:
    """A customer answered the subscribe dialog of a mini-program: {template_id, answer} for each template.

    Raises:
        Invalid: a template is not one of the mini-program's.
    """
    moments = {one["template_id"]: one["moment"] for one in wechat.subscribe_templates(session, appid)}
    if any(one["template_id"] not in moments for one in answers):
        raise Invalid(answers="unknown template_id")
    facts = [
        {
            "brand_id": customer.brand_id,
            "customer_id": customer.id,
            "data": one | {"moment": moments[one["template_id"]]},
            "actor": ("customer", customer.id),
        }
        for one in answers
    ]
    events.record_all(session, "subscription.answered", facts)


def _of_task(session: Session, brand_id: uuid.UUID, task_id: str) -> Send | None:
    try:
        send_id = uuid.UUID(hex=task_id)
    except ValueError:
        return None
    return session.execute(select(Send).filter_by(id=send_id, brand_id=brand_id).with_for_update()).scalar_one_or_none()
