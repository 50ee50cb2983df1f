"""The verbs of wechat: take accounts in, take callbacks, keep what they tell and tell the platform of it."""

from app.wechat.service.accounts import (
    AccountRefused,
    AnothersAccount,
    DuplicateAccount,
    FieldMalformed,
    FieldMissing,
    LinkUnknown,
    claim_certificates,
    import_accounts,
    keep_platform_certificates,
    want_certificates,
)
from app.wechat.service.inbox import forget_callbacks, receive_message, receive_notification
from app.wechat.service.receiving import receive, take_left_over

__all__ = [
    "AccountRefused",
    "AnothersAccount",
    "DuplicateAccount",
    "FieldMalformed",
    "FieldMissing",
    "LinkUnknown",
    "claim_certificates",
    "forget_callbacks",
    "import_accounts",
    "keep_platform_certificates",
    "receive",
    "receive_message",
    "receive_notification",
    "take_left_over",
    "want_certificates",
]
