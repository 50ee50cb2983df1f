"""What Tencent refuses, sorted by what to do about it, and what we refuse of Tencent."""

from __future__ import annotations

from enum import StrEnum

from app.kit.errors import BadRequest, Unauthorized, Unavailable


class Outcome(StrEnum):
    """What a failed call means for whoever made it."""

    retry_now = "retry_now"
    retry_later = "retry_later"
    # never again for this person, message or order; others are not concerned
    permanent_person = "permanent_person"
    # nothing of this kind will work for this account until somebody mends it
    permanent_account = "permanent_account"
    # it may have happened: ask, or repeat with the same key, never blindly
    unknown = "unknown"


class WechatError(Exception):
    """A call to Tencent that brought no result. `code` is Tencent's, or one of ours: "timeout", "connection", "http.502", "quota" …

    `retry_after`: in how many seconds it makes sense to try again, where that is known.
    """

    def __init__(self, outcome: Outcome, code: str, message: str = "", *, retry_after: float | None = None) -> None:
        self.outcome = outcome
        self.code = code
        self.message = message
        self.retry_after = retry_after
        super().__init__(f"{code} ({outcome}): {message}")


class AccountMissing(Unavailable):
    code, message = "wechat.account_missing", "The brand has no account of this kind at WeChat."


class SignatureRefused(Unauthorized):
    """Why is for our log only."""

    code, message = "wechat.signature", "The signature does not hold."

    def __init__(self, reason: str) -> None:
        super().__init__()
        self.reason = reason


class AccountUnknown(SignatureRefused):
    """Answered like a signature that does not hold: which accounts we have is nobody's business."""

    def __init__(self) -> None:
        super().__init__("no such account")


class NotificationUnreadable(BadRequest):
    code, message = "wechat.unreadable", "The notification cannot be read."
