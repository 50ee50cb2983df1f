"""The verbs of identity: about people, who follows the service accounts, and what people decide in WeChat itself."""

from app.identity.service.followers import SYNC_EVERY, claim_look_ups, claim_sync, follow, looked_up, synced
from app.identity.service.people import (
    bind_phone,
    call,
    erase,
    merge,
    of_phone,
    of_token,
    recognise,
    sign_in,
)
from app.identity.service.profiles import WRITABLE, write_down
from app.identity.service.revoking import close, take_back
from app.identity.service.undoing import undoable, unmerge
from app.identity.service.wishes import Evidence, give_consent, lift_refusal, publish_text, refuse, want, withdraw_consent

__all__ = [
    "SYNC_EVERY",
    "WRITABLE",
    "Evidence",
    "bind_phone",
    "call",
    "claim_look_ups",
    "claim_sync",
    "close",
    "erase",
    "follow",
    "give_consent",
    "lift_refusal",
    "looked_up",
    "merge",
    "of_phone",
    "of_token",
    "publish_text",
    "recognise",
    "refuse",
    "sign_in",
    "synced",
    "take_back",
    "undoable",
    "unmerge",
    "want",
    "withdraw_consent",
    "write_down",
]
