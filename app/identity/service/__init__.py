"""The verbs of identity: about people, and about who follows the service accounts."""

from app.identity.service.followers import claim_look_ups, claim_sync, follow, looked_up, synced
from app.identity.service.people import (
    bind_phone,
    call,
    erase,
    give_consent,
    merge,
    of_token,
    recognise,
    sign_in,
    withdraw_consent,
)

__all__ = [
    "bind_phone",
    "call",
    "claim_look_ups",
    "claim_sync",
    "erase",
    "follow",
    "give_consent",
    "looked_up",
    "merge",
    "of_token",
    "recognise",
    "sign_in",
    "synced",
    "withdraw_consent",
]
