"""Access tokens of the mini-program and the service account: the plain and the stable family, which never meet (spec 1.2)."""

from miniprogram_mock.platform import crypto
from miniprogram_mock.platform.endpoints import API, Call
from miniprogram_mock.platform.errcode import Refusal, Result, open_endpoint
from miniprogram_mock.platform.world import Corp

LIFETIME, OVERLAP = 7200, 300
PLAIN_PER_DAY, FORCED_PER_DAY, FORCED_APART = 2000, 20, 30


def issue(call: Call, account: str, family: str) -> str:
    """A new token, valid for two hours; tokens that died more than a day ago are forgotten."""
    store, now = call.platform.store, call.platform.clock.now()
    token = crypto.random_text(160)
    store.run("DELETE FROM tokens WHERE expires_at < ?", now - 86400)
    store.insert("tokens", token=token, account=account, family=family, issued_at=now, expires_at=now + LIFETIME)
    return token


def check_secret(call: Call, appid: str, secret: str) -> None:
    account = call.platform.world.accounts.get(appid)
    if account is None or isinstance(account, Corp):
        raise Refusal(40013, "invalid appid")
    if not crypto.same(account.secret, secret):
        raise Refusal(40125, "invalid appsecret")


@open_endpoint(API, "GET", "/cgi-bin/token")
def token(call: Call) -> Result:
    """Each call issues a new token; the previous one lives five minutes longer."""
    _check_grant(call.query.get("grant_type"))
    appid = call.query.get("appid") or _missing(41002, "appid missing")
    check_secret(call, appid, call.query.get("secret") or _missing(41004, "appsecret missing"))
    store, clock = call.platform.store, call.platform.clock
    if store.count_up(f"token:{appid}", clock.today()) > PLAIN_PER_DAY:
        raise Refusal(45009, "reach max api daily quota limit")
    end = clock.now() + OVERLAP
    store.run(
        "UPDATE tokens SET revoked_at = ? WHERE account = ? AND family = 'plain' AND revoked_at IS NULL AND expires_at > ?", end, appid, end
    )
    return {"access_token": issue(call, appid, "plain"), "expires_in": LIFETIME}


@open_endpoint(API, "POST", "/cgi-bin/stable_token", fields=("grant_type", "appid", "secret", "force_refresh"))
def stable_token(call: Call) -> Result:
    """The same token until five minutes before its end; `force_refresh` kills it at once, 20 times a day and 30 s apart."""
    data = call.data
    _check_grant(data.get("grant_type"))
    appid = data.get("appid") or _missing(41002, "appid missing")
    check_secret(call, str(appid), str(data.get("secret") or _missing(41004, "appsecret missing")))
    store, now = call.platform.store, call.platform.clock.now()
    current = store.one(
        "SELECT token, expires_at FROM tokens WHERE account = ? AND family = 'stable' AND revoked_at IS NULL AND expires_at > ? "
        "ORDER BY issued_at DESC LIMIT 1", appid, now + OVERLAP,
    )  # fmt: skip
    if data.get("force_refresh") is True and _may_force(call, appid):
        store.run("UPDATE tokens SET revoked_at = ? WHERE account = ? AND family = 'stable' AND revoked_at IS NULL", now, appid)
        current = None
    if current:
        return {"access_token": current["token"], "expires_in": int(current["expires_at"] - now)}
    return {"access_token": issue(call, appid, "stable"), "expires_in": LIFETIME}


def _may_force(call: Call, appid: str) -> bool:
    store, clock = call.platform.store, call.platform.clock
    day, name = clock.today(), f"forced_token:{appid}"
    last = float(store.value("SELECT value FROM meta WHERE name = ?", name) or 0)
    used = store.value("SELECT used FROM counters WHERE name = ? AND window = ?", name, day) or 0
    if clock.now() - last < FORCED_APART or used >= FORCED_PER_DAY:
        return False
    store.run("INSERT OR REPLACE INTO meta VALUES (?, ?)", name, repr(clock.now()))
    store.count_up(name, day)
    return True


def _check_grant(grant_type: object) -> None:
    if grant_type != "client_credential":
        raise Refusal(40002, "invalid grant_type")


def _missing(errcode: int, errmsg: str) -> str:
    raise Refusal(errcode, errmsg)
