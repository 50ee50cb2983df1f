"""The verbs of identity: about people, who follows the service accounts, and what people decide in WeChat itself."""

from app.identity.service.followers import SYNC_EVERY, claim_look_ups, claim_sync, follow, looked_up, synced
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
from app.identity.service.revoking import close, take_back

__all__ = [
    "SYNC_EVERY",
    "bind_phone",
    "call",
    "claim_look_ups",
    "claim_sync",
    "close",
    "erase",
    "follow",
    "give_consent",
    "looked_up",
    "merge",
    "of_token",
    "recognise",
    "sign_in",
    "synced",
    "take_back",
    "withdraw_consent",
]
