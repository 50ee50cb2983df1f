"""Who may hear which hints: the ticket that a door gives to whoever is signed in, and that the process which streams reads.

A hint says what is stale and nothing else: whoever hears it asks the ordinary door, which alone decides what she sees.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple, dataclass
from typing import Any

from itsdangerous import BadData, URLSafeTimedSerializer

from app.kit.errors import Unauthorized
from app.kit.settings import settings

# From the door to the stream; by this machine's clock, for nothing of the business waits for it.
TICKET_SECONDS = 60
# The hint that a person's streams end: may she still hear? She asks for another ticket.
ASK_ANEW = "session"


@dataclass(frozen=True)
class Hearer:
    """A staff member: of one dealer, or of headquarters, which hear of the whole brand."""

    staff_id: str
    brand_id: str
    dealer_id: str | None

    def hears(self, hint: Mapping[str, Any]) -> bool:
        """Whether a hint is for her: for herself alone, else of her brand and, if she is a dealer's, of her dealer."""
        if hint["staff_id"] is not None:
            return bool(hint["staff_id"] == self.staff_id)
        return hint["brand_id"] == self.brand_id and self.dealer_id in (None, hint["dealer_id"])


def channel() -> str:
    """Where hints are published, of this installation alone."""
    return f"{settings().queue_prefix}.live"


def ticket(hearer: Hearer) -> str:
    """What lets her in for a minute; it goes into an address, and therefore opens nothing else."""
    return _signer().dumps(astuple(hearer))


def admitted(given: str) -> Hearer:
    """Whose ticket this is. Raises `Unauthorized` when it is none of ours or too old."""
    try:
        return Hearer(*_signer().loads(given, max_age=TICKET_SECONDS))
    except BadData as error:
        raise Unauthorized from error


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(settings().secret_key.get_secret_value(), salt="marque.live")
