"""An endpoint of Tencent is one method of one door: what it sends, and what it reads out of the answer.

    class Templates(ServiceAccountDoor):
        @post("/cgi-bin/message/template/send", repeat=Repeat.keyed, per_day=100_000)
        def send_template(self, openid: str, …) -> Ask[str]:
            return Ask(body={…}, read=lambda told: str(told["msgid"]))

`door.send_template(…)` makes the call and gives what `read` makes of the answer, or raises `WechatError`; `door.send_template.prepare(…)`
gives the call as a value, for `gateway().carry_out_all(…)`, which makes many at once. Addresses, tokens, quotas, errors, traces and the
recording are the line's (`app.wechat.http`), so no endpoint can forget them.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any, ClassVar, Concatenate, Generic, NamedTuple, ParamSpec, Protocol, TypeVar, overload

from app.wechat.errors import WechatError
from app.wechat.models import WechatAccount

D = TypeVar("D", bound="Door")
P = ParamSpec("P")
T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
_NOTHING: Mapping[str, Any] = MappingProxyType({})


class Host(StrEnum):
    api = "api.weixin.qq.com"
    pay = "api.mch.weixin.qq.com"
    work = "qyapi.weixin.qq.com"


class Repeat(StrEnum):
    """What the same call again would do, for whoever does not know what became of the first."""

    # it only looks, or sets what is set
    harmless = "harmless"
    # the platform knows it by a key that it carries, and does nothing twice
    keyed = "keyed"
    # it would happen twice
    never = "never"


class Reply(NamedTuple):
    """An answer as it came: `headers` whatever their case, `body` the exact bytes."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True, eq=False)
class Endpoint:
    """One address at Tencent. `name` is door.method; `per_day` and `per_minute` are its quotas per account, None where none is known."""

    name: str
    host: Host
    method: str
    path: str
    repeat: Repeat
    needs_token: bool
    per_day: int | None
    per_minute: int | None


# Every endpoint by its name; filled as the doors are imported.
ENDPOINTS: dict[str, Endpoint] = {}


class Ask(NamedTuple, Generic[T_co]):
    """What one call sends and how its answer is read.

    `read` gets the answer's JSON object, or with `raw` the `Reply` itself, and may raise KeyError, TypeError or ValueError when it has
    another form: that is an unknown outcome. `path` fills the {names} in the endpoint's path. `instead` gives refusals that are answers,
    `also` those that `read` reads like any answer. `vouched`: `read` itself verifies what WeChat Pay answers, for want of a signature.
    """

    read: Callable[[Any], T_co]
    body: Mapping[str, Any] | None = None
    query: Mapping[str, str] = _NOTHING
    path: Mapping[str, str] = _NOTHING
    headers: Mapping[str, str] = _NOTHING
    instead: Mapping[str, T_co] = _NOTHING
    also: frozenset[str] = frozenset()
    raw: bool = False
    vouched: bool = False


class Exchange(NamedTuple, Generic[T_co]):
    """One call as a value: which endpoint, for which account, with what. `given` tells the method's arguments by name."""

    endpoint: Endpoint
    account: WechatAccount
    ask: Ask[T_co]
    given: Callable[[], dict[str, Any]] = dict


@dataclass(frozen=True, slots=True)
class Ticket:
    """What signs for a while, and of which only so many are given out a day."""

    value: str
    seconds: int


class Line(Protocol):
    """What carries calls to Tencent."""

    def carry_out(self, exchange: Exchange[T]) -> T:
        """Make the call and wait for it. Raises `WechatError`."""
        ...

    def carry_out_all(self, exchanges: Sequence[Exchange[T]]) -> list[T | WechatError]:
        """Make many calls at once, and give for each, in their order, its result or its failure."""
        ...

    def kept(self, exchange: Exchange[Ticket]) -> str:
        """The ticket that all processes use now; the call is made only when there is none. Raises `WechatError`."""
        ...


