"""Who is told what when something happened: each plans a message once, however often its event is delivered."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.dealers import queries as dealers
from app.dealers.models import Role
from app.events.models import Event
from app.messaging.models import Send, SendStatus
from app.messaging.service.planning import plan

_MUST_BE_HEARD = ("lead_assigned", "lead_ended")


def lead_assigned(session: Session, event: Event) -> None:
    """The adviser gets a card with two buttons; whoever looked after her before hears that he no longer does."""
    data = event.data
    context = _about(event, "lead_id", "assignment_id", "dealer_id", "vehicle_id", "store_id", "order_id", "grade", "cause")
    if data.get("staff_id"):
        _card(session, event.brand_id, data["staff_id"], "lead_assigned", dedupe_key=_card_key(data["assignment_id"]), context=context)
    if data.get("previous_staff_id"):
        key = f"lead_moved:{data['assignment_id']}"
        about = _about(event, "lead_id", "vehicle_id", "cause")
        _card(session, event.brand_id, data["previous_staff_id"], "lead_moved", dedupe_key=key, context=about)


def lead_answered(session: Session, event: Event) -> None:
    """Every card that asked for this answer shows it."""
    data = event.data
    managers = dealers.managers(session, uuid.UUID(data["dealer_id"]))
    keys = [_card_key(asked, whom) for asked in data["assignment_ids"] for whom in (None, *(one.id for one in managers))]
    sent = session.execute(
        select(Send).where(
            Send.brand_id == event.brand_id,
            Send.dedupe_key.in_(keys),
            Send.status.not_in((SendStatus.rejected, SendStatus.cancelled)),
        )
    ).scalars()
    about = _about(event, "lead_id", "vehicle_id", "next_action_at")
    about |= {"answer": event.name.removeprefix("lead."), "answered_by": data["staff_id"]}
    for card in sent:
        assert card.staff_id is not None
        plan(
            session,
            brand_id=event.brand_id,
            channel="wecom_card_update",
            recipient=("staff", card.staff_id),
            template_key="lead_answered",
            dedupe_key=f"card_update:{card.id}:{event.id}",
            context=about | {"replaces": card.id},
        )


def order_ended(session: Session, event: Event) -> None:
    """The adviser hears that a paid order was cancelled, ran out, or ended with a customer who left."""
    data = event.data
    if data.get("staff_id"):
        about = _about(event, "lead_id", "vehicle_id", "order_id", "grade", "cause")
        _card(session, event.brand_id, data["staff_id"], "lead_ended", dedupe_key=f"lead_ended:{data['order_id']}", context=about)


def deposit_refunded(session: Session, event: Event) -> None:
    """The customer hears that her money is back."""
    assert event.customer_id is not None
    plan(
        session,
        brand_id=event.brand_id,
        channel="service_template",
        recipient=("customer", event.customer_id),
        template_key="deposit_refunded",
        dedupe_key=f"deposit_refunded:{event.data['order_id']}",
        context=_about(event, "order_id", "vehicle_id"),
    )


def order_dealt_with(session: Session, event: Event) -> None:
    """The customer hears that the dealer keeps the vehicle for her, and until when; or that he does not, and why."""
    assert event.customer_id is not None
    outcome = event.name.removeprefix("order.")
    plan(
        session,
        brand_id=event.brand_id,
        channel="service_template",
        recipient=("customer", event.customer_id),
        template_key="order_kept" if outcome in ("confirmed", "extended") else "order_let_go",
        dedupe_key=f"{event.name}:{event.data['order_id']}",
        context=_about(event, "order_id", "vehicle_id", "held_until") | {"order_outcome": outcome},
    )


def waitlist_moved(session: Session, event: Event) -> None:
    """The customer hears that it is her turn, and when her place in line ended without the vehicle."""
    assert event.customer_id is not None
    is_offer = event.name == "waitlist.offered"
    plan(
        session,
        brand_id=event.brand_id,
        channel="service_template",
        recipient=("customer", event.customer_id),
        template_key="waitlist_offered" if is_offer else "waitlist_ended",
        dedupe_key=f"{event.name}:{event.id}",
        context=_about(event, "vehicle_id", "offered_until") | ({} if is_offer else {"outcome": event.name.removeprefix("waitlist.")}),
    )


def fall_back(session: Session, send_id: uuid.UUID) -> None:
    """A card that an adviser cannot get, or of which nobody knows whether he got it, goes to his managers; one that cannot be changed is
    followed by another.
    """
    send = session.get_one(Send, send_id)
    if send.staff_id is None:
        return
    if send.channel == "wecom_card_update":
        if send.status == SendStatus.unknown:
            return
        key = f"{send.dedupe_key}:card"
        _card(session, send.brand_id, send.staff_id, send.template_key, dedupe_key=key, context=send.context)
        return
    staff = dealers.staff(session, send.staff_id)
    if send.template_key in _MUST_BE_HEARD and staff.role == Role.adviser and staff.dealer_id:
        for manager in dealers.managers(session, staff.dealer_id):
            key = f"{send.dedupe_key}:{manager.id}"
            context = send.context | {"instead_of": str(send.id)}
            _card(session, send.brand_id, manager.id, send.template_key, dedupe_key=key, context=context)


def _card_key(assignment_id: str, manager_id: uuid.UUID | None = None) -> str:
    return f"lead_card:{assignment_id}" + (f":{manager_id}" if manager_id else "")


def _about(event: Event, *names: str) -> dict[str, Any]:
    """The named ids and figures of the event, and whom it is about."""
    return {name: event.data[name] for name in names if event.data.get(name)} | {"customer_id": str(event.customer_id)}


def _card(
    session: Session, brand_id: uuid.UUID, staff_id: uuid.UUID | str, template_key: str, *, dedupe_key: str, context: dict[str, Any]
) -> None:
    plan(
        session,
        brand_id=brand_id,
        channel="wecom_card",
        recipient=("staff", uuid.UUID(str(staff_id))),
        template_key=template_key,
        dedupe_key=dedupe_key,
        context=context,
    )
