"""The check-in code on her phone: it says which campaign and who, for some minutes; only we can make one or read it."""

from __future__ import annotations

import base64
import binascii
import struct
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography.exceptions import InvalidTag

from app.campaigns.errors import TicketUnfit
from app.kit.crypto import decrypt, encrypt

# Nothing else that we encrypt begins so.
_MARK = b"campaign-ticket:"


@dataclass(frozen=True)
class Ticket:
    campaign_id: uuid.UUID
    customer_id: uuid.UUID
    expires_at: datetime


def write(ticket: Ticket) -> str:
    """What the code shows: some 110 letters, each time others."""
    body = ticket.campaign_id.bytes + ticket.customer_id.bytes + struct.pack(">q", int(ticket.expires_at.timestamp()))
    return base64.urlsafe_b64encode(encrypt(_MARK + body)).decode().rstrip("=")


def read(token: str) -> Ticket:
    """What was scanned. Raises `TicketUnfit` for whatever we did not write."""
    try:
        plain = decrypt(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        if not plain.startswith(_MARK):
            raise ValueError
        campaign_id, customer_id, seconds = struct.unpack(">16s16sq", plain.removeprefix(_MARK))
        return Ticket(uuid.UUID(bytes=campaign_id), uuid.UUID(bytes=customer_id), datetime.fromtimestamp(seconds, UTC))
    except (InvalidTag, ValueError, struct.error, binascii.Error) as error:
        raise TicketUnfit from error