class Door:
    """One account's side of Tencent; each kind of account has its own, made of the endpoints in its package."""

    door: ClassVar[str]
    host: ClassVar[Host]

    def __init__(self, account: WechatAccount, line: Line) -> None:
        self.account = account
        self.line = line


class Bound(Generic[P, T]):
    """An endpoint of a door at hand: call it, or prepare it."""

    __slots__ = ("_door", "_method")

    def __init__(self, method: Method[Any, P, T], door: Door) -> None:
        self._method = method
        self._door = door

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> T:
        return self._door.line.carry_out(self.prepare(*args, **kwargs))

    def prepare(self, *args: P.args, **kwargs: P.kwargs) -> Exchange[T]:
        """The call as a value, for `gateway().carry_out_all`."""
        method, door = self._method, self._door
        ask = method.ask(door, *args, **kwargs)
        return Exchange(method.endpoint, door.account, ask, lambda: method.by_name(door, args, kwargs))


class Method(Generic[D, P, T]):
    """What the decorators make of a method that returns an `Ask`."""

    endpoint: Endpoint

    def __init__(self, ask: Callable[Concatenate[D, P], Ask[T]], describe: Callable[[str, type[Door]], Endpoint]) -> None:
        self.ask = ask
        self._describe = describe
        self.__doc__ = ask.__doc__

    def __set_name__(self, owner: type[D], name: str) -> None:
        self.endpoint = self._describe(f"{owner.door}.{name}", owner)
        if self.endpoint.name in ENDPOINTS:
            raise RuntimeError(f"two endpoints are called {self.endpoint.name}")
        ENDPOINTS[self.endpoint.name] = self.endpoint

    @overload
    def __get__(self, door: None, owner: type[D]) -> Method[D, P, T]: ...
    @overload
    def __get__(self, door: D, owner: type[D]) -> Bound[P, T]: ...
    def __get__(self, door: D | None, owner: type[D]) -> Method[D, P, T] | Bound[P, T]:
        return self if door is None else Bound(self, door)

    def by_name(self, door: Door, args: Sequence[Any], kwargs: Mapping[str, Any]) -> dict[str, Any]:
        """The arguments of a call, defaults included."""
        bound = inspect.signature(self.ask).bind(door, *args, **kwargs)
        bound.apply_defaults()
        return dict(list(bound.arguments.items())[1:])


def post(
    path: str, *, repeat: Repeat, token: bool = True, per_day: int | None = None, per_minute: int | None = None
) -> Callable[[Callable[Concatenate[D, P], Ask[T]]], Method[D, P, T]]:
    """An endpoint that takes a JSON body. `token=False` where no access token belongs (WeChat Pay never has one)."""
    return _endpoint("POST", path, repeat=repeat, token=token, per_day=per_day, per_minute=per_minute)


def get(
    path: str, *, repeat: Repeat = Repeat.harmless, token: bool = True, per_day: int | None = None, per_minute: int | None = None
) -> Callable[[Callable[Concatenate[D, P], Ask[T]]], Method[D, P, T]]:
    """An endpoint that is only asked."""
    return _endpoint("GET", path, repeat=repeat, token=token, per_day=per_day, per_minute=per_minute)


def _endpoint(
    method: str, path: str, *, repeat: Repeat, token: bool, per_day: int | None, per_minute: int | None
) -> Callable[[Callable[Concatenate[D, P], Ask[T]]], Method[D, P, T]]:
    def describe(name: str, owner: type[Door]) -> Endpoint:
        needs_token = token and owner.host is not Host.pay
        return Endpoint(name, owner.host, method, path, repeat, needs_token, per_day, per_minute)

    return lambda ask: Method(ask, describe)


def done(told: Mapping[str, Any]) -> None:
    """Reads an answer that says no more than that it was done."""
    if told["errcode"] != 0:
        raise ValueError("neither an error nor done")
