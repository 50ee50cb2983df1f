"""How often an endpoint may be called: per account, app or address, in a minute, an hour or a day of the business clock.

LOGINS = limit("login.per_minute", 100, "1.1")
@business(..., rates=(per_minute(LOGINS), per_day(SENDS)))
"""

from collections.abc import Callable
from dataclasses import dataclass

from miniprogram_mock.platform.endpoints import WORK, Call, Refusal

PER_MINUTE, PER_DAY = 45011, 45009
_WORDS = {
    45009: "reach max api daily quota limit",
    45011: "api minute-quota reach limit, must slower, retry next minute",
    45033: "api concurrent out of limit",
}
_WINDOWS = {"minute": "%Y-%m-%d %H:%M", "hour": "%Y-%m-%d %H", "day": "%Y-%m-%d"}


@dataclass(frozen=True)
class Rate:
    """`limit` is the name of a limit; `of` says who is counted: a function of the call that gives a name."""

    limit: str
    per: str
    errcode: int
    of: Callable[[Call], str]

    def counter(self, call: Call) -> tuple[str, str]:
        """The name and the window of the counter that this call is counted in."""
        return f"{self.limit}:{self.of(call)}", call.platform.clock.window(_WINDOWS[self.per])


def of_account(call: Call) -> str:
    return call.account.appid if call.account is not None else str(call.query.get("appid", ""))


def of_address(call: Call) -> str:
    return call.remote


def per_minute(limit: str, *, errcode: int = PER_MINUTE, of: Callable[[Call], str] = of_account) -> Rate:
    """At most so many calls a minute; 45011 unless the contract names another code (WeCom: 45009 or 45033)."""
    return Rate(limit, "minute", errcode, of)


def per_hour(limit: str, *, errcode: int = PER_DAY, of: Callable[[Call], str] = of_account) -> Rate:
    return Rate(limit, "hour", errcode, of)


def per_day(limit: str, *, errcode: int = PER_DAY, of: Callable[[Call], str] = of_account) -> Rate:
    return Rate(limit, "day", errcode, of)


def count(call: Call, rates: tuple[Rate, ...]) -> None:
    """Count the call in every window; Refusal when one is over its limit."""
    for rate in rates:
        if call.platform.store.count_up(*rate.counter(call)) > call.platform.limits[rate.limit]:
            words = (
                "api freq out of limit" if call.host == WORK and rate.errcode == PER_DAY else _WORDS.get(rate.errcode, "freq out of limit")
            )
            raise Refusal(rate.errcode, words)
