"""The tables of messages."""

from app.messaging.models.sends import (
    LANES,
    Delivery,
    Lane,
    MessagingPolicy,
    Purpose,
    QuotaDay,
    Send,
    SenderStop,
    SendStatus,
)
from app.messaging.models.templates import MessageTemplate

__all__ = [
    "LANES",
    "Delivery",
    "Lane",
    "MessageTemplate",
    "MessagingPolicy",
    "Purpose",
    "QuotaDay",
    "Send",
    "SendStatus",
    "SenderStop",
]
