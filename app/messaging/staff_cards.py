"""What stands on the cards that staff get in WeCom; the words are the catalogue's `messaging.cards`."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.dealers import queries as dealers
from app.dealers.models import Brand
from app.kit import texts
from app.kit.settings import settings
from app.messaging import facts
from app.messaging.channels import SendFailed
from app.messaging.models import Send

# What WeCom shows of a card: document/path/90236, template_card.
MOST_LINES = 6
LONGEST_DESC, LONGEST_VALUE = 30, 26
# Of an order whose customer left nothing is told but which order it was.
OF_NOBODY = ("store", "order")
ACCEPT, CALL_BACK_LATER, CONFIRM = "accept", "call_back_later", "confirm"
_BUTTONS = {"lead_assigned": (ACCEPT, CALL_BACK_LATER), "journey_task": (CONFIRM,)}


def recipient(session: Session, send: Send) -> str:
    """The member's userid in WeCom. Raises `SendFailed` when he has none or left."""
    assert send.staff_id is not None
    staff = dealers.staff(session, send.staff_id)
    if not staff.active:
        raise SendFailed.because("staff_left")
    if not staff.wecom_userid:
        raise SendFailed.because("no_wecom")
    return staff.wecom_userid


def card(session: Session, send: Send) -> dict[str, Any]:
    """The template card of a send: some have buttons, every other is a notice. A task of a journey says its own title."""
    known, context = facts.of(session, send, forms=facts.OF_THINGS), send.context
    title = context.get("title") or _text(send.template_key, context.get("answer") or context["cause"], task=context.get("task", ""))
    brand = session.get_one(Brand, send.brand_id)
    subject = known.get("vehicle_title") or known.get("store_name", "")
    body: dict[str, Any] = {
        "card_type": "text_notice",
        "source": {"desc": brand.name},
        "main_title": {"title": title, "desc": _cut(subject, LONGEST_DESC)},
        "horizontal_content_list": _lines(session, known, context),
        "card_action": {"type": 1, "url": f"{settings().public_base_url.rstrip('/')}/console/leads/{context['lead_id']}"},
        "task_id": send.client_msg_id,
    }
    if buttons := _BUTTONS.get(send.template_key):
        body["card_type"] = "button_interaction"
        body["button_list"] = [{"text": _text("buttons", key), "style": style, "key": key} for style, key in enumerate(buttons, start=1)]
    return body


def _text(*path: str, **values: Any) -> str:
    return texts.t(".".join(("messaging", "cards", *path)), **values)


def _lines(session: Session, known: dict[str, str], context: dict[str, Any]) -> list[dict[str, str]]:
    """What is known, in the order of its weight."""
    found = {
        "customer": known.get("customer_phone") or _text("no_phone"),
        "answered_by": context.get("answered_by") and dealers.staff(session, uuid.UUID(context["answered_by"])).name,
        "next_action": context.get("next_action_at") and facts.minute(datetime.fromisoformat(context["next_action_at"])),
        "grade": context.get("grade"),
        "store": known.get("store_name"),
        "deposit": context.get("order_id") and known.get("amount"),
        "order": context.get("order_id") and known.get("order_number"),
        "reason": context.get("order_id") and known.get("cancel_reason"),
    }
    if context.get("cause") == "order_ended":
        found = {name: found[name] for name in OF_NOBODY}
    return [{"keyname": _text("lines", name), "value": _cut(value, LONGEST_VALUE)} for name, value in found.items() if value][:MOST_LINES]


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"
