"""What an account may still call today, and the ten times a month that it may begin the day anew.

The contract has no section on these; the shapes are those of the official pages getApiQuota, clearQuota and clearQuotaByAppSecret.
"""

from miniprogram_mock.platform import tokens
from miniprogram_mock.platform.endpoints import API, Call, Refusal
from miniprogram_mock.platform.errcode import Result, business, ok, open_endpoint, rates_at
from miniprogram_mock.platform.limits import limit
from miniprogram_mock.platform.shapes import Text

CLEARED_PER_MONTH = limit("quota.cleared.per_month", 10, "official page clearQuota; shared with clear_quota/v2")
_KINDS = ("mini_program", "service_account")


def _quota(kind: str) -> None:
    """The endpoints of one kind of account."""

    @business(API, "POST", "/cgi-bin/openapi/quota/get", kind=kind, fields={"cgi_path": Text(required=True, missing=76021, wrong=76021)})
    def get(call: Call) -> Result:
        """How often one endpoint was called today; only what has a quota for the day has one here."""
        rates = rates_at(call.data["cgi_path"])
        if call.data["cgi_path"].startswith("/sns/") or (rates and kind not in rates):
            raise Refusal(76022, "could not use this cgi_path, no permission")
        if not rates:
            raise Refusal(76021, "cgi_path not found, please check")
        store, limits = call.platform.store, call.platform.limits
        daily = next((rate for rate in rates[kind] if rate.per == "day"), None)
        if daily is None:
            return ok(quota={"daily_limit": 0, "used": 0, "remain": 0})
        used = store.value("SELECT used FROM counters WHERE name = ? AND window = ?", *daily.counter(call)) or 0
        return ok(quota={"daily_limit": limits[daily.limit], "used": used, "remain": max(0, limits[daily.limit] - used)})

    @business(API, "POST", "/cgi-bin/clear_quota", kind=kind, fields={"appid": Text(required=True, missing=41002, wrong=40013)})
    def clear(call: Call) -> Result:
        if call.data["appid"] != call.account.appid:
            raise Refusal(40013, "invalid appid")
        return _cleared(call, call.account.appid)


for _kind in _KINDS:
    _quota(_kind)


@open_endpoint(
    API, "POST", "/cgi-bin/clear_quota/v2",
    fields={"appid": Text(required=True, missing=41002), "appsecret": Text(required=True, missing=41004)},
)  # fmt: skip
def clear_by_secret(call: Call) -> Result:
    """The same without a token, for an account that has none left."""
    tokens.check_secret(call, call.data["appid"], call.data["appsecret"])
    return _cleared(call, call.data["appid"])


def _cleared(call: Call, appid: str) -> Result:
    store, clock = call.platform.store, call.platform.clock
    if store.count_up(f"quota_cleared:{appid}", clock.window("%Y-%m")) > call.platform.limits[CLEARED_PER_MONTH]:
        raise Refusal(48006, "forbid to clear quota because of reaching the limit")
    # Forced refreshes are no calls of an endpoint with a quota: they stay counted.
    store.run(
        "DELETE FROM counters WHERE window = ? AND name LIKE '%:' || ? AND name NOT LIKE 'forced_token:%'", clock.today(), appid
    )  # fmt: skip
    return ok()
