"""Looks at messages: the ledger, and why somebody did or did not get one."""

from app.messaging.queries.explaining import Line, also_tells, channel_label, moment, reason_text, story, template_title
from app.messaging.queries.ledger import LOG_FILTERS, last_of, log, reasons_given, send, senders_stopped

__all__ = [
    "LOG_FILTERS",
    "Line",
    "also_tells",
    "channel_label",
    "last_of",
    "log",
    "moment",
    "reason_text",
    "reasons_given",
    "send",
    "senders_stopped",
    "story",
    "template_title",
]
