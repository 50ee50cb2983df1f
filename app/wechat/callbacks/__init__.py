"""Opening what Tencent calls back with: signatures, windows and ciphers, and nothing that happens afterwards.

Everything doubtful is `SignatureRefused`, whose reason is for our log only.
"""

from app.wechat.callbacks.elements import elements_of
from app.wechat.callbacks.notifications import open_notification
from app.wechat.callbacks.pushes import open_message, verify_address
from app.wechat.callbacks.request import CallbackRequest

__all__ = [
    "CallbackRequest",
    "elements_of",
    "open_message",
    "open_notification",
    "verify_address",
]
