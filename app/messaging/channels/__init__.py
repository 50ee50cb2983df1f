"""Channels: one file each, found by walking this package. What they share is here."""

from __future__ import annotations

import uuid
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar

from apiflask import Schema
from sqlalchemy.orm import Session

from app.kit import texts
from app.kit.logging import logger
from app.kit.registry import kinds
from app.messaging.models import Send
from app.wechat.client import Outcome, WechatError
from app.wechat.models import WechatAccount

log = logger(__name__)


class SendFailed(Exception):
    """A message did not leave. `permanent`: trying again is pointless. `maybe_sent`: nobody knows whether it left after all. `retry_after`:
    seconds until trying again makes sense, where that is known.

    `code` is ours (its Chinese sentence is the catalogue's `messaging.reasons."<code>"`) or the platform's (`wechat.43004`).
    """

    def __init__(
        self, code: str, message: str = "", *, permanent: bool, maybe_sent: bool = False, retry_after: float | None = None
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.code, self.permanent, self.maybe_sent = code, permanent, maybe_sent
        self.message, self.retry_after = message, retry_after

    @classmethod
    def because(cls, code: str, *, permanent: bool = True, **values: Any) -> SendFailed:
        """A refusal of our own, with its sentence from the catalogue."""
        return cls(code, texts.t(f"messaging.reasons.{code}", **values), permanent=permanent)

    @classmethod
    def told(cls, error: WechatError) -> SendFailed:
        """What the platform said, or did not say. Trouble with the account ends no message: somebody will mend it."""
        return cls(
            f"wechat.{error.code}",
            error.message,
            permanent=error.outcome is Outcome.permanent_person,
            maybe_sent=error.outcome is Outcome.unknown,
            retry_after=error.retry_after,
        )


@dataclass(frozen=True)
class Letter:
    """A claimed send with everything that the call needs. `first`: no earlier attempt can have reached the platform."""

    send_id: uuid.UUID
    fence: int
    client_msg_id: str
    account: WechatAccount
    payload: dict[str, Any]
    first: bool


@dataclass(frozen=True)
class Receipt:
    """The platform took the message. `response_code` lets a card be changed once."""

    msgid: str | None = None
    response_code: str | None = None


class Channel(ABC):
    """A way to reach people. A subclass has a `kind`, a Chinese `label`, a `Config` from which the console draws its form, and

    - `prepare`: inside the transaction of the claim, find the recipient and render; raises `SendFailed` before anything is called;
    - `deliver`: outside any transaction, make the call for one letter; raises `SendFailed` or `WechatError`.

    `dedupe_window` is how long after the first attempt the platform still recognises the same message, so that repeating it is safe.
    """

    kind: ClassVar[str]
    label: ClassVar[str]
    Config: ClassVar[type[Schema]]
    account_kind: ClassVar[str]
    dedupe_window: ClassVar[timedelta]

    @abstractmethod
    def prepare(self, session: Session, send: Send, account: WechatAccount) -> dict[str, Any]: ...

    @abstractmethod
    def deliver(self, letter: Letter) -> Receipt: ...

    def send(self, batch: Sequence[Letter]) -> list[Receipt | SendFailed]:
        """What became of each letter. A channel whose platform takes many at once does better than this."""
        return [_attempt(self.deliver, letter) for letter in batch]


def _attempt(deliver: Callable[[Letter], Receipt], letter: Letter) -> Receipt | SendFailed:
    try:
        return deliver(letter)
    except SendFailed as failed:
        return failed
    except WechatError as error:
        return SendFailed.told(error)
    except Exception as error:
        # A bug of ours may come before or after the call: only the platform could say whether the message left.
        log.exception("channel failed", send_id=str(letter.send_id))
        return SendFailed("bug", type(error).__name__, permanent=False, maybe_sent=True)


def channel(kind: str) -> Channel:
    """The channel of this kind. Raises `KeyError` when there is none."""
    made: Channel = kinds(__name__)[kind]()
    return made
