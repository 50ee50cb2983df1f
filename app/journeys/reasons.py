"""Why somebody left, was left out, cannot go on, or got no message: the reasons that are written down, in words."""

from __future__ import annotations

from app.journeys.models import Walk
from app.kit.texts import has, t
from app.messaging import queries as messaging
from app.messaging.models import Send


def in_words(reason: str) -> str:
    """A reason of ours, an event's name, a message's reason, or what the error is called that a step raised."""
    for texts in ("journeys.reasons", "journeys.left_out", "events"):
        if has(f"{texts}.{reason}"):
            return t(f"{texts}.{reason}")
    if reason[:1].isupper():
        return t("journeys.reasons.error", error=reason)
    # Another system's event is called as that system calls it.
    return messaging.reason_text(reason) if reason.startswith("wechat.") or "." not in reason else reason


def of_walk(one: Walk) -> str | None:
    """Why a walk ended early or is stuck."""
    reason = one.exit_reason or problem_of(one)
    return in_words(reason) if reason else None


def of_message(one: Send) -> str | None:
    """Why a message did not leave, or did not arrive."""
    reason = one.error_code
    return messaging.reason_text(reason, one.error_message) if reason else None


def problem_of(one: Walk) -> str | None:
    """What keeps a walk from going on, without the words of the error."""
    return one.problem.partition(":")[0] if one.problem else None
