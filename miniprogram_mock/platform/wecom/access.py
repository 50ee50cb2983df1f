"""Who may call WeCom: tokens of applications, tickets for its JS-SDK, and what every endpoint asks of a caller (spec 4.1, 4.4).

Not verified in the contract [K]: the same token while it is valid, the code for a blocked corp (45009), 40091 for another corp's secret.
"""

from collections.abc import Callable
from functools import wraps

from miniprogram_mock.platform import crypto, tokens
from miniprogram_mock.platform.endpoints import WORK, Call, Refusal
from miniprogram_mock.platform.errcode import Fields, Function, Result, business, ok, open_endpoint
from miniprogram_mock.platform.limits import limit
from miniprogram_mock.platform.rates import Rate, of_address, per_hour, per_minute
from miniprogram_mock.platform.store import declare
from miniprogram_mock.platform.switches import switch
from miniprogram_mock.platform.world import Corp

declare("""
CREATE TABLE IF NOT EXISTS wecom_tickets (
    ticket TEXT PRIMARY KEY, app TEXT NOT NULL, kind TEXT NOT NULL, issued_at REAL NOT NULL, expires_at REAL NOT NULL);
""")

APP_DISABLED = switch("wecom.app_disabled", False, "企业应用已停用：所有接口 50003")
TOKEN_SECONDS = limit("wecom.token_seconds", 7200, "4.1")
BAD_SECRETS = limit("wecom.bad_secrets_per_hour", 2000, "4.1")
BLOCKED_SECONDS = limit("wecom.bad_secret_block_seconds", 3600, "4.1")
CORP_MINUTE = limit("wecom.calls_per_corp_api_minute", 10_000, "4.2")
CORP_HOUR = limit("wecom.calls_per_corp_api_hour", 150_000, "4.2")
ADDRESS_MINUTE = limit("wecom.calls_per_address_minute", 20_000, "4.2")
TICKET_SECONDS = limit("wecom.ticket_seconds", 7200, "4.4 [K], not verified")
CORP_TICKETS = limit("wecom.jsapi_tickets_per_hour", 400, "4.4")
APP_TICKETS = limit("wecom.agent_tickets_per_hour", 100, "4.4")


def _corp_and_path(call: Call) -> str:
    corpid = call.account.corpid if call.account is not None else call.query.get("corpid", "")
    return f"{corpid}:{call.path}"


BASE = (
    per_minute(CORP_MINUTE, errcode=45009, of=_corp_and_path),
    per_hour(CORP_HOUR, of=_corp_and_path),
    per_minute(ADDRESS_MINUTE, errcode=45009, of=of_address),
)


def work(
    method: str, path: str, *, fields: Fields = (), customers: bool = False, writes_contacts: bool = False, rates: tuple[Rate, ...] = ()
) -> Callable[[Function], Function]:
    """An endpoint of qyapi for an application's token, `path` without its `/cgi-bin/`; counted in WeCom's base frequency.

    `customers`: only for those among 客户联系「可调用接口的应用」; `writes_contacts`: only for the secret of 通讯录同步. Both else 48002.
    """

    def decorate(function: Function) -> Function:
        @wraps(function)
        def allowed(call: Call) -> Result:
            app: Corp = call.account
            if call.platform.switches[app.appid, APP_DISABLED]:
                raise Refusal(50003, "app disabled")
            if (customers and not app.customer_contact) or (writes_contacts and not app.writes_contacts):
                raise Refusal(48002, "api forbidden")
            return function(call)

        return business(WORK, method, f"/cgi-bin/{path}", kind="corp", fields=fields, rates=(*BASE, *rates))(allowed)

    return decorate


@open_endpoint(WORK, "GET", "/cgi-bin/gettoken", rates=BASE)
def gettoken(call: Call) -> Result:
    """One token per application; asking again while it is valid gives the same one. Guessing secrets blocks the whole corp."""
    corp = call.platform.world.accounts.get(call.query.get("corpid") or _missing(41002, "corpid missing"))
    secret = call.query.get("corpsecret") or _missing(41004, "corpsecret missing")
    if not isinstance(corp, Corp) or not corp.is_main:
        raise Refusal(40013, "invalid corpid")
    _refuse_blocked(call, corp)
    app = next((one for one in corp.applications if crypto.same(one.secret, secret)), None)
    if app is None:
        raise _bad_secret(call, corp, secret)
    store, now = call.platform.store, call.platform.clock.now()
    current = store.one(
        "SELECT token, expires_at FROM tokens WHERE account = ? AND family = 'corp' AND revoked_at IS NULL AND expires_at > ? "
        "ORDER BY issued_at DESC LIMIT 1", app.appid, now,
    )  # fmt: skip
    if current:
        return ok(access_token=current["token"], expires_in=int(current["expires_at"] - now))
    lifetime = call.platform.limits[TOKEN_SECONDS]
    token = tokens.issue(call, app.appid, "corp")
    store.run("UPDATE tokens SET expires_at = ? WHERE token = ?", now + lifetime, token)
    return ok(access_token=token, expires_in=lifetime)


def _refuse_blocked(call: Call, corp: Corp) -> None:
    until = call.platform.store.value("SELECT value FROM meta WHERE name = ?", f"wecom.blocked_until:{corp.corpid}")
    if until is not None and float(until) > call.platform.clock.now():
        raise Refusal(45009, "api freq out of limit, too many calls with a wrong secret")


def _bad_secret(call: Call, corp: Corp, secret: str) -> Refusal:
    platform = call.platform
    if platform.store.count_up(f"wecom.bad_secret:{corp.corpid}", platform.clock.window("%Y-%m-%d %H")) >= platform.limits[BAD_SECRETS]:
        until = repr(platform.clock.now() + platform.limits[BLOCKED_SECONDS])
        platform.store.run("INSERT OR REPLACE INTO meta VALUES (?, ?)", f"wecom.blocked_until:{corp.corpid}", until)
    others = (app for one in platform.world.corps for app in one.applications)
    if any(crypto.same(app.secret, secret) for app in others):
        return Refusal(40091, "invalid secret")
    return Refusal(40001, "invalid credential")


@work("GET", "get_jsapi_ticket", rates=(per_hour(CORP_TICKETS, of=lambda call: call.account.corpid),))
def get_jsapi_ticket(call: Call) -> Result:
    """The corp's ticket for `wx.config`."""
    return _ticket(call, call.account.corpid, "jsapi")


@work("GET", "ticket/get", rates=(per_hour(APP_TICKETS),))
def agent_ticket(call: Call) -> Result:
    """The application's ticket for `wx.agentConfig`."""
    if call.query.get("type") != "agent_config":
        raise Refusal(40058, "invalid Request Parameter, type: should be agent_config")
    return _ticket(call, call.account.appid, "agent_config")


def _ticket(call: Call, owner: str, kind: str) -> Result:
    store, now = call.platform.store, call.platform.clock.now()
    current = store.one("SELECT * FROM wecom_tickets WHERE app = ? AND kind = ? AND expires_at > ?", owner, kind, now)
    if current is None:
        lifetime = call.platform.limits[TICKET_SECONDS]
        current = {"ticket": crypto.random_text(86), "app": owner, "kind": kind, "issued_at": now, "expires_at": now + lifetime}
        store.insert("wecom_tickets", **current)
    return ok(ticket=current["ticket"], expires_in=int(current["expires_at"] - now))


def _missing(errcode: int, errmsg: str) -> str:
    raise Refusal(errcode, errmsg)
