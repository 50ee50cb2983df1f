"""Channels: one file each, found by walking this package. What they share is here."""

from __future__ import annotations

import math
import uuid
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar

from apiflask import Schema
from sqlalchemy.orm import Session

from app.kit import texts
from app.kit.logging import logger
from app.kit.registry import kinds
from app.messaging import drafts
from app.messaging.drafts import Draft, Problem
from app.messaging.models import Send
from app.wechat.client import Outcome, WechatError, gateway
from app.wechat.endpoints import Exchange
from app.wechat.models import WechatAccount

log = logger(__name__)

# What WeChat and WeCom take of a plain text.
LONGEST_BYTES = 2_048


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
class Address:
    """Where a message goes: the account that sends it, None where no platform stands between, and what that calls the person."""

    account: WechatAccount | None
    name: str

    @property
    def appid(self) -> str:
        """The account's name at Tencent; empty where no account of Tencent sends."""
        return self.account.appid if self.account else ""

    def sender(self, brand_id: uuid.UUID) -> str:
        """What senders are told apart by, within a channel: the account, or the brand where there is none."""
        return self.account.appid if self.account else brand_id.hex


@dataclass(frozen=True)
class Letter:
    """A claimed send with everything that the call needs. `first`: no earlier attempt can have reached the platform."""

    send_id: uuid.UUID
    brand_id: uuid.UUID
    sender: str
    fence: int
    client_msg_id: str
    account: WechatAccount | None
    payload: dict[str, Any]
    first: bool
    # By `time.monotonic` of the process that claimed it: when others may take it.
    lease_ends: float = math.inf


@dataclass(frozen=True)
class Receipt:
    """The platform took the message. `response_code` lets a card be changed once; `answer` is JSON that a system of the brand's said."""

    msgid: str | None = None
    response_code: str | None = None
    answer: Any = None


class Channel(ABC):
    """A way to reach people: one file in this package, with a `kind`, a Chinese `label`, a `Config` from which the console draws its form.

    The claim of a batch asks `reach`, then `render`, then `take`, inside one transaction in which every customer of the batch is locked:
    nobody else claims a message to her, and no withdrawal, erasure or merge of hers is under way. What these find out is therefore true
    when the claim is committed. `send` is outside of any transaction. Consent, caps, quiet hours, quota and the ledger are not the
    channel's: no channel can forget them.

    `account_kind`: whose account sends (`AccountKind`); None where no account of Tencent does. `to`: "customer" or "staff".
    `dedupe_window`: for how long the platform knows a repeated message by its key; None: not at all, and what may have left is never
    repeated. `endpoint`: the endpoint whose quota of the day the messages use (`wechat.endpoints.ENDPOINTS`); None where there is none.
    """

    kind: ClassVar[str]
    label: ClassVar[str]
    Config: ClassVar[type[Schema]]
    account_kind: ClassVar[str | None]
    dedupe_window: ClassVar[timedelta | None]
    to: ClassVar[str] = "customer"
    endpoint: ClassVar[str | None] = None
    # How many calls it makes at a time (None: as many as go to Tencent), and how long one may take (connect 3 s, read 10 s).
    at_once: ClassVar[int | None] = None
    call_seconds: ClassVar[float] = 13.0
    # Whether people write its templates; else they are ours.
    written: ClassVar[bool] = True
    # What its templates say, by these names; None: by the typed keys of the platform's template, (): by names that the writer chooses.
    parts: ClassVar[tuple[str, ...] | None] = ("content",)
    # Whether a tap on its messages may open an address on the web, and not a page of the mini-program alone.
    opens_web: ClassVar[bool] = False

    @abstractmethod
    def reach(self, session: Session, sends: Sequence[Send], accounts: Sequence[WechatAccount]) -> Mapping[uuid.UUID, Address | SendFailed]:
        """For each send of one brand, by its id, where it goes, or why she cannot be reached this way; `accounts` are the brand's."""

    @abstractmethod
    def render(
        self, session: Session, sends: Sequence[Send], addresses: Mapping[uuid.UUID, Address]
    ) -> Mapping[uuid.UUID, dict[str, Any] | SendFailed]:
        """For each send what the call is made of: kept encrypted, and sent again as it is."""

    def check(self, draft: Draft) -> list[Problem]:
        """What is wrong with a template for this channel, beside its forms."""
        return drafts.parts(draft, "content", longest_bytes=LONGEST_BYTES)

    def take(self, session: Session, sends: Sequence[Send], addresses: Mapping[uuid.UUID, Address]) -> Mapping[uuid.UUID, SendFailed]:
        """Use up what a message needs beside the quota (a credit of hers, a place in a window); for whom there is nothing left, why."""
        return {}

    def give_back(self, session: Session, sends: Sequence[Send]) -> None:  # noqa: B027  # few channels take anything
        """These messages certainly did not leave: what `take` used for them is there again."""

    def refused(self, session: Session, sends: Sequence[Send]) -> None:  # noqa: B027  # few channels learn anything
        """The platform refused these for good; `error_code` says how. What that tells about the person may be kept."""

    @abstractmethod
    def send(self, batch: Sequence[Letter]) -> list[Receipt | SendFailed]:
        """Make the calls; what became of each letter, in their order."""


