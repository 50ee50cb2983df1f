"""Plan messages, send what is due, hear what became of it, and say who is told what."""

from app.messaging.service.allowing import did_something, subscriptions_answered, subscriptions_sent
from app.messaging.service.claiming import MANY_LANES, URGENT_LANES
from app.messaging.service.contacts import contact_changed, read_contact, read_contacts
from app.messaging.service.defaults import install_defaults
from app.messaging.service.forgetting import forget_old
from app.messaging.service.hearing import ReceiptTooEarly, answered, delivered, pressed
from app.messaging.service.limits import let_go_on
from app.messaging.service.notices import (
    deposit_refunded,
    fall_back,
    lead_answered,
    lead_assigned,
    order_dealt_with,
    order_ended,
    waitlist_moved,
)
from app.messaging.service.planning import cancel_planned, forget, go_on, hold, move, plan, plan_all, plan_selected, release
from app.messaging.service.reading import read
from app.messaging.service.receipts import ask_members, fetch_sms_receipts, group_sent
from app.messaging.service.resting import keeps_back
from app.messaging.service.sending import send_due
from app.messaging.service.syncing import sync_templates

__all__ = [
    "MANY_LANES",
    "URGENT_LANES",
    "ReceiptTooEarly",
    "answered",
    "ask_members",
    "cancel_planned",
    "contact_changed",
    "delivered",
    "deposit_refunded",
    "did_something",
    "fall_back",
    "fetch_sms_receipts",
    "forget",
    "forget_old",
    "go_on",
    "group_sent",
    "hold",
    "install_defaults",
    "keeps_back",
    "lead_answered",
    "lead_assigned",
    "let_go_on",
    "move",
    "order_dealt_with",
    "order_ended",
    "plan",
    "plan_all",
    "plan_selected",
    "pressed",
    "read",
    "read_contact",
    "read_contacts",
    "release",
    "send_due",
    "subscriptions_answered",
    "subscriptions_sent",
    "sync_templates",
    "waitlist_moved",
]
