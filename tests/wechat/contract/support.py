"""What contract tests have in common: refusals by code and meaning, and a shop whose customers pay."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest

from app.wechat.client import Outcome, Trade, WechatError
from tests.simulator import Simulator

NOBODY = "http://127.0.0.1:8241/nobody"
_numbers = itertools.count(1)


@contextmanager
def refused(code: str, outcome: Outcome) -> Iterator[None]:
    """The call inside is refused with this code, which means this."""
    with pytest.raises(WechatError) as caught:
        yield
    assert (caught.value.code, caught.value.outcome) == (code, outcome)


def number(prefix: str) -> str:
    """A number that nobody had before."""
    return f"{prefix}{next(_numbers):010d}"


def now(simulator: Simulator) -> datetime:
    """The simulator's clock, in China's zone."""
    return datetime.fromisoformat(simulator.look("clock")["now"])


def advance(simulator: Simulator, **span: float) -> None:
    simulator.ask("clock/advance", seconds=timedelta(**span).total_seconds())


def latest(simulator: Simulator) -> int:
    """The id of the newest call so far."""
    calls = simulator.look("calls", limit=1)["calls"]
    return calls[0]["id"] if calls else 0


def last_request(simulator: Simulator, path: str) -> dict[str, Any]:
    """What the newest call of an address sent, as the simulator recorded it."""
    told: dict[str, Any] = json.loads(simulator.look("calls", path=path, limit=1)["calls"][0]["request"])
    return told


@dataclass(frozen=True)
class Shop:
    """One merchant's door and a customer. With a `sub_mchid` the door is a service provider's, and the money the dealer's."""

    door: Any
    simulator: Simulator
    buyer: dict[str, Any]
    openid: str
    sub_mchid: str | None = None

    @property
    def of(self) -> tuple[str, ...]:
        """What calls about payments begin with."""
        return (self.sub_mchid,) if self.sub_mchid else ()

    @property
    def whose(self) -> dict[str, str]:
        """What all other calls say."""
        return {"sub_mchid": self.sub_mchid} if self.sub_mchid else {}

    def ask(self, **other: Any) -> dict[str, Any]:
        """What an order says, where the test does not say otherwise."""
        until = now(self.simulator) + timedelta(minutes=15)
        order = {"description": "意向金：S90", "amount_fen": 100_000, "openid": self.openid, "expires_at": until, "notify_url": NOBODY}
        return order | other

    def pay(self, prepay_id: str, **shown: str) -> Any:
        """The customer's thumb on the pay sheet."""
        return self.simulator.ask(f"users/{self.buyer['id']}/pay", **self.door.payment_params(prepay_id, **shown))["result"]

    def paid(self, **order: Any) -> Trade:
        """An order that was opened and paid."""
        out_trade_no = number("PAY")
        assert self.pay(self.door.prepay(*self.of, out_trade_no, **self.ask(**order))) == "ok"
        trade: Trade = self.door.query(*self.of, out_trade_no)
        assert trade.state == "SUCCESS"
        return trade


@dataclass(frozen=True)
class Person:
    """Somebody as one account sees her: `door` is the account's, and she does what she does in its app or conversation."""

    door: Any
    simulator: Simulator
    user: dict[str, Any]
    appid: str

    @property
    def openid(self) -> str:
        return str(self.user["openids"][self.appid])

    def does(self, what: str, **body: Any) -> Any:
        return self.simulator.ask(f"users/{self.user['id']}/{what}", appid=self.appid, **body)

    def sees(self, what: str) -> Any:
        return self.simulator.look(f"users/{self.user['id']}/{what}", appid=self.appid)

    def login(self) -> Any:
        """A whole login to a mini-program, with the session that came of it."""
        return self.door.code_to_session(self.does("login-code")["code"])


@contextmanager
def limited(simulator: Simulator, name: str, value: float) -> Iterator[None]:
    """One of Tencent's limits is another one for a while."""
    simulator.ask("limits", name=name, value=value)
    try:
        yield
    finally:
        simulator.ask("limits", name=name)


@contextmanager
def switched(simulator: Simulator, appid: str, name: str, value: Any) -> Iterator[None]:
    """A switch in an account's console stands otherwise for a while."""
    before = simulator.look(f"accounts/{appid}/switches")["switches"][name]
    simulator.ask(f"accounts/{appid}/switches", **{name: value})
    try:
        yield
    finally:
        simulator.ask(f"accounts/{appid}/switches", **{name: before})