class TencentChannel(Channel):
    """A channel whose calls go to Tencent through the gateway: what the answers mean."""

    def told(self, letter: Letter, answer: Any) -> Receipt:
        """What Tencent's answer to the call means. Raises `SendFailed`."""
        return Receipt()

    def failed(self, letter: Letter, error: WechatError) -> Receipt | SendFailed:
        """What a call without a result means."""
        failed = SendFailed.told(error)
        if self.dedupe_window is None and error.outcome is Outcome.retry_now:
            # A busy platform says that it has failed, not how far it had come: what nobody would know again is not tried again.
            failed.maybe_sent = True
        return failed

    def _heard(self, letter: Letter, answer: Any) -> Receipt | SendFailed:
        try:
            return self.failed(letter, answer) if isinstance(answer, WechatError) else self.told(letter, answer)
        except SendFailed as failed:
            return failed
        except Exception as error:
            # The call was made: only the platform could say whether the message left.
            log.exception("answer not understood", send_id=str(letter.send_id))
            return SendFailed("bug", type(error).__name__, permanent=False, maybe_sent=True)


class CallPerLetter(TencentChannel):
    """One call to Tencent for every letter, many at once."""

    @abstractmethod
    def exchange(self, letter: Letter) -> Exchange[Any]:
        """The call that sends this letter."""

    def send(self, batch: Sequence[Letter]) -> list[Receipt | SendFailed]:
        calls = [self._prepared(letter) for letter in batch]
        answers = iter(gateway().carry_out_all([call for call in calls if not isinstance(call, SendFailed)]))
        return [
            call if isinstance(call, SendFailed) else self._heard(letter, next(answers)) for letter, call in zip(batch, calls, strict=True)
        ]

    def _prepared(self, letter: Letter) -> Exchange[Any] | SendFailed:
        """A call that cannot even be written down is not made, and keeps no other from being made."""
        try:
            return self.exchange(letter)
        except Exception as error:
            log.exception("call cannot be prepared", send_id=str(letter.send_id))
            return SendFailed("bug", type(error).__name__, permanent=False)


def each(sends: Sequence[Send], find: Any) -> dict[uuid.UUID, Any]:
    """`find(send)` for every send, or the `SendFailed` that it raised; for channels with few messages, which look them up one by one."""
    found: dict[uuid.UUID, Any] = {}
    for send in sends:
        try:
            found[send.id] = find(send)
        except SendFailed as failed:
            found[send.id] = failed
        except Exception as error:
            # One message that cannot be prepared must not stand in the way of all others.
            log.exception("message cannot be prepared", send_id=str(send.id))
            found[send.id] = SendFailed("bug", type(error).__name__, permanent=False)
    return found


def channel(kind: str) -> Channel:
    """The channel of this kind. Raises `KeyError` when there is none."""
    made: Channel = kinds(__name__)[kind]()
    return made
