"""The door of the service account's endpoints: its access token, whether the API is withheld, whom an openid means, where a link leads."""

from collections.abc import Callable
from fnmatch import fnmatchcase
from functools import wraps
from typing import Any

from miniprogram_mock.platform.endpoints import API, Call
from miniprogram_mock.platform.errcode import Fields, Function, Rates, Refusal, Result, business
from miniprogram_mock.platform.service_account.console import WITHHELD
from miniprogram_mock.platform.shapes import Field, Object, Text
from miniprogram_mock.platform.store import Row

_WORDS = {
    48001: "api unauthorized",
    48004: "api forbidden for irregularities, view detail on mp.weixin.qq.com",
    50002: "user limited",
}
MINI_PROGRAM = Object({"appid": Text(required=True), "pagepath": Text(least=0)})
OPENID: Field = Text(required=True, missing=40003, wrong=40003)


def service(method: str, path: str, *, fields: Fields = (), rates: Rates = ()) -> Callable[[Function], Function]:
    """An endpoint of api.weixin.qq.com for service accounts; refused while it is withheld from the caller's account."""

    def decorate(function: Function) -> Function:
        @wraps(function)
        def run(call: Call) -> Result:
            for glob, errcode in call.platform.switches[call.account.appid, WITHHELD].items():
                if fnmatchcase(call.path, glob):
                    raise Refusal(errcode, _WORDS.get(errcode, "api withheld"))
            return function(call)

        business(API, method, path, kind="service_account", fields=fields, rates=rates)(run)
        return function

    return decorate


def person(call: Call, openid: Any) -> Row:
    """Whom the calling account knows by this openid, and whether she follows it; 40003 for everybody else's."""
    row = None
    if isinstance(openid, str):
        row = call.platform.store.one(
            "SELECT o.openid, o.user_id, u.unionid, f.following, f.followed_at, f.blacklisted, f.refuses_messages FROM openids o "
            "JOIN users u ON u.id = o.user_id LEFT JOIN follows f ON f.appid = o.appid AND f.user_id = o.user_id "
            "WHERE o.appid = ? AND o.openid = ?", call.account.appid, openid,
        )  # fmt: skip
    if row is None:
        raise Refusal(40003, "invalid openid")
    return row


def follower(call: Call, openid: Any) -> Row:
    """A person who can be written to; 43004 if she does not follow, 43019 if the account has blacklisted her."""
    row = person(call, openid)
    if not row["following"]:
        raise Refusal(43004, "require subscribe")
    if row["blacklisted"]:
        raise Refusal(43019, "require remove blacklist")
    return row


def check_mini_program(call: Call, link: dict[str, Any] | None) -> None:
    """A page to jump to: of a mini-program that is linked to the account, and published."""
    if link is None:
        return
    if link["appid"] not in call.account.linked:
        raise Refusal(40013, "invalid appid, the mini program is not linked")
    pages = call.platform.world.accounts[link["appid"]].pages  # type: ignore[union-attr]
    if link.get("pagepath", pages[0]).partition("?")[0].lstrip("/") not in pages:
        raise Refusal(40165, "invalid weapp pagepath")
