"""The tables of messages."""

from app.messaging.models.contacts import Contact, ContactSync, MemberTask
from app.messaging.models.credits import Cause, Credit, CreditEntry, ReplyUse, ReplyWindow
from app.messaging.models.groups import GroupLetter
from app.messaging.models.inbox import InboxMessage
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
    about_whom,
    facts_of,
)
from app.messaging.models.templates import MessageTemplate, TemplateState, TemplateSync, TemplateVersion, WechatTemplate

__all__ = [
    "LANES",
    "Cause",
    "Contact",
    "ContactSync",
    "Credit",
    "CreditEntry",
    "Delivery",
    "GroupLetter",
    "InboxMessage",
    "Lane",
    "MemberTask",
    "MessageTemplate",
    "MessagingPolicy",
    "Purpose",
    "QuotaDay",
    "ReplyUse",
    "ReplyWindow",
    "Send",
    "SendStatus",
    "SenderStop",
    "TemplateState",
    "TemplateSync",
    "TemplateVersion",
    "WechatTemplate",
    "about_whom",
    "facts_of",
]
