"""Access tokens of the mini-program and the service account: the plain and the stable family, which never meet (spec 1.2)."""

from miniprogram_mock.platform import crypto
from miniprogram_mock.platform.endpoints import API, Call
from miniprogram_mock.platform.errcode import Refusal, Result, open_endpoint
from miniprogram_mock.platform.limits import limit
from miniprogram_mock.platform.rates import count, per_day, per_minute
from miniprogram_mock.platform.shapes import Flag, Text
from miniprogram_mock.platform.switches import switch
from miniprogram_mock.platform.whitelist import check_caller
from miniprogram_mock.platform.world import Corp

SECONDS = limit("token.seconds", 7200, "1.2")
OVERLAP = limit("token.overlap_seconds", 300, "1.2; for the plain family [K], not verified")
PLAIN_PER_DAY = limit("token.plain.per_day", 2000, "1.2 [K], not verified")
STABLE_PER_MINUTE = limit("token.stable.per_minute", 10_000, "1.2")
STABLE_PER_DAY = limit("token.stable.per_day", 500_000, "1.2")
FORCED_PER_DAY = limit("token.forced.per_day", 20, "1.2")
FORCED_APART = limit("token.forced.apart_seconds", 30, "1.2")
KEPT = limit("token.kept_seconds", 86_400, "the simulator's own: how long an expired token is known as expired (42001)")
SECRET_FROZEN = switch("secret_frozen", False, "AppSecret 已冻结（40243）")
_STABLE = {
    "grant_type": Text(required=True, missing=40002, wrong=40002, choices=("client_credential",)),
    "appid": Text(required=True, missing=41002, wrong=41002),
    "secret": Text(required=True, missing=41004, wrong=41004),
    "force_refresh": Flag(),
}
_STABLE_RATES = (
    per_minute(STABLE_PER_MINUTE, of=lambda call: call.data["appid"]),
    per_day(STABLE_PER_DAY, of=lambda call: call.data["appid"]),
)


def issue(call: Call, account: str, family: str) -> str:
    """A new token, valid for two hours; tokens that died long ago are forgotten."""
    store, limits, now = call.platform.store, call.platform.limits, call.platform.clock.now()
    token = crypto.random_text(160)
    store.run("DELETE FROM tokens WHERE expires_at < ?", now - limits[KEPT])
    store.insert("tokens", token=token, account=account, family=family, issued_at=now, expires_at=now + limits[SECONDS])
    return token


def check_secret(call: Call, appid: str, secret: str) -> None:
    """40013 for an unknown appid, 40243 while the secret is frozen, 40125 for another secret."""
    account = call.platform.world.accounts.get(appid)
    if account is None or isinstance(account, Corp):
        raise Refusal(40013, "invalid appid")
    if not crypto.same(account.secret, secret):
        raise Refusal(40125, "invalid appsecret")
    if call.platform.switches[appid, SECRET_FROZEN]:
        raise Refusal(40243, "AppSecret is frozen, please unfreeze it on the platform")


@open_endpoint(API, "GET", "/cgi-bin/token")
def token(call: Call) -> Result:
    """Each call issues a new token; the previous one lives five minutes longer."""
    query, store, now = call.query, call.platform.store, call.platform.clock.now()
    if query.get("grant_type") != "client_credential":
        raise Refusal(40002, "invalid grant_type")
    for name, missing in (("appid", 41002), ("secret", 41004)):
        if not query.get(name):
            raise Refusal(missing, f"{name} missing")
    appid = query["appid"]
    check_secret(call, appid, query["secret"])
    check_caller(call, appid)
    count(call, (per_day(PLAIN_PER_DAY),))
    end = now + call.platform.limits[OVERLAP]
    store.run(
        "UPDATE tokens SET revoked_at = ? WHERE account = ? AND family = 'plain' AND revoked_at IS NULL AND expires_at > ?", end, appid, end
    )
    return _told(issue(call, appid, "plain"), call.platform.limits[SECONDS])


@open_endpoint(API, "POST", "/cgi-bin/stable_token", fields=_STABLE)
def stable_token(call: Call) -> Result:
    """The same token until five minutes before its end; `force_refresh` kills it at once, 20 times a day and 30 s apart."""
    appid, limits = call.data["appid"], call.platform.limits
    check_secret(call, appid, call.data["secret"])
    check_caller(call, appid)
    count(call, _STABLE_RATES)
    store, now = call.platform.store, call.platform.clock.now()
    current = store.one(
        "SELECT token, expires_at FROM tokens WHERE account = ? AND family = 'stable' AND revoked_at IS NULL AND expires_at > ? "
        "ORDER BY issued_at DESC LIMIT 1", appid, now + limits[OVERLAP],
    )  # fmt: skip
    if call.data.get("force_refresh") and _may_force(call, appid):
        store.run("UPDATE tokens SET revoked_at = ? WHERE account = ? AND family = 'stable' AND revoked_at IS NULL", now, appid)
        current = None
    if current:
        return _told(current["token"], int(current["expires_at"] - now))
    return _told(issue(call, appid, "stable"), limits[SECONDS])


def _may_force(call: Call, appid: str) -> bool:
    store, clock = call.platform.store, call.platform.clock
    day, name = clock.today(), f"forced_token:{appid}"
    last = float(store.value("SELECT value FROM meta WHERE name = ?", name) or 0)
    used = store.value("SELECT used FROM counters WHERE name = ? AND window = ?", name, day) or 0
    if clock.now() - last < call.platform.limits[FORCED_APART] or used >= call.platform.limits[FORCED_PER_DAY]:
        return False
    store.run("INSERT OR REPLACE INTO meta VALUES (?, ?)", name, repr(clock.now()))
    store.count_up(name, day)
    return True


def _told(token: str, seconds: int) -> Result:
    return {"access_token": token, "expires_in": seconds}
